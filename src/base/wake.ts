/** One who waits until another calls, again and again: a reader for bytes, a writer for room. */
export class Wake {
  #resolve: (() => void) | undefined;

  /**
   * Resolves at the next {@link call}. Who called before is not remembered: whoever waits looks first
   * whether there is need to, and looks again after. Only one waits at a time.
   */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Wakes whoever waits; does nothing where nobody does. */
  call(): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.();
  }
}
