/** Changes of one caller that are being stored. */

/** See the comment above. */
export class Storing {
  #all: Promise<unknown>[] = [];
  #failed: { readonly reason: unknown } | undefined;

  get count(): number {
    return this.#all.length;
  }

  /** @param stored settles when a change is stored, or is not. */
  add(stored: Promise<unknown>): void {
    this.#all.push(stored);
    stored.catch((reason: unknown) => (this.#failed ??= { reason }));
  }

  /** What comes after a change that is not stored must not be, either. @throws why it is not. */
  expectNoFailure(): void {
    if (this.#failed !== undefined) throw this.#failed.reason as Error;
  }

  /** Resolves when all are stored. @throws why they are not. */
  async end(): Promise<void> {
    await Promise.all(this.#all.splice(0));
  }
}
