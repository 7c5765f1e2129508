/**
 * One run of a git service as fetch and push use it: a channel with a reader, a writer, what git
 * wrote to stderr and what its exit means. Knows nothing of smart HTTP and of git's bytes.
 */
import { GitWsError } from '../base/errors.js';
import { callBack, callbackFailure } from '../base/failure.js';
import { Listeners } from '../base/listeners.js';
import {
  resumeChannel,
  type Authorization,
  type Channel,
  type ConnectionEvent,
} from '../tunnel/client/channel.js';
import { ClientChannel } from '../tunnel/client/client-channel.js';
import type { ConnectionOptions } from '../tunnel/client/connection-options.js';
import { defaultKeepAlive } from '../tunnel/client/kept-connections.js';
import type { WebSocketConstructor } from '../tunnel/client/socket.js';
import type { StoredSession } from '../tunnel/client/stored-session.js';
import { windowBytes } from '../tunnel/machine/subprotocol.js';
import { WordCount } from '../wire/answer-limits.js';
import { AbortLink } from './abort-link.js';
import { openEitherWay, type Fallback } from './fallback.js';
import { gather, type ByteSource } from './gather.js';
import { wayTo, type Gateway } from './gateway.js';
import { stripControlCharacters } from './remote-text.js';
import { StderrTail } from './stderr-tail.js';
import type { GitService } from '../tunnel/machine/request-target.js';

/** What is the same for all runs of one client. */
export interface RunSettings extends Omit<ConnectionOptions, 'maxReplay'> {
  readonly authorization?: Authorization;
  readonly gateway?: Gateway | undefined;
  readonly fallback?: Fallback;
  readonly signal?: AbortSignal | undefined;
  readonly onConnection?: ((event: ConnectionEvent) => void) | undefined;
  readonly WebSocket?: WebSocketConstructor | undefined;
  readonly onMessage?: ((message: string) => unknown) | undefined;
}

/** What to run. */
export interface RunTarget {
  readonly repository: string;
  readonly service: GitService;
  readonly authorization: string | undefined;
  readonly gitProtocol: string | undefined;
  /** What it is asked before it has said anything. */
  readonly input?: string | undefined;
  /** A session to go on with, of another page or process. */
  readonly stored?: StoredSession | undefined;
}

/** One run of a git service. */
export class ServiceRun {
  readonly #channel: Channel;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #abort: AbortLink;
  readonly #stderr: StderrTail;
  readonly #told: Listeners;
  readonly #service: GitService;
  readonly #window: number;
  #unread: Uint8Array | undefined;

  /**
   * @param target what to run, and where.
   * @param settings the client's.
   * @param signal the request's own; a later request may put its own in place with {@link follow}.
   * @throws GitWsError as openChannel does.
   */
  static async open(
    target: RunTarget,
    settings: RunSettings,
    signal: AbortSignal | undefined,
  ): Promise<ServiceRun> {
    const given = target.authorization ?? settings.authorization;
    const way = wayTo(target.repository, given, settings.gateway);
    const abort = new AbortLink(settings.signal);
    abort.follow(signal);
    const stderr = new StderrTail();
    const words = new WordCount();
    const told = new Listeners((error) => {
      abort.fail(error);
    });
    try {
      const { repository, authorization, upstreamAuthorization } = way;
      const channelOptions = {
        service: target.service,
        gitProtocol: target.gitProtocol,
        input: target.input,
        ...{ authorization, upstreamAuthorization },
        signal: abort.signal,
        window: settings.window,
        openTimeout: settings.openTimeout,
        resumeFor: settings.resumeFor,
        retries: settings.retries,
        liveness: settings.liveness,
        keepAlive: settings.keepAlive ?? defaultKeepAlive,
        onConnection: settings.onConnection,
        WebSocket: settings.WebSocket,
        onStderr: (text: string): void => {
          stderr.push(text);
          const tell = (): unknown => {
            words.add(text.length);
            // Defence: a server's stderr loses what could move a cursor.
            return settings.onMessage?.(stripControlCharacters(text));
          };
          told.add(callBack('onMessage', tell));
        },
      };
      // What a gateway reaches, it reaches over a WebSocket alone.
      const fallback = way.isThroughGateway ? undefined : settings.fallback;
      const channel = await (target.stored === undefined
        ? openEitherWay(repository, channelOptions, fallback)
        : resumeChannel(repository, channelOptions, target.stored));
      return new ServiceRun(channel, abort, stderr, told, target.service, settings.window);
    } catch (error) {
      abort.release();
      throw way.failure(abort.whatFailed(error));
    }
  }

  /** One of which nothing is left: all that it had to say was heard before. */
  static ended(service: GitService): ServiceRun {
    const told = new Listeners(() => undefined);
    return new ServiceRun(
      endedChannel(),
      new AbortLink(undefined),
      new StderrTail(),
      told,
      service,
      undefined,
    );
  }

  private constructor(
    channel: Channel,
    abort: AbortLink,
    stderr: StderrTail,
    told: Listeners,
    service: GitService,
    window: number | undefined,
  ) {
    this.#window = window ?? windowBytes.default;
    this.#channel = channel;
    this.#abort = abort;
    this.#stderr = stderr;
    this.#told = told;
    this.#service = service;
    this.#reader = channel.readable.getReader();
    this.#writer = channel.writable.getWriter();
    // Whoever writes or reads hears of a failure there.
    this.#writer.closed.catch(() => undefined);
    this.#reader.closed.catch(() => undefined);
    void channel.closed.then(() => {
      abort.release();
    });
  }

