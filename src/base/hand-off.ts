/** Bytes from a writer to a reader, a piece at a time: the reader's pace is the writer's. */

type Step = IteratorResult<Uint8Array, undefined>;

/** One writer, and one reader, who iterates. */
export class HandOff implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  #waiting: { resolve(step: Step): void; reject(error: unknown): void } | undefined;
  #offered: { readonly bytes: Uint8Array; taken(): void } | undefined;
  #isEnded = false;
  /** The reader has left: what is written is dropped. */
  #isLeft = false;
  #failure: { readonly error: unknown } | undefined;

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Resolves when the reader has asked for these bytes, or nobody ever will. */
  write(bytes: Uint8Array): Promise<undefined> {
    const reader = this.#waiting;
    this.#waiting = undefined;
    if (reader !== undefined) {
      reader.resolve({ done: false, value: bytes });
      return Promise.resolve(undefined);
    }
    if (this.#isLeft || this.#failure !== undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#offered = { bytes, taken: () => resolve(undefined) };
    });
  }

  /** No more comes. */
  end(): void {
    this.#isEnded = true;
    this.#waiting?.resolve({ done: true, value: undefined });
  }

  /** Reading fails with this from here on, what was offered is dropped. The first failure counts. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#take();
    this.#waiting?.reject(this.#failure.error);
  }

  next(): Promise<Step> {
    const bytes = this.#take();
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it is
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (bytes !== undefined) return Promise.resolve({ done: false, value: bytes });
    if (this.#isEnded || this.#isLeft) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** The reader wants no more. */
  return(): Promise<Step> {
    this.#isLeft = true;
    this.#take();
    return Promise.resolve({ done: true, value: undefined });
  }

  #take(): Uint8Array | undefined {
    const offered = this.#offered;
    this.#offered = undefined;
    offered?.taken();
    return offered?.bytes;
  }
}
