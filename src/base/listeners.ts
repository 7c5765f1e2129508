/** Listeners of the caller's that are not waited for while something goes on, but before it is over. */
export class Listeners {
  readonly #onFailure: (error: unknown) => void;
  #told: Promise<unknown> = Promise.resolve();

  /** @param onFailure told at once of what one of them rejects with; more than once, perhaps. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** @param told the call of one of them. */
  add(told: Promise<unknown>): void {
    this.#told = Promise.all([this.#told, told]);
    this.#told.catch(this.#onFailure);
  }

  /** Resolves when all have been told. @throws what one of them has thrown. */
  async done(): Promise<void> {
    await this.#told;
  }
}
