/**
 * Tells the page of progress without waiting for it: one message is under way at a time, and of what
 * came meanwhile the last of each phase is sent. A page that is busy holds nothing up, and gets no
 * pile of old news.
 */

type Tell = (event: unknown) => Promise<unknown>;

/** Progress of one command. */
export class Latest {
  readonly #tell: Tell;
  #waiting: unknown[] = [];
  #sending: Promise<void> | undefined;
  #failure: { readonly reason: unknown } | undefined;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** @throws what the page's function has thrown at an earlier event. */
  async say(event: unknown): Promise<void> {
    this.#check();
    const last = this.#waiting.at(-1);
    if (last !== undefined && phaseOf(last) === phaseOf(event)) this.#waiting.pop();
    this.#waiting.push(event);
    this.#sending ??= this.#send();
  }

  /** Waits until the page knows all. @throws what its function has thrown. */
  async end(): Promise<void> {
    await this.#sending;
    this.#check();
  }

  async #send(): Promise<void> {
    try {
      while (this.#waiting.length > 0) await this.#tell(this.#waiting.shift());
    } catch (reason) {
      this.#failure = { reason };
    } finally {
      this.#sending = undefined;
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
  }
}

function phaseOf(event: unknown): unknown {
  return (event as { phase?: unknown } | null)?.phase;
}
