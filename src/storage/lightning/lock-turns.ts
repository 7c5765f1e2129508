/**
 * When the lock is given up: some ms after the last operation, since isomorphic-git's commands call one
 * operation right after the other. Timers of a hidden page come late, up to a second: so who waits for
 * the lock says so, again and again, and messages are heard in time.
 */

/** In ms: how long after an operation the lock is kept. */
export const idleTime = 15;
/** In ms: how often who waits says so. */
const askTime = 25;

/** Counts operations, and calls when none has run for a while. */
export class Turns {
  readonly #onIdle: () => void;
  #channel: BroadcastChannel | undefined;
  #running = 0;
  #lastEnd = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param name of the file system.
   * @param onIdle gives the lock up; called again and again while nothing runs.
   */
  constructor(name: string, onIdle: () => void) {
    this.#onIdle = onIdle;
    if (typeof BroadcastChannel !== 'function') return;
    this.#channel = new BroadcastChannel(`${name}_wanted`);
    this.#channel.onmessage = () => this.#look();
  }

  get isIdle(): boolean {
    return this.#running === 0;
  }

  begin(): void {
    this.#running += 1;
  }

  end(): void {
    this.#running -= 1;
    this.#lastEnd = performance.now();
    if (this.#running === 0) this.#timer ??= setTimeout(() => this.#timeIsUp(), idleTime);
  }

  /** Asks others to give the lock up, until a promise settles. */
  async whileAsking<Result>(waiting: Promise<Result>): Promise<Result> {
    const ask = (): void => this.#channel?.postMessage('wanted');
    const timer = setInterval(ask, askTime);
    try {
      return await waiting;
    } finally {
      clearInterval(timer);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#channel?.close();
    // Who still waits asks no more.
    this.#channel = undefined;
  }

  #timeIsUp(): void {
    this.#timer = undefined;
    if (this.#running > 0) return;
    const rest = this.#lastEnd + idleTime - performance.now();
    if (rest > 0) this.#timer = setTimeout(() => this.#timeIsUp(), Math.ceil(rest));
    else this.#onIdle();
  }

  #look(): void {
    if (this.#running === 0 && performance.now() - this.#lastEnd >= idleTime) this.#onIdle();
  }
}
