/**
 * The gitws.v1 machine (docs/protocol.md): one end of a tunnel, the same class for both ends.
 * Sans-io: it is given frames and times and gives back frames and events. It knows neither
 * sockets nor git, owns no timer, and keeps data by reference until the peer acknowledged it.
 */
import { Incoming } from './incoming.js';
import { Liveness, livenessTimes, type LivenessTimes } from './liveness.js';
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
import { windowBytes } from './subprotocol.js';

/** Uncounted messages a peer may send in a second; acks that free something are not counted. */
export const maxUncountedPerSecond = 100;

interface CommonOptions {
  /** This end's receive window, in bytes. */
  readonly window: number;
  /** Most unacknowledged bytes kept here, whatever the peer's window, in bytes. */
  readonly maxReplay: number;
  /** The time now, in ms of any steady clock; the same clock for every call. */
  readonly now: number;
}

/** Options of the end that connected. */
export interface ClientTunnelOptions extends CommonOptions {
  readonly role: 'client';
  readonly liveness?: LivenessTimes;
}

/** Options of the end that was connected to: what the other end's entries and `open` say. */
export interface ServerTunnelOptions extends CommonOptions {
  readonly role: 'server';
  /** The client's receive window, in bytes. */
  readonly peerWindow: number;
  readonly session: string;
  readonly token: string;
  /** Seconds that a detached session is kept. */
  readonly resumeFor: number;
}

/** What {@link Tunnel.receive} reports. */
export type TunnelEvent =
  | OpenMessage
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | { readonly type: 'stderr'; readonly text: string }
  | { readonly type: 'end' }
  | ({ readonly type: 'exit' } & ExitStatus)
  /** An ack freed room: {@link Tunnel.write} takes more. */
  | { readonly type: 'credit' };

/** A direction's life; each end has one for what it sends and one for what it receives. */
type Direction = 'streaming' | 'ended' | 'exited';

/** One end of a tunnel. */
export class Tunnel {
  readonly #role: 'client' | 'server';
  readonly #maxReplay: number;
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing;
  readonly #liveness: Liveness | null;
  #sending: Direction = 'streaming';
  #receiving: Direction = 'streaming';
  #opened: boolean;
  #uncounted: string[] = [];
  #rateSecond = 0;
  #rateCount = 0;

  constructor(options: ClientTunnelOptions | ServerTunnelOptions) {
    this.#role = options.role;
    this.#maxReplay = options.maxReplay;
    this.#incoming = new Incoming(options.window);
    if (options.role === 'server') {
      this.#opened = true;
      this.#outgoing = new Outgoing(Math.min(options.peerWindow, options.maxReplay));
      this.#liveness = null;
      const { session, token, window, resumeFor } = options;
      this.#say({ type: 'open', session, token, window, received: 0, resumeFor });
    } else {
      // Without the server's window there is no credit.
      this.#opened = false;
      this.#outgoing = new Outgoing(0);
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

  /** When {@link tick} wants to be called, in ms; null for never. */
  get deadline(): number | null {
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
      this.#countUncounted(now);
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

  /** The frames to give to the socket now, in order. To be called after every other call. */
  takeOutgoing(now: number): (string | Uint8Array)[] {
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
        this.#opened = true;
        this.#outgoing.limit = Math.min(message.window, this.#maxReplay);
        // The client's first ack is what makes its session resumable.
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
      case 'ack':
        if (this.#outgoing.acknowledge(message.consumed)) return [{ type: 'credit' }];
        this.#countUncounted(now);
        return [];
      case 'ping':
        if (fromServer) throw malformed('ping came from a server');
        this.#countUncounted(now);
        this.#say({ type: 'pong', id: message.id });
        return [];
      case 'pong':
        if (!fromServer) throw malformed('pong came from a client');
        this.#countUncounted(now);
        return [];
    }
  }

  #countUncounted(now: number): void {
    const second = Math.floor(now / 1000);
    if (second !== this.#rateSecond) {
      this.#rateSecond = second;
      this.#rateCount = 0;
    }
    this.#rateCount += 1;
    if (this.#rateCount > maxUncountedPerSecond) {
      throw malformed(`more than ${maxUncountedPerSecond} uncounted messages in a second`);
    }
  }

  #ack(): void {
    this.#say({ type: 'ack', consumed: this.#incoming.acknowledge() });
  }

  #say(message: TextMessage): void {
    this.#uncounted.push(formatMessage(message));
  }
}
