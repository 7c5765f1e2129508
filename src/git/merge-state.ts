/**
 * A merge that is not concluded, as git keeps it beside the index: `MERGE_HEAD`, `MERGE_MSG` and `MERGE_MODE`
 * (gitrepository-layout(5), builtin/merge.c `write_merge_state`).
 */
import { GitWsError } from '../base/errors.js';
import { useFileSystem } from '../base/failure.js';
import { isMissing, promisesOf } from '../storage/file-system.js';
import type { ConfigAt } from './config.js';

/** A merge that waits for its commit. */
export interface MergeState {
  /** Oids of the commits that are merged into HEAD. */
  readonly heads: readonly string[];
  /** What its commit is to say; undefined where nothing is written. */
  readonly message: string | undefined;
}

const names = { head: 'MERGE_HEAD', message: 'MERGE_MSG', mode: 'MERGE_MODE' } as const;

/**
 * @param at with the git directory itself.
 * @returns undefined where no merge waits. @throws what `fs` throws.
 */
export async function readMerge(at: ConfigAt): Promise<MergeState | undefined> {
  const heads = (await read(at, names.head))?.match(/^[0-9a-f]{40}$/gm);
  if (heads === undefined || heads === null) return undefined;
  return { heads, message: await read(at, names.message) };
}

/**
 * Says that a merge waits; the index has its conflicts already. `MERGE_HEAD`, which says so, comes last.
 *
 * @param conflicts the paths that are to be resolved.
 * @throws GitWsError FILE_SYSTEM_FAILED; what `fs` throws.
 */
export async function beginMerge(
  at: ConfigAt,
  ours: string,
  theirs: string,
  message: string,
  conflicts: readonly string[],
): Promise<void> {
  const hint = conflicts.map((path) => `#\t${path}\n`).join('');
  await write(at, 'ORIG_HEAD', `${ours}\n`);
  await write(at, names.mode, '');
  await write(at, names.message, `${message.replace(/\n*$/, '\n')}\n# Conflicts:\n${hint}`);
  await write(at, names.head, `${theirs}\n`);
}

/** No merge waits any more: it is concluded, or given up. @throws GitWsError FILE_SYSTEM_FAILED; what `fs` throws. */
export async function endMerge(at: ConfigAt): Promise<void> {
  const fs = promisesOf(at.fs);
  for (const name of [names.head, names.message, names.mode]) {
    await fs.unlink(`${at.gitdir}/${name}`).catch(isMissing);
  }
  if ((await read(at, names.head)) !== undefined) throw lied(`removed ${names.head}`);
}

/**
 * @param at with the git directory itself; undefined where that is isomorphic-git's affair.
 * @param command what would lose a merge that waits.
 * @throws GitWsError MERGE_NOT_CONCLUDED; what `fs` throws.
 */
export async function expectNoMerge(command: string, at: ConfigAt | undefined): Promise<void> {
  if (at === undefined) return;
  if ((await useFileSystem(() => readMerge(at))) !== undefined) throw notConcluded(command);
}

/** @returns MERGE_NOT_CONCLUDED. @param command what is refused. */
export function notConcluded(command: string): GitWsError {
  const message =
    `A merge is not concluded (MERGE_HEAD is there): commit it, or give it up with abortMerge; ` +
    `${command} has done nothing.`;
  return new GitWsError('MERGE_NOT_CONCLUDED', message, { data: { command } });
}

/** @returns the text without comments, and without empty lines at its ends (git's `strbuf_stripspace`). */
export function withoutComments(message: string): string {
  const lines = message.split('\n').filter((line) => !line.startsWith('#'));
  const text = lines.map((line) => line.trimEnd()).join('\n');
  return `${text.replace(/\n{3,}/g, '\n\n').replace(/^\n+|\n+$/g, '')}\n`;
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
