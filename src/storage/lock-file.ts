/** A lock as git holds it: a file beside the one that is changed, which nobody else can make meanwhile. */
import { storeTogether, type PromiseFileSystem } from './file-system.js';
import { expectWhole, isThere, moveFile } from './whole-file.js';

/** A lock that is held. */
export interface TakenLock {
  /** Removes its file, and lets go of it. */
  remove(): Promise<void>;
  /** Lets go of it when its file has become the one that it was for. */
  isMoved(): Promise<void>;
}

/**
 * Makes the file, empty. Where the file system opens no files, two may make it at once; of those,
 * LightningFS lets one page at a time write.
 *
 * One that is there already is somebody's: who was killed leaves it, and nobody can tell. But where the
 * file system knows who lives (`createLightningFS`), one whose holder is gone is taken over: a page is
 * closed at any time, and nobody in it can remove a file by hand.
 *
 * @returns undefined where somebody else holds it. @throws what the file system throws.
 */
export async function takeLock(
  fs: PromiseFileSystem,
  path: string,
): Promise<TakenLock | undefined> {
  const letGo = fs.hold === undefined ? () => Promise.resolve() : await fs.hold(path);
  if (letGo === undefined) return undefined;
  let isTaken = false;
  try {
    if (fs.hold === undefined) {
      isTaken = await makeFile(fs, path);
    } else {
      await fs.writeFile(path, new Uint8Array(0));
      isTaken = true;
    }
  } finally {
    if (!isTaken) await letGo();
  }
  if (!isTaken) return undefined;
  return {
    remove: async () => {
      await fs.unlink(path).finally(letGo);
    },
    isMoved: letGo,
  };
}

/** @returns false where it is there already. */
async function makeFile(fs: PromiseFileSystem, path: string): Promise<boolean> {
  try {
    if (fs.open !== undefined) {
      await (await fs.open(path, 'wx')).close();
      return true;
    }
    if (await isThere(fs, path)) return false;
    await fs.writeFile(path, new Uint8Array(0));
    return true;
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === 'EEXIST') return false;
    throw error;
  }
}

/** A file that nobody else changes meanwhile. */
export interface HeldFile {
  /** Puts other bytes in its place. Called once at most. */
  replace(bytes: Uint8Array): Promise<void>;
}

/**
 * @param path of the file; its lock is `<path>.lock`.
 * @param refusal the error where somebody else holds it.
 * @param use does something while it is held; the file is as before where that fails.
 * @returns what `use` returns.
 * @throws the refusal; what `use` and the file system throw; GitWsError FILE_SYSTEM_FAILED.
 */
export async function holdFile<Result>(
  fs: PromiseFileSystem,
  path: string,
  refusal: (lock: string) => Error,
  use: (held: HeldFile) => Promise<Result>,
): Promise<Result> {
  const lock = `${path}.lock`;
  const taken = await takeLock(fs, lock);
  if (taken === undefined) throw refusal(lock);
  let isDone = false;
  try {
    return await use({
      replace: async (bytes) => {
        const target = fs.rename === undefined ? path : lock;
        await storeTogether(fs, async (together) => {
          await together.writeFile(target, bytes);
          await expectWhole(together, target, bytes.length);
          if (target === lock) await moveFile(together, lock, path, bytes);
        });
        if (target === path) return;
        isDone = true;
        await taken.isMoved();
      },
    });
  } finally {
    if (!isDone) await taken.remove().catch(() => undefined);
  }
}
