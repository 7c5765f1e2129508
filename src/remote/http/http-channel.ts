/**
 * A channel without a WebSocket: one run of a git service over git's smart HTTP, with the streams that a
 * channel over a WebSocket has. A lost connection ends it, and nothing of it is kept for another run.
 */
import { Deferred } from '../../base/deferred.js';
import { startTimer } from '../../base/duration.js';
import { HandOff } from '../../base/hand-off.js';
import { authorizationOf } from '../../tunnel/client/channel.js';
import { ChannelNews } from '../../tunnel/client/channel-news.js';
import type {
  Channel,
  ChannelOptions,
  ConnectionEvent,
} from '../../tunnel/client/channel-options.js';
import { defaultOpenTimeout } from '../../tunnel/client/client-channel.js';
import { repositoryEndpoint } from '../../tunnel/client/endpoint.js';
import { canceled, noAnswer } from '../../tunnel/client/failures.js';
import type { ExitStatus } from '../../tunnel/machine/message.js';
import { windowBytes } from '../../tunnel/machine/subprotocol.js';
import { BrokenRequest, died } from '../../wire/stateless/conversation.js';
import { LineInput } from '../../wire/stateless/line-input.js';
import { RequestTooLarge } from '../../wire/stateless/negotiation.js';
import { EmptyAdvertisement, runService } from '../../wire/stateless/run-service.js';
import { findOverHttp, type FoundOverHttp } from './requests.js';

/** Most bytes that are kept of what a fetch has said, to be said again with each request. */
export const mostKept = 64 * 1024 * 1024;

/**
 * Runs a service over HTTP.
 *
 * @param repositoryUrl `http(s)://` or `ws(s)://` URL of the repository.
 * @param options of which those of a WebSocket do not count.
 * @returns the channel, once the server has answered.
 * @throws GitWsError INVALID_URL, CONNECTION_FAILED, REFUSED, TIMEOUT, UserCanceledError, and what
 *   `authorization` throws; later, through the streams and `exit`, also CONNECTION_LOST.
 */
export async function openHttpChannel(
  repositoryUrl: string,
  options: ChannelOptions,
): Promise<Channel> {
  const channel = new HttpChannel(options);
  await channel.open(repositoryUrl);
  return channel;
}

/** See above. */
class HttpChannel implements Channel {
  readonly session = '';
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly #options: ChannelOptions;
  readonly #exit = new Deferred<ExitStatus>();
  readonly #closed = new Deferred<void>();
  readonly exit = this.#exit.promise;
  readonly closed = this.#closed.promise;
  readonly #input = new HandOff(windowBytes.default);
  readonly #output = new HandOff();
  readonly #news: ChannelNews;
  /** Ends what is asked of the server. */
  readonly #ending = new AbortController();
  readonly #onAbort = (): void => {
    this.abort(this.#options.signal?.reason);
  };
  #writer!: WritableStreamDefaultController;
  #failure: Error | undefined;
  #isOver = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
    // A caller who reads the stream only need not know of exit as well.
    this.exit.catch(() => undefined);
    this.#news = new ChannelNews(options, (error) => {
      this.#fail(error);
    });
    this.readable = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const next = await this.#output.next();
          if (next.done === true) controller.close();
          else controller.enqueue(next.value);
        },
        cancel: async () => {
          await this.#output.return();
        },
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<Uint8Array>({
      start: (controller) => {
        this.#writer = controller;
      },
      write: async (chunk) => {
        // A copy: the caller may use its buffer again.
        await this.#input.write(new Uint8Array(chunk));
      },
      close: () => {
        this.#input.end();
      },
      abort: (reason) => {
        this.abort(reason);
      },
    });
  }

  /** Asks for what the service says first; to be called once. */
  async open(repositoryUrl: string): Promise<void> {
    const { service, gitProtocol, signal, openTimeout = defaultOpenTimeout } = this.#options;
    const { repository, ...endpoint } = repositoryEndpoint(repositoryUrl, service);
    const given = await authorizationOf(this.#options.authorization);
    if (signal?.aborted === true) throw canceled(signal.reason);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#tell('connecting');
    const timer = startTimer(() => {
      this.#fail(noAnswer(openTimeout));
    }, openTimeout);
    try {
      const found = await findOverHttp({
        ...{ url: repository.replace(/^ws/, 'http'), service, gitProtocol },
        ...{ authorization: given ?? endpoint.authorization, signal: this.#ending.signal },
      });
      this.#tell('open');
      void this.#run(found);
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      clearTimeout(timer);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  abort(reason?: unknown): void {
    this.#fail(canceled(reason));
  }

  /** Nobody else can use its connection. */
  spare(): boolean {
    return !this.#isOver;
  }

  ref(): void {
    // A process of Node stays for a request, and for nothing else.
  }

  unref(): void {
    // See ref.
  }

  async #run({ advertisement, post }: FoundOverHttp): Promise<void> {
    const isPush = this.#options.service === 'git-receive-pack';
    const input = new LineInput(this.#input);
    const write = async (bytes: Uint8Array): Promise<void> => {
      await this.#output.write(bytes);
    };
    let code = 0;
    try {
      await runService({ isPush, advertisement, mostKept }, { input, write, post });
    } catch (error) {
      if (error instanceof BrokenRequest) code = died;
      else if (error instanceof RequestTooLarge) {
        code = died;
        this.#news.tellStderr(`fatal: ${error.message}\n`);
      } else if (!(error instanceof EmptyAdvertisement)) {
        this.#fail(error as Error);
      }
    }
    if (this.#isOver) return;
    this.#output.end();
    this.#exit.resolve({ code, signal: null });
    this.#release();
    // What is still written is dropped, as a process that has ended would.
    await this.#input.return();
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#failure = error;
    this.#release();
    this.#ending.abort();
    this.#exit.reject(error);
    this.#input.fail(error);
    this.#output.fail(error);
    this.#writer.error(error);
  }

  #release(): void {
    this.#isOver = true;
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#closed.resolve();
  }

  #tell(state: ConnectionEvent['state']): void {
    this.#news.tell({ state, attempt: 0, wait: 0, received: 0, sent: 0, reason: '' });
  }
}
