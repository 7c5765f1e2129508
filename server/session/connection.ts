/**
 * One accepted WebSocket of a client: frames in and out, pings, and an end that comes whatever the
 * peer does. A session may outlive it; it knows nothing of sessions.
 */
import type { RawData, WebSocket } from 'ws';
import { closeCodes, formatCloseReason } from '../../src/tunnel/machine/close.js';
import { maxTextLength } from '../../src/tunnel/machine/message.js';
import type { Limits } from '../limits/limits.js';

/** What a connection reports, in order; `onLeft` exactly once, and nothing after it. */
export interface ConnectionEvents {
  /** A text message as a string, a binary one as bytes. */
  onMessage(data: string | Uint8Array): void;
  /** A pong came: the peer reads. */
  onPong(): void;
  /** The peer is gone or going, or was closed from here; no message follows. */
  onLeft(closeCode: number): void;
}

/** Protocol bytes beside the payload that may wait in a socket, in bytes. */
const sendSlack = 1024 * 1024;

/** Nobody listens yet, or any more. */
const unheard: ConnectionEvents = {
  onMessage: () => undefined,
  onPong: () => undefined,
  onLeft: () => undefined,
};

/** An accepted WebSocket. */
export class Connection {
  /** Resolves when the socket is destroyed. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #limits: Limits;
  #events: ConnectionEvents;
  readonly #patience: number;
  #left = false;
  #paused = false;
  /** Pings sent since the peer last showed that it lives. */
  #unanswered = 0;
  #terminate: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param patience pings that may go unanswered; more than one where nothing but TCP bounds what
   *   waits before a ping on its way.
   */
  constructor(socket: WebSocket, limits: Limits, events = unheard, patience = 1) {
    this.#socket = socket;
    this.#patience = patience;
    this.#limits = limits;
    this.#events = events;
    const pings = setInterval(() => {
      this.#ping();
    }, limits.pingInterval);
    this.closed = new Promise((resolve) => {
      socket.on('close', (code: number) => {
        clearInterval(pings);
        clearTimeout(this.#terminate);
        this.#leave(code);
        resolve();
      });
    });
    socket.on('message', (data, isBinary) => {
      this.#receive(data, isBinary);
    });
    socket.on('pong', () => {
      this.#unanswered = 0;
      if (!this.#left) this.#events.onPong();
    });
    // Broken framing: ws has answered with 1002, 1007 or 1009 already; or the TCP connection broke.
    socket.on('error', () => {
      this.#armTerminate();
      this.#leave(1002);
    });
  }

  /** Whether the peer is gone or going, or was closed from here. */
  get left(): boolean {
    return this.#left;
  }

  /** From now on `events` hears of it, and nobody else. */
  listen(events: ConnectionEvents): void {
    this.#events = events;
  }

  /** Bytes given to {@link send} that the system has not taken yet. */
  get waiting(): number {
    return this.#socket.bufferedAmount;
  }

  /**
   * Sends one frame; nothing where the peer has left.
   *
   * @param onSent called when the system has taken it, or never will.
   */
  send(frame: string | Uint8Array, onSent?: () => void): void {
    if (this.#left) return;
    this.#socket.send(frame, { binary: typeof frame !== 'string' }, onSent);
    // Honest peers acknowledge what they have read, so that never more than the window waits. One
    // that acknowledges what it does not read would make it grow for ever.
    // Defence: what waits in a socket is bounded.
    if (this.#socket.bufferedAmount <= this.#limits.maxReplay + sendSlack) return;
    this.#socket.terminate();
    this.#leave(closeCodes.malformed);
  }

  /**
   * Stops reading, pongs and closes included. Not for gitws.v1, which has credit (docs/protocol.md,
   * "Flow control").
   */
  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  /** Reads on. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#unanswered = 0;
    this.#socket.resume();
  }

  /** Closes with a code and a sentence; the socket is gone after `closeTime` at the latest. */
  close(code: number, sentence = ''): void {
    this.#socket.close(code, formatCloseReason(sentence));
    // The peer's half of the handshake is among what is not read.
    this.resume();
    this.#armTerminate();
    this.#leave(code);
  }

  /** Destroys the socket. */
  terminate(): void {
    this.#socket.terminate();
    this.#leave(1006);
  }

  #receive(data: RawData, isBinary: boolean): void {
    // On a slow link a ping waits behind a window's worth of data, while acks come back all along.
    this.#unanswered = 0;
    if (this.#left) return;
    // Of type `nodebuffer`, ws gives a Buffer.
    const bytes = data as Buffer;
    if (isBinary) this.#events.onMessage(bytes);
    // Too long either way: decoding up to 1 MiB to find that out would be work for nothing.
    else this.#events.onMessage(bytes.toString('utf8', 0, 4 * maxTextLength + 4));
  }

  #ping(): void {
    if (this.#unanswered >= this.#patience && !this.#paused) {
      this.terminate();
      return;
    }
    this.#unanswered += 1;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  #armTerminate(): void {
    this.#terminate ??= setTimeout(() => {
      this.#socket.terminate();
    }, this.#limits.closeTime);
  }

  #leave(code: number): void {
    if (this.#left) return;
    this.#left = true;
    this.#events.onLeft(code);
  }
}
