/**
 * The gitws.v1 machine (docs/protocol.md): one end of a tunnel, the same class for both ends.
 * Sans-io: it is given frames and times and gives back frames and events. It knows neither
 * sockets nor git, owns no timer, and keeps data by reference until the peer acknowledged it.
 */
import { Incoming } from './incoming.js';
import { Liveness, livenessTimes } from './liveness.js';
import {
  formatMessage,
  malformed,
  maxBinaryBytes,
  maxStderrLength,
  parseMessage,
  type ExitStatus,
  type OpenMessage,
  type TextMessage,
} from './message.js';
import { messageOverhead, Outgoing, textCost } from './outgoing.js';
import type { ClientTunnelOptions, ServerTunnelOptions, TunnelEvent } from './tunnel-options.js';
import { UncountedRate } from './rate.js';
import { windowBytes } from './subprotocol.js';

export type { ClientTunnelOptions, ServerTunnelOptions, TunnelEvent } from './tunnel-options.js';

/** A direction's life; each end has one for what it sends and one for what it receives. */
type Direction = 'streaming' | 'ended' | 'exited';

/** One end of a tunnel. */
export class Tunnel {
  readonly #role: 'client' | 'server';
  readonly #maxReplay: number;
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing;
  readonly #liveness: Liveness | null;
  /** Server: what its first message on every socket says. */
  readonly #greeting: OpenMessage | undefined;
  /** Server: how long the present connection is kept after `exit`, in seconds. */
  #keepFor = 0;
  readonly #takesInput: boolean;
  #sending: Direction = 'streaming';
  #receiving: Direction = 'streaming';
  /** Whether `open` has come on the present socket; a server sends it first of all. */
  #opened: boolean;
  /** Whether there is a socket; without one, what is to be sent waits. */
  #attached = true;
  /** Client: the session that `open` named. */
  #session: string | undefined;
  #uncounted: string[] = [];
  readonly #uncountedRate = new UncountedRate();
  /** Client: what it acknowledges is stored. Server: its client says so. */
  #isStored = false;

  constructor(options: ClientTunnelOptions | ServerTunnelOptions) {
    this.#role = options.role;
    this.#maxReplay = options.maxReplay;
    this.#takesInput = options.role === 'server' && options.takesInput === true;
    const resumed = options.role === 'client' ? options.resumed : undefined;
    this.#incoming = new Incoming(options.window, resumed?.received);
    if (options.role === 'server') {
      this.#opened = true;
      const { session, token, window, peerWindow, maxReplay, resumeFor, keepFor = 0 } = options;
      // Defence: maxReplay bounds what is kept, whatever the window.
      const most = Math.min(peerWindow, maxReplay);
      this.#outgoing = new Outgoing(most, resumeFor > 0, options.onForget);
      this.#liveness = null;
      const replay = most < peerWindow ? { replay: most } : {};
      this.#greeting = { type: 'open', session, token, window, ...replay, received: 0, resumeFor };
      this.#greet(keepFor);
    } else {
      // Without the server's window there is no credit.
      this.#opened = false;
      this.#outgoing = new Outgoing(0);
      if (resumed !== undefined) {
        this.#outgoing.skip(resumed.sent);
        this.#sending = 'ended';
      }
      this.#liveness = new Liveness(options.now, options.liveness ?? livenessTimes);
    }
  }

  /** Bytes that {@link write} would take now. */
  get credit(): number {
    return this.#sending === 'streaming' ? this.#outgoing.credit : 0;
  }

  /** Server: the client acknowledged `exit`. Client: its reader took `exit`. */
  get settled(): boolean {
    return this.#role === 'server'
      ? this.#sending === 'exited' && this.#outgoing.drained
      : this.#receiving === 'exited' && this.#incoming.consumed === this.#incoming.received;
  }

  /** Whether the peer ended its stream (half-close), or its process. */
  get peerEnded(): boolean {
    return this.#receiving !== 'streaming';
  }

  /** Whether everything that was sent, `end` included, is acknowledged. */
  get hasSentAll(): boolean {
    return this.#sending !== 'streaming' && this.#outgoing.drained;
  }

  /** Number of the last counted message that was sent. */
  get sent(): number {
    return this.#outgoing.sent;
  }

  /** Server: whether the client has stored what it acknowledged, and may come back from elsewhere. */
  get isStored(): boolean {
    return this.#isStored;
  }

  /** Client: what is acknowledged from here on is stored, and so is the session's token. */
  store(): void {
    this.#isStored = true;
  }

