/**
 * All stashes: `refs/stash` has the newest one, and its reflog all of them (git-stash(1), "DISCUSSION"). Both change
 * together, held by `refs/stash.lock` as git holds them, the log first: what ends between them loses no stash.
 */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError, isGitWsError } from '../../base/errors.js';
import { useFileSystem } from '../../base/failure.js';
import { compareBytes } from '../../base/compare-bytes.js';
import {
  formatReflog,
  parseReflog,
  reflogEntry,
  type Ident,
  type ReflogEntry,
} from '../../repository/reflog.js';
import { updateRefs } from '../../repository/ref-update.js';
import { Refs, type RefValue } from '../../repository/refs.js';
import { isMissing, makeDirectory, promisesOf } from '../../storage/file-system.js';
import { holdFile } from '../../storage/lock-file.js';
import { isThere } from '../../storage/whole-file.js';
import type { ConfigAt } from '../config.js';

const ref = 'refs/stash';

/** How often others may come before, while something is changed. */
const mostTries = 10;

/** What is there, as it was read. */
interface Read {
  readonly value: RefValue | undefined;
  /** Undefined where there is none. */
  readonly log: Uint8Array | undefined;
}

/** @param at with the git directory itself. @returns all stashes, the newest first. @throws what `fs` throws. */
export async function readStashes(at: ConfigAt): Promise<ReflogEntry[]> {
  return stashesOf(await read(at));
}

/** Without the ref git knows none. */
function stashesOf({ value, log }: Read): ReflogEntry[] {
  return value === undefined || log === undefined ? [] : parseReflog(log).reverse();
}

/**
 * @param at with the git directory itself.
 * @param index counted from the newest one, which is 0.
 * @throws isomorphic-git's NotFoundError where there is no stash, InvalidRefNameError where there are not so many; what
 *   `fs` throws.
 */
export async function findStash(at: ConfigAt, index: number): Promise<ReflogEntry> {
  return pick(await readStashes(at), index);
}

function pick(stashes: readonly ReflogEntry[], index: number): ReflogEntry {
  const { InvalidRefNameError, NotFoundError } = isomorphicGit.Errors;
  // The text '0' is none: it finds a stash, and is none of the places that are compared with it.
  const isNumber = Number.isInteger(index) && index >= 0;
  const found = isNumber ? stashes[index] : undefined;
  if (found !== undefined) return found;
  if (isNumber && stashes.length === 0) throw new NotFoundError(`stash@{${index}}`);
  throw new InvalidRefNameError(`stash@{${index}}`, `stash@{0} to stash@{${stashes.length - 1}}`);
}

/**
 * Adds a stash.
 *
 * @param at with the git directory itself.
 * @param oid of its commit.
 * @throws GitWsError REF_LOCKED, REF_CHANGED where others do not stop to change it, FILE_SYSTEM_FAILED; what `fs`
 *   throws. It is not there then, unless the file system fails in the last step.
 */
export async function addStash(
  at: ConfigAt,
  oid: string,
  ident: Ident,
  message: string,
): Promise<void> {
  await change(at, ({ log }) => [
    ...(log === undefined ? [] : parseReflog(log)),
    reflogEntry(oid, ident, message),
  ]);
}

/**
 * Removes one.
 *
 * @param at with the git directory itself.
 * @param oid where it has to be that stash: who was faster has moved it, or has removed it.
 * @throws as {@link findStash} and {@link addStash}.
 */
export async function dropStash(at: ConfigAt, index: number, oid?: string): Promise<void> {
  await change(at, (before) => {
    const stashes = stashesOf(before);
    const isHere = oid === undefined || stashes[index]?.oid === oid;
    const place = isHere ? index : stashes.findIndex((each) => each.oid === oid);
    if (!isHere && place < 0) return undefined;
    pick(stashes, place);
    return stashes.filter((_, each) => each !== place).reverse();
  });
}

/** Removes all. @param at with the git directory itself. @throws as {@link addStash}. */
export async function clearStashes(at: ConfigAt): Promise<void> {
  await change(at, ({ value, log }) => (value === undefined && log === undefined ? undefined : []));
}

/** @param make makes the lines that are to be, the oldest first; undefined where nothing is to be done. */
async function change(
  at: ConfigAt,
  make: (before: Read) => readonly ReflogEntry[] | undefined,
): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const before = await read(at);
    const entries = make(before);
    if (entries === undefined) return;
    try {
      await useFileSystem(() => write(at, before, entries));
      return;
    } catch (error) {
      if (!isGitWsError(error, 'REF_CHANGED') || tries === mostTries) throw error;
    }
  }
}

async function write(at: ConfigAt, before: Read, entries: readonly ReflogEntry[]): Promise<void> {
  const newest = entries.at(-1);
  const value = newest && { oid: newest.oid };
  const changes = [{ name: ref, old: before.value ?? null, value }];
  await updateRefs(promisesOf(at.fs), at.gitdir, changes, async () => {
    const { log } = await read(at);
    if (!isSame(log, before.log)) throw changed();
    const written = newest && formatReflog(entries);
    // A line of which the ref knows nothing is none of a stash. A ref that was moved, whatever its file system said of
    // that, is one without a stash where its line is gone.
    const takeBack = async (): Promise<void> => {
      const now = await read(at);
      const isMoved = JSON.stringify(now.value) !== JSON.stringify(before.value);
      if (!isMoved && isSame(now.log, written)) await writeLog(at, before.log);
    };
    await writeLog(at, written).catch(async (error: unknown) => {
      await takeBack().catch(() => undefined);
      throw error;
    });
    return takeBack;
  });
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return compareBytes(one, other) === 0;
}

async function read(at: ConfigAt): Promise<Read> {
  const fs = promisesOf(at.fs);
  return useFileSystem(async () => {
    const value = await new Refs(fs, at.gitdir).read(ref);
    const log = await fs.readFile(logOf(at)).catch(isMissing);
    if (log === false) return { value, log: undefined };
    if (log instanceof Uint8Array) return { value, log };
    throw new GitWsError('FILE_SYSTEM_FAILED', 'The file system read nothing of the stashes.');
  });
}

/** @param bytes undefined: there is to be none. */
async function writeLog(at: ConfigAt, bytes: Uint8Array | undefined): Promise<void> {
  const fs = promisesOf(at.fs);
  const path = logOf(at);
  if (bytes === undefined) {
    await fs.unlink(path).catch(isMissing);
    if (!(await isThere(fs, path))) return;
    const message = 'The file system says that it removed the list of stashes, and did not.';
    throw new GitWsError('FILE_SYSTEM_FAILED', message);
  }
  for (const folder of ['logs', 'logs/refs']) await makeDirectory(fs, `${at.gitdir}/${folder}`);
  await holdFile(fs, path, locked, (held) => held.replace(bytes));
}

function logOf({ gitdir }: ConfigAt): string {
  return `${gitdir}/logs/${ref}`;
}

function locked(path: string): GitWsError {
  const message =
    'Another program is changing the stashes, or was interrupted while it did: in the latter case ' +
    `remove ${path}.`;
  return new GitWsError('REF_LOCKED', message, { data: { ref, path }, retryable: true });
}

function changed(): GitWsError {
  const message = 'Others are changing the stashes.';
  return new GitWsError('REF_CHANGED', message, { data: { ref }, retryable: true });
}
