/**
 * The part of a file system that is written to here, as promises, whatever of isomorphic-git's two
 * shapes it has: `fs.promises` (Node.js, LightningFS) or callbacks.
 */

/** A file opened for writing and reading, as Node.js has it. */
export interface OpenFile {
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }>;
  write(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** `fs.promises`, as far as it is used. */
export interface PromiseFileSystem {
  readFile(path: string): Promise<unknown>;
  readdir(path: string): Promise<readonly string[]>;
  mkdir(path: string): Promise<unknown>;
  writeFile(path: string, bytes: Uint8Array): Promise<unknown>;
  /** isomorphic-git itself does without. */
  rename?: ((from: string, to: string) => Promise<unknown>) | undefined;
  stat(path: string): Promise<unknown>;
  unlink(path: string): Promise<unknown>;
  /** Only Node.js has it: then a pack need not be in memory as a whole. */
  open?(path: string, flags: string): Promise<OpenFile>;
}

type Callback = (error: unknown, value?: unknown) => void;

/** The same with callbacks. */
export interface CallbackFileSystem {
  readFile(path: string, callback: Callback): void;
  readdir(path: string, callback: Callback): void;
  mkdir(path: string, callback: Callback): void;
  writeFile(path: string, bytes: Uint8Array, callback: Callback): void;
  rename?(from: string, to: string, callback: Callback): void;
  stat(path: string, callback: Callback): void;
  unlink(path: string, callback: Callback): void;
}

/**
 * @param given what isomorphic-git takes as `fs`, of one shape or the other. Its types say no more of
 *   its functions than that they are some.
 * @returns the file system as promises.
 */
export function promisesOf(given: object): PromiseFileSystem {
  if ('promises' in given) return given.promises as PromiseFileSystem;
  const fs = given as CallbackFileSystem;
  const call = (run: (done: Callback) => void): Promise<unknown> =>
    new Promise((resolve, reject) => {
      run((error, value) => {
        if (error === null || error === undefined) resolve(value);
        // What a file system calls back with is its own affair.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        else reject(error);
      });
    });
  return {
    readFile: (path) => call((done) => fs.readFile(path, done)),
    readdir: (path) => call((done) => fs.readdir(path, done)) as Promise<readonly string[]>,
    mkdir: (path) => call((done) => fs.mkdir(path, done)),
    writeFile: (path, bytes) => call((done) => fs.writeFile(path, bytes, done)),
    rename: fs.rename && ((from, to) => call((done) => fs.rename?.(from, to, done))),
    stat: (path) => call((done) => fs.stat(path, done)),
    unlink: (path) => call((done) => fs.unlink(path, done)),
  };
}

/** Makes a directory unless it is there. @throws what the file system throws. */
export async function makeDirectory(fs: PromiseFileSystem, path: string): Promise<void> {
  await fs.mkdir(path).catch((error: unknown) => {
    if ((error as { code?: unknown } | null)?.code !== 'EEXIST') throw error;
  });
}

/** @returns false for the error of a file that is not there. @throws any other. */
export function isMissing(error: unknown): false {
  if ((error as { code?: unknown } | null)?.code === 'ENOENT') return false;
  throw error;
}

/** @returns a part of a file's name that no other has. Not a UUID: those exist in secure contexts alone. */
export function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
