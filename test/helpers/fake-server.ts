/**
 * A server that speaks gitws.v1 as it should and, inside of it, says whatever a test wants: the
 * hostile or broken peer. Real sockets and the real state machine; only git is played.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { parseSubprotocols } from '../../src/tunnel/machine/subprotocol.js';
import { Tunnel } from '../../src/tunnel/machine/tunnel.js';
import { listen } from './listen.js';

/** One connection of a client, seen from git's side. */
export interface FakeSession {
  /** The endpoint's last path segment. */
  readonly service: string;
  /** Credentials that came with the handshake. */
  readonly authorization: string | undefined;
  /** git's stdout. */
  write(...parts: readonly (Uint8Array | string)[]): void;
  /** The same for what has no end, as fast as the client reads, until it leaves. Text is git's stderr. */
  stream(pieces: Iterable<Uint8Array | string>): Promise<void>;
  /** git's stderr. */
  writeStderr(text: string): void;
  /** How git ends; a number is an exit code, a string a signal. */
  exit(status: number | string): void;
  /** Resolves with all that the client wrote, when it has ended its stream. */
  readonly body: Promise<Uint8Array>;
  /** The connection is gone without a close frame. */
  drop(): void;
  /** Closes with a gitws close code. */
  refuse(code: number, reason: string): void;
  readonly closed: Promise<void>;
}

/** @param script called for each connection; what it throws ends the connection. */
export async function startFakeServer(
  script: (session: FakeSession) => void | Promise<void>,
): Promise<{ url: string; close: () => Promise<void> }> {
  const httpServer = createServer();
  const sockets = new WebSocketServer({
    server: httpServer,
    perMessageDeflate: false,
    handleProtocols: () => 'gitws.v1',
  });
  sockets.on('connection', (socket, request) => {
    const { pathname } = new URL(request.url ?? '', 'http://fake');
    const session = new PlayedSession(
      socket,
      pathname.slice(pathname.lastIndexOf('/') + 1),
      request.headers['sec-websocket-protocol'] ?? '',
    );
    void Promise.resolve(script(session)).catch(() => {
      socket.terminate();
    });
  });
  return listen(httpServer, () => {
    for (const socket of sockets.clients) socket.terminate();
  });
}

class PlayedSession implements FakeSession {
  readonly service: string;
  readonly authorization: string | undefined;
  readonly body: Promise<Uint8Array>;
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #tunnel: Tunnel;

  constructor(socket: WebSocket, service: string, offered: string) {
    const { authorization, window } = parseSubprotocols(offered);
    this.#tunnel = new Tunnel({
      ...{ role: 'server', window: 4 << 20, maxReplay: 64 << 20, peerWindow: window },
      ...{ now: 0, session: 'fake', token: 'fake', resumeFor: 0 },
    });
    this.#socket = socket;
    this.service = service;
    this.authorization = authorization;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.body = new Promise((resolve) => {
      const parts: Uint8Array[] = [];
      socket.on('message', (data: RawData, isBinary: boolean) => {
        const frame = isBinary ? new Uint8Array(data as Buffer) : (data as Buffer).toString();
        for (const event of this.#tunnel.receive(frame, performance.now())) {
          if (event.type === 'data') parts.push(event.bytes);
          if (event.type === 'data' || event.type === 'end') this.#tunnel.consume(0);
          if (event.type === 'end') resolve(Buffer.concat(parts));
        }
        this.#flush();
      });
    });
    this.#flush();
  }

  write(...parts: readonly (Uint8Array | string)[]): void {
    for (const part of parts) {
      let bytes: Uint8Array = typeof part === 'string' ? Buffer.from(part) : part;
      while (bytes.length > 0) {
        const taken = this.#tunnel.write(bytes);
        if (taken === 0) throw new Error('More than the client has room for: stream it.');
        bytes = bytes.subarray(taken);
      }
    }
    this.#flush();
  }

  async stream(pieces: Iterable<Uint8Array | string>): Promise<void> {
    for (const piece of pieces) {
      let left = piece;
      while (left.length > 0) {
        left =
          typeof left === 'string' ? this.#take(left) : left.subarray(this.#tunnel.write(left));
        this.#flush();
        if (left.length === 0) continue;
        if (this.#socket.readyState !== this.#socket.OPEN) return;
        // Whichever does not come is not waited for any longer.
        const waiting = new AbortController();
        const { signal } = waiting;
        const either = ['message', 'close'].map((event) => once(this.#socket, event, { signal }));
        for (const each of either) each.catch(() => undefined);
        await Promise.race(either).finally(() => waiting.abort());
      }
    }
  }

  /** @returns what there is no credit for. */
  #take(text: string): string {
    return this.#tunnel.writeStderr(text) ? '' : text;
  }

  writeStderr(text: string): void {
    this.#tunnel.writeStderr(text);
    this.#flush();
  }

  exit(status: number | string): void {
    this.#tunnel.exit(
      typeof status === 'number' ? { code: status, signal: null } : { code: null, signal: status },
    );
    this.#flush();
  }

  drop(): void {
    this.#socket.terminate();
  }

  refuse(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #flush(): void {
    for (const frame of this.#tunnel.takeOutgoing(performance.now())) this.#socket.send(frame);
  }
}