  /** How many counted messages arrived: what a client says when it resumes. */
  get received(): number {
    return this.#incoming.received;
  }

  /** How many of them the reader took. */
  get consumed(): number {
    return this.#incoming.consumed;
  }

  /** How many of the messages sent the peer has consumed. */
  get acknowledged(): number {
    return this.#outgoing.acknowledged;
  }

  /** Client: bytes of the stream that the server's git has taken. */
  get acknowledgedBytes(): number {
    return this.#outgoing.acknowledgedBytes;
  }

  /** Most bytes that this end may hold while there is no socket. */
  get reserve(): number {
    return this.#outgoing.limit + this.#incoming.owed;
  }

  /** When {@link tick} wants to be called, in ms; null for never. */
  get deadline(): number | null {
    if (!this.#attached || !this.#opened) return null;
    const ackDue = this.#incoming.ackDue;
    const silence = this.#liveness?.deadline ?? null;
    if (ackDue === null || silence === null) return ackDue ?? silence;
    return Math.min(ackDue, silence);
  }

  /**
   * Takes in one frame of the peer.
   *
   * @param data text as a string, binary as bytes (kept by reference in the event).
   * @param now ms.
   * @returns what happened, in order.
   * @throws GitWsError PROTOCOL_ERROR: close the connection with 4400.
   */
  receive(data: string | Uint8Array, now: number): TunnelEvent[] {
    this.#liveness?.heard(now);
    if (typeof data !== 'string') return this.#receiveData(data);
    const message = parseMessage(data);
    if (message === undefined) {
      this.#uncountedRate.count(now);
      return [];
    }
    return this.#receiveText(message, data, now);
  }

  /**
   * The reader took the next counted messages, in the order they arrived; data, stderr, end and
   * exit count one each.
   */
  consume(now: number, messages = 1): void {
    // The exit is acknowledged at once: both ends wait for nothing else.
    const last = this.#incoming.consumed + messages === this.#incoming.received;
    this.#incoming.consume(now, messages, this.#receiving === 'exited' && last);
  }

  /**
   * Sends bytes of the stream as far as credit goes.
   *
   * @param bytes kept by reference until acknowledged: must not change.
   * @returns how many were taken; for the rest wait for a `credit` event.
   */
  write(bytes: Uint8Array): number {
    if (this.#sending !== 'streaming') throw new TypeError('write after end');
    return this.#outgoing.addData(bytes);
  }

  /**
   * Sends words for a person (server only).
   *
   * @param text at most {@link maxStderrLength} characters.
   * @returns false where there is no credit: try again at a `credit` event.
   */
  writeStderr(text: string): boolean {
    if (this.#sending === 'exited') throw new TypeError('writeStderr after exit');
    if (text.length > maxStderrLength) throw new RangeError('too much stderr for one message');
    return this.#outgoing.addText(formatMessage({ type: 'stderr', text }));
  }

  /** Half-closes: no more stream bytes from this side. Idempotent. */
  end(): void {
    if (this.#sending !== 'streaming') return;
    this.#sending = 'ended';
    this.#outgoing.addFinal(formatMessage({ type: 'end' }));
  }

  /** Says how git ended (server only); the last counted message. */
  exit(status: ExitStatus): void {
    if (this.#sending === 'exited') throw new TypeError('exit twice');
    this.end();
    this.#sending = 'exited';
    this.#outgoing.addFinal(formatMessage({ type: 'exit', ...status }));
  }

  /** The socket is gone. Nothing is received or taken from here until there is another. */
  detach(): void {
    this.#attached = false;
    // They spoke of a connection that is no more.
    this.#uncounted = [];
  }

  /** Client: there is a new socket, on which the server is about to say `open`. */
  reconnect(now: number): void {
    this.#attached = true;
    this.#opened = false;
    this.#liveness?.heard(now);
  }

  /**
   * Server: there is a new socket, opened to go on with this session.
   *
   * @param received how many counted messages the client says it has received.
   * @param keepFor how long that socket is kept after `exit`, in seconds; 0 for not at all.
   * @throws GitWsError PROTOCOL_ERROR where that cannot be.
   */
  attach(received: number, keepFor = 0): void {
    this.#outgoing.replayFrom(received);
    this.#attached = true;
    this.#greet(keepFor);
    this.#ack();
  }

  /** Client: something makes the connection doubtful; ask the server at once. */
  doubt(now: number): void {
    if (this.#attached) this.#liveness?.doubt(now);
  }

  /** The frames to give to the socket now, in order. To be called after every other call. */
  takeOutgoing(now: number): (string | Uint8Array)[] {
    // Before `open` it is not known what the server has received.
    if (!this.#attached || !this.#opened) return [];
    const { ackDue } = this.#incoming;
    if (ackDue !== null && ackDue <= now) this.#ack();
    const uncounted = this.#uncounted;
    this.#uncounted = [];
    return [...uncounted, ...this.#outgoing.takeUntransmitted()];
  }

  /** A timer fired. @returns `dead` where the peer must be given up. */
  tick(now: number): 'alive' | 'dead' {
    const verdict = this.#liveness?.tick(now) ?? 'alive';
    if (typeof verdict === 'string') return verdict;
    this.#say({ type: 'ping', id: verdict.ping });
    return 'alive';
  }

  #receiveData(bytes: Uint8Array): TunnelEvent[] {
    if (!this.#opened) throw malformed('data came before open');
    if (bytes.length === 0) throw malformed('a binary message is empty');
    if (bytes.length > maxBinaryBytes) throw malformed('a binary message is larger than 1 MiB');
    if (this.#receiving !== 'streaming') throw malformed('data came after end');
    // Defence: each counted message costs credit, however small.
    this.#incoming.add(bytes.length + messageOverhead);
    return [{ type: 'data', bytes }];
  }

  #receiveText(message: TextMessage, frame: string, now: number): TunnelEvent[] {
    const fromServer = this.#role === 'client';
    if (!this.#opened && message.type !== 'open') throw malformed(`${message.type} before open`);
    switch (message.type) {
      case 'open':
        if (this.#opened) throw malformed('open came twice');
        if (!fromServer) throw malformed('open came from a client');
        // A smaller one would leave the sender without credit for ever.
        if (message.window < windowBytes.minimum) throw malformed('the window is too small');
        if (this.#session !== undefined && this.#session !== message.session) {
          throw malformed('open names another session');
        }
        this.#outgoing.replayFrom(message.received);
        this.#opened = true;
        this.#session = message.session;
        this.#outgoing.limit = Math.min(message.window, this.#maxReplay);
        this.#incoming.expectAtMost(message.replay ?? Infinity);
        // The first thing on every socket: it tells the server that its `open` has arrived.
        this.#ack();
        return [message];
      case 'stderr':
        if (!fromServer) throw malformed('stderr came from a client');
        if (this.#receiving === 'exited') throw malformed('stderr came after exit');
        this.#incoming.add(textCost(frame));
        return [message];
      case 'end':
        if (this.#receiving !== 'streaming') throw malformed('end came twice');
        this.#receiving = 'ended';
        this.#incoming.add(0);
        return [message];
      case 'exit':
        if (!fromServer) throw malformed('exit came from a client');
        if (this.#receiving === 'exited') throw malformed('exit came twice');
        this.#receiving = 'exited';
        this.#incoming.add(0);
        return [message];
      case 'run':
        if (fromServer) throw malformed('run came from a server');
        if (this.#keepFor === 0) throw malformed('run came on a connection that is not kept');
        this.detach();
        return [message];
      case 'refused':
        throw malformed('refused came where nothing was asked for');
      case 'ack':
        if (!fromServer) this.#isStored = message.stored === true;
        if (this.#outgoing.acknowledge(message.consumed)) return [{ type: 'credit' }];
        this.#uncountedRate.count(now);
        return [];
      case 'ping':
        if (fromServer) throw malformed('ping came from a server');
        this.#uncountedRate.count(now);
        this.#say({ type: 'pong', id: message.id });
        return [];
      case 'pong':
        if (!fromServer) throw malformed('pong came from a client');
        this.#uncountedRate.count(now);
        return [];
    }
  }

  #greet(keepFor: number): void {
    if (this.#greeting === undefined) throw new TypeError('only servers say open');
    this.#keepFor = keepFor;
    const received = this.#incoming.received;
    const next =
      keepFor > 0 ? { keepFor, ...(this.#takesInput ? { input: true as const } : {}) } : {};
    this.#say({ ...this.#greeting, received, ...next });
  }

  #ack(): void {
    const isStored = this.#role === 'client' && this.#isStored;
    const consumed = this.#incoming.acknowledge();
    this.#say({ type: 'ack', consumed, ...(isStored ? { stored: true } : {}) });
  }

  #say(message: TextMessage): void {
    this.#uncounted.push(formatMessage(message));
  }
}
