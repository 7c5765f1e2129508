/**
 * A small configuration file whose changes are noticed when it is used: by one stat, without a
 * watcher, whose events get lost on network file systems and at renames. What a new version says
 * takes effect as a whole or not at all: one that cannot be read leaves the old in force, and the
 * operator is told once. It does not know what is in the file.
 */
import { open, stat } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { GitWsError, isGitWsError } from '../../src/base/errors.js';

/** A file's content, as it is or as it was when it last could be read. */
export interface ReloadingFile<T> {
  /** Checks for a change first. Rejects never: a broken file leaves the old content. */
  current(): Promise<T>;
  /** Reads the file, changed or not, for example at SIGHUP. @returns whether that worked. */
  reload(): Promise<boolean>;
}

/** Told of what an operator should know, in one sentence without control characters. */
export type Report = (sentence: string) => void;

/** Above it a file is refused: it is read whole, on the way of a request. */
const maxBytes = 16 * 1024 * 1024;

/**
 * Time, in ms, in which a file may change again without its times changing: the coarsest common
 * clock of file systems. Content read so soon after a change is read again at the next use, as git
 * does with its index ("racy git", Documentation/technical/racy-git.txt).
 */
const racyTime = 2_000;

interface Version<T> {
  readonly value: T;
  readonly text: string;
}

/**
 * @param path of the file.
 * @param parse its content; throws a GitWsError whose sentence names what is wrong and where.
 * @param report told when a later version cannot be used.
 * @param how whether it has secrets in it: then it is refused where everybody on the machine may
 *   read or change it.
 * @throws GitWsError INVALID_OPTION where the first version cannot be read or parsed.
 */
export async function openReloadingFile<T>(
  path: string,
  parse: (text: string) => T,
  report: Report = () => {},
  { isSecret = false }: { readonly isSecret?: boolean } = {},
): Promise<ReloadingFile<T>> {
  let version: Version<T> | undefined;
  /** Of the last version looked at, good or bad; undefined while it may change unseen. */
  let identity: string | undefined;
  let reported: string | undefined;

  async function load(): Promise<Version<T>> {
    const started = Date.now();
    const read = await readWhole(path, isSecret);
    const settled = Math.max(Number(read.stats.mtimeMs), Number(read.stats.ctimeMs)) + racyTime;
    identity = started > settled ? identityOf(read.stats) : undefined;
    if (version?.text === read.text) return version;
    return { text: read.text, value: parse(read.text) };
  }

  async function reload(): Promise<boolean> {
    try {
      version = await load();
      reported = undefined;
      return true;
    } catch (error) {
      const sentence = isGitWsError(error) ? error.message : `${path} cannot be used.`;
      if (sentence !== reported) report(`${sentence} What it said before stays in force.`);
      reported = sentence;
      return false;
    }
  }

  async function check(): Promise<T> {
    const stats = await stat(path, { bigint: true }).catch(() => undefined);
    if (stats === undefined || identity !== identityOf(stats)) await reload();
    return (version ?? first).value;
  }

  const first = await load();
  version = first;
  // One at a time and in order: an older content never replaces a newer one, and who asks after a
  // change never gets what was read before it.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <R>(work: () => Promise<R>): Promise<R> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  return { current: () => inTurn(check), reload: () => inTurn(reload) };
}

function identityOf(stats: BigIntStats): string {
  const { dev, ino, size, mtimeNs, ctimeNs } = stats;
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

async function readWhole(
  path: string,
  isSecret: boolean,
): Promise<{ text: string; stats: BigIntStats }> {
  try {
    // Before it is opened: opening a named pipe would wait for its writer.
    if (!(await stat(path)).isFile()) throw unusable(path, 'it is not a file');
    const file = await open(path, 'r');
    try {
      const stats = await file.stat({ bigint: true });
      if (stats.size > maxBytes) throw unusable(path, 'it has more than 16 MiB');
      // Windows has no such bits.
      // Defence: a file of secrets that everybody may read is refused.
      if (isSecret && process.platform !== 'win32' && (stats.mode & 0o007n) !== 0n) {
        throw unusable(
          path,
          'it has secrets in it, and everybody may read or change it (chmod o=)',
        );
      }
      const bytes = await file.readFile();
      const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      return { text, stats };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isGitWsError(error)) throw error;
    if (error instanceof TypeError) throw unusable(path, 'it is not UTF-8');
    const { code } = error as NodeJS.ErrnoException;
    throw unusable(path, reasons[code ?? ''] ?? String(code ?? error));
  }
}

const reasons: Readonly<Partial<Record<string, string>>> = {
  ENOENT: 'there is no such file',
  EACCES: "the server's user may not read it",
};

function unusable(path: string, why: string): GitWsError {
  return new GitWsError('INVALID_OPTION', `${path} cannot be read: ${why}.`, { data: { why } });
}
