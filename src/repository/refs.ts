/**
 * The refs of a repository (gitrepository-layout(5), refs/files-backend.c): files of their own, or lines
 * of `packed-refs`. The file counts where there are both.
 */
import { GitWsError } from '../base/errors.js';
import { isMissing, type PromiseFileSystem } from '../storage/file-system.js';
import { parsePackedRefs, type PackedRef } from './packed-refs.js';

/** What a ref says: an object, or another ref. */
export type RefValue = { readonly oid: string } | { readonly symbolic: string };

/** A ref in the end: its own name, or that of the ref to which it leads. */
export interface ResolvedRef {
  readonly name: string;
  /** Undefined for a branch without a commit. */
  readonly oid: string | undefined;
}

/** Symbolic refs in a row, as git follows them (refs.c, SYMREF_MAXDEPTH). */
const mostSymbolic = 5;

/** @param head what HEAD says. @returns as {@link Refs.branch}. */
export function branchIn(head: RefValue | undefined): string | undefined {
  return head !== undefined && 'symbolic' in head ? head.symbolic : undefined;
}

/** Reads refs; keeps nothing. */
export class Refs {
  readonly #fs: PromiseFileSystem;
  readonly #gitdir: string;

  /** @param gitdir the repository, as `findGitDirectory` has it. */
  constructor(fs: PromiseFileSystem, gitdir: string) {
    this.#fs = fs;
    this.#gitdir = gitdir;
  }

  /**
   * @param name in full: `HEAD`, `refs/heads/main`.
   * @returns undefined for a ref that is not there, or whose file says nothing.
   * @throws what the file system throws.
   */
  async read(name: string): Promise<RefValue | undefined> {
    return (await this.readFile(name)) ?? (await this.packed()).get(name);
  }

  /** The same for HEAD and others, followed to the end. */
  async resolve(name: string): Promise<ResolvedRef | undefined> {
    let at = name;
    for (let depth = 0; depth <= mostSymbolic; depth += 1) {
      const value = await this.read(at);
      if (value === undefined) return at === name ? undefined : { name: at, oid: undefined };
      if ('oid' in value) return { name: at, oid: value.oid };
      at = value.symbolic;
    }
    return undefined;
  }

  /** @returns the full name of the branch that HEAD names, which need not be there; undefined for a HEAD that names none. */
  async branch(): Promise<string | undefined> {
    return branchIn(await this.read('HEAD'));
  }

  /**
   * @param prefix a folder: `refs/`, `refs/remotes/origin/`.
   * @returns all refs below it, by their full names. Files that say nothing are left out, as in git.
   * @throws what the file system throws.
   */
  async list(prefix: string): Promise<Map<string, RefValue>> {
    const refs = new Map<string, RefValue>();
    for (const [name, { oid }] of await this.packed()) {
      if (name.startsWith(prefix)) refs.set(name, { oid });
    }
    await this.#listFiles(prefix.replace(/\/$/, ''), refs);
    return refs;
  }

  /** @returns what a ref's own file says. */
  async readFile(name: string): Promise<RefValue | undefined> {
    return parseRef(await readText(this.#fs, `${this.#gitdir}/${name}`));
  }

  /** @returns the refs of `packed-refs`. */
  async packed(): Promise<Map<string, PackedRef>> {
    return parsePackedRefs(await this.packedText());
  }

  /** @returns `packed-refs` as it stands; empty where there is none. */
  async packedText(): Promise<string> {
    return (await readText(this.#fs, `${this.#gitdir}/packed-refs`)) ?? '';
  }

  async #listFiles(folder: string, refs: Map<string, RefValue>): Promise<void> {
    const path = `${this.#gitdir}/${folder}`;
    const names = (await this.#fs.readdir(path).catch(notThere)) ?? [];
    for (const entry of names) {
      const name = `${folder}/${entry}`;
      const stat = (await this.#fs.stat(`${path}/${entry}`).catch(notThere)) as
        { isDirectory(): boolean } | undefined;
      if (stat?.isDirectory() === true) {
        await this.#listFiles(name, refs);
      } else if (stat !== undefined && !entry.endsWith('.lock')) {
        const value = await this.readFile(name);
        if (value !== undefined) refs.set(name, value);
      }
    }
  }
}

/** @returns undefined for what is no ref. */
function parseRef(text: string | undefined): RefValue | undefined {
  const [, symbolic] = /^ref:\s*(\S.*?)\s*$/.exec(text ?? '') ?? [];
  if (symbolic !== undefined) return { symbolic };
  // What follows an oid after white space is left out of account, as in git.
  const [, oid] = /^([0-9a-f]{40})(?:\s|$)/i.exec(text ?? '') ?? [];
  return oid === undefined ? undefined : { oid: oid.toLowerCase() };
}

async function readText(fs: PromiseFileSystem, path: string): Promise<string | undefined> {
  const text = await fs.readFile(path, 'utf8').catch(notThere);
  if (typeof text === 'string') return text;
  // LightningFS gives undefined for a directory. Of a file it would be a ref that is taken for none.
  const stat = (await fs.stat(path).catch(notThere)) as { isFile(): boolean } | undefined;
  if (stat?.isFile() !== true) return undefined;
  throw new GitWsError('FILE_SYSTEM_FAILED', `The file system read nothing of ${path}.`);
}

/** No file, or a folder in its place, or a file in that of its folder. */
function notThere(error: unknown): undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  if (code !== 'EISDIR' && code !== 'ENOTDIR') isMissing(error);
}
