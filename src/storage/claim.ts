/**
 * A claim on something in storage: a file that one page or process makes, and that is worth nothing any more
 * when that has ended without removing it. A page holds a Web Lock meanwhile, which its end frees; where
 * there are none, and in Node.js, whose locks are those of one process, it is a lease that is renewed.
 */
import { holdLock, isLocked, waitForLock } from '../base/life-lock.js';
import { isNode, hold } from '../base/hold.js';
import { randomName } from '../base/random-name.js';
import { isMissing, type PromiseFileSystem } from './file-system.js';
import { moveFile } from './whole-file.js';

/** How long a claim holds that is not renewed, in ms, where there are no Web Locks. */
export const leaseTime = 10_000;

/** How often it is renewed, and how often others look, in ms. */
const renewalTime = 2_500;
const lookTime = 250;

/** What is in the file. */
export interface ClaimFile {
  readonly id: string;
  /** The Web Lock; undefined for a lease. */
  readonly lock?: string | undefined;
  /** When the lease ends, in ms since 1970. */
  readonly until?: number | undefined;
  /** What the one who made it has to say. */
  readonly said: unknown;
}

/** @returns what is claimed there; undefined where nothing is. @throws what the file system throws. */
export async function readClaim(
  fs: PromiseFileSystem,
  path: string,
): Promise<ClaimFile | undefined> {
  const text = await fs.readFile(path, 'utf8').catch(isMissing);
  if (text === false) return undefined;
  try {
    const file = JSON.parse(String(text)) as ClaimFile | null;
    if (typeof file?.id === 'string') return file;
  } catch {
    // Its owner was gone before it was written.
  }
  return { id: '', said: undefined };
}

/** @returns whether whoever made it lives. */
export async function isAlive({ lock, until = 0 }: ClaimFile): Promise<boolean> {
  if (lock !== undefined) return isLocked(lock);
  const left = until - Date.now();
  return left > 0 && left <= leaseTime;
}

/**
 * Waits until a claim is no more, or worth nothing.
 *
 * @throws what the file system throws, and the signal's reason.
 */
export async function whenUnclaimed(
  fs: PromiseFileSystem,
  path: string,
  { id, lock }: ClaimFile,
  signal: AbortSignal,
): Promise<void> {
  if (lock !== undefined) await waitForLock(lock, signal);
  for (;;) {
    signal.throwIfAborted();
    const file = await readClaim(fs, path);
    if (file?.id !== id || !(await isAlive(file))) return;
    await new Promise((resolve) => setTimeout(resolve, lookTime));
  }
}

/** One that is held. */
export class Claim {
  readonly #fs: PromiseFileSystem;
  readonly #path: string;
  readonly #id = randomName();
  readonly #said: unknown;
  #lock: { readonly name: string; readonly release: () => void } | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #renewing: Promise<unknown> = Promise.resolve();

  private constructor(fs: PromiseFileSystem, path: string, said: unknown) {
    this.#fs = fs;
    this.#path = path;
    this.#said = said;
  }

  /**
   * @param path of the file, in a folder that is there.
   * @param said what is to be in it, and read by others.
   * @param dead one that is worth nothing any more.
   * @returns undefined where somebody else was faster. @throws what the file system throws.
   */
  static async take(
    fs: PromiseFileSystem,
    path: string,
    said: unknown,
    dead: ClaimFile | undefined,
  ): Promise<Claim | undefined> {
    const claim = new Claim(fs, path, said);
    try {
      if (dead !== undefined && !(await claim.#bury(dead))) return undefined;
      if (!isNode()) claim.#lock = await holdLock('gitws.claim');
      if (!(await claim.#make())) {
        claim.#lock?.release();
        return undefined;
      }
    } catch (error) {
      claim.#lock?.release();
      throw error;
    }
    if (claim.#lock === undefined) claim.#renew();
    return claim;
  }

  /** Whether nobody has taken it away. @throws what the file system throws. */
  async isHeld(): Promise<boolean> {
    return (await readClaim(this.#fs, this.#path))?.id === this.#id;
  }

  /** Ends it. Never rejects. @param remove removes the file, and what else nobody is to claim any more. */
  async release(remove: () => Promise<void>): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing.catch(() => undefined);
    await remove().catch(() => undefined);
    this.#lock?.release();
  }

  /** @returns whether it was there, and is not any more. */
  async #bury({ id }: ClaimFile): Promise<boolean> {
    const grave = `${this.#path}.${this.#id}`;
    try {
      await this.#fs.rename?.(this.#path, grave);
    } catch (error) {
      isMissing(error);
      return false;
    }
    const moved = await readClaim(this.#fs, grave);
    // Somebody else has made another one in its place.
    if (moved?.id !== id) {
      await this.#fs.rename?.(grave, this.#path);
      return false;
    }
    await this.#fs.unlink(grave);
    return true;
  }

  async #make(): Promise<boolean> {
    try {
      const file = await this.#fs.open?.(this.#path, 'wx');
      const bytes = this.#bytes();
      try {
        await file?.write(bytes, 0, bytes.length, 0);
      } finally {
        await file?.close();
      }
      return true;
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code === 'EEXIST') return false;
      throw error;
    }
  }

  #renew(): void {
    const renew = async (): Promise<void> => {
      if (!(await this.isHeld())) return;
      const next = `${this.#path}.next`;
      await this.#fs.writeFile(next, this.#bytes());
      await moveFile(this.#fs, next, this.#path);
    };
    this.#timer = setInterval(() => {
      // What it fails with, the next thing that is stored fails with as well.
      this.#renewing = this.#renewing.then(renew).catch(() => undefined);
    }, renewalTime);
    hold(this.#timer, false);
  }

  #bytes(): Uint8Array {
    const until = this.#lock === undefined ? Date.now() + leaseTime : undefined;
    const file: ClaimFile = { id: this.#id, lock: this.#lock?.name, until, said: this.#said };
    return new TextEncoder().encode(JSON.stringify(file));
  }
}
