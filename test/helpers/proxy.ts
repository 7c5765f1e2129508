/**
 * A TCP proxy between a client and a server on loopback that adds delay, counts, and cuts
 * connections. It is closed with the file.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { atEnd } from './at-end.js';

/** What the proxy does to what passes it. */
export interface ProxyOptions {
  /** Time that bytes take in each direction, in ms; default 0. */
  readonly delay?: number;
  /** Connections are reset after that many bytes from the client. */
  readonly cutAfterUp?: number;
  /** Connections are reset after that many bytes from the server. */
  readonly cutAfterDown?: number;
  /** Sees every piece when it is delivered. */
  readonly onPiece?: (piece: Piece) => void;
}

/** Bytes that the proxy delivered. */
export interface Piece {
  readonly direction: 'up' | 'down';
  readonly bytes: Buffer;
  /**
   * The round trip that these bytes belong to, counted through one client's connections: the
   * first TCP handshake is number 1, the first request and its answer number 2. What a client
   * sends, or a connection that it opens, belongs to the one after the newest that it has seen
   * something of. Too high, never too low, where a peer takes longer than the delay to answer:
   * then it has seen more than it had to wait for.
   */
  readonly roundTrip: number;
}

/** A proxy that listens. */
export interface Proxy {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** So far. */
  readonly counts: Readonly<{ connections: number; up: number; down: number }>;
  /** Resets every connection there is; new ones are served. */
  cut(): void;
  /** Resets every connection and frees the port. Idempotent. */
  close(): Promise<void>;
}

const proxies: Proxy[] = [];

atEnd(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

/** @param target `http://127.0.0.1:PORT` of the server. */
export async function startProxy(target: string, options: ProxyOptions = {}): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const connections = new Set<Connection>();
  const counts = { connections: 0, up: 0, down: 0 };
  const seenByClient = { roundTrip: 0 };
  const listener = createServer((client) => {
    counts.connections += 1;
    const server = connect(Number(port), hostname);
    const connection = new Connection(client, server, seenByClient, {
      ...options,
      onPiece(piece) {
        counts[piece.direction] += piece.bytes.length;
        options.onPiece?.(piece);
      },
    });
    connections.add(connection);
    client.on('close', () => connections.delete(connection));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const cut = (): void => {
    for (const connection of connections) connection.cut();
  };
  let closed: Promise<unknown> | undefined;
  const proxy: Proxy = {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    counts,
    cut,
    async close() {
      closed ??= once(listener, 'close');
      listener.close();
      cut();
      await closed;
    },
  };
  proxies.push(proxy);
  return proxy;
}

/** The two sockets of one connection through the proxy. */
class Connection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #options: ProxyOptions;

  constructor(
    client: Socket,
    server: Socket,
    seenByClient: { roundTrip: number },
    options: ProxyOptions,
  ) {
    this.#client = client;
    this.#server = server;
    this.#options = options;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      // Whatever fails on one side, the other side is to see as well.
      socket.on('error', () => {
        this.cut();
      });
    }
    const seenByServer = { roundTrip: 0 };
    const handshake = seenByClient.roundTrip + 1;
    this.#relay('up', seenByServer, () => Math.max(handshake, seenByClient.roundTrip) + 1);
    this.#relay('down', seenByClient, () => seenByServer.roundTrip);
  }

  cut(): void {
    for (const socket of [this.#client, this.#server]) {
      if (!socket.destroyed) socket.resetAndDestroy();
    }
  }

  #relay(
    direction: Piece['direction'],
    seenByReceiver: { roundTrip: number },
    roundTripNow: () => number,
  ): void {
    const { delay = 0, cutAfterUp = Infinity, cutAfterDown = Infinity, onPiece } = this.#options;
    const isUp = direction === 'up';
    const [from, to] = isUp ? [this.#client, this.#server] : [this.#server, this.#client];
    const most = isUp ? cutAfterUp : cutAfterDown;
    let relayed = 0;
    from.on('data', (bytes: Buffer) => {
      const roundTrip = roundTripNow();
      this.#later(delay, () => {
        seenByReceiver.roundTrip = Math.max(seenByReceiver.roundTrip, roundTrip);
        onPiece?.({ direction, bytes, roundTrip });
        to.write(bytes.subarray(0, most - relayed));
        relayed += bytes.length;
        if (relayed >= most) this.cut();
      });
      // One reader slower than the other must not make the proxy a buffer without end.
      if (!to.writableNeedDrain) return;
      from.pause();
      to.once('drain', () => from.resume());
    });
    from.on('end', () => {
      this.#later(delay, () => to.end());
    });
  }

  #later(delay: number, run: () => void): void {
    const deliver = (): void => {
      if (!this.#client.destroyed || !this.#server.destroyed) run();
    };
    // Timers of the same delay fire in the order they were set, so pieces stay in order.
    if (delay === 0) deliver();
    else setTimeout(deliver, delay);
  }
}
