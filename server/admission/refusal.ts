/**
 * What a server says instead of a session: to a gitws.v1 client a close code, since a page learns
 * nothing of a failed upgrade; to anybody else an HTTP answer.
 */
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';
import { closeCodes, formatCloseReason, type CloseCode } from '../../src/tunnel/machine/close.js';
import type { Limits } from '../limits/limits.js';
import { Shares } from './shares.js';
import { isExhausted } from '../base/system-errors.js';
import type { User } from './user.js';

/** An accepted upgrade that is closed at once. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly code: CloseCode;
  /** For a person; never a path of the server or a credential. */
  readonly sentence: string;
  /** Whom it was said to, where that had been found out: for the log. */
  readonly user?: User | undefined;
  /** Time after which another try is worth it, in s, where that is known: for Retry-After (RFC 9110, section 10.2.3). */
  readonly retryAfter?: number | undefined;
}

/**
 * What to say where the server itself failed: that it is worth another try, where all that was missing
 * is a descriptor, a process or memory.
 *
 * @param sentence for every other failure.
 */
export function failure(error: unknown, sentence: string, user?: User): Refusal {
  return isExhausted(error) ? { ...busy, user } : refusal(closeCodes.failed, sentence, user);
}

/** An upgrade that is not accepted. */
export interface HttpAnswer {
  readonly kind: 'http';
  readonly status: number;
  readonly sentence: string;
}

/** A {@link Refusal}. */
export function refusal(code: CloseCode, sentence: string, user?: User): Refusal {
  return { kind: 'refusal', code, sentence, user };
}

/** What a 401 asks for (RFC 7617). */
export const basicChallenge = 'Basic realm="git", charset="UTF-8"';

/** Most time, in ms, until the system has taken an answer: one that it cannot is not waited for. */
const answerTime = 5_000;

/** An upgrade that is refused. */
export interface Refused {
  readonly request: IncomingMessage;
  /** The client's address; undefined where it has gone. */
  readonly address: string | undefined;
}

/** Answers an upgrade request in HTTP and ends the socket. */
export function answerUpgrade(
  socket: Duplex,
  status: number,
  { sentence, retryAfter }: Pick<Refusal, 'sentence' | 'retryAfter'>,
): void {
  const body = `${sentence}\n`;
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    // RFC 9110, sections 15.5.22 and 15.5.2, wants these.
    ...(status === 426 ? ['Upgrade: websocket'] : []),
    ...(status === 401 ? [`WWW-Authenticate: ${basicChallenge}`] : []),
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
  ];
  // A peer that keeps its half open would hold the socket for ever.
  socket.once('finish', () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), answerTime);
  socket.once('close', () => {
    clearTimeout(timer);
  });
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

const busy = refusal(closeCodes.unavailable, 'The server has too much to do. Try again later.');

/** The HTTP status that a close code of 4000 and more is made of. */
export function httpStatusOf(code: number): number {
  return code - 4000;
}

/** A socket that was told why, and whose closing handshake has not ended. */
interface Waiting {
  readonly address: string | undefined;
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>;
  /** Waits no longer. */
  drop(): void;
}

/** Sockets that were refused and wait for the end of their closing handshake. */
export class Refusals {
  readonly #webSockets: WebSocketServer;
  readonly #limits: Limits;
  readonly #waiting = new Set<Waiting>();
  readonly #shares = new Shares<Waiting>();
  #closing = false;

  constructor(webSockets: WebSocketServer, limits: Limits) {
    this.#webSockets = webSockets;
    this.#limits = limits;
  }

  /**
   * Accepts the upgrade and closes it; the socket is gone after `closeTime` at the latest. One too
   * many of an address takes the place of its oldest, which was told why: so that nobody who keeps
   * sockets open leaves others without a reason.
   */
  refuse({ request, address }: Refused, socket: Duplex, head: Buffer, refused: Refusal): void {
    const { code, sentence } = refused;
    if (
      this.#closing ||
      // Defence: refused sockets are bounded in number (maxRefusals).
      this.#waiting.size >= this.#limits.maxRefusals
    ) {
      answerUpgrade(socket, 503, refused);
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const drop = (): void => {
        webSocket.terminate();
      };
      const closed = new Promise<void>((resolve) => {
        const timer = setTimeout(drop, this.#limits.closeTime);
        webSocket.on('error', () => undefined);
        webSocket.on('close', () => {
          clearTimeout(timer);
          resolve();
        });
      });
      webSocket.close(code, formatCloseReason(sentence));
      this.#wait({ address, closed, drop });
    });
  }

  #wait(waiting: Waiting): void {
    this.#waiting.add(waiting);
    const share = this.#shares.add(waiting.address, waiting);
    void waiting.closed.then(() => {
      this.#leave(waiting);
    });
    const [oldest] = share;
    // Defence: an address has a share of refused sockets (maxRefusalsPerAddress).
    if (oldest === undefined || share.size <= this.#limits.maxRefusalsPerAddress) return;
    // Counted no more, though its socket is there for a moment: several may come in that.
    this.#leave(oldest);
    oldest.drop();
  }

  #leave(waiting: Waiting): void {
    this.#waiting.delete(waiting);
    this.#shares.delete(waiting.address, waiting);
  }

  /**
   * Resolves when none is left. Whoever is refused from now on gets a bare HTTP answer, which
   * leaves nothing to wait for.
   */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([...this.#waiting].map(({ closed }) => closed));
  }
}
