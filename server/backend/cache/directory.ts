/**
 * The directory of a cache, and whether it is one: mirrors lie in `mirrors`, what is being made or
 * removed in `making`. Nothing that a client says becomes a name in it.
 */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { GitWsError } from '../../../src/base/errors.js';
import { orAbsent } from '../../base/system-errors.js';
import type { Upstreams } from '../upstream/upstreams.js';
import { lockDirectory, type Unlock } from './lock.js';

/** What says that a directory is a cache, and of which form. */
const marker = { name: 'gitws-cache', text: 'gitws cache 1\n' } as const;

/** One that is open: no other process has it. */
export interface CacheDirectory {
  /** Absolute real path of the whole mirrors' directory. */
  readonly mirrors: string;
  /** Absolute real path of that of others, which are nothing to anybody. */
  readonly making: string;
  readonly unlock: Unlock;
}

/**
 * Looks, and changes nothing.
 *
 * @param directory need not exist.
 * @param served the directory of the server's own repositories.
 * @param upstreams what it is for.
 * @returns its absolute path.
 * @throws GitWsError INVALID_OPTION where it is for nothing, has other things in it, is another user's, or lies where
 *   its mirrors would be served as repositories of this machine.
 */
export function checkedCacheDirectory(
  directory: string,
  served: string,
  upstreams: Upstreams,
): string {
  const path = resolve(directory);
  if (upstreams.all.length === 0)
    throw invalid(path, 'is for repositories of upstreams, and there are none');
  const found = statSync(path, { throwIfNoEntry: false });
  // Defence: mirrors do not lie where they would be served.
  if (isWithin(realOf(served), realOf(path)) || isWithin(realOf(path), realOf(served))) {
    throw invalid(path, 'and the directory of repositories must not lie in each other');
  }
  if (found === undefined) return path;
  if (!found.isDirectory()) throw invalid(path, 'is not a directory');
  const user = process.getuid?.();
  if (user !== undefined && found.uid !== user) throw invalid(path, 'belongs to another user');
  const names = readdirSync(path);
  if (names.length > 0 && !names.includes(marker.name)) {
    throw invalid(
      path,
      'has other things in it than a cache: name an empty directory, or a new one',
    );
  }
  return path;
}

/**
 * Makes it, where it is not there, and removes what a crash has left half made.
 *
 * @param path from {@link checkedCacheDirectory}.
 * @throws GitWsError INVALID_OPTION where another process has it, or it is of another form; the
 *   system's error where it cannot be made.
 */
export async function openCacheDirectory(path: string): Promise<CacheDirectory> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const real = realpathSync(path);
  // What is public upstream may be none of this machine's other users' business.
  // Defence: the directory of a cache is of its user alone.
  await chmod(real, 0o700);
  const unlock = await lockDirectory(real);
  try {
    const file = join(real, marker.name);
    const text = await orAbsent(readFile(file, 'utf8'));
    if (text === undefined) await writeFile(file, marker.text, { flag: 'wx' });
    else if (text !== marker.text) throw invalid(path, 'is a cache of another version: empty it');
    const making = join(real, 'making');
    await rm(making, { recursive: true, force: true });
    await mkdir(making);
    const mirrors = join(real, 'mirrors');
    await mkdir(mirrors, { recursive: true });
    return { mirrors, making, unlock };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Through links, as far as there is something. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realOf(parent), basename(path));
  }
}

function isWithin(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return !isAbsolute(way) && way.split(sep)[0] !== '..';
}

function invalid(path: string, why: string): GitWsError {
  const message = `cache: "${path}" ${why}.`;
  return new GitWsError('INVALID_OPTION', message, { data: { option: 'cache' } });
}
