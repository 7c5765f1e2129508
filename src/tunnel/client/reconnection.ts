/**
 * When to try again after a connection was lost (docs/protocol.md, "Resuming"): at once, then after
 * waits that grow and are spread by chance, so that the clients of a server that comes back do not
 * all come at the same moment. It knows no sockets.
 */
import { startTimer } from '../../base/duration.js';
import { hold } from './hold.js';
import { isOffline } from './network.js';

/** Waits between attempts, in ms. */
export const backoff = { first: 500, longest: 10_000 } as const;

/**
 * @param attempt 1 for the first after a loss.
 * @param random from 0 to 1.
 * @returns how long to wait before it, in ms.
 */
export function backoffDelay(attempt: number, random = Math.random()): number {
  if (attempt <= 1) return 0;
  const whole = Math.min(backoff.longest, backoff.first * 2 ** (attempt - 2));
  return Math.round((whole * (1 + random)) / 2);
}

/** The attempts to get one lost connection back. */
export class Reconnection {
  readonly #retries: number;
  #attempt = 0;
  #deadline = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #run: (() => void) | undefined;

  /** @param retries how many attempts in a row may fail. */
  constructor(retries: number) {
    this.#retries = retries;
  }

  /** Attempts since a connection was last worth something. */
  get attempt(): number {
    return this.#attempt;
  }

  /** Something got through: the next loss is a new one. */
  succeeded(): void {
    this.#attempt = 0;
  }

  /**
   * The connection is lost, or an attempt failed.
   *
   * @param now in ms.
   * @param resumeFor how long the session is kept, in ms.
   * @returns the wait before the next attempt, in ms; undefined where there is to be none.
   */
  next(now: number, resumeFor: number): number | undefined {
    if (this.#attempt === 0) this.#deadline = now + resumeFor;
    // The first is made in any case, and so is one after a timer that fired late.
    else if (now >= this.#deadline) return undefined;
    this.#attempt += 1;
    if (this.#attempt > this.#retries || resumeFor === 0) return undefined;
    const left = Math.max(0, this.#deadline - now);
    const wait = Math.min(backoffDelay(this.#attempt), left);
    // Without a network there is nothing to try before it is back: hurry() tells.
    return this.#attempt > 1 && isOffline() ? left : wait;
  }

  /**
   * Calls `run` after `wait` ms, or when {@link hurry} is called.
   *
   * @param held Node: whether the process stays for it.
   */
  wait(wait: number, run: () => void, held = true): void {
    this.cancel();
    this.#run = run;
    this.#timer = startTimer(() => {
      this.hurry();
    }, wait);
    hold(this.#timer, held);
  }

  /** Waits no longer. */
  hurry(): void {
    const run = this.#run;
    this.cancel();
    run?.();
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#run = undefined;
  }
}
