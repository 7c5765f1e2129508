/** What a channel tells its caller's listeners, and what becomes of what they throw. */
import { callBack } from '../../base/failure.js';
import type { ChannelOptions, ConnectionEvent } from './channel-options.js';

/** The listeners of one channel. */
export class ChannelNews {
  readonly #options: Pick<ChannelOptions, 'onConnection' | 'onStderr'>;
  readonly #onFailure: (error: Error) => void;

  /** @param onFailure told of what one of them throws, or rejects with. */
  constructor(
    options: Pick<ChannelOptions, 'onConnection' | 'onStderr'>,
    onFailure: (error: Error) => void,
  ) {
    this.#options = options;
    this.#onFailure = onFailure;
  }

  tell(event: ConnectionEvent): void {
    // Not from here: what a listener does must not meet the connection half way.
    queueMicrotask(() => {
      this.#callBack('onConnection', () => this.#options.onConnection?.(event));
    });
  }

  tellStderr(text: string): void {
    this.#callBack('onStderr', () => this.#options.onStderr?.(text));
  }

  #callBack(name: string, call: () => unknown): void {
    callBack(name, call).catch((error: unknown) => {
      this.#onFailure(error as Error);
    });
  }
}
