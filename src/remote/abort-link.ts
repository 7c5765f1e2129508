/** The ways in which a run is given up on this side, as one signal. */

/**
 * One signal that fires with the client's, with the current request's, or where something on this
 * side failed: to the channel all of it is a cancellation.
 */
export class AbortLink {
  readonly #controller = new AbortController();
  readonly #client: AbortSignal | undefined;
  #request: AbortSignal | undefined;
  #released = false;
  #failure: { readonly error: unknown } | undefined;
  readonly #fire = (event: Event): void => {
    this.#controller.abort((event.target as AbortSignal).reason);
  };

  constructor(client: AbortSignal | undefined) {
    this.#client = client;
    this.#listen(client);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something on this side failed: the channel is of no use any more. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#controller.abort(error);
  }

  /** What the caller is to hear: the failure on this side, where that is what ended the channel. */
  whatFailed(error: unknown): unknown {
    return this.#failure === undefined ? error : this.#failure.error;
  }

  follow(request: AbortSignal | undefined): void {
    if (this.#released) return;
    this.#request?.removeEventListener('abort', this.#fire);
    // Were it listened to twice, the next call would stop listening to the client's.
    this.#request = request === this.#client ? undefined : request;
    this.#listen(this.#request);
  }

  release(): void {
    this.#released = true;
    this.#client?.removeEventListener('abort', this.#fire);
    this.#request?.removeEventListener('abort', this.#fire);
  }

  #listen(signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) this.#controller.abort(signal.reason);
    else signal?.addEventListener('abort', this.#fire);
  }
}
