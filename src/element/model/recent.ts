/** Keeps what was used last, up to a size. */
export class Recent<Value> {
  readonly #kept = new Map<string, { readonly value: Promise<Value>; size: number }>();
  readonly #limit: number;
  readonly #sizeOf: (value: Value) => number;
  #size = 0;

  /**
   * @param limit what all of it may come to.
   * @param sizeOf what one comes to; default 1.
   */
  constructor(limit: number, sizeOf: (value: Value) => number = () => 1) {
    this.#limit = limit;
    this.#sizeOf = sizeOf;
  }

  /** @param make makes what is not kept; what fails is not kept. */
  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known.value;
    }
    const entry = { value: make(), size: 0 };
    this.#kept.set(key, entry);
    entry.value.then(
      (value) => {
        if (this.#kept.get(key) !== entry) return;
        entry.size = this.#sizeOf(value);
        this.#size += entry.size;
        this.#trim();
      },
      () => this.#kept.delete(key),
    );
    return entry.value;
  }

  #trim(): void {
    for (const [key, { size }] of this.#kept) {
      if (this.#size <= this.#limit) return;
      this.#kept.delete(key);
      this.#size -= size;
    }
  }
}
