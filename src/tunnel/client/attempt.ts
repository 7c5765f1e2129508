/**
 * One attempt to reach the server: a socket that has to speak gitws.v1, and a time for the server's
 * `open` to come. Whether another attempt follows is the channel's business, and whether another run
 * goes over the same socket that of {@link KeptConnections}.
 */
import type { GitWsError } from '../../base/errors.js';
import { startTimer } from '../../base/duration.js';
import { noAnswer, notGitWs } from './failures.js';
import { openSocket, type Socket, type WebSocketConstructor } from './socket.js';
import type { OpenMessage } from '../machine/message.js';
import { subprotocol } from '../machine/subprotocol.js';

/** How to connect. */
export interface AttemptOptions {
  /** The endpoint's WebSocket URL. */
  readonly url: string;
  /** Entries for `Sec-WebSocket-Protocol`. */
  readonly protocols: string[];
  /** Time until {@link Attempt.opened} has to be called, in ms; Infinity for any. */
  readonly openTimeout: number;
  readonly WebSocket: WebSocketConstructor | undefined;
}

/** What an attempt reports, never before its constructor returned. */
export interface AttemptEvents {
  onMessage(data: string | Uint8Array): void;
  /** The socket is gone. The last event. */
  onClose(code: number, reason: string, cause: unknown): void;
  /** No gitws server answered, or none in time: the socket was given up. The last event. */
  onFailure(error: GitWsError): void;
}

/** What a server says of a connection that it keeps. */
export interface KeptByServer {
  /** How long it keeps it after each run, in ms; 0: not at all. */
  readonly time: number;
  /** Whether a run over it may bring its input along. */
  readonly takesInput: boolean;
}

/** One attempt to reach the server. */
export class Attempt {
  readonly #socket: Socket;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #events: AttemptEvents;
  #byServer: KeptByServer = { time: 0, takesInput: false };

  /** @throws GitWsError CONNECTION_FAILED where the platform refuses to try. */
  constructor({ url, protocols, openTimeout, WebSocket }: AttemptOptions, events: AttemptEvents) {
    this.#events = events;
    const socketEvents = {
      onOpen: (chosen: string) => {
        if (chosen !== subprotocol) this.#fail(notGitWs());
      },
      onMessage: (data: string | Uint8Array) => {
        this.#events.onMessage(data);
      },
      onClose: (code: number, reason: string, cause: unknown) => {
        clearTimeout(this.#timer);
        this.#events.onClose(code, reason, cause);
      },
    };
    this.#socket = openSocket(url, protocols, socketEvents, WebSocket);
    this.expectOpen(openTimeout);
  }

  /** Whether a process of Node can be told not to stay for it. */
  get canRest(): boolean {
    return this.#socket.canRest;
  }

  /** From now on `events` hears of it, and nobody else. */
  listen(events: AttemptEvents): void {
    this.#events = events;
  }

  /** {@link opened} has to be called within `time` ms. */
  expectOpen(time: number): void {
    clearTimeout(this.#timer);
    // Defence: an upgrade that nothing follows is given up.
    this.#timer = startTimer(() => {
      this.#fail(noAnswer(time));
    }, time);
  }

  /** An answer has come. @param greeting where it is the server's `open`. */
  opened(greeting?: OpenMessage): void {
    clearTimeout(this.#timer);
    if (greeting === undefined) return;
    const { keepFor = 0, input = false } = greeting;
    this.#byServer = { time: keepFor * 1000, takesInput: input };
  }

  /** What its server has said last. */
  get byServer(): KeptByServer {
    return this.#byServer;
  }

  send(frame: string | Uint8Array): void {
    this.#socket.send(frame);
  }

  /** Node: whether the process stays for the connection. */
  hold(held: boolean): void {
    this.#socket.hold(held);
  }

  /** Starts the closing handshake; nothing is reported after this call. */
  close(code: number, reason: string): void {
    clearTimeout(this.#timer);
    this.#socket.close(code, reason);
  }

  /** Gives the connection up; nothing is reported after this call. */
  terminate(): void {
    clearTimeout(this.#timer);
    this.#socket.terminate();
  }

  #fail(error: GitWsError): void {
    this.terminate();
    this.#events.onFailure(error);
  }
}
