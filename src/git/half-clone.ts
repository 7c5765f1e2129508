/**
 * A clone that is under way, as it stands in storage: `gitws-clone` in the git directory. While there is one,
 * nobody else clones there; when the page or process that made it is gone, the next clone of the same goes on
 * with it, and any other removes it (docs/reliability.md, "A clone survives a reload").
 */
import { GitWsError } from '../base/errors.js';
import { useFileSystem } from '../base/failure.js';
import type { FetchKeeper, KeptProgress, KeptRequest } from '../remote/fetch/kept-fetch.js';
import { Claim, isAlive, readClaim, whenUnclaimed } from '../storage/claim.js';
import { makeDirectories } from '../storage/directories.js';
import type { PromiseFileSystem } from '../storage/file-system.js';
import { isThere } from '../storage/whole-file.js';
import { BeforeClone } from './before-clone.js';
import type { TreeFile } from '../worktree/tree-files.js';
import { CloneFiles, type Left } from './clone-files.js';

/** Where, and what. */
export interface ClonePlace {
  readonly fs: PromiseFileSystem;
  readonly dir: string;
  readonly gitdir: string;
  /** All that says what is cloned: a clone of something else does not go on with it. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** How often it is looked for a claim where there is a folder for one, and the time between, in ms. */
const mostLooks = 20;
const lookTime = 50;

/** What its claim says. */
interface Said {
  readonly key: string;
  /** What was in the working tree's directory; undefined where that was not there. */
  readonly names?: readonly string[] | undefined;
}

/** See the file's own words. */
export class HalfClone implements FetchKeeper {
  readonly before: BeforeClone;
  /** What another page or process has left of it; undefined where this is the first. */
  readonly left: Left | undefined;
  readonly #claim: Claim;
  readonly #files: CloneFiles;
  /** Whether there is no pack in its place. */
  #isReady: boolean;
  /** Whether the request is stored, without which nobody goes on with a pack. */
  #isBegun: boolean;

  private constructor(
    before: BeforeClone,
    left: Left | undefined,
    claim: Claim,
    files: CloneFiles,
  ) {
    this.before = before;
    this.left = left;
    this.#claim = claim;
    this.#files = files;
    this.#isReady = !(left?.phase === 'fetch' && left.interrupted.isPlaced);
    this.#isBegun = left?.phase === 'fetch';
  }

  /**
   * Begins, or goes on with, a clone; waits while another page or process is about it.
   *
   * @returns undefined where there is a repository, or the file system cannot keep half of one.
   * @throws what the file system throws, and the signal's reason.
   */
  static take(place: ClonePlace): Promise<HalfClone | undefined> {
    const { open, rename } = place.fs;
    if (open === undefined || rename === undefined) return Promise.resolve(undefined);
    return useFileSystem(() => HalfClone.#take(place));
  }

  static async #take({ fs, dir, gitdir, key, signal }: ClonePlace): Promise<HalfClone | undefined> {
    const files = new CloneFiles(fs, gitdir);
    for (let looks = 0; ; looks += 1) {
      const found = await BeforeClone.look(fs, dir, gitdir);
      const there = await readClaim(fs, files.claim);
      // Somebody is taking a dead one over, for a moment or two; or was killed in that.
      if (there === undefined && looks < mostLooks && (await isThere(fs, files.folder))) {
        signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, lookTime));
        continue;
      }
      if (there === undefined && found.hadRepository) return undefined;
      if (there !== undefined && (await isAlive(there))) {
        await whenUnclaimed(fs, files.claim, there, signal);
        continue;
      }
      const said = saidIn(there?.said);
      const names = said === undefined ? found.names : said.names;
      await makeDirectories(fs, files.folder);
      const now: Said = { key, names: names && [...names] };
      const claim = await Claim.take(fs, files.claim, now, there);
      if (claim === undefined) continue;
      const before = BeforeClone.of(fs, dir, gitdir, names);
      if (there === undefined) return new HalfClone(before, undefined, claim, files);
      try {
        const found = said?.key === key ? await files.read() : undefined;
        if (await files.isRepository(found)) {
          await claim.release(() => files.remove());
          return undefined;
        }
        return new HalfClone(before, await files.takeOver(found), claim, files);
      } catch (error) {
        await claim.release(() => Promise.resolve());
        throw error;
      }
    }
  }

  /** Whether what is at a path of the working tree may be what another page or process was writing. */
  mayHaveLeft(path: string): boolean {
    return this.left?.phase === 'populated' && !this.before.hadName(path);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  async begin(kept: KeptRequest): Promise<void> {
    await this.#expectHeld();
    await this.#files.begin(kept);
    this.#isBegun = true;
  }

  async advance(progress: KeptProgress): Promise<void> {
    await this.#expectHeld();
    await this.#files.advance({ ...progress, phase: 'pack' });
  }

  async placed(): Promise<void> {
    this.#isReady = false;
    if (this.#isBegun) await this.#files.advance({ phase: 'placed' });
  }

  /** What has come of a pack that is not in its place is of no use. */
  async forget(): Promise<void> {
    if (this.#isReady) await useFileSystem(() => this.#files.forget());
  }

  /** Refs, HEAD and configuration are written: what is missing is the working tree. */
  async populated(head: string): Promise<void> {
    await this.#files.advance({ phase: 'populated', head });
  }

  /** It is whole, or as much of it as there will be. */
  async end(): Promise<void> {
    await this.#claim.release(() => this.#files.remove());
  }

  /**
   * It has failed: leaves what was there before. Never rejects.
   *
   * @param files what the clone may have written.
   */
  async fail(files: readonly TreeFile[]): Promise<void> {
    const isHeld = await this.#claim.isHeld().catch(() => false);
    await this.#claim.release(async () => {
      if (!isHeld) return;
      await this.#files.clear().catch(() => undefined);
      await this.before.restore(files);
    });
  }

  async #expectHeld(): Promise<void> {
    if (await this.#claim.isHeld()) return;
    const message = 'Another page or process goes on with this clone, or has removed it.';
    throw new GitWsError('STORAGE_CHANGED', message);
  }
}

/** @returns undefined for what no clone has said: it had no time to, or somebody else has written it. */
function saidIn(said: unknown): Said | undefined {
  const { key, names } = (said ?? {}) as { readonly [name in keyof Said]?: unknown };
  if (typeof key !== 'string') return undefined;
  if (names === undefined) return { key };
  if (!Array.isArray(names)) return undefined;
  return { key, names: names.filter((name) => typeof name === 'string') };
}
