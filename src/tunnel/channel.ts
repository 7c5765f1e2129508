/**
 * A channel: one run of a git service on a server, as streams. The driver of the client's
 * tunnel: it owns the socket, the timer and the two WHATWG streams, and knows nothing of git's
 * bytes.
 */
import { repositoryEndpoint, type GitService } from '../endpoint.js';
import { GitWsError } from '../errors.js';
import { closeCodes, closeError, formatCloseReason } from './close.js';
import type { LivenessTimes } from './liveness.js';
import type { ExitStatus } from './message.js';
import { openSocket, type Socket, type WebSocketConstructor } from './socket.js';
import { ChannelStreams } from './streams.js';
import { formatSubprotocols, subprotocol, windowBytes } from './subprotocol.js';
import { Tunnel, type TunnelEvent } from './tunnel.js';

/** An `Authorization` value, or a function that is asked for one at each connect. */
export type Authorization =
  string | (() => string | undefined | Promise<string | undefined>) | undefined;

/** Options of {@link openChannel}. */
export interface ChannelOptions {
  /** The service to run. */
  readonly service: GitService;
  /** What ssh would pass as GIT_PROTOCOL, for example `version=2`; default: version 0. */
  readonly gitProtocol?: string | undefined;
  /** Credentials; they beat those in the URL. */
  readonly authorization?: Authorization;
  /** Ends the channel at once, on both sides. */
  readonly signal?: AbortSignal | undefined;
  /** Receive window in bytes, 64 KiB to 16 MiB; default 4 MiB. Bounds the memory of a slow reader. */
  readonly window?: number | undefined;
  /** Most unacknowledged bytes kept for sending, in bytes; default 4 MiB. */
  readonly maxReplay?: number | undefined;
  /** Time until the server's first message, in ms; default 30,000. */
  readonly openTimeout?: number | undefined;
  /** When a silent server counts as dead. */
  readonly liveness?: LivenessTimes | undefined;
  /** The WebSocket class; default: the page's, or `ws` in Node. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /**
   * Hears what git wrote to its stderr. It is the server's text: strip control characters before
   * showing it.
   */
  readonly onStderr?: ((text: string) => void) | undefined;
}

/** One service run. */
export interface Channel {
  /** git's stdout. Ends when git closed it; wait for {@link exit} to know that it is whole. */
  readonly readable: ReadableStream<Uint8Array>;
  /** git's stdin. Closing it half-closes the channel (`end`); aborting it aborts the channel. */
  readonly writable: WritableStream<Uint8Array>;
  /** How git ended. The only proof that the stream is whole. */
  readonly exit: Promise<ExitStatus>;
  /** Resolves when nothing of the channel is left, however it ended. */
  readonly closed: Promise<void>;
  /** The session's public id, for logs. */
  readonly session: string;
  /** Ends the channel at once: streams and {@link exit} reject with UserCanceledError. */
  abort(reason?: unknown): void;
}

/**
 * Opens a WebSocket and runs one git service through it, stateful, as ssh does.
 *
 * @param repositoryUrl `http(s)://` or `ws(s)://` URL of the repository.
 * @param options see {@link ChannelOptions}.
 * @returns the channel, once the server has accepted. The first bytes of git are then under way.
 * @throws GitWsError INVALID_URL, INVALID_OPTION, CREDENTIALS_TOO_LONG, CONNECTION_FAILED,
 *   REFUSED (data: `closeCode`, `status`, `reason`), TIMEOUT, PROTOCOL_ERROR, UserCanceledError;
 *   later, through the streams and `exit`, also CONNECTION_LOST.
 */
export async function openChannel(
  repositoryUrl: string,
  options: ChannelOptions,
): Promise<Channel> {
  const { signal } = options;
  if (signal?.aborted === true) throw canceled(signal.reason);
  const window = checkedWindow(options.window ?? windowBytes.default);
  const endpoint = repositoryEndpoint(repositoryUrl, options.service, options.gitProtocol);
  const given = options.authorization;
  const authorization = (typeof given === 'function' ? await given() : given) ?? undefined;
  if (aborted(signal)) throw canceled(signal?.reason);
  const protocols = formatSubprotocols({
    window,
    authorization: authorization ?? endpoint.authorization,
  });
  const channel = new ClientChannel(window, options);
  channel.connect(endpoint.url, protocols);
  return channel.opened;
}

/** Read through a call: the compiler would take an earlier check for the present. */
function aborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function checkedWindow(window: number): number {
  const { minimum, maximum } = windowBytes;
  if (Number.isInteger(window) && window >= minimum && window <= maximum) return window;
  throw new GitWsError(
    'INVALID_OPTION',
    `The window must be a whole number of bytes from ${minimum} to ${maximum}.`,
    { data: { window } },
  );
}

function canceled(cause: unknown): GitWsError {
  return new GitWsError('UserCanceledError', 'The operation was canceled.', { cause });
}

/** Life of the connection as the channel sees it. */
type State = 'connecting' | 'open' | 'closed';

class ClientChannel implements Channel {
  readonly opened: Promise<Channel>;
  readonly exit: Promise<ExitStatus>;
  readonly closed: Promise<void>;
  readonly #tunnel: Tunnel;
  readonly #streams: ChannelStreams;
  readonly #options: ChannelOptions;
  readonly #onAbort = (): void => {
    this.abort(this.#options.signal?.reason);
  };
  #socket: Socket | undefined;
  #state: State = 'connecting';
  #exited = false;
  #session = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  #resolveOpened!: (channel: Channel) => void;
  #rejectOpened!: (error: GitWsError) => void;
  #resolveExit!: (status: ExitStatus) => void;
  #rejectExit!: (error: GitWsError) => void;
  #resolveClosed!: () => void;

