/**
 * A TCP proxy that does to connections what networks do: cuts them at a byte, stalls them, swallows
 * what they carry, delays, throttles, and cuts it into other pieces. Which fault hits a connection
 * is told beforehand, and nothing is left to chance but the kernel's own timing: the same plan does
 * the same at the same byte. Needs no test runner: whoever starts one closes it.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { FaultRelay, type Direction, type Strike, type StrikeAt } from './fault-relay.js';

export type { Direction, Strike } from './fault-relay.js';

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

/** What a connection has carried. */
export interface Carried {
  readonly up: number;
  readonly down: number;
  /** Whether something struck it. */
  readonly struck: boolean;
}

/** A proxy that listens. */
export interface FaultProxy {
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

/**
 * @param target `http://127.0.0.1:PORT` of the server.
 * @param plan asked once for each connection; default: no faults.
 * @param onBytes sees everything that the proxy passes on.
 */
export async function startFaultProxy(
  target: string,
  plan: Plan = () => ({}),
  onBytes: (direction: Direction, bytes: Buffer, connection: number) => void = () => undefined,
): Promise<FaultProxy> {
  const proxy = new RunningProxy(target, plan, onBytes);
  await proxy.listen();
  return proxy;
}

class RunningProxy implements FaultProxy {
  readonly connections: Connection[] = [];
  target: string;
  away = false;
  readonly #listener: Server;
  #closed: Promise<unknown> | undefined;

  constructor(
    target: string,
    plan: Plan,
    onBytes: (direction: Direction, bytes: Buffer, connection: number) => void,
  ) {
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
      this.connections.push(
        new Connection(client, server, plan(number), (direction, bytes) => {
          onBytes(direction, bytes, number);
        }),
      );
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
  }
}

/** The two sockets of one connection through the proxy, and what passes between them. */
class Connection implements Carried {
  struck = false;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #relays: Readonly<Record<Direction, FaultRelay>>;
  /** Neither side is told of the other any more. */
  #apart = false;

  constructor(
    client: Socket,
    server: Socket,
    faults: Faults,
    onBytes: (direction: Direction, bytes: Buffer) => void,
  ) {
    this.#client = client;
    this.#server = server;
    const relay = (direction: Direction): FaultRelay => {
      const [from, to] = direction === 'up' ? [client, server] : [server, client];
      return new FaultRelay(from, to, {
        ...faults,
        direction,
        strike: faults.strike?.direction === direction ? faults.strike : undefined,
        onBytes: (bytes) => {
          onBytes(direction, bytes);
        },
        onStrike: (how) => {
          this.strike(how);
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
