/**
 * How a client finds out that its connection is dead (docs/protocol.md, "Liveness"). A page
 * cannot see WebSocket pings, and its timers fire late while it is hidden or frozen: silence
 * counts only when messages that arrived meanwhile had their chance to be handled.
 */

/** Times of the check, in ms. */
export interface LivenessTimes {
  /** Silence after which the client asks, 20 or more. Default 10,000; Infinity: it never asks. */
  readonly silence: number;
  /**
   * Silence after asking that raises the suspicion, 1 or more. Default 10,000; Infinity: whatever is
   * silent counts as alive.
   */
  readonly answer: number;
}

/** Defaults of {@link LivenessTimes}. */
export const livenessTimes: LivenessTimes = { silence: 10_000, answer: 10_000 };

/**
 * Time between the suspicion and the verdict, in ms. A page that was frozen while it waited has
 * the answer in its queue: it is handled before a timer that is set now fires.
 */
export const lastCall = 1_000;

type State = 'hearing' | 'asked' | 'suspecting';

/** The check itself: told of every message and every timer. */
export class Liveness {
  readonly #times: LivenessTimes;
  #state: State = 'hearing';
  #deadline: number;
  #pings = 0;

  constructor(now: number, times: LivenessTimes) {
    this.#times = times;
    this.#deadline = now + times.silence;
  }

  /** When {@link tick} wants to be called, in the caller's ms. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Any message proves the peer alive. */
  heard(now: number): void {
    this.#state = 'hearing';
    this.#deadline = now + this.#times.silence;
  }

  /** Something else, such as a network that changed, makes it doubtful: ask at once. */
  doubt(now: number): void {
    if (this.#state === 'hearing') this.#deadline = now;
  }

  /** @returns what to do now: nothing, send a ping with this id, or give up. */
  tick(now: number): 'alive' | 'dead' | { readonly ping: number } {
    if (now < this.#deadline) return 'alive';
    switch (this.#state) {
      case 'hearing':
        this.#state = 'asked';
        this.#deadline = now + this.#times.answer;
        this.#pings += 1;
        return { ping: this.#pings };
      case 'asked':
        this.#state = 'suspecting';
        this.#deadline = now + lastCall;
        return 'alive';
      case 'suspecting':
        return 'dead';
    }
  }
}
