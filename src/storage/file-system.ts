/**
 * The part of a file system that is used here, as promises, whatever of isomorphic-git's shapes it
 * has: `promises` of its own (Node.js, LightningFS), functions that give promises, or callbacks.
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
  readFile(path: string, encoding?: 'utf8'): Promise<unknown>;
  readdir(path: string): Promise<readonly string[]>;
  mkdir(path: string): Promise<unknown>;
  writeFile(path: string, bytes: Uint8Array, options?: { readonly mode: number }): Promise<unknown>;
  /** isomorphic-git itself does without. */
  rename?: ((from: string, to: string) => Promise<unknown>) | undefined;
  stat(path: string): Promise<unknown>;
  lstat(path: string): Promise<unknown>;
  unlink(path: string): Promise<unknown>;
  rmdir(path: string): Promise<unknown>;
  readlink(path: string): Promise<unknown>;
  symlink(target: string, path: string): Promise<unknown>;
  /** Only Node.js has it: then a pack need not be in memory as a whole. */
  open?: ((path: string, flags: string) => Promise<OpenFile>) | undefined;
  /** Only that of `createLightningFS` has it. @returns what `lstat` says of each, in order. */
  writeMany?: ((files: readonly FileToWrite[]) => Promise<readonly unknown[]>) | undefined;
  /**
   * The same.
   *
   * @param wait until this fires another one is waited for.
   * @returns what gives it back; undefined where another one has it that still lives.
   */
  hold?:
    ((path: string, wait?: AbortSignal) => Promise<(() => Promise<void>) | undefined>) | undefined;
  /** The same. Has what is changed within stored together. */
  gather?:
    (<Result>(work: (fs: PromiseFileSystem) => Promise<Result>) => Promise<Result>) | undefined;
}

/** A file to write, with the directories that it is in. */
export interface FileToWrite {
  readonly path: string;
  /** What is in it; of a symbolic link where it leads to. */
  readonly bytes: Uint8Array;
  readonly mode?: number;
  readonly type?: 'file' | 'symlink';
}

/** What isomorphic-git, and its users, use of a file system. */
export const fileSystemCommands = [
  ...['readFile', 'writeFile', 'mkdir', 'rmdir', 'unlink', 'rename'],
  ...['stat', 'lstat', 'readdir', 'readlink', 'symlink'],
];

type Callback = (error: unknown, value?: unknown) => void;
type Call = (...args: unknown[]) => unknown;

/**
 * @param given what isomorphic-git takes as `fs`, of any of its shapes. Its types say no more of its
 *   functions than that they are some.
 * @param like bytes of the kind that the file system is to be handed: what isomorphic-git hands out
 *   is a Buffer, and some file systems can do with nothing else.
 * @returns the file system as promises.
 */
export function promisesOf(given: object, like?: Uint8Array): PromiseFileSystem {
  const { functions, isPromised, call } = functionsOf(given);
  const optional = (name: string) =>
    typeof functions[name] === 'function' ? call(name) : undefined;
  const kind = kindOf(like);
  const promises: PromiseFileSystem = {
    readFile: call('readFile'),
    readdir: call('readdir') as PromiseFileSystem['readdir'],
    mkdir: call('mkdir'),
    writeFile: (path, bytes, ...rest) => call('writeFile')(path, kind?.(bytes) ?? bytes, ...rest),
    rename: optional('rename'),
    stat: call('stat'),
    lstat: call('lstat'),
    unlink: call('unlink'),
    rmdir: call('rmdir'),
    readlink: call('readlink'),
    symlink: call('symlink'),
    // With callbacks it gives a number.
    open: isPromised ? (optional('open') as PromiseFileSystem['open']) : undefined,
    writeMany: optional('writeMany') as PromiseFileSystem['writeMany'],
    hold: optional('hold') as PromiseFileSystem['hold'],
  };
  const gather = gatherOf(functions, like);
  if (gather !== undefined) promises.gather = Object.assign(gather, { [gathers]: promises });
  return promises;
}

/** Under which a `gather` has the functions that it gathers for. */
export const gathers: unique symbol = Symbol.for('gitws.gathers') as never;

/** What a `gather` has functions of its own for. */
const gathered = [...fileSystemCommands, 'open', 'writeMany'];

