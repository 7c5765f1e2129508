/**
 * A configuration in memory, for several settings at once: isomorphic-git reads and writes all of the
 * file for each one, and a browser's file system takes a millisecond or so for each time.
 */
import { GitWsError } from '../base/errors.js';
import { useFileSystem } from '../base/failure.js';
import {
  callsOf,
  fileSystemCommands,
  type PromiseFileSystem,
  promisesOf,
} from '../storage/file-system.js';
import type { ConfigAt } from './config.js';

/** Where {@link readConfig} and {@link setConfig} find what is held; not for anything else. */
export interface HeldConfig extends ConfigAt {
  /**
   * Writes what was set. Before, nothing is.
   *
   * @throws GitWsError FILE_SYSTEM_FAILED where the file system says that it has written it, and has not; what `fs`
   *   throws.
   */
  save(): Promise<void>;
}

/** @returns what reads each file once. What others write meanwhile is not seen. */
export function holdConfig({ fs, gitdir }: ConfigAt): HeldConfig {
  const calls = callsOf(fs, fileSystemCommands);
  const read = new Map<string, Promise<unknown> | undefined>();
  const written = new Map<string, string>();
  const once = (name: 'readFile' | 'stat') => (path: string, options?: unknown) => {
    const key = `${name} ${path}`;
    const known = read.get(key) ?? calls[name]?.(path, options);
    read.set(key, known);
    return known;
  };
  const promises = {
    ...calls,
    readFile: (path: string, options?: unknown) =>
      written.has(path) ? Promise.resolve(written.get(path)) : once('readFile')(path, options),
    stat: once('stat'),
    writeFile: (path: string, text: string) => {
      written.set(path, text);
      return Promise.resolve();
    },
  };
  const save = async (): Promise<void> => {
    for (const [path, text] of written)
      await useFileSystem(() => write(promisesOf(fs), path, text));
    written.clear();
    read.clear();
  };
  return { fs: { promises } as never, gitdir, save };
}

async function write(fs: PromiseFileSystem, path: string, text: string): Promise<void> {
  await fs.writeFile(path, new TextEncoder().encode(text));
  if ((await fs.readFile(path, 'utf8')) === text) return;
  const message = `The file system says that it wrote ${path}, and did not.`;
  throw new GitWsError('FILE_SYSTEM_FAILED', message);
}
