/**
 * Tells from what git says to upload-pack that it wants nothing more: a flush-pkt where a request
 * could begin. It is how git ends `ls-remote` and a fetch that finds nothing new, in every protocol
 * version (gitprotocol-v2(5), "Command Request"; gitprotocol-pack(5): a flush in place of wants).
 * Whoever knows that need not wait for the server's git to end: one round trip less.
 */

type State =
  /** Reading a pkt-line's length; its digits so far. */
  | { readonly kind: 'length'; readonly digits: string }
  /** Skipping a pkt-line's content. */
  | { readonly kind: 'content'; readonly left: number }
  /** These are no pkt-lines: nothing can be told. */
  | { readonly kind: 'unknown' };

/** What was said so far. */
export class Farewell {
  #state: State = { kind: 'length', digits: '' };
  /** Something was asked since the last flush-pkt. */
  #asked = false;
  #said = false;

  /** Whether the last thing said was that nothing more is wanted. */
  get said(): boolean {
    return this.#said;
  }

  /** More of what git says. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state.kind === 'unknown') return;
      if (this.#state.kind === 'content') {
        const taken = Math.min(this.#state.left, bytes.length - at);
        at += taken;
        this.#skip(this.#state.left - taken);
        continue;
      }
      const digits = this.#state.digits + String.fromCharCode(bytes[at] ?? 0);
      at += 1;
      if (digits.length < 4) this.#state = { kind: 'length', digits };
      else this.#take(digits);
    }
  }

  #take(digits: string): void {
    const length = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : NaN;
    this.#said = length === 0 && !this.#asked;
    if (length === 0) this.#asked = false;
    // delim-pkt and response-end-pkt stand inside of something.
    else this.#asked = true;
    if (Number.isNaN(length) || length === 3) this.#state = { kind: 'unknown' };
    else this.#skip(Math.max(0, length - 4));
  }

  #skip(left: number): void {
    this.#state = left === 0 ? { kind: 'length', digits: '' } : { kind: 'content', left };
  }
}
