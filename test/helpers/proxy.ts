/**
 * The TCP proxy of the tests, on loopback. It counts what passes, and does to connections what
 * networks do: cuts them at a byte, stalls them, swallows what they carry, delays, throttles, and cuts
 * it into other pieces. Which fault hits a connection is told beforehand, and nothing is left to chance
 * but the kernel's own timing: the same plan does the same at the same byte. It is closed with the
 * file, and without a test runner by whoever started it.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { atEnd } from './at-end.js';
import { Relay, type Direction, type Strike, type StrikeAt } from './proxy-relay.js';

export type { Direction, Strike } from './proxy-relay.js';

/** What happens to one connection. */
export interface Faults {
  /** At a byte of one direction, to the connection as a whole. */
  readonly strike?: StrikeAt & { readonly direction: Direction };
  /** Time that bytes take in each direction, in ms. */
  readonly delay?: number;
  /** Most bytes in a second, in each direction. */
  readonly rate?: number;
  /** Bytes go on in pieces of other sizes, drawn from this seed: split, and merged. */
  readonly pieces?: { readonly seed: number; readonly most: number };
}

/** @param connection number of the connection, from 0. @returns what happens to it. */
export type Plan = (connection: number) => Faults;

/** Bytes that pass the proxy. */
export interface Piece {
  /** Number of the connection, from 0. */
  readonly connection: number;
  readonly direction: Direction;
  readonly bytes: Buffer;
}

/** Who sees what passes. */
export interface Watch {
  /** A client has connected. */
  readonly onConnection?: (connection: number) => void;
  /** Bytes have come in: they may be under way for a while. */
  readonly onArrival?: (piece: Piece) => void;
  /** Bytes go on. */
  readonly onDelivery?: (piece: Piece) => void;
}

/** What a connection has carried. */
export interface Carried {
  readonly up: number;
  readonly down: number;
  /** Whether something struck it. */
  readonly struck: boolean;
}

/** A proxy that listens. */
export interface Proxy {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Every connection so far, in order. */
  readonly connections: readonly Carried[];
  /** Where further connections go: `http://127.0.0.1:PORT`. */
  target: string;
  /** While set, connections are reset as soon as they are made: the other side is out of reach. */
  away: boolean;
  /** Strikes every connection there is. */
  strike(how: Strike): void;
  /** Resets every connection and frees the port. Idempotent. */
  close(): Promise<void>;
}

const proxies = new Set<Proxy>();

atEnd(async () => {
  await Promise.all([...proxies].map((proxy) => proxy.close()));
});

/**
 * @param target `http://127.0.0.1:PORT` of the server.
 * @param faults of every connection, or a plan, which is asked once for each.
 */
export async function startProxy(
  target: string,
  faults: Faults | Plan = {},
  watch: Watch = {},
): Promise<Proxy> {
  const plan = typeof faults === 'function' ? faults : () => faults;
  const proxy = new RunningProxy(target, plan, watch);
  await proxy.listen();
  proxies.add(proxy);
  return proxy;
}

class RunningProxy implements Proxy {
  readonly connections: Connection[] = [];
  target: string;
  away = false;
  readonly #listener: Server;
  #closed: Promise<unknown> | undefined;

  constructor(target: string, plan: Plan, watch: Watch) {
    this.target = target;
    // Half-closed is a state that goes on, as it is in TCP.
    this.#listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      if (this.away) {
        client.resetAndDestroy();
        return;
      }
      const { hostname, port } = new URL(this.target);
      const server = connect({
        ...{ host: hostname, port: Number(port) },
        ...{ allowHalfOpen: true, noDelay: true },
      });
      const number = this.connections.length;
      watch.onConnection?.(number);
      this.connections.push(new Connection(number, client, server, plan(number), watch));
    });
  }

  async listen(): Promise<void> {
    this.#listener.listen(0, '127.0.0.1');
    await once(this.#listener, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  strike(how: Strike): void {
    for (const connection of this.connections) connection.strike(how);
  }

  async close(): Promise<void> {
    this.#closed ??= once(this.#listener, 'close');
    this.#listener.close();
    for (const connection of this.connections) connection.destroy();
    await this.#closed;
    proxies.delete(this);
  }
}

/** The two sockets of one connection through the proxy, and what passes between them. */
class Connection implements Carried {
  struck = false;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #relays: Readonly<Record<Direction, Relay>>;
  /** Neither side is told of the other any more. */
  #apart = false;

  constructor(
    connection: number,
    client: Socket,
    server: Socket,
    faults: Faults,
    { onArrival, onDelivery }: Watch,
  ) {
    this.#client = client;
    this.#server = server;
    const relay = (direction: Direction): Relay => {
      const [from, to] = direction === 'up' ? [client, server] : [server, client];
      return new Relay(from, to, {
        ...faults,
        direction,
        strike: faults.strike?.direction === direction ? faults.strike : undefined,
        onArrival: (bytes) => onArrival?.({ connection, direction, bytes }),
        onDelivery: (bytes) => onDelivery?.({ connection, direction, bytes }),
        onStrike: (how) => {
          if (how === 'mute') this.#relays[direction].stop(true);
          else this.strike(how);
        },
        isApart: () => this.#apart,
      });
    };
    this.#relays = { up: relay('up'), down: relay('down') };
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on('error', () => undefined);
      socket.on('close', (failed) => {
        if (this.#apart) return;
        if (failed) other.resetAndDestroy();
        // What it has written before is still under way to the other side.
        else if (other.writableEnded) other.destroySoon();
      });
    }
  }

  get up(): number {
    return this.#relays.up.passed;
  }

  get down(): number {
    return this.#relays.down.passed;
  }

  strike(how: Strike): void {
    if (this.struck || (this.#client.destroyed && this.#server.destroyed)) return;
    this.struck = true;
    this.#apart = true;
    for (const relay of [this.#relays.up, this.#relays.down]) relay.stop(how === 'swallow');
    if (how === 'reset') this.destroy();
    if (how === 'end') {
      for (const socket of [this.#client, this.#server]) {
        socket.end();
        // As a proxy that ends: it does not wait for what either side may still say.
        socket.once('finish', () => socket.destroySoon());
        socket.resume();
      }
    }
  }

  destroy(): void {
    for (const relay of [this.#relays.up, this.#relays.down]) relay.stop(false);
    for (const socket of [this.#client, this.#server]) {
      if (!socket.destroyed) socket.resetAndDestroy();
    }
  }
}
