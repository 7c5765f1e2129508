/**
 * How many log lines strangers can cause: so that a flood of them fills no disk, and one of them
 * does not hide the others. What is left out is counted, and told in the end. It writes nothing.
 */
import { addressKey } from '../server/client-address.js';

/** How many lines there may be in a period. */
export interface LineLimits {
  /** Of everybody. */
  readonly lines: number;
  /** Of one address, one /64 of IPv6. */
  readonly linesPerAddress: number;
  /** Length of a period, in ms. It begins with its first line. */
  readonly time: number;
}

/** Counts the lines of one kind. */
export class LineBudget {
  readonly #limits: LineLimits;
  readonly #tell: (leftOut: number) => void;
  #lines = 0;
  #leftOut = 0;
  /** Of those addresses that have had a line in this period: no more of them than lines. */
  readonly #addresses = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param tell told at the end of a period in which lines were left out, how many. */
  constructor(limits: LineLimits, tell: (leftOut: number) => void) {
    this.#limits = limits;
    this.#tell = tell;
  }

  /** @returns whether there may be a line now that this address caused. */
  take(address?: string): boolean {
    this.#timer ??= setTimeout(() => {
      this.flush();
    }, this.#limits.time).unref();
    const key = addressKey(address);
    const before = this.#addresses.get(key) ?? 0;
    if (this.#lines >= this.#limits.lines || before >= this.#limits.linesPerAddress) {
      this.#leftOut += 1;
      return false;
    }
    this.#lines += 1;
    this.#addresses.set(key, before + 1);
    return true;
  }

  /** Ends the period now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const leftOut = this.#leftOut;
    this.#lines = 0;
    this.#leftOut = 0;
    this.#addresses.clear();
    if (leftOut > 0) this.#tell(leftOut);
  }
}
