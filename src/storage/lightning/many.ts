/** Many files at once: written or removed in few transactions, none of them large. */
import { pieceSize } from './batch.js';
import { bytesOf } from './backend.js';
import type { Contents } from './contents.js';
import { FileError } from './errors.js';
import { Stats } from './node.js';
import { nextTask } from './pace.js';
import { directoryOf, normalize } from './path.js';
import { Storing } from './storing.js';
import { tidy } from './tidy.js';
import type { Volume } from './volume.js';

/** A file to write. */
export interface FileToWrite {
  /** Absolute. Directories that are not there are made. */
  readonly path: string;
  /** What is in it; of a symbolic link: where it leads to, as UTF-8. Not to be changed meanwhile. */
  readonly bytes: Uint8Array;
  /** Permissions, 0o666 where none are given. */
  readonly mode?: number;
  /** Default `file`. */
  readonly type?: 'file' | 'symlink';
}

/** What is changed between two looks at the clock. */
const filesAtOnce = 64;
/** Then others on the thread have their turn, in ms. */
const sliceTime = 8;
/** Changes that wait for being stored, at most, before more are made. */
const changesAtOnce = 8;
/** Bytes that wait for being stored, at most, before more are taken. */
const mostWaiting = 16 * 1024 * 1024;

/**
 * Writes files, each whole or not at all, in order.
 *
 * @returns their facts, in the same order.
 * @throws FileError for the first that cannot be written; those before it are there then. What
 *   storing fails with: the last ones of those that were to be stored are not there then.
 */
export async function writeMany(
  volume: Volume,
  contents: Contents,
  files: readonly FileToWrite[],
): Promise<Stats[]> {
  const stats: Stats[] = [];
  let bytesWaiting = 0;
  let sliceEnd = performance.now() + sliceTime;
  const storing = new Storing();
  await volume.use(async () => {
    for (let at = 0; at < files.length;) {
      const { stored, result } = await volume.begin((tree, batch) => {
        storing.expectNoFailure();
        const first = at;
        let bytes = 0;
        let failure: { reason: unknown } | undefined;
        // Only of this change: before the next one somebody may have removed them.
        const directories = new Set<string>();
        // A failure comes after what was done before it: that is stored all the same.
        try {
          for (; at < files.length && at - first < filesAtOnce && bytes < 4 * pieceSize; at++) {
            const file = files[at];
            if (file === undefined) continue;
            const path = normalize(file.path);
            const content = bytesOf(file.bytes);
            const directory = directoryOf(path);
            if (!directories.has(directory)) {
              tree.makeDirectories(directory);
              directories.add(directory);
            }
            if (file.type === 'symlink') {
              const target = new TextDecoder().decode(content);
              const { node, removed } = tree.symlink(target, path);
              if (removed !== undefined) batch.remove(removed);
              stats.push(new Stats(node));
            } else {
              const node = tree.write(path, content.length, file.mode);
              batch.put(node, content);
              stats.push(new Stats(node));
            }
            bytes += content.length;
            batch.count();
          }
        } catch (reason) {
          failure = { reason };
        }
        return { bytes, failure };
      });
      storing.add(stored);
      bytesWaiting += result.bytes;
      if (result.failure !== undefined) {
        await storing.end();
        throw result.failure.reason as Error;
      }
      if (bytesWaiting > mostWaiting) {
        await storing.end();
        bytesWaiting = 0;
      } else if (performance.now() > sliceEnd) {
        await nextTask();
      }
      sliceEnd = performance.now() + sliceTime;
    }
    await storing.end();
  });
  await tidy(volume, contents);
  return stats;
}

/**
 * Removes files and symbolic links.
 *
 * @returns the paths that had none, in order, as they were given.
 * @throws FileError EISDIR for a directory; what was to be removed before it is gone then.
 */
export async function removeMany(
  volume: Volume,
  contents: Contents,
  paths: readonly string[],
): Promise<string[]> {
  const missing: string[] = [];
  await volume.use(async () => {
    const storing = new Storing();
    for (let at = 0; at < paths.length; at += filesAtOnce) {
      const { stored, result } = await volume.begin((tree, batch) => {
        storing.expectNoFailure();
        for (const path of paths.slice(at, at + filesAtOnce)) {
          try {
            batch.remove(tree.unlink(normalize(path)));
            batch.count();
          } catch (error) {
            const { code } = error as { code?: unknown };
            if (!(error instanceof FileError && (code === 'ENOENT' || code === 'ENOTDIR')))
              return { reason: error };
            missing.push(path);
          }
        }
        return undefined;
      });
      storing.add(stored);
      if (result === undefined && storing.count < changesAtOnce) continue;
      await storing.end();
      if (result !== undefined) throw result.reason as Error;
    }
    await storing.end();
  });
  await tidy(volume, contents);
  return missing;
}
