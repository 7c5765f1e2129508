/**
 * One fetch over one run of upload-pack, protocol version 0 (gitprotocol-pack(5)): wants go up, haves in
 * batches, and a pack comes down. It says what was answered; what that means is the caller's affair.
 */
import { GitWsError } from '../../base/errors.js';
import { FetchResponseParser, type FetchResponseEvent } from '../../wire/fetch-response.js';
import { donePkt, encodeHaves } from '../../wire/fetch-request.js';
import { flushPkt } from '../../wire/pkt-line.js';
import { remoteError } from '../../wire/remote-error.js';
import { concatBytes } from '../../base/concat-bytes.js';
import { RemoteMessages, type MessageListeners } from '../remote-messages.js';
import { ByteProgress } from '../progress.js';
import type { ServiceRun } from '../service-run.js';
import type { InterruptedFetch, KeptPack } from './kept-fetch.js';

/** What a server says to one batch of haves. */
export interface Round {
  /** Those that it has. */
  readonly acknowledged: readonly string[];
  /** Whether it knows enough. */
  readonly isReady: boolean;
}

/** What was asked for, as far as the server's word on the boundary of history is held against it. */
export interface AskedOfBoundary {
  /** Whether it was asked to move the boundary: else it has no say in that. */
  readonly isDeepening: boolean;
  /** Commits at which the repository is cut off. */
  readonly shallow: ReadonlySet<string>;
}

/** See the file's own words. */
export class FetchExchange {
  /** Commits that the server has said it has. */
  readonly acknowledged = new Set<string>();
  /** Commits at which what comes is cut off. */
  readonly shallow = new Set<string>();
  /** Commits at which the repository is no longer cut off. */
  readonly unshallow = new Set<string>();
  readonly #run: ServiceRun;
  readonly #asked: AskedOfBoundary;
  readonly #offered = new Set<string>();
  readonly #parser: FetchResponseParser;
  /** Where the stream was when this began, in bytes. */
  readonly #start: number;
  readonly #messages: RemoteMessages;
  readonly #progress: ByteProgress;
  #events: FetchResponseEvent[] = [];

  /**
   * @param start where the stream is, in bytes from its beginning.
   * @param isBegun whether that is in the midst of the pack, between two pkt-lines.
   */
  constructor(
    run: ServiceRun,
    asked: AskedOfBoundary,
    listeners: MessageListeners,
    start = 0,
    isBegun = false,
  ) {
    this.#run = run;
    this.#start = start;
    this.#parser = new FetchResponseParser(isBegun);
    this.#asked = asked;
    this.#messages = new RemoteMessages(listeners);
    this.#progress = new ByteProgress('Receiving', listeners.onProgress);
  }

  /**
   * Goes on in the midst of the pack, in place of all that is before it.
   *
   * @param request what would be asked for now.
   * @throws GitWsError CONNECTION_LOST where that is something else, and so is what comes; as {@link answer}.
   */
  async goOn({ kept, progress }: InterruptedFetch, request: string): Promise<void> {
    if (kept.request !== request) {
      const message = 'What is asked for now is not what was asked for before.';
      throw new GitWsError('CONNECTION_LOST', message, { retryable: true });
    }
    for (const oid of kept.shallow) this.shallow.add(oid);
    for (let left = progress.skip; left > 0;) {
      const chunk = await this.#run.read();
      if (chunk === undefined) return;
      this.#run.unread(chunk.subarray(left));
      left -= Math.min(left, chunk.length);
    }
  }

  /** Sends wants, and whatever goes with them. @throws what the run throws. */
  begin(request: Uint8Array): Promise<void> {
    return this.#run.write(request);
  }

  /** Offers commits; {@link answer} says what the server thinks of them. */
  offer(haves: readonly string[]): Promise<void> {
    for (const oid of haves) this.#offered.add(oid);
    return this.#run.write(concatBytes([encodeHaves(haves), flushPkt]));
  }

