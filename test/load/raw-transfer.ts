/** The bytes of a clone as they come: the advertisement, then the answer to the wants. */

/** Counts the bytes of one clone. */
export class RawTransfer {
  /** Bytes after the advertisement. */
  bytes = 0;
  /** When the first of them came. */
  first = 0;
  #advertised = false;
  #tail = '';

  /** @returns true once, when the advertisement is whole. */
  take(piece: Uint8Array): boolean {
    if (this.#advertised) {
      if (this.bytes === 0) this.first = performance.now();
      this.bytes += piece.length;
      return false;
    }
    this.#tail = (this.#tail + Buffer.from(piece).toString('latin1')).slice(-8);
    this.#advertised = this.#tail.endsWith('0000');
    return this.#advertised;
  }
}
