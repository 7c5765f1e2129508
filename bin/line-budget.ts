/**
 * How many log lines strangers can cause: so that a flood of them fills no disk, and one of them
 * does not hide the others. What is left out is counted, and told in the end. It writes nothing.
 */

/** How many lines there may be in a period. */
export interface LineLimits {
  /** Of everybody. */
  readonly lines: number;
  /** Of one cause: of one address, or with the same words. */
  readonly linesPerCause: number;
  /** Length of a period, in ms. It begins with its first line. */
  readonly time: number;
}

/** Counts the lines of one kind. */
export class LineBudget {
  readonly #limits: LineLimits;
  readonly #tell: (leftOut: number) => void;
  #lines = 0;
  #leftOut = 0;
  /** Of those causes that have had a line in this period: no more of them than lines. */
  readonly #causes = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param tell told at the end of a period in which lines were left out, how many. */
  constructor(limits: LineLimits, tell: (leftOut: number) => void) {
    this.#limits = limits;
    this.#tell = tell;
  }

  /** @returns whether there may be a line now that has this cause. */
  take(cause: string): boolean {
    this.#timer ??= setTimeout(() => {
      this.flush();
    }, this.#limits.time).unref();
    const before = this.#causes.get(cause) ?? 0;
    if (
      // Defence: all causes together have so many log lines.
      this.#lines >= this.#limits.lines ||
      // Defence: an address, or an error, has so many log lines.
      before >= this.#limits.linesPerCause
    ) {
      this.#leftOut += 1;
      return false;
    }
    this.#lines += 1;
    this.#causes.set(cause, before + 1);
    return true;
  }

  /** Ends the period now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const leftOut = this.#leftOut;
    this.#lines = 0;
    this.#leftOut = 0;
    this.#causes.clear();
    if (leftOut > 0) this.#tell(leftOut);
  }
}