/** @returns undefined where some of the functions are others than those that it would call: a wrapper's. */
function gatherOf(
  functions: Record<string, unknown>,
  like: Uint8Array | undefined,
): PromiseFileSystem['gather'] {
  const { gather } = functions as {
    gather?: <Result>(work: (promises: object) => Promise<Result>) => Promise<Result>;
  };
  const own = (gather as { [gathers]?: Record<string, unknown> } | undefined)?.[gathers];
  if (gather === undefined || own === undefined) return undefined;
  if (gathered.some((name) => own[name] !== functions[name])) return undefined;
  return (work) => gather((promises) => work(promisesOf({ promises }, like)));
}

/**
 * Does something whose changes are stored together where the file system can do that.
 *
 * @param work gets the file system that it is to use.
 * @returns what it returns, when all is stored. @throws what it throws; why something is not stored.
 */
export function storeTogether<Result>(
  fs: PromiseFileSystem,
  work: (fs: PromiseFileSystem) => Promise<Result>,
): Promise<Result> {
  return fs.gather === undefined ? work(fs) : fs.gather(work);
}

/** A function of a file system that gives a promise. */
export type FileSystemCall = (...args: unknown[]) => Promise<unknown>;

/** @returns functions of a file system by their names, each as one that gives a promise. */
export function callsOf(given: object, names: readonly string[]): Record<string, FileSystemCall> {
  const { call } = functionsOf(given);
  return Object.fromEntries(names.map((name) => [name, call(name)]));
}

/** Under which a file system that answers for another one has that. */
export const plainFileSystem: unique symbol = Symbol.for('gitws.plainFileSystem') as never;

/** @returns the file system itself, of one that answers reads out of packs: ours need no such answers. */
export function plainOf<Fs extends object>(fs: Fs): Fs {
  return (fs as { [plainFileSystem]?: Fs })[plainFileSystem] ?? fs;
}

/**
 * @returns the `promises` that isomorphic-git finds in a file system; undefined where it looks at the
 *   functions of the file system itself.
 */
export function ownPromises(given: object): object | undefined {
  const isOwn = Object.getOwnPropertyDescriptor(given, 'promises')?.enumerable === true;
  return isOwn ? (given as { promises: object }).promises : undefined;
}

/** The functions, and whether they give promises, as isomorphic-git tells (its FileSystem and bindFs). */
function functionsOf(wrapped: object) {
  const given = plainOf(wrapped);
  const own = ownPromises(given) as Record<string, Call> | undefined;
  const functions = own ?? (given as Record<string, Call>);
  const isPromised = own !== undefined || givesPromises(functions);
  const call =
    (name: string): FileSystemCall =>
    async (...args) => {
      // Never answered it would be waited for without an end.
      if (typeof functions[name] !== 'function') {
        throw new TypeError(`The file system has no ${name}.`);
      }
      return isPromised ? functions[name](...args) : promised(functions, name, args);
    };
  return { functions, isPromised, call };
}

/** isomorphic-git's own test. */
function givesPromises(fs: Record<string, Call>): boolean {
  try {
    const given = fs['readFile']?.() as Partial<Promise<unknown>> | null | undefined;
    if (typeof given?.then !== 'function' || typeof given.catch !== 'function') return false;
    given.catch(() => undefined);
    return true;
  } catch {
    return false;
  }
}

function promised(fs: Record<string, Call>, name: string, args: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done: Callback = (error, value) => {
      if (error === null || error === undefined) resolve(value);
      // What a file system calls back with is its own affair.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      else reject(error);
    };
    fs[name]?.(...args, done);
  });
}

/** @returns what makes bytes of the kind of `like`, in the same memory; undefined for plain ones. */
function kindOf(like: Uint8Array | undefined): ((bytes: Uint8Array) => Uint8Array) | undefined {
  const kind = like?.constructor as
    { from?: (memory: ArrayBufferLike, offset: number, length: number) => Uint8Array } | undefined;
  if (kind?.from === undefined || like?.constructor === Uint8Array) return undefined;
  return (bytes) => kind.from?.(bytes.buffer, bytes.byteOffset, bytes.byteLength) ?? bytes;
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
