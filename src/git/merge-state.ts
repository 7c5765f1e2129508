/**
 * A merge that is not concluded, as git keeps it beside the index: `MERGE_HEAD`, `MERGE_MSG` and `MERGE_MODE`
 * (gitrepository-layout(5), builtin/merge.c `write_merge_state`).
 */
import { GitWsError } from '../base/errors.js';
import { useFileSystem } from '../base/failure.js';
import { isMissing, promisesOf } from '../storage/file-system.js';
import { isThere } from '../storage/whole-file.js';
import { readCommit } from './commits.js';
import type { ConfigAt } from './config.js';

/** A merge that waits for its commit. */
export interface MergeState {
  /** Oids of the commits that are merged into HEAD. */
  readonly heads: readonly string[];
  /** What its commit is to say; undefined where nothing is written. */
  readonly message: string | undefined;
}

/** A merge that waits, as it is written. */
export interface WrittenMerge {
  /** What `MERGE_HEAD` names; nothing where it is not there, or damaged. */
  readonly heads: string[];
  readonly message: string | undefined;
  /** What the hint in `MERGE_MSG` names. */
  readonly conflicts: string[];
}

/** Files of a merge; the first two say that it waits. git has AUTO_MERGE and MERGE_RR for itself. */
const names = ['MERGE_HEAD', 'MERGE_MODE', 'MERGE_MSG', 'AUTO_MERGE', 'MERGE_RR'] as const;

/** What native git has begun of one commit, and left to be resolved: a cherry-pick, a revert. */
const picks = ['CHERRY_PICK_HEAD', 'REVERT_HEAD'] as const;

/** What `# Conflicts:` begins, up to the end: a hint for whoever reads the message, which is cut off again. */
const hint = /(^|\n)# Conflicts:\n(#\t[^\n]*\n?)*\n*$/;

/** @param at with the git directory itself. @returns whether a merge waits. @throws what `fs` throws. */
export async function mergeWaits(at: ConfigAt): Promise<boolean> {
  const [head, mode] = names;
  return useFileSystem(async () => (await has(at, head)) || has(at, mode));
}

/**
 * @param at with the git directory itself.
 * @param command what needs it.
 * @returns undefined where no merge waits.
 * @throws GitWsError MERGE_NOT_CONCLUDED for one that was interrupted before all of it was written, whose `MERGE_HEAD`
 *   is damaged, or with which changes were set aside (`git merge --autostash`): those are git's to bring back;
 *   isomorphic-git's CommitNotFetchedError for a commit that is not here; what `fs` throws.
 */
export async function readMerge(at: ConfigAt, command: string): Promise<MergeState | undefined> {
  if (!(await mergeWaits(at))) return undefined;
  await expectNoStash(at, command);
  const written = await lookAtMerge(at);
  if (written === undefined || written.heads.length === 0) {
    throw notConcluded(command, 'A merge was interrupted, or its MERGE_HEAD is damaged');
  }
  const heads = [];
  // git writes the oid of a tag where that was merged.
  for (const oid of written.heads) heads.push((await readCommit(at, oid, 'MERGE_HEAD')).commit);
  return { heads, message: written.message };
}

/**
 * Judges nothing of it.
 *
 * @param at with the git directory itself.
 * @returns undefined where no merge waits.
 * @throws what `fs` throws.
 */
