/** Bytes from a writer to a reader, a piece at a time: the reader's pace is the writer's. */

type Step = IteratorResult<Uint8Array, undefined>;

/** One writer, and one reader, who iterates. */
export class HandOff implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array, undefined> {
  readonly #room: number;
  #waiting: { resolve(step: Step): void; reject(error: unknown): void } | undefined;
  #offered: { readonly bytes: Uint8Array; readonly taken: () => void }[] = [];
  #bytes = 0;
  #isEnded = false;
  /** The reader has left: what is written is dropped. */
  #isLeft = false;
  #failure: { readonly error: unknown } | undefined;

  /**
   * @param room bytes that may lie here before a writer waits: for one who writes all that there is to
   *   say before anything is read of the answer to its beginning. Default: none.
   */
  constructor(room = 0) {
    this.#room = room;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Resolves when there is room for more, the reader has asked for these bytes, or nobody ever will. */
  write(bytes: Uint8Array): Promise<undefined> {
    const reader = this.#waiting;
    this.#waiting = undefined;
    if (reader !== undefined) {
      reader.resolve({ done: false, value: bytes });
      return Promise.resolve(undefined);
    }
    if (this.#isLeft || this.#failure !== undefined) return Promise.resolve(undefined);
    this.#bytes += bytes.length;
    return new Promise((resolve) => {
      const taken = (): void => resolve(undefined);
      this.#offered.push({ bytes, taken });
      if (this.#bytes <= this.#room) taken();
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
    this.#drop();
    this.#waiting?.reject(this.#failure.error);
  }

  next(): Promise<Step> {
    const offered = this.#offered.shift();
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- passed on as it is
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (offered !== undefined) {
      this.#bytes -= offered.bytes.length;
      offered.taken();
      return Promise.resolve({ done: false, value: offered.bytes });
    }
    if (this.#isEnded || this.#isLeft) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** The reader wants no more. */
  return(): Promise<Step> {
    this.#isLeft = true;
    this.#drop();
    return Promise.resolve({ done: true, value: undefined });
  }

  #drop(): void {
    for (const { taken } of this.#offered.splice(0)) taken();
  }
}
