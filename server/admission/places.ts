/**
 * Places for git processes, and a short queue for who waits for one: above both, "try again later"
 * is a better answer than a server that gets slower for everybody. It knows no processes.
 */

/** How many, and how long. */
export interface PlaceOptions {
  /** How many can be taken at once. */
  readonly places: number;
  /** How many may wait. */
  readonly queue: number;
  /** How long each may wait, in ms. */
  readonly time: number;
}

/** Gives a place back; only the first call counts. */
export type GiveBack = () => void;

/** The places of one server. */
export class Places {
  readonly #options: PlaceOptions;
  #taken = 0;
  #closed = false;
  readonly #waiting = new Set<(got: boolean) => void>();

  constructor(options: PlaceOptions) {
    this.#options = options;
  }

  /** @returns undefined where there is none, and none came free in time. */
  async take(): Promise<GiveBack | undefined> {
    if (this.#closed || !(await this.#enter())) return undefined;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#leave();
    };
  }

  /** Nobody gets one any more, those who wait included. */
  close(): void {
    this.#closed = true;
    for (const answer of this.#waiting) answer(false);
  }

  #enter(): boolean | Promise<boolean> {
    const { places, queue, time } = this.#options;
    if (this.#taken < places) {
      this.#taken += 1;
      return true;
    }
    if (this.#waiting.size >= queue) return false;
    return new Promise((resolve) => {
      const answer = (got: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(answer);
        resolve(got);
      };
      const timer = setTimeout(() => {
        answer(false);
      }, time);
      this.#waiting.add(answer);
    });
  }

  /** The place goes to whoever has waited longest. */
  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#taken -= 1;
    else next(true);
  }
}
