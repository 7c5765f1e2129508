/** Upgrades and runs about which nothing is decided yet: they wait for their checks, or for git to start. */
import type { Refusal } from './admission/refusal.js';

/** All of one server. */
export class Deciding {
  readonly #onError: (error: unknown) => void;
  readonly #underWay = new Set<Promise<void>>();
  /** What answers each of them in the place of what it waits for. */
  readonly #answers = new Set<(verdict: Refusal) => void>();

  /** @param onError told of what a decision rejected with. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Counts what is decided, until it is. @param onFailure what to do where it rejects. */
  add(deciding: Promise<void>, onFailure: () => void): void {
    const decided = deciding
      .catch((error: unknown) => {
        this.#onError(error);
        onFailure();
      })
      .finally(() => this.#underWay.delete(decided));
    this.#underWay.add(decided);
  }

  /** @returns what a decision waits for, or what {@link answer} says before. */
  unlessAnswered<Result>(work: Promise<Result>): Promise<Result | Refusal> {
    // No race with a promise that lives as long as the server: that keeps a trace of every upgrade.
    return new Promise((resolve, reject) => {
      this.#answers.add(resolve);
      void work.then(resolve, reject).finally(() => this.#answers.delete(resolve));
    });
  }

  /** Answers all that wait. @returns when all is decided. */
  async answer(verdict: Refusal): Promise<void> {
    for (const answer of this.#answers) answer(verdict);
    await Promise.all(this.#underWay);
  }
}
