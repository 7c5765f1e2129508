/**
 * Changes refs, all of them or none: each is held by its lock, compared with what it is expected to say,
 * and only then are any of them changed (git-update-ref(1), refs/files-backend.c). Many new ones go
 * into `packed-refs` in one step, which is what git does in a clone.
 */
import { GitWsError } from '../base/errors.js';
import { makeDirectory, storeTogether, type PromiseFileSystem } from '../storage/file-system.js';
import { takeLock, type TakenLock } from '../storage/lock-file.js';
import { expectWhole, isThere, moveFile } from '../storage/whole-file.js';
import { formatPackedRefs, type PackedRef } from './packed-refs.js';
import { Refs, type RefValue } from './refs.js';

/** What is to become of one ref. */
export interface RefChange {
  /** In full. It has to be one that `git check-ref-format` takes, or HEAD. */
  readonly name: string;
  /** What it has to say before; `null`: it must not be there. Undefined: whatever it says. */
  readonly old?: RefValue | null | undefined;
  /** Undefined: it is removed. */
  readonly value: RefValue | undefined;
  /** Of an annotated tag: the object that it stands for in the end. */
  readonly peeled?: string | undefined;
}

/** Changes from which on those without a file of their own go into `packed-refs`. */
export const packedFrom = 64;

/** How long a lock of somebody else is waited for, in ms: refs are written in less. */
export const lockTime = 1_000;

/** Between two looks at it, in ms. */
const lockInterval = 20;

/**
 * @param gitdir the repository, as `findGitDirectory` has it.
 * @param changes each of another ref.
 *   One that is removed is in the way of another still, as in git.
 * @param onHeld called when all are held and as they are expected to be, before any changes: nothing does where it
 *   rejects. What it gives takes back what it did, where a change fails.
 * @throws GitWsError REF_CHANGED where one says something else than is expected, REF_CONFLICT where
 *   another one's name is in the way (`refs/heads/x` and `refs/heads/x/y`), REF_LOCKED, FILE_SYSTEM_FAILED;
 *   what the file system throws. Nothing is changed then, unless the file system fails in the last step.
 */
export async function updateRefs(
  fs: PromiseFileSystem,
  gitdir: string,
  changes: readonly RefChange[],
  onHeld?: () => Promise<() => Promise<void>>,
): Promise<void> {
  if (changes.length === 0) return;
  let undo: (() => Promise<void>) | undefined;
  const takeBack = async (): Promise<void> => {
    const undoing = undo;
    undo = undefined;
    await undoing?.().catch(() => undefined);
  };
  try {
    await storeTogether(fs, async (together) => {
      const transaction = new Transaction(together, gitdir);
      try {
        await transaction.prepare(changes);
        undo = await onHeld?.();
        await transaction.commit();
      } catch (error) {
        // While nobody else can change them.
        await takeBack();
        throw error;
      } finally {
        await transaction.release();
      }
    });
  } catch (error) {
    // All was done, and could not be stored.
    await takeBack();
    throw error;
  }
}

interface Prepared extends RefChange {
  /** Whether it has a file of its own. */
  readonly hasFile: boolean;
}

class Transaction {
  readonly #fs: PromiseFileSystem;
  readonly #gitdir: string;
  readonly #refs: Refs;
  readonly #locks = new Map<string, TakenLock>();
  readonly #files: Prepared[] = [];
  /** `packed-refs` as it is to be; undefined where it stays as it is. */
  #packed: string | undefined;

  constructor(fs: PromiseFileSystem, gitdir: string) {
    this.#fs = fs;
    this.#gitdir = gitdir;
    this.#refs = new Refs(fs, gitdir);
  }