  constructor(window: number, options: ChannelOptions) {
    this.#options = options;
    this.opened = new Promise((resolve, reject) => {
      this.#resolveOpened = resolve;
      this.#rejectOpened = reject;
    });
    this.exit = new Promise((resolve, reject) => {
      this.#resolveExit = resolve;
      this.#rejectExit = reject;
    });
    // A caller who reads the stream only need not know of exit as well.
    this.exit.catch(() => undefined);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#tunnel = new Tunnel({
      role: 'client',
      window,
      maxReplay: options.maxReplay ?? windowBytes.default,
      now: performance.now(),
      ...(options.liveness === undefined ? {} : { liveness: options.liveness }),
    });
    this.#streams = new ChannelStreams({
      write: (bytes) => this.#tunnel.write(bytes),
      credit: () => this.#tunnel.credit,
      end: () => {
        this.#tunnel.end();
      },
      consume: () => {
        this.#tunnel.consume(performance.now());
      },
      flush: () => {
        this.#flush();
      },
      abort: (reason) => {
        this.abort(reason);
      },
    });
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#streams.readable;
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#streams.writable;
  }

  get session(): string {
    return this.#session;
  }

  connect(url: string, protocols: string[]): void {
    const { signal, openTimeout = 30_000, WebSocket } = this.#options;
    const events = {
      onOpen: (chosen: string) => {
        if (chosen === subprotocol) return;
        this.#fail(notGitWs(), true);
      },
      onMessage: (data: string | Uint8Array) => {
        this.#receive(data);
      },
      onClose: (code: number, reason: string, cause: unknown) => {
        this.#lost(code, reason, cause);
      },
    };
    try {
      this.#socket = openSocket(url, protocols, events, WebSocket);
    } catch (error) {
      this.#fail(error as GitWsError);
      return;
    }
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#openTimer = setTimeout(() => {
      const message = `The server did not answer within ${openTimeout / 1000} seconds.`;
      this.#fail(new GitWsError('TIMEOUT', message, { retryable: true }), true);
    }, openTimeout);
  }

  abort(reason?: unknown): void {
    if (this.#state === 'closed') return;
    this.#fail(canceled(reason));
    this.#socket?.close(closeCodes.done, 'aborted');
  }

  #receive(data: string | Uint8Array): void {
    let events: TunnelEvent[];
    try {
      events = this.#tunnel.receive(data, performance.now());
    } catch (error) {
      const breach = error as GitWsError;
      this.#fail(breach);
      this.#socket?.close(closeCodes.malformed, formatCloseReason(breach.message));
      return;
    }
    for (const event of events) this.#take(event);
    this.#flush();
  }

  #take(event: TunnelEvent): void {
    switch (event.type) {
      case 'open':
        clearTimeout(this.#openTimer);
        this.#state = 'open';
        this.#session = event.session;
        this.#resolveOpened(this);
        return;
      case 'data':
        this.#streams.push(event.bytes);
        return;
      case 'stderr':
        this.#streams.pushMark();
        this.#options.onStderr?.(event.text);
        return;
      case 'end':
        this.#streams.pushEnd();
        return;
      case 'exit':
        this.#exited = true;
        this.#resolveExit({ code: event.code, signal: event.signal });
        this.#streams.pushExit();
        return;
      case 'credit':
        this.#streams.onCredit();
        return;
    }
  }

  /** Sends what the tunnel has to say, and closes when everything was said on both sides. */
  #flush(): void {
    if (this.#state === 'closed') return;
    for (const frame of this.#tunnel.takeOutgoing(performance.now())) this.#socket?.send(frame);
    if (this.#tunnel.settled) {
      // The ack of exit is on its way; waiting for the close handshake would cost a round trip.
      this.#socket?.close(closeCodes.done, '');
      this.#release();
      return;
    }
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const { deadline } = this.#tunnel;
    if (deadline === null) return;
    this.#timer = setTimeout(
      () => {
        const verdict = this.#tunnel.tick(performance.now());
        if (verdict === 'alive') {
          this.#flush();
          return;
        }
        this.#fail(closeError(1006, 'the server fell silent'), true);
      },
      Math.max(0, deadline - performance.now()),
    );
  }

  #lost(code: number, reason: string, cause: unknown): void {
    // Everything has arrived: the reader may take its time, nobody needs the connection.
    if (this.#exited) {
      this.#release();
      return;
    }
    const opening = this.#state === 'connecting' && code < 4000;
    this.#fail(opening ? connectionFailed(code, cause) : closeError(code, reason, cause));
  }

  #fail(error: GitWsError, terminate = false): void {
    if (this.#state === 'closed') return;
    this.#release();
    this.#rejectOpened(error);
    // Does nothing where git's exit is known already.
    this.#rejectExit(error);
    this.#streams.fail(error);
    if (terminate) this.#socket?.terminate();
  }

  #release(): void {
    this.#state = 'closed';
    clearTimeout(this.#timer);
    clearTimeout(this.#openTimer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#resolveClosed();
  }
}

function notGitWs(): GitWsError {
  return new GitWsError(
    'CONNECTION_FAILED',
    `The server answers WebSockets but does not speak ${subprotocol}.`,
  );
}

function connectionFailed(code: number, cause: unknown): GitWsError {
  // A page is told nothing more, by design of the platform; Node says why.
  const why = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : '';
  return new GitWsError('CONNECTION_FAILED', `The server could not be reached${why}.`, {
    cause,
    data: { closeCode: code },
    retryable: true,
  });
}
