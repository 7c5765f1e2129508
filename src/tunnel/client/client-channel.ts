/**
 * The driver of the client's tunnel: it owns the connection, the timers and the two WHATWG streams, and
 * knows nothing of git's bytes. What becomes of the session when a connection is lost, `life` says.
 */
import type { GitWsError } from '../../base/errors.js';
import { Attempt, type AttemptEvents } from './attempt.js';
import type { Channel, ChannelOptions, ChannelTarget } from './channel-options.js';
import { closeCodes, formatCloseReason } from '../machine/close.js';
import { ChannelNews } from './channel-news.js';
import { Deferred } from '../../base/deferred.js';
import { startTimer } from '../../base/duration.js';
import { canceled } from './failures.js';
import { hold } from '../../base/hold.js';
import { stepLife, type Life, type LifeAction, type LifeEvent, type Moment } from './life.js';
import type { ExitStatus, OpenMessage } from '../machine/message.js';
import { Keeping } from './keeping.js';
import { isOffline, watchNetwork } from './network.js';
import { firstLife, type StoredSession } from './stored-session.js';
import { Delay } from './reconnection.js';
import { ChannelStreams, createTunnel, storedSession } from './streams.js';
import { formatSubprotocols, type ClientOffer } from '../machine/subprotocol.js';
import type { Tunnel, TunnelEvent } from '../machine/tunnel.js';

/** Time until the first `open`, in ms, where nobody says otherwise. */
export const defaultOpenTimeout = 30_000;

/** Longest time that an attempt to resume may take until the server's `open`, in ms. */
export const resumeTimeout = 10_000;

/** Looked at when it decides something, and not for each message that comes. */
const present: Moment = { now: () => performance.now(), random: Math.random, isOffline };

type Told = Omit<Extract<LifeAction, { type: 'tell' }>, 'type'>;

