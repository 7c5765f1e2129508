/**
 * The sending direction of a tunnel: credit, and the messages kept until the peer acknowledges
 * them. The buffer that bounds memory is the one that makes resuming possible (docs/protocol.md,
 * "Flow control").
 */
import { malformed } from './message.js';

/**
 * What a counted message costs beside its payload, in bytes: roughly what keeping one in memory
 * costs either end. Without it a peer could hold a window's worth of one-byte messages.
 */
export const messageOverhead = 256;

/** Size that data is cut to, in bytes: frames of 64 to 128 KiB are received fastest. */
export const dataMessageBytes = 128 * 1024;

/** Credit below which no data message is begun, in bytes, so that acks do not breed crumbs. */
const smallestCut = 4 * 1024;

interface KeptMessage {
  readonly frame: string | Uint8Array;
  readonly cost: number;
}

/** Counted messages on their way out, numbered from 1 in the order they were added. */
export class Outgoing {
  /** Messages after the last acknowledged one; the first has number `#acknowledged + 1`. */
  #kept: KeptMessage[] = [];
  #acknowledged = 0;
  /** How many messages were given to the socket. */
  #transmitted = 0;
  #outstanding = 0;
  #acknowledgedBytes = 0;
  #limit: number;
  readonly #replays: boolean;
  readonly #onForget: ((bytes: Uint8Array) => void) | undefined;

  /**
   * @param limit most bytes that may be unacknowledged.
   * @param replays whether messages may have to be sent again; else none is kept once it was given
   *   to the socket, and only its cost is.
   * @param onForget told of data that is never given to a socket again, where messages may have to be.
   */
  constructor(limit: number, replays = true, onForget?: (bytes: Uint8Array) => void) {
    this.#limit = limit;
    this.#replays = replays;
    this.#onForget = onForget;
  }

  /** Messages were sent, and acknowledged, before this machine was made: none was added yet. */
  skip(messages: number): void {
    this.#acknowledged = messages;
    this.#transmitted = messages;
  }

  /** Bytes of data that may be added now. */
  get credit(): number {
    const free = this.#limit - this.#outstanding - messageOverhead;
    return free < smallestCut ? 0 : free;
  }

  /** Number of the last message added. */
  get sent(): number {
    return this.#acknowledged + this.#kept.length;
  }

  /** Number of the last message that the peer has consumed. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Bytes of data that the peer has consumed. */
  get acknowledgedBytes(): number {
    return this.#acknowledgedBytes;
  }

  /** Whether the peer has consumed everything. */
  get drained(): boolean {
    return this.#kept.length === 0;
  }

  /** Most bytes that may be unacknowledged. */
  get limit(): number {
    return this.#limit;
  }

  set limit(bytes: number) {
    this.#limit = bytes;
  }

  /** Adds data as far as credit goes. @returns the bytes taken. */
  addData(bytes: Uint8Array): number {
    let taken = 0;
    while (taken < bytes.length) {
      const size = Math.min(bytes.length - taken, this.credit, dataMessageBytes);
      if (size === 0) break;
      this.#keep(bytes.subarray(taken, taken + size), size + messageOverhead);
      taken += size;
    }
    return taken;
  }

  /** Adds a text message if there is credit for it. @returns whether it was added. */
  addText(frame: string): boolean {
    // A character is at most three bytes of UTF-8 for each UTF-16 unit.
    const cost = frame.length * 3 + messageOverhead;
    // Defence: stderr needs credit as data does.
    if (this.#outstanding + cost > this.#limit) return false;
    this.#keep(frame, textCost(frame));
    return true;
  }

  /** Adds `end` or `exit`, which need no credit. */
  addFinal(frame: string): void {
    this.#keep(frame, 0);
  }

  /** The messages not yet given to a socket, in order; they count as given now. */
  takeUntransmitted(): (string | Uint8Array)[] {
    const first = this.#transmitted - this.#acknowledged;
    if (first === this.#kept.length) return [];
    this.#transmitted = this.sent;
    const frames = this.#kept.slice(first).map((message) => message.frame);
    if (!this.#replays)
      this.#kept.splice(first, frames.length, ...this.#kept.slice(first).map(forget));
    return frames;
  }

  /**
   * A new socket takes the place of the old one: what the peer has not received is to be given to
   * it again.
   *
   * @param received how many messages the peer has received, counted from the beginning.
   * @throws GitWsError PROTOCOL_ERROR where the peer cannot have received so many, or so few.
   */
  replayFrom(received: number): void {
    if (received < this.#acknowledged) throw malformed('received goes back');
    if (received > this.#transmitted) throw malformed('received is above what was sent');
    this.#transmitted = received;
  }

  /**
   * Forgets what the peer has consumed.
   *
   * @param consumed how many messages, counted from the beginning of the session.
   * @returns whether anything was freed.
   * @throws GitWsError PROTOCOL_ERROR
   */
  acknowledge(consumed: number): boolean {
    if (consumed < this.#acknowledged) throw malformed('an ack goes back');
    if (consumed > this.#transmitted) throw malformed('an ack is above what was sent');
    const freed = this.#kept.splice(0, consumed - this.#acknowledged);
    for (const { cost, frame } of freed) {
      this.#outstanding -= cost;
      if (typeof frame === 'string') continue;
      this.#acknowledgedBytes += frame.length;
      this.#onForget?.(frame);
    }
    this.#acknowledged = consumed;
    return freed.length > 0;
  }

  #keep(frame: string | Uint8Array, cost: number): void {
    this.#kept.push({ frame, cost });
    this.#outstanding += cost;
  }
}

function forget({ cost }: KeptMessage): KeptMessage {
  return { frame: '', cost };
}

/** What a text message costs of the window, in bytes: both ends must agree on it. */
export function textCost(frame: string): number {
  return new TextEncoder().encode(frame).length + messageOverhead;
}
