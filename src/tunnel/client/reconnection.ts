/**
 * When to try again after a connection was lost (docs/protocol.md, "Resuming"): at once, then after
 * waits that grow and are spread by chance, so that the clients of a server that comes back do not
 * all come at the same moment.
 */
import { startTimer } from '../../base/duration.js';
import { hold } from '../../base/hold.js';

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

/** A wait that may be cut short. */
export class Delay {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #run: (() => void) | undefined;

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
    this.hold(held);
  }

  /** Node: whether the process stays for it. */
  hold(held: boolean): void {
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
