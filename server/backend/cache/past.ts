/** Repositories that go past the cache for a while, since they could not be kept. */

/** Most that are remembered: one more takes the place of the oldest. */
const most = 10_000;

/** Those of one cache. */
export class Past {
  readonly #until = new Map<string, number>();
  readonly #time: number;

  /** @param time for how long, in ms. */
  constructor(time: number) {
    this.#time = time;
  }

  add(key: string): void {
    this.#until.delete(key);
    const [oldest] = this.#until.keys();
    if (oldest !== undefined && this.#until.size >= most) this.#until.delete(oldest);
    this.#until.set(key, performance.now() + this.#time);
  }

  has(key: string): boolean {
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (until > performance.now()) return true;
    this.#until.delete(key);
    return false;
  }
}