  async prepare(changes: readonly RefChange[]): Promise<void> {
    const isMany = changes.length >= packedFrom;
    const isPacking = isMany || changes.some(({ value }) => value === undefined);
    if (isPacking) await this.#lock('packed-refs');
    const before = await this.#refs.packed();
    const packed = new Map<string, PackedRef>(before);
    checkConflicts(changes, before.keys());
    for (const change of changes) {
      const { name, value, peeled } = change;
      const intoPacked = isMany && value !== undefined && 'oid' in value;
      const hasFile = (await this.#refs.readFile(name)) !== undefined;
      if (!intoPacked || hasFile) {
        await this.#makeRoom(change);
        await this.#lock(name);
      }
      const file = await this.#refs.readFile(name);
      this.#compare(change, file ?? before.get(name));
      if (intoPacked) packed.set(name, { oid: value.oid, peeled });
      else if (value === undefined) packed.delete(name);
      if (!intoPacked || file !== undefined) {
        const kept = intoPacked ? { ...change, value: undefined } : change;
        this.#files.push({ ...kept, hasFile: file !== undefined });
      }
    }
    const isSame = packed.size === before.size && !isMany;
    if (isPacking && !isSame) {
      this.#packed = formatPackedRefs(packed, await this.#refs.packedText());
      await this.#write('packed-refs', this.#packed);
    }
    for (const { name, value } of this.#files) {
      if (value !== undefined) await this.#write(name, formatRef(value));
    }
  }

  async commit(): Promise<void> {
    if (this.#packed !== undefined) await this.#put('packed-refs', this.#packed);
    for (const { name, value, hasFile } of this.#files) {
      if (value !== undefined) {
        await removeEmptyFolders(this.#fs, `${this.#gitdir}/${name}`);
        await this.#put(name, formatRef(value));
        continue;
      }
      if (hasFile) await this.#remove(name);
      await this.#unlock(name);
      await this.#removeFoldersOf(name);
    }
  }

  /** Lets go of what is held still. Never rejects. */
  async release(): Promise<void> {
    for (const name of [...this.#locks.keys()]) await this.#unlock(name).catch(() => undefined);
  }

  #compare({ name, old, value }: RefChange, found: RefValue | undefined): void {
    if (old === undefined) return;
    // Somebody else has done the same.
    if (found !== undefined && value !== undefined && isEqual(value, found)) return;
    const isSame = old === null ? found === undefined : found !== undefined && isEqual(old, found);
    if (isSame) return;
    const says = found === undefined ? 'it is not there' : `it says ${describe(found)}`;
    const expected = old === null ? 'not there' : describe(old);
    throw new GitWsError(
      'REF_CHANGED',
      `${name} has changed meanwhile: ${says}, and ${expected} was expected.`,
      { data: { ref: name }, retryable: true },
    );
  }

  async #lock(name: string): Promise<void> {
    const path = `${this.#gitdir}/${name}.lock`;
    const end = performance.now() + lockTime;
    for (;;) {
      const taken = await takeLock(this.#fs, path);
      if (taken !== undefined) {
        this.#locks.set(name, taken);
        return;
      }
      if (performance.now() >= end) {
        const message =
          `Another program is changing ${name}, or was interrupted while it did: in the latter case ` +
          `remove ${path}.`;
        throw new GitWsError('REF_LOCKED', message, { data: { ref: name, path }, retryable: true });
      }
      await new Promise((resolve) => setTimeout(resolve, lockInterval));
    }
  }

  async #unlock(name: string): Promise<void> {
    const taken = this.#locks.get(name);
    this.#locks.delete(name);
    await taken?.remove();
  }

  /** Makes the folders of a ref, unless another ref stands in the place of one. */
  async #makeRoom({ name, value }: RefChange): Promise<void> {
    const segments = name.split('/').slice(0, -1);
    for (let at = 1; at <= segments.length; at += 1) {
      const folder = segments.slice(0, at).join('/');
      if ((await this.#refs.readFile(folder)) !== undefined) throw conflict(name, folder);
      await makeDirectory(this.#fs, `${this.#gitdir}/${folder}`);
    }
    if (value === undefined) return;
    const [below] = (await this.#refs.list(`${name}/`)).keys();
    if (below !== undefined) throw conflict(name, below);
  }

  async #write(name: string, text: string): Promise<void> {
    if (this.#fs.rename === undefined) return;
    const path = `${this.#gitdir}/${name}.lock`;
    const bytes = new TextEncoder().encode(text);
    await this.#fs.writeFile(path, bytes);
    await expectWhole(this.#fs, path, bytes.length);
  }

  async #put(name: string, text: string): Promise<void> {
    const path = `${this.#gitdir}/${name}`;
    const bytes = new TextEncoder().encode(text);
    if (this.#fs.rename === undefined) {
      await this.#fs.writeFile(path, bytes);
      await expectWhole(this.#fs, path, bytes.length);
      return;
    }
    await moveFile(this.#fs, `${path}.lock`, path, bytes);
    await this.#locks.get(name)?.isMoved();
    this.#locks.delete(name);
    await expectWhole(this.#fs, path, bytes.length);
  }

  async #remove(name: string): Promise<void> {
    const path = `${this.#gitdir}/${name}`;
    await this.#fs.unlink(path);
    if (!(await isThere(this.#fs, path))) return;
    const message = `The file system says that it removed ${name}, and did not.`;
    throw new GitWsError('FILE_SYSTEM_FAILED', message);
  }

  /** Up to `refs/heads`, which stays, as in git. */
  async #removeFoldersOf(name: string): Promise<void> {
    const segments = name.split('/');
    for (let at = segments.length - 1; at > 2; at -= 1) {
      const folder = `${this.#gitdir}/${segments.slice(0, at).join('/')}`;
      const left = await this.#fs.readdir(folder).catch(() => undefined);
      if (left === undefined || left.length > 0) return;
      await this.#fs.rmdir(folder).catch(() => undefined);
    }
  }
}

/** Folders without a file stand in the place of a ref that had others below it. */
async function removeEmptyFolders(fs: PromiseFileSystem, path: string): Promise<void> {
  const names = await fs.readdir(path).catch(() => undefined);
  if (names === undefined) return;
  for (const name of names) await removeEmptyFolders(fs, `${path}/${name}`);
  await fs.rmdir(path);
}

/** Names of `packed-refs` and of the changes themselves; files show themselves. */
function checkConflicts(changes: readonly RefChange[], packed: Iterable<string>): void {
  const kept = new Set(packed);
  for (const { name, value } of changes) if (value !== undefined) kept.add(name);
  const folders = new Map<string, string>();
  for (const name of kept) {
    for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) {
      folders.set(name.slice(0, at), name);
    }
  }
  for (const { name, value } of changes) {
    if (value === undefined) continue;
    const below = folders.get(name);
    if (below !== undefined) throw conflict(name, below);
    for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) {
      if (kept.has(name.slice(0, at))) throw conflict(name, name.slice(0, at));
    }
  }
}

function conflict(name: string, other: string): GitWsError {
  return new GitWsError('REF_CONFLICT', `${name} cannot be there while ${other} is.`, {
    data: { ref: name, other },
  });
}

function isEqual(one: RefValue, other: RefValue): boolean {
  if ('oid' in one) return 'oid' in other && one.oid === other.oid;
  return 'symbolic' in other && one.symbolic === other.symbolic;
}

function describe(value: RefValue): string {
  return 'oid' in value ? value.oid : `ref: ${value.symbolic}`;
}

function formatRef(value: RefValue): string {
  return `${describe(value)}\n`;
}
