/** Looks for a flush-pkt among pkt-lines that pass by in pieces, and copies none of them. */
export class FlushSearch {
  #digits = '';
  /** Bytes that are left of the line. */
  #left = 0;
  #found = false;

  /** Whether one has passed. */
  get found(): boolean {
    return this.#found;
  }

  /** @param bytes the next ones; what is no pkt-line is passed over. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.#found) {
      const skipped = Math.min(this.#left, bytes.length - at);
      this.#left -= skipped;
      at += skipped;
      if (at === bytes.length) return;
      this.#digits += String.fromCharCode(bytes[at] ?? 0);
      at += 1;
      if (this.#digits.length === 4) this.#begin();
    }
  }

  #begin(): void {
    const length = parseInt(this.#digits, 16);
    this.#digits = '';
    this.#found = length === 0;
    this.#left = length > 4 ? length - 4 : 0;
  }
}
