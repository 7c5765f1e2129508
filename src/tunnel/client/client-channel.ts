/**
 * The driver of the client's tunnel: it owns the connection, the timers and the two WHATWG streams,
 * keeps the session through lost connections, and knows nothing of git's bytes.
 */
import type { GitWsError } from '../../base/errors.js';
import { Attempt, type AttemptEvents } from './attempt.js';
import type { Channel, ChannelOptions, ChannelTarget, ConnectionEvent } from './channel-options.js';
import { closeCodes, formatCloseReason } from '../machine/close.js';
import { ChannelNews } from './channel-news.js';
import { Deferred } from '../../base/deferred.js';
import { startTimer } from '../../base/duration.js';
import { canceled, noCredentials, notResumed } from './failures.js';
import { hold } from './hold.js';
import { lossOf } from './loss.js';
import type { ExitStatus, OpenMessage } from '../machine/message.js';
import { Keeping } from './keeping.js';
import { watchNetwork } from './network.js';
import { Reconnection } from './reconnection.js';
import { ChannelStreams, createTunnel } from './streams.js';
import { formatSubprotocols, type ClientOffer } from '../machine/subprotocol.js';
import type { Tunnel, TunnelEvent } from '../machine/tunnel.js';

/** Time until the first `open`, in ms, where nobody says otherwise. */
export const defaultOpenTimeout = 30_000;

/** Longest time that an attempt to resume may take until the server's `open`, in ms. */
export const resumeTimeout = 10_000;

/** Life of the connection as the channel sees it. */
type State = 'connecting' | 'open' | 'interrupted' | 'closed';

/** See {@link Channel}. */
export class ClientChannel implements Channel {
  readonly #opened = new Deferred<Channel>();
  readonly #exit = new Deferred<ExitStatus>();
  readonly #closed = new Deferred<void>();
  readonly opened = this.#opened.promise;
  readonly exit = this.#exit.promise;
  readonly closed = this.#closed.promise;
  readonly #tunnel: Tunnel;
  readonly #streams: ChannelStreams;
  readonly #options: ChannelOptions;
  readonly #target: ChannelTarget;
  readonly #reconnection: Reconnection;
  readonly #keeping: Keeping;
  readonly #news: ChannelNews;
  readonly #onAbort = (): void => {
    this.abort(this.#options.signal?.reason);
  };
  readonly #attemptEvents: AttemptEvents = {
    onMessage: (data) => {
      this.#receive(data);
    },
    onClose: (code, reason, cause) => {
      this.#lost(code, reason, cause);
    },
    onFailure: (error) => {
      if (this.#greeting === undefined) this.#fail(error);
      else this.#interrupt(error);
    },
  };
  /** The newest one. */
  #connection: Attempt | undefined;
  #state: State = 'connecting';
  #exited = false;
  /** Node: whether the process stays for it. */
  #held = true;
  #greeting: OpenMessage | undefined;
  #received = 0;
  /** Attempts to resume that were given up: the server may see them yet, and take them for the last. */
  #givenUp = 0;
  /** Why the connection was lost that is being resumed. */
  #loss: GitWsError | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unwatchNetwork: (() => void) | undefined;

