/**
 * Where the pack of a fetch goes: through to isomorphic-git, which indexes it itself, or into the
 * repository by the pack engine, and isomorphic-git then gets an empty one, of which it writes
 * nothing.
 */
import { isGitWsError, type GitWsError } from '../base/errors.js';
import { callBack } from '../base/failure.js';
import { HandOff } from '../base/hand-off.js';
import { encodeSideBand } from '../wire/side-band.js';
import { missingObjects } from '../pack/index/missing-objects.js';
import type { Negotiation } from './negotiation.js';
import { PackChecksum } from './pack-checksum.js';
import { TipSearch } from './tip-search.js';

/** Takes the pack of one fetch to where it goes. */
export interface PackRoute {
  /** The next bytes of the pack. @returns pkt-lines to pass on now. */
  take(bytes: Uint8Array): Promise<readonly Uint8Array[]>;
  /**
   * The pack is whole, as far as the server says.
   *
   * @returns pkt-lines to pass on, last of all.
   * @throws GitWsError CORRUPT_PACK, MISSING_OBJECTS; what keeping it throws.
   */
  finish(): Promise<readonly Uint8Array[]>;
  /** No more comes. Resolves when nothing is left of it; never rejects. */
  abort(error: unknown): Promise<void>;
}

/** Passes the pack on, the last piece when it was found to be whole. */
export class PassedPack implements PackRoute {
  readonly #negotiation: Negotiation;
  readonly #checksum = new PackChecksum();
  #search: TipSearch | undefined;
  #held: Uint8Array | undefined;

  /** @param negotiation tells what has to be in the pack, when that begins. */
  constructor(negotiation: Negotiation) {
    this.#negotiation = negotiation;
  }

  take(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    this.#checksum.update(bytes);
    this.#search ??= new TipSearch(this.#negotiation.expected());
    this.#search.push(bytes);
    const ready = this.#held;
    // Defence: the last of a pack is handed on after it is verified.
    this.#held = bytes;
    return Promise.resolve(ready === undefined ? [] : encodeSideBand(1, ready));
  }

  finish(): Promise<readonly Uint8Array[]> {
    // A promise in any case: what is thrown here is the caller's as well.
    return Promise.resolve().then(() => {
      if (this.#checksum.length > 0) this.#checksum.finish();
      const missing = this.#search?.missing() ?? [];
      if (missing.length > 0) throw missingObjects(missing);
      return this.#held === undefined ? [] : encodeSideBand(1, this.#held);
    });
  }

  abort(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Keeps a pack: resolves when it is in the repository. Reads `source` to its end, or leaves it. Called
 * before the first bytes have come, so that there is time to get ready for them.
 */
export type KeepPack = (source: AsyncIterable<Uint8Array>) => Promise<void>;

/** Has the pack kept while it comes. */
export class KeptPack implements PackRoute {
  readonly #onUnavailable: (error: GitWsError) => unknown;
  readonly #negotiation: Negotiation;
  readonly #pipe = new HandOff();
  readonly #kept: Promise<void>;
  #hasCome = false;
  /** What takes the pack instead, where the engine cannot be started. */
  #instead: PassedPack | undefined;

  /**
   * @param onUnavailable told where the engine cannot be started: the pack is passed on then. It is
   *   the caller's `onWarning`, and what it throws ends the fetch.
   * @param negotiation see {@link PassedPack}.
   */
  constructor(
    keep: KeepPack,
    onUnavailable: (error: GitWsError) => unknown,
    negotiation: Negotiation,
  ) {
    this.#onUnavailable = onUnavailable;
    this.#negotiation = negotiation;
    this.#kept = keep(this.#pipe);
    // Where it fails before anything has come, that is met when something does.
    this.#kept.catch(() => undefined);
  }

  async take(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    if (this.#instead !== undefined) return this.#instead.take(bytes);
    this.#hasCome = true;
    const failed = this.#kept.then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const failure = await Promise.race([failed, this.#pipe.write(bytes)]);
    if (failure === undefined) return [];
    const { error } = failure;
    if (!isGitWsError(error, 'PACK_ENGINE_UNAVAILABLE')) throw error;
    // Nothing was read of it before that was found out.
    await callBack('onWarning', () => this.#onUnavailable(error));
    this.#instead = new PassedPack(this.#negotiation);
    return this.#instead.take(bytes);
  }

  async finish(): Promise<readonly Uint8Array[]> {
    if (this.#instead !== undefined) return this.#instead.finish();
    if (!this.#hasCome) {
      await this.abort(new Error('There is no pack.'));
      return [];
    }
    this.#pipe.end();
    await this.#kept;
    return encodeSideBand(1, emptyPack);
  }

  async abort(error: unknown): Promise<void> {
    this.#pipe.fail(error);
    await this.#kept.catch(() => undefined);
  }
}

/** Version 2, no objects, and the SHA-1 of that: isomorphic-git takes it for "nothing to write". */
const emptyPack = Uint8Array.of(
  ...[0x50, 0x41, 0x43, 0x4b, 0, 0, 0, 2, 0, 0, 0, 0],
  ...[0x02, 0x9d, 0x08, 0x82, 0x3b, 0xd8, 0xa8, 0xea, 0xb5, 0x10],
  ...[0xad, 0x6a, 0xc7, 0x5c, 0x82, 0x3c, 0xfd, 0x3e, 0xd3, 0x1e],
);
