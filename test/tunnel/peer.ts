/**
 * A peer for channel tests: a real WebSocket server whose every frame the test decides, with the
 * server's machine at hand for the well-behaved part. For what a git server never does.
 */
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { closeCodes } from '../../src/tunnel/machine/close.js';
import { parseSubprotocols, subprotocol } from '../../src/tunnel/machine/subprotocol.js';
import { Tunnel, type TunnelEvent } from '../../src/tunnel/machine/tunnel.js';

export class Peer {
  readonly tunnel: Tunnel;
  readonly events: TunnelEvent[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Whether data is acknowledged as it comes. */
  reading = true;
  #watchers: (() => void)[] = [];

  constructor(
    readonly socket: WebSocket,
    readonly url: string,
    header: string | undefined,
    window: number,
  ) {
    this.tunnel = new Tunnel({
      role: 'server',
      window,
      maxReplay: 4 * 1024 * 1024,
      now: performance.now(),
      peerWindow: parseSubprotocols(header).window,
      session: 'session-1',
      token: 'x'.repeat(22),
      resumeFor: 0,
    });
    socket.on('message', (data: Buffer, isBinary) => {
      this.#take(isBinary ? new Uint8Array(data) : data.toString());
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Sends what the machine has to say. */
  flush(): void {
    const later = this.tunnel.deadline ?? 0;
    for (const frame of this.tunnel.takeOutgoing(Math.max(performance.now(), later))) {
      this.socket.send(frame);
    }
  }

  /** Waits until `condition` holds; looked at after each message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  get received(): number {
    return this.events.reduce((sum, event) => {
      return sum + (event.type === 'data' ? event.bytes.length : 0);
    }, 0);
  }

  has(type: TunnelEvent['type']): boolean {
    return this.events.some((event) => event.type === type);
  }

  #take(data: string | Uint8Array): void {
    const events = this.tunnel.receive(data, performance.now());
    this.events.push(...events);
    if (this.reading) {
      const counted = events.filter((event) => event.type !== 'credit').length;
      if (counted > 0) this.tunnel.consume(performance.now(), counted);
    }
    this.flush();
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }
}

export interface PeerOptions {
  /** The server's receive window, in bytes. */
  window?: number;
  /** What the server echoes as subprotocol. */
  chosen?: string | false;
}

/**
 * @param behave called for each connection.
 * @returns the URL of a repository on it.
 */
export async function startPeer(
  behave: (peer: Peer) => void,
  { window = 4 * 1024 * 1024, chosen = subprotocol }: PeerOptions = {},
): Promise<string> {
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: () => chosen,
  });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (socket, request) => {
    behave(new Peer(socket, request.url ?? '', request.headers['sec-websocket-protocol'], window));
  });
  onTestFinished(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/r.git`;
}

export { closeCodes };
