/**
 * The receiving direction of a tunnel: counts what arrived and what the reader took, holds the
 * peer to the window, and decides when an ack is due (docs/protocol.md, "Flow control").
 */
import { malformed } from './message.js';

/** Longest time between the reader taking something and the ack that says so, in ms. */
export const ackDelay = 200;

/** Counted messages that arrive. */
export class Incoming {
  readonly #window: number;
  /** What the peer has unacknowledged at most, in bytes: an ack goes out for each quarter of it. */
  #most: number;
  /** Costs of messages that the peer may not yet know to be consumed, oldest first. */
  #costs: number[] = [];
  #received = 0;
  #consumed = 0;
  /** The last count that went out in an ack. */
  #acknowledged = 0;
  #owed = 0;
  #consumedSinceAck = 0;
  #ackDue: number | null = null;

  /**
   * @param window bytes that the peer may have outstanding.
   * @param received messages that were received, and consumed, before.
   */
  constructor(window: number, received = 0) {
    this.#window = window;
    this.#most = window;
    this.#received = received;
    this.#consumed = received;
    this.#acknowledged = received;
  }

  /** The peer keeps no more than this, in bytes, and so sends no more before it hears of some. */
  expectAtMost(bytes: number): void {
    this.#most = Math.min(bytes, this.#window);
  }

  /** How many counted messages arrived. */
  get received(): number {
    return this.#received;
  }

  /** How many of them the reader took. */
  get consumed(): number {
    return this.#consumed;
  }

  /** Bytes of the window that are taken. */
  get owed(): number {
    return this.#owed;
  }

  /** When an ack must go out, in the caller's ms; null where nothing is to be said. */
  get ackDue(): number | null {
    return this.#ackDue;
  }

  /**
   * Counts a message in.
   *
   * @param cost what it takes of the window, in bytes.
   * @throws GitWsError PROTOCOL_ERROR where it is more than the peer had credit for. The peer
   *   may have seen fewer acks than were sent, never more: nobody is accused wrongly.
   */
  add(cost: number): void {
    // Defence: a client is held to its credit.
    if (cost > 0 && this.#owed + cost > this.#window) throw malformed('more data than the credit');
    this.#received += 1;
    this.#owed += cost;
    this.#costs.push(cost);
  }

  /** The reader took the next `messages` messages at time `now`; `urgent`: say so at once. */
  consume(now: number, messages: number, urgent: boolean): void {
    if (this.#consumed + messages > this.#received) {
      throw new RangeError('more messages consumed than were received');
    }
    for (let taken = 0; taken < messages; taken += 1) {
      this.#consumedSinceAck += this.#costs[this.#consumed + taken - this.#acknowledged] ?? 0;
    }
    this.#consumed += messages;
    const atOnce = urgent || this.#consumedSinceAck >= this.#most / 4;
    this.#ackDue = atOnce ? now : (this.#ackDue ?? now + ackDelay);
  }

  /** @returns the count for the ack that goes out now. */
  acknowledge(): number {
    for (const cost of this.#costs.splice(0, this.#consumed - this.#acknowledged)) {
      this.#owed -= cost;
    }
    this.#acknowledged = this.#consumed;
    this.#consumedSinceAck = 0;
    this.#ackDue = null;
    return this.#acknowledged;
  }
}