  /**
   * Waits for what is said to one batch.
   *
   * @throws GitWsError REMOTE_ERROR, REMOTE_EXIT, MALFORMED_PKT_LINE, also for what was not asked about,
   *   ANSWER_LIMIT; what the run throws.
   */
  async answer(): Promise<Round> {
    const acknowledged = new Set<string>();
    let isReady = false;
    for (let event = await this.#next(); event?.type !== 'nak'; event = await this.#next()) {
      if (event === undefined || event.type === 'pack') break;
      if (event.type === 'ack') acknowledged.add(event.oid);
      isReady ||= event.type === 'ack' && event.status === 'ready';
    }
    return { acknowledged: [...acknowledged], isReady };
  }

  /** Asks for the pack. @param haves what is offered last of all, unanswered. */
  finish(haves: readonly string[] = []): Promise<void> {
    for (const oid of haves) this.#offered.add(oid);
    return this.#run.send([encodeHaves(haves), donePkt]);
  }

  /**
   * Reads on until the pack begins.
   *
   * @returns whether it does.
   * @throws as {@link answer}.
   */
  async packBegins(): Promise<boolean> {
    for (let event = await this.#next(); event !== undefined; event = await this.#next()) {
      if (event.type !== 'pack') continue;
      this.#events.unshift(event);
      return true;
    }
    return false;
  }

  /** Whether the pack comes in the side-band; undefined until it begins. */
  get isSideBand(): boolean | undefined {
    return this.#parser.sideBand;
  }

  /**
   * The pack, to its end, which comes when git on the server has said that all went well.
   *
   * @param kept what it is stored as; undefined where it is not, or not before it is whole.
   * @throws as {@link answer}.
   */
  async *pack(kept?: KeptPack): AsyncGenerator<Uint8Array, void, undefined> {
    if (kept?.isWhole === true) return;
    let bytes = kept?.bytes ?? 0;
    if (bytes > 0) await this.#progress.add(bytes);
    const look = () => {
      // What was yielded is written when the next is asked for.
      if (this.#events.length === 0) kept?.reached(this.#start + this.#parser.offset, bytes);
      return this.#next();
    };
    for (let event = await look(); event !== undefined; event = await look()) {
      if (event.type !== 'pack') continue;
      bytes += event.bytes.length;
      await this.#progress.add(event.bytes.length);
      yield event.bytes;
    }
    await kept?.end(bytes);
    await this.#progress.finish();
  }

  /** @returns what comes next, but for words; undefined at the end. */
  async #next(): Promise<FetchResponseEvent | undefined> {
    for (;;) {
      const event = this.#events.shift();
      if (event === undefined) {
        const chunk = await this.#run.read();
        if (chunk === undefined) {
          // git's own words, where it failed, say more than what is missing.
          await this.#run.success();
          this.#parser.end();
          await this.#messages.end();
          return undefined;
        }
        this.#events = this.#parser.push(chunk);
        continue;
      }
      switch (event.type) {
        case 'error':
          throw remoteError(event.message);
        case 'progress':
          await this.#messages.push(event.bytes);
          continue;
        case 'shallow':
          if (!this.#asked.isDeepening) throw unasked(`cuts history off at ${event.oid}`);
          this.shallow.add(event.oid);
          continue;
        case 'unshallow':
          if (!this.#asked.isDeepening || !this.#asked.shallow.has(event.oid)) {
            throw unasked(`says that ${event.oid} is cut off no longer`);
          }
          this.unshallow.add(event.oid);
          continue;
        case 'ack':
          if (!this.#offered.has(event.oid)) throw unasked(`has ${event.oid} in common`);
          this.acknowledged.add(event.oid);
          return event;
        case 'nak':
        case 'pack':
          return event;
        case 'shallow-end':
        case 'end':
          continue;
      }
    }
  }
}

/** The answer to something that nobody said: git refuses it as well (fetch-pack.c). */
function unasked(what: string): GitWsError {
  return new GitWsError('MALFORMED_PKT_LINE', `The server ${what}, which it was not asked about.`);
}
