/**
 * The WebSocket class that native git's connections use: `ws` with the headers, certificates and
 * proxy of git's configuration, and an ear for what a server answers that is no WebSocket.
 */
import type { Agent, ClientRequest } from 'node:http';
import WebSocket, { type ClientOptions } from 'ws';
import type { WebSocketConstructor } from '../src/tunnel/client/socket.js';
import type { TlsOptions } from './tls.js';

/** What goes into a handshake beside gitws's own. */
export interface Handshake {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsOptions;
  readonly agent: Agent | undefined;
  /** 4 or 6: the only kind of address to connect to. */
  readonly family: 4 | 6 | undefined;
  /** Told of an HTTP answer that accepts no WebSocket, before the connection fails. */
  readonly onAnswer: (status: number, location: string | undefined) => void;
  /** Told of each socket. */
  readonly sockets: Sockets;
}

/** The sockets of one channel: more than one where a connection was lost. */
export class Sockets {
  readonly #open = new Set<WebSocket>();

  add(socket: WebSocket): void {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
  }

  /** Resolves when none of those there are now is left: closed on both sides, or broken off. */
  async gone(): Promise<void> {
    await Promise.all(
      [...this.#open].map((socket) => new Promise((resolve) => socket.on('close', resolve))),
    );
  }
}

/** @returns a class for {@link openChannel}. */
export function createWebSocketClass(handshake: Handshake): WebSocketConstructor {
  const { headers, tls, agent, family, onAnswer, sockets } = handshake;
  class ConfiguredWebSocket extends WebSocket {
    constructor(url: string, protocols: string[], options?: Record<string, unknown>) {
      const own: ClientOptions = {
        headers: { ...headers },
        ...tls,
        ...(agent === undefined ? {} : { agent }),
        ...(family === undefined ? {} : { family }),
        finishRequest(request: ClientRequest) {
          request.once('response', ({ statusCode = 0, headers: { location } }) => {
            onAnswer(statusCode, location);
          });
          request.end();
        },
      };
      super(url, protocols, { ...options, ...own });
      sockets.add(this);
    }
  }
  return ConfiguredWebSocket;
}