  constructor(window: number, options: ChannelOptions, target: ChannelTarget) {
    this.#options = options;
    this.#target = target;
    this.#keeping = new Keeping(target.repository, options);
    this.#reconnection = new Reconnection(options.retries ?? Infinity);
    // A caller who reads the stream only need not know of exit as well.
    this.exit.catch(() => undefined);
    this.#tunnel = createTunnel(window, options);
    this.#streams = ChannelStreams.of(this.#tunnel, {
      flush: () => {
        this.#flush();
      },
      abort: (reason) => {
        this.abort(reason);
      },
    });
    this.#news = new ChannelNews(options, (error) => {
      this.#giveUp(error);
    });
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#streams.readable;
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#streams.writable;
  }

  get session(): string {
    return this.#greeting?.session ?? '';
  }

  /** Opens the first connection; to be called once. */
  connect(offer: ClientOffer): void {
    this.#options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#tell('connecting', 0);
    const { openTimeout = defaultOpenTimeout } = this.#options;
    const connectAnew = (): void => {
      this.#attempt(formatSubprotocols(offer), openTimeout);
    };
    this.#connection = this.#keeping.ask(offer, openTimeout, {
      onOpen: (data) => {
        this.#connection?.listen(this.#attemptEvents);
        this.#receive(data);
      },
      onFailure: (error) => {
        this.#fail(error);
      },
      onUseless: connectAnew,
    });
    if (this.#connection === undefined) connectAnew();
  }

  spare(spared: boolean): boolean {
    if (this.#state === 'closed') return false;
    this.#keeping.spare(this, spared);
    return true;
  }

  /** Ends, for another run that goes over its connection. @returns undefined where that cannot be. */
  yield(): Attempt | undefined {
    const connection = this.#connection;
    if (this.#state !== 'open' || connection === undefined) return undefined;
    if (!this.#keeping.keeps(connection, this.#greeting)) return undefined;
    this.#fail(canceled('Another run goes on with its connection.'));
    return connection;
  }

  ref(): void {
    this.#hold(true);
  }

  unref(): void {
    this.#hold(false);
  }

  #hold(held: boolean): void {
    // Its connection may be another's.
    if (this.#state === 'closed') return;
    this.#held = held;
    this.#connection?.hold(held);
    this.#keeping.hold(held);
    hold(this.#timer, held);
  }

  abort(reason?: unknown): void {
    this.#giveUp(canceled(reason));
  }

  /** This side wants no more of it. */
  #giveUp(error: Error): void {
    if (this.#state === 'closed') return;
    this.#fail(error);
    this.#connection?.close(closeCodes.done, 'aborted');
  }

  #attempt(protocols: string[], openTimeout: number): void {
    try {
      this.#connection = new Attempt(
        { url: this.#target.url, protocols, openTimeout, WebSocket: this.#options.WebSocket },
        this.#attemptEvents,
      );
    } catch (error) {
      this.#fail(error as GitWsError);
    }
  }

  #receive(data: string | Uint8Array): void {
    let events: TunnelEvent[];
    try {
      events = this.#tunnel.receive(data, performance.now());
    } catch (error) {
      const breach = error as GitWsError;
      this.#fail(breach);
      this.#connection?.close(closeCodes.malformed, formatCloseReason(breach.message));
      return;
    }
    for (const event of events) this.#take(event);
    this.#flush();
  }

  #take(event: TunnelEvent): void {
    if (event.type === 'open') {
      this.#open(event);
      return;
    }
    // The new connection was good for something.
    this.#reconnection.succeeded();
    if (event.type === 'data') this.#received += event.bytes.length;
    if (event.type === 'exit') {
      this.#exited = true;
      this.#exit.resolve({ code: event.code, signal: event.signal });
    }
    this.#streams.take(event);
    if (event.type === 'stderr') this.#news.tellStderr(event.text);
  }

  #open(greeting: OpenMessage): void {
    this.#connection?.opened();
    this.#connection?.hold(this.#held);
    this.#state = 'open';
    if (this.#greeting !== undefined) {
      this.#greeting = greeting;
      this.#loss = undefined;
      this.#tell('resumed', this.#reconnection.attempt);
      return;
    }
    this.#greeting = greeting;
    this.#unwatchNetwork = watchNetwork(() => {
      this.#tunnel.doubt(performance.now());
      this.#reconnection.hurry();
      if (this.#state === 'open') this.#schedule();
    });
    this.#tell('open', 0);
    this.#opened.resolve(this);
  }

  /** Sends what the tunnel has to say, and closes when everything was said on both sides. */
  #flush(): void {
    if (this.#state === 'closed') return;
    for (const frame of this.#tunnel.takeOutgoing(performance.now())) this.#connection?.send(frame);
    if (this.#tunnel.settled) {
      const connection = this.#connection;
      // The ack of exit is on its way; waiting for the close handshake would cost a round trip.
      if (connection && !this.#keeping.keep(connection, this.#greeting)) {
        connection.close(closeCodes.done, '');
      }
      this.#release();
      return;
    }
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const { deadline } = this.#tunnel;
    if (deadline === null) return;
    this.#timer = startTimer(
      () => {
        const verdict = this.#tunnel.tick(performance.now());
        if (verdict === 'alive') {
          this.#flush();
          return;
        }
        this.#connection?.terminate();
        this.#lost(1006, 'the server fell silent', undefined);
      },
      Math.max(0, deadline - performance.now()),
    );
    hold(this.#timer, this.#held);
  }

  /** The socket is gone. */
  #lost(code: number, reason: string, cause: unknown): void {
    // Everything has arrived: the reader may take its time, nobody needs the connection.
    if (this.#exited) {
      this.#release();
      return;
    }
    const isGreeted = this.#greeting !== undefined;
    const isInterrupted = this.#state === 'interrupted';
    const moment = { isGreeted, isInterrupted, givenUp: this.#givenUp, loss: this.#loss };
    const loss = lossOf({ code, reason, cause }, moment);
    if (loss.isOwnTakeover === true) this.#givenUp -= 1;
    if (loss.isFinal) this.#fail(loss.error);
    else this.#interrupt(loss.error);
  }

  /** The connection was lost, or an attempt to resume it failed: there may be another. */
  #interrupt(why: GitWsError): void {
    if (this.#state === 'interrupted') this.#givenUp += 1;
    this.#await(why);
  }

  /** Waits for the next attempt to resume, if there is to be one. */
  #await(why: GitWsError): void {
    this.#tunnel.detach();
    clearTimeout(this.#timer);
    this.#state = 'interrupted';
    this.#loss ??= why;
    const wait = this.#reconnection.next(performance.now(), this.#resumeFor);
    if (wait === undefined) {
      this.#fail(this.#resumeFor === 0 ? this.#loss : notResumed(this.#loss, why.message));
      return;
    }
    this.#tell('interrupted', this.#reconnection.attempt, wait, why.message);
    const reconnect = (): void => {
      void this.#reconnect();
    };
    this.#reconnection.wait(wait, reconnect, this.#held);
  }

  /** How long a lost connection may be resumed, in ms. */
  get #resumeFor(): number {
    const byServer = (this.#greeting?.resumeFor ?? 0) * 1000;
    return Math.min(byServer, this.#options.resumeFor ?? Infinity);
  }

  async #reconnect(): Promise<void> {
    this.#tell('connecting', this.#reconnection.attempt);
    let protocols: string[];
    try {
      const resume = { token: this.#greeting?.token ?? '', received: this.#tunnel.received };
      protocols = formatSubprotocols(await this.#target.offer(resume));
    } catch (cause) {
      if (this.#state !== 'interrupted') return;
      // No attempt was made of which the server could hear later.
      this.#await(noCredentials(cause));
      return;
    }
    if (this.#state !== 'interrupted') return;
    this.#tunnel.reconnect(performance.now());
    this.#attempt(protocols, Math.min(this.#options.openTimeout ?? Infinity, resumeTimeout));
  }

  #fail(error: Error): void {
    if (this.#state === 'closed') return;
    this.#release();
    this.#opened.reject(error);
    // Does nothing where git's exit is known already.
    this.#exit.reject(error);
    this.#streams.fail(error);
  }

  #release(): void {
    this.#state = 'closed';
    this.#keeping.spare(this, false);
    this.#keeping.end();
    clearTimeout(this.#timer);
    this.#reconnection.cancel();
    this.#unwatchNetwork?.();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#closed.resolve();
  }

  #tell(state: ConnectionEvent['state'], attempt: number, wait = 0, reason = ''): void {
    const [received, sent] = [this.#received, this.#tunnel.acknowledgedBytes];
    this.#news.tell({ state, attempt, wait, received, sent, reason });
  }
}
