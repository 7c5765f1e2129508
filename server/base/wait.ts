/** A wait that the same event begins again and again: its timer is moved then, and not made anew. */
export class Wait {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over: (() => void) | undefined;

  /**
   * Begins a wait in place of the one that there was.
   *
   * @param over called when it is over. The same function as before means the same time too.
   * @param time in ms.
   */
  begin(over: () => void, time: number): void {
    if (this.#timer !== undefined && over === this.#over) {
      this.#timer.refresh();
      return;
    }
    this.end();
    this.#over = over;
    this.#timer = setTimeout(over, time);
  }

  /** Waits no longer. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
