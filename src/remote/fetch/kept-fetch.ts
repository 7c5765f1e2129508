/**
 * A fetch whose pack is stored while it comes, so that another page or process can go on with it: what is
 * stored of it, and when. Who stores it, and where, is the caller's affair.
 */
import type { StoredPack } from '../../repository/new-pack.js';
import type { StoredSession } from '../../tunnel/client/stored-session.js';
import type { ServiceRun } from '../service-run.js';

/** What does not change while the pack comes. */
export interface KeptRequest {
  /** What the server has said first, as it was sent. */
  readonly advertisement: Uint8Array;
  /** What was asked for, as it was sent. */
  readonly request: string;
  /** Commits at which what comes is cut off. */
  readonly shallow: readonly string[];
  /** The name of the pack's file in `objects/pack`, until it is whole. */
  readonly packName: string;
}

/** How much of the pack is stored. */
export interface KeptProgress {
  /** Bytes of it. */
  readonly packBytes: number;
  /** The session that the rest comes from; undefined where all has come. */
  readonly session?: StoredSession | undefined;
  /** Bytes of the stream behind `session.position` that were read before. */
  readonly skip: number;
}

/** A fetch that another page or process had begun. */
export interface InterruptedFetch {
  readonly kept: KeptRequest;
  readonly progress: KeptProgress;
  /** Whether the pack is in its place, with its index. */
  readonly isPlaced: boolean;
}

/** Stores all that. What it rejects with ends the fetch. */
export interface FetchKeeper {
  /** Whether there is a pack to come that is to be stored: the first of a command. */
  readonly isReady: boolean;
  /** A pack has begun to come, of which something is about to be stored. */
  begin(kept: KeptRequest): Promise<void>;
  /** So much is stored. */
  advance(progress: KeptProgress): Promise<void>;
  /** The pack is in its place. */
  placed(): Promise<void>;
}

/** Bytes of the stream that are gathered before they are stored, at most, and at least. */
const [storedAtOnce, leastStored] = [0x100000, 0x8000];

/**
 * Bytes at either end of what is gathered that are not acknowledged with it: a message of which a part is stored
 * already, 128 KiB at most, and a pkt-line that is not whole, 64 KiB.
 */
const unsettled = 0x30000;

/**
 * @param window most bytes that come before they are acknowledged.
 * @returns how many are gathered, so that there is always room for as many again: what messages cost beside their
 *   bytes, and what comes meanwhile. 0 where the window is too small for that: nothing would ever be acknowledged.
 */
export function gatheredBytes(window: number): number {
  const most = Math.min(storedAtOnce, (window - unsettled) / 2);
  return most < leastStored ? 0 : most;
}

/** The pack of one run, as it is stored. */
export class KeptPack implements StoredPack {
  readonly name: string;
  readonly bytes: number;
  /** Whether all of it is there. */
  readonly isWhole: boolean;
  readonly #run: ServiceRun;
  readonly #keeper: FetchKeeper;
  readonly #kept: KeptRequest;
  /** Up to where the stream was read when the last piece of the pack was stored. */
  #stored: number;
  /** Up to where it was read since, and the bytes of the pack then. */
  #reached: { readonly position: number; readonly packBytes: number };
  #isOver = false;
  #sync: () => Promise<void> = () => Promise.resolve();
  #storing: Promise<void> | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #isRecorded: boolean;

  /** @param begun how much of it is there; undefined for nothing. */
  constructor(
    run: ServiceRun,
    keeper: FetchKeeper,
    kept: KeptRequest,
    begun: KeptProgress | undefined,
  ) {
    this.#run = run;
    this.#keeper = keeper;
    this.#kept = kept;
    this.name = kept.packName;
    this.bytes = begun?.packBytes ?? 0;
    this.isWhole = begun !== undefined && begun.session === undefined;
    this.#stored = streamPosition(begun);
    this.#reached = { position: this.#stored, packBytes: this.bytes };
    this.#isRecorded = begun !== undefined;
  }

  onBegin(sync: () => Promise<void>): void {
    this.#sync = sync;
  }

  /**
   * All of the pack that has come is written, and the next of the stream is about to be read.
   *
   * @param position of the stream, at the end of a pkt-line.
   * @param packBytes of the pack.
   * @throws what storing failed with.
   */
  reached(position: number, packBytes: number): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
    this.#reached = { position, packBytes };
    this.#storeEnough();
  }

  /** All of the pack has come, and git on the server has ended well. @throws what storing failed with. */
  async end(packBytes: number): Promise<void> {
    this.#isOver = true;
    await this.#storing;
    if (this.#failure !== undefined) throw this.#failure.reason;
    if (this.#isRecorded) {
      await this.#sync();
      await this.#keeper.advance({ packBytes, skip: 0 });
    }
    this.#run.settle(Infinity, this.#isRecorded);
  }

  /** Resolves when nothing of it is being stored any more. */
  async over(): Promise<void> {
    this.#isOver = true;
    await this.#storing;
  }

  #storeEnough(): void {
    const { position, packBytes } = this.#reached;
    const isEnough = position - this.#stored >= gatheredBytes(this.#run.window);
    if (!isEnough || this.#isOver || this.#storing !== undefined) return;
    this.#stored = position;
    this.#storing = this.#store(position, packBytes)
      .catch((reason: unknown) => (this.#failure = { reason }))
      .then(() => {
        this.#storing = undefined;
        // What has come meanwhile may be all that comes before it is acknowledged.
        if (this.#failure === undefined) this.#storeEnough();
      });
  }

  async #store(position: number, packBytes: number): Promise<void> {
    await this.#sync();
    const session = await this.#run.stateAt(position);
    if (session !== undefined) {
      if (!this.#isRecorded) await this.#keeper.begin(this.#kept);
      await this.#keeper.advance({ packBytes, session, skip: position - session.position });
      this.#isRecorded = true;
    }
    this.#run.settle(position, session !== undefined);
  }
}

/** @returns where the stream goes on, in bytes from its beginning. */
export function streamPosition(progress: KeptProgress | undefined): number {
  return (progress?.session?.position ?? 0) + (progress?.skip ?? 0);
}