  /** Most bytes that come before they are acknowledged. */
  get window(): number {
    const { replay } =
      this.#channel instanceof ClientChannel ? this.#channel : { replay: Infinity };
    return Math.min(this.#window, replay);
  }

  /** Whether it has been given its input: over plain HTTP there is none before the first answer. */
  get hasInput(): boolean {
    return this.#channel instanceof ClientChannel;
  }

  /** Resolves when nothing of the run is left, however it ended. */
  get closed(): Promise<void> {
    return this.#channel.closed;
  }

  /** The run ends when this signal fires, and no longer when the one given before does. */
  follow(signal: AbortSignal | undefined): void {
    this.#abort.follow(signal);
  }

  /**
   * The next bytes of git's stdout; undefined at its end.
   *
   * @throws what ended the channel; what {@link start}'s body or a listener threw.
   */
  async read(): Promise<Uint8Array | undefined> {
    const unread = this.#unread;
    this.#unread = undefined;
    try {
      return unread ?? (await this.#reader.read()).value;
    } catch (error) {
      throw this.#abort.whatFailed(error);
    }
  }

  /** The next {@link read} returns these bytes. */
  unread(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#unread = bytes;
  }

  /**
   * Begins to {@link send}, to go on while the answer is read. Where it fails, the run ends and
   * reading fails with the same error.
   */
  start(body: ByteSource, onBytes?: (bytes: Uint8Array, last: boolean) => unknown): void {
    this.send(body, onBytes).catch((error: unknown) => {
      // The connection's and the listeners' own are errors: what else there is, is the body's.
      this.#abort.fail(callbackFailure(error, 'body'));
    });
  }

  /**
   * Writes a whole body to git's stdin and closes it.
   *
   * @param body what to write.
   * @param onBytes told of each piece before it is written.
   */
  async send(
    body: ByteSource,
    onBytes?: (bytes: Uint8Array, last: boolean) => unknown,
  ): Promise<void> {
    for await (const { bytes, last } of gather(body)) {
      await onBytes?.(bytes, last);
      if (bytes.length > 0) await this.#writer.write(bytes);
    }
    await this.#writer.close();
  }

  /**
   * Writes to git's stdin at once, and leaves it open: for what is answered in between.
   *
   * @throws as {@link read}.
   */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#writer.write(bytes);
    } catch (error) {
      throw this.#abort.whatFailed(error);
    }
  }

  /**
   * Waits for git to end, and for those who hear what it said.
   *
   * @throws what they throw; GitWsError REMOTE_EXIT (data: `code`, `signal`, `stderr`) unless it exited with 0;
   *   CONNECTION_LOST where its exit will never be known.
   */
  async success(): Promise<void> {
    const { code, signal } = await this.#channel.exit.catch((error: unknown) => {
      throw this.#abort.whatFailed(error);
    });
    await this.#told.done();
    if (code === 0) return;
    const stderr = this.#stderr.text;
    const how = signal === null ? `with exit code ${code}` : `by signal ${signal}`;
    const why = stderr === '' ? '' : `: ${stderr}`;
    throw new GitWsError('REMOTE_EXIT', `${this.#service} on the server ended ${how}${why}`, {
      data: { code, signal, stderr },
    });
  }

  /**
   * What is read from here on is not acknowledged before {@link settle} says so.
   *
   * @returns whether another page or process could go on with it.
   */
  keep(): boolean {
    const channel = this.#channel;
    return channel instanceof ClientChannel && channel.keep();
  }

  /** See {@link ClientChannel.stateAt}, once the server has all that there was to send. */
  async stateAt(position: number): Promise<StoredSession | undefined> {
    const channel = this.#channel;
    if (!(channel instanceof ClientChannel)) return undefined;
    await channel.sentAll;
    return channel.stateAt(position);
  }

  /** See {@link ClientChannel.settle}. */
  settle(position: number, isStored: boolean): void {
    if (this.#channel instanceof ClientChannel) this.#channel.settle(position, isStored);
  }

  /** Node: the process stays for this run, as it does unless {@link rest} was called. */
  wake(): void {
    this.#channel.ref();
  }

  /** Node: nobody wants anything of this run at present, and the process may end. */
  rest(): void {
    this.#channel.unref();
  }

  /**
   * Says whether nobody wants anything more of this run, so that the next one to the same repository
   * may take its connection, and end it.
   *
   * @returns whether it is there.
   */
  spare(spared: boolean): boolean {
    return this.#channel.spare(spared);
  }

  /** Ends the run at once. */
  abort(reason?: unknown): void {
    this.#channel.abort(reason);
  }

  /** Reads the rest of git's stdout and drops it, then waits for its exit. Never rejects. */
  async drain(): Promise<void> {
    try {
      await this.#reader.cancel();
    } catch {
      // The channel failed before: there is nothing to drop.
    }
    await this.#channel.closed;
  }
}

function endedChannel(): Channel {
  return {
    readable: new ReadableStream<Uint8Array>({ start: (controller) => controller.close() }),
    writable: new WritableStream<Uint8Array>(),
    exit: Promise.resolve({ code: 0, signal: null }),
    closed: Promise.resolve(),
    session: '',
    spare: () => false,
    abort: () => undefined,
    ref: () => undefined,
    unref: () => undefined,
  };
}