/** See {@link Channel}. */
export class ClientChannel implements Channel {
  readonly #opened = new Deferred<Channel>();
  readonly #exit = new Deferred<ExitStatus>();
  readonly #closed = new Deferred<void>();
  readonly #sentAll = new Deferred<void>();
  readonly opened = this.#opened.promise;
  readonly exit = this.#exit.promise;
  readonly closed = this.#closed.promise;
  /** Resolves when the server has all that there was to send, or will never have it. */
  readonly sentAll = this.#sentAll.promise;
  readonly #tunnel: Tunnel;
  readonly #streams: ChannelStreams;
  readonly #options: ChannelOptions;
  readonly #target: ChannelTarget;
  /** Until the next attempt to resume. */
  readonly #delay = new Delay();
  readonly #keeping: Keeping;
  readonly #news: ChannelNews;
  readonly #onAbort = (): void => this.abort(this.#options.signal?.reason);
  readonly #attemptEvents: AttemptEvents = {
    onMessage: (data) => this.#receive(data),
    onClose: (code, reason, cause) => this.#happen({ type: 'lost', end: { code, reason, cause } }),
    onFailure: (error) => this.#happen({ type: 'unanswered', error }),
  };
  /** The newest one. */
  connection: Attempt | undefined;
  #life: Life;
  /** Node: whether the process stays for it. */
  #held = true;
  #greeting: OpenMessage | undefined;
  /** Where somebody else had the session before. */
  readonly #resumed: StoredSession | undefined;
  #received: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #unwatchNetwork: (() => void) | undefined;

  /** @param resumed a session to go on with. */
  constructor(
    window: number,
    options: ChannelOptions,
    target: ChannelTarget,
    resumed?: StoredSession,
  ) {
    this.#options = options;
    this.#target = target;
    this.#resumed = resumed;
    this.#received = resumed?.position ?? 0;
    this.#keeping = new Keeping(target.repository, options);
    this.#life = firstLife(options, resumed);
    // A caller who reads the stream only need not know of exit as well.
    this.exit.catch(() => undefined);
    this.#tunnel = createTunnel(window, options, resumed);
    const sink = {
      flush: () => this.#flush(),
      abort: (reason: unknown) => this.abort(reason),
    };
    this.#streams = ChannelStreams.of(this.#tunnel, sink, this.#received);
    this.#news = new ChannelNews(options, (error) => this.#giveUp(error));
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

  /** Most bytes that the server sends before they are acknowledged, however large the window is. */
  get replay(): number {
    return this.#greeting?.replay ?? Infinity;
  }

  /** Whether the server keeps the session when its connection is lost. */
  get isResumable(): boolean {
    return (this.#life.resumeFor ?? 0) > 0;
  }

  /**
   * What is read from here on is not acknowledged before {@link settle} says that it is stored.
   *
   * @returns whether the server keeps the session when its connection is lost; else all is as before.
   */
  keep(): boolean {
    if (this.isResumable) this.#streams.keep();
    return this.isResumable;
  }

  /** See {@link storedSession}. @param position up to where git's stdout is stored, in bytes. */
  stateAt(position: number): StoredSession | undefined {
    return storedSession(this.#tunnel, this.#streams, this.#greeting, this.#life, position);
  }

  /**
   * Acknowledges what has come up to a position; Infinity: all of it, and what comes from here on as it is read.
   *
   * @param isStored whether what {@link stateAt} gave for it is stored.
   */
  settle(position: number, isStored: boolean): void {
    if (isStored) this.#tunnel.store();
    this.#streams.settle(position);
    this.#flush();
  }

  /** Takes a session up that somebody else had; to be called once. */
  resume(): void {
    this.#options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#tunnel.detach();
    this.#tunnel.store();
    this.#streams.keep();
    this.#happen({ type: 'due' });
  }

  /** Opens the first connection; to be called once. */
  connect(offer: ClientOffer): void {
    this.#options.signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#tell({ state: 'connecting', attempt: 0, wait: 0, reason: '' });
    const { openTimeout = defaultOpenTimeout } = this.#options;
    const connectAnew = (): void => this.#attempt(formatSubprotocols(offer), openTimeout);
    this.connection = this.#keeping.ask(offer, openTimeout, {
      onOpen: (data) => {
        this.connection?.listen(this.#attemptEvents);
        this.#receive(data);
      },
      onFailure: (error) => this.#happen({ type: 'ended', error }),
      onUseless: connectAnew,
    });
    if (this.connection === undefined) connectAnew();
  }

  spare(spared: boolean): boolean {
    if (this.#life.phase === 'closed') return false;
    this.#keeping.spare(this, spared);
    return true;
  }

  /** Ends, for another run that goes over its connection. @returns undefined where that cannot be. */
  yield(): Attempt | undefined {
    const connection = this.connection;
    if (this.#life.phase !== 'open' || connection === undefined) return undefined;
    if (!this.#keeping.keeps(connection)) return undefined;
    this.#happen({ type: 'ended', error: canceled('Another run goes on with its connection.') });
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
    if (this.#life.phase === 'closed') return;
    this.#held = held;
    this.connection?.hold(held);
    this.#keeping.hold(held);
    this.#delay.hold(held);
    hold(this.#timer, held);
  }

  abort(reason?: unknown): void {
    this.#giveUp(canceled(reason));
  }

  /** This side wants no more of it. */
  #giveUp(error: Error): void {
    if (this.#life.phase === 'closed') return;
    this.#happen({ type: 'ended', error });
    this.connection?.close(closeCodes.done, 'aborted');
  }

  #attempt(protocols: string[], openTimeout: number): void {
    try {
      this.connection = new Attempt(
        { url: this.#target.url, protocols, openTimeout, WebSocket: this.#options.WebSocket },
        this.#attemptEvents,
      );
    } catch (error) {
      this.#happen({ type: 'ended', error: error as GitWsError });
    }
  }

  #receive(data: string | Uint8Array): void {
    let events: TunnelEvent[];
    try {
      events = this.#tunnel.receive(data, performance.now());
    } catch (error) {
      const breach = error as GitWsError;
      this.#happen({ type: 'ended', error: breach });
      this.connection?.close(closeCodes.malformed, formatCloseReason(breach.message));
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
    this.#happen({ type: event.type === 'exit' ? 'exited' : 'progressed' });
    if (event.type === 'data') this.#received += event.bytes.length;
    if (event.type === 'exit') this.#exit.resolve({ code: event.code, signal: event.signal });
    if (this.#tunnel.hasSentAll) this.#sentAll.resolve();
    this.#streams.take(event);
    if (event.type === 'stderr') this.#news.tellStderr(event.text);
  }

  #open(greeting: OpenMessage): void {
    this.connection?.opened(greeting);
    this.connection?.hold(this.#held);
    // Before anybody else can write.
    this.#keeping.giveInput(this.#tunnel);
    this.#greeting = greeting;
    // Both sides have to keep the session.
    const resumeFor = Math.min(greeting.resumeFor * 1000, this.#options.resumeFor ?? Infinity);
    this.#happen({ type: 'greeted', resumeFor });
  }

  /** Sends what the tunnel has to say, and closes when everything was said on both sides. */
  #flush(): void {
    if (this.#life.phase === 'closed') return;
    for (const frame of this.#tunnel.takeOutgoing(performance.now())) this.connection?.send(frame);
    if (this.#tunnel.settled) {
      const connection = this.connection;
      // The ack of exit is on its way; waiting for the close handshake would cost a round trip.
      if (connection && !this.#keeping.keep(connection)) connection.close(closeCodes.done, '');
      this.#happen({ type: 'settled' });
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
        this.connection?.terminate();
        const end = { code: 1006, reason: 'the server fell silent', cause: undefined };
        this.#happen({ type: 'lost', end });
      },
      Math.max(0, deadline - performance.now()),
    );
    hold(this.#timer, this.#held);
  }

  #happen(event: LifeEvent): void {
    const [life, actions] = stepLife(this.#life, event, present);
    this.#life = life;
    for (const action of actions) this.#act(action);
  }

  #act(action: LifeAction): void {
    switch (action.type) {
      case 'tell':
        this.#tell(action);
        return;
      case 'opened':
        this.#unwatchNetwork = watchNetwork(() => {
          this.#tunnel.doubt(performance.now());
          this.#delay.hurry();
          if (this.#life.phase === 'open') this.#schedule();
        });
        this.#opened.resolve(this);
        return;
      case 'detach':
        this.#tunnel.detach();
        clearTimeout(this.#timer);
        return;
      case 'wait':
        this.#delay.wait(action.time, () => this.#happen({ type: 'due' }), this.#held);
        return;
      case 'offer':
        void this.#offer();
        return;
      case 'connect': {
        const { openTimeout = Infinity } = this.#options;
        this.#tunnel.reconnect(performance.now());
        this.#attempt(action.protocols, Math.min(openTimeout, resumeTimeout));
        return;
      }
      case 'release':
        this.#release();
        return;
      case 'fail':
        this.#opened.reject(action.error);
        // Does nothing where git's exit is known already.
        this.#exit.reject(action.error);
        this.#streams.fail(action.error);
    }
  }

  async #offer(): Promise<void> {
    const { token } = this.#greeting ?? this.#resumed ?? { token: '' };
    const resume = { token, received: this.#tunnel.received };
    let protocols: string[];
    try {
      protocols = formatSubprotocols(await this.#target.offer(resume));
    } catch (cause) {
      this.#happen({ type: 'unoffered', cause });
      return;
    }
    this.#happen({ type: 'offered', protocols });
  }

  #release(): void {
    this.#keeping.spare(this, false);
    this.#keeping.end();
    clearTimeout(this.#timer);
    this.#delay.cancel();
    this.#unwatchNetwork?.();
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#closed.resolve();
    this.#sentAll.resolve();
  }

  #tell({ state, attempt, wait, reason }: Told): void {
    const [received, sent] = [this.#received, this.#tunnel.acknowledgedBytes];
    this.#news.tell({ state, attempt, wait, received, sent, reason });
  }
}
