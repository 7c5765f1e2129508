/**
 * A channel without a WebSocket: one run of a git service over git's smart HTTP, as the streams that a
 * channel over a WebSocket has. A lost connection ends it; nothing of it is kept for another.
 */
import { callBack } from '../../base/failure.js';
import { startTimer } from '../../base/duration.js';
import { Deferred } from '../../base/deferred.js';
import { GitWsError } from '../../base/errors.js';
import { ChannelNews } from '../../tunnel/client/channel-news.js';
import type { Channel, ChannelOptions } from '../../tunnel/client/channel-options.js';
import { defaultOpenTimeout } from '../../tunnel/client/client-channel.js';
import { repositoryEndpoint } from '../../tunnel/client/endpoint.js';
import { canceled } from '../../tunnel/client/failures.js';
import type { ExitStatus } from '../../tunnel/machine/message.js';
import { BrokenRequest } from '../../wire/stateless/conversation.js';
import { LineInput } from '../../wire/stateless/line-input.js';
import { RequestTooLarge } from '../../wire/stateless/negotiation.js';
import { EmptyAdvertisement, runService } from '../../wire/stateless/run-service.js';
import { findOverHttp, type FoundOverHttp } from './requests.js';

/** Most bytes that are kept of what a fetch has said, to say it again with each request. */
export const mostKept = 64 * 1024 * 1024;

/** A stream through which bytes go one way, at the reader's pace, until it is broken. */
class Passage {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly #controller!: TransformStreamDefaultController<Uint8Array>;

  constructor() {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
      {
        start: (controller) => {
          Object.assign(this, { controller });
          this.fail = (error) => {
            controller.error(error);
          };
        },
      },
      undefined,
      { highWaterMark: 0 },
    );
    this.readable = readable;
    this.writable = writable;
  }

  /** Both sides fail with this from here on. */
  fail: (error: unknown) => void = () => undefined;
}

/** See above. */
export class HttpChannel implements Channel {
  readonly session = '';
  readonly #exit = new Deferred<ExitStatus>();
  readonly #closed = new Deferred<void>();
  readonly exit = this.#exit.promise;
  readonly closed = this.#closed.promise;
}