export async function lookAtMerge(at: ConfigAt): Promise<WrittenMerge | undefined> {
  if (!(await mergeWaits(at))) return undefined;
  return useFileSystem(async () => {
    const heads = ((await read(at, 'MERGE_HEAD')) ?? '').split('\n').filter(Boolean);
    const text = await read(at, 'MERGE_MSG');
    const listed = (text === undefined ? null : hint.exec(text))?.[0].matchAll(/^#\t(.*)$/gm);
    return {
      heads: heads.every(isOid) ? heads : [],
      message: text?.replace(hint, '$1').replace(/\n+$/, '\n'),
      conflicts: [...(listed ?? [])].map(([, path = '']) => path),
    };
  });
}

function isOid(line: string): boolean {
  return /^[0-9a-f]{40}$/.test(line);
}

/** @throws GitWsError MERGE_NOT_CONCLUDED where `git merge --autostash` has set changes aside; what `fs` throws. */
export async function expectNoStash(at: ConfigAt, command: string): Promise<void> {
  if (!(await useFileSystem(() => has(at, 'MERGE_AUTOSTASH')))) return;
  throw notConcluded(command, 'git has set changes aside for a merge, and has to bring them back');
}

/**
 * Writes all but what says which commit is merged: that comes with {@link beginMerge}, once the index has the
 * conflicts. What is interrupted between them is known by it.
 *
 * @param conflicts the paths that are to be resolved.
 * @throws GitWsError FILE_SYSTEM_FAILED; what `fs` throws.
 */
export async function prepareMerge(
  at: ConfigAt,
  ours: string,
  message: string,
  conflicts: readonly string[],
): Promise<void> {
  const paths = conflicts.map((path) => `#\t${path}\n`).join('');
  await write(at, 'ORIG_HEAD', `${ours}\n`);
  await write(at, 'MERGE_MSG', `${message.replace(/\n*$/, '\n')}\n# Conflicts:\n${paths}`);
  await write(at, 'MERGE_MODE', '');
}

/** Says which commit is merged. @throws GitWsError FILE_SYSTEM_FAILED; what `fs` throws. */
export async function beginMerge(at: ConfigAt, theirs: string): Promise<void> {
  await write(at, 'MERGE_HEAD', `${theirs}\n`);
}

/** @param at with the git directory itself. @returns whether a cherry-pick or a revert waits. @throws what `fs` throws. */
export async function pickWaits(at: ConfigAt): Promise<boolean> {
  const [pick, revert] = picks;
  return useFileSystem(async () => (await has(at, pick)) || has(at, revert));
}

/** No merge waits any more, and no pick: it is concluded, or given up. @throws GitWsError FILE_SYSTEM_FAILED; what `fs` throws. */
export async function endMerge(at: ConfigAt): Promise<void> {
  const fs = promisesOf(at.fs);
  await useFileSystem(async () => {
    for (const name of [...names, ...picks]) {
      await fs.unlink(`${at.gitdir}/${name}`).catch(isMissing);
      if (await has(at, name)) throw lied(`removed ${name}`);
    }
  });
}

/**
 * @param at with the git directory itself; undefined where that is isomorphic-git's affair.
 * @param command what would lose a merge that waits.
 * @throws GitWsError MERGE_NOT_CONCLUDED; what `fs` throws.
 */
export async function expectNoMerge(command: string, at: ConfigAt | undefined): Promise<void> {
  if (at === undefined) return;
  if (await mergeWaits(at)) throw notConcluded(command);
  if (await useFileSystem(() => has(at, 'CHERRY_PICK_HEAD'))) {
    const why =
      'A cherry-pick is not concluded (CHERRY_PICK_HEAD is there): commit it, or give it up with abortMerge';
    throw notConcluded(command, why);
  }
}

/** @returns MERGE_NOT_CONCLUDED. @param command what is refused. @param why a sentence without its end. */
export function notConcluded(
  command: string,
  why = 'A merge is not concluded (MERGE_HEAD is there): commit it, or give it up with abortMerge',
): GitWsError {
  const message = `${why}; ${command} has done nothing.`;
  return new GitWsError('MERGE_NOT_CONCLUDED', message, { data: { command } });
}

function has({ fs, gitdir }: ConfigAt, name: string): Promise<boolean> {
  return isThere(promisesOf(fs), `${gitdir}/${name}`);
}

async function read({ fs, gitdir }: ConfigAt, name: string): Promise<string | undefined> {
  const text = await promisesOf(fs).readFile(`${gitdir}/${name}`, 'utf8').catch(isMissing);
  return typeof text === 'string' ? text : undefined;
}

async function write(at: ConfigAt, name: string, text: string): Promise<void> {
  const fs = promisesOf(at.fs);
  await fs.writeFile(`${at.gitdir}/${name}`, new TextEncoder().encode(text));
  if ((await read(at, name)) !== text) throw lied(`wrote ${name}`);
}

function lied(what: string): GitWsError {
  return new GitWsError('FILE_SYSTEM_FAILED', `The file system says that it ${what}, and did not.`);
}
