/**
 * TCP connections of an HTTP server that have not become a session, or anything else that lasts: a
 * share for each address, and room for who comes. One that asks nothing, silent or answered already,
 * is the first to go: so that whoever opens a thousand and says nothing shuts nobody out. It knows no
 * sessions; an upgrade is all that it is told of.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { UpgradeServer } from '../attach.js';
import { descriptorLimit } from '../base/descriptors.js';
import type { Limits } from '../limits/limits.js';
import { Shares } from './shares.js';
import { isExhausted } from '../base/system-errors.js';

/** What {@link Connections} works with. */
export interface ConnectionsOptions {
  readonly limits: Pick<Limits, 'maxConnections' | 'maxConnectionsPerAddress'>;
  /** Whether an address is one of the operator's proxies: theirs are everybody's connections. */
  isTrustedProxy(address: string): boolean;
  /** Told of what should not happen. */
  onError(error: unknown): void;
}

interface Connection {
  readonly socket: Socket;
  /** Whose share it counts for; undefined for nobody's. */
  readonly address: string | undefined;
  /** Requests that are not answered yet. */
  requests: number;
  /** It is no HTTP connection any more. */
  upgraded: boolean;
}

/** The connections of one server. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #server: UpgradeServer;
  readonly #most: number;
  /** All of them, the oldest first, by their peers: of TLS, requests name another socket. */
  readonly #all = new Map<string, Connection>();
  /** Those that ask nothing, the one first that has not asked for longest. */
  readonly #idle = new Set<Connection>();
  /** The same, for each address. */
  readonly #shares = new Shares<Connection>();

  /** Looks after the connections of `server` from now on. */
  constructor(server: UpgradeServer, options: ConnectionsOptions) {
    this.#server = server;
    this.#options = options;
    // Sessions need the other half: for git's pipes, and for files.
    this.#most = Math.min(options.limits.maxConnections, Math.floor(descriptorLimit() / 2));
    server.on('connection', this.#onConnection);
    server.prependListener('request', this.#onRequest);
    server.on('error', this.#onError);
  }

  /** Looks after them no more. */
  release(): void {
    this.#server.off('connection', this.#onConnection);
    this.#server.off('request', this.#onRequest);
    this.#server.off('error', this.#onError);
  }

  /** An upgrade has come: from here on the connection is somebody's who has limits of their own. */
  upgraded(request: IncomingMessage): void {
    const connection = this.#all.get(peerOf(request.socket));
    if (connection === undefined) return;
    connection.upgraded = true;
    this.#busy(connection);
  }

  /** A connection that was upgraded is kept for more (see links.ts), or has a session again. */
  resting({ socket }: IncomingMessage, rests: boolean): void {
    const connection = this.#all.get(peerOf(socket));
    if (connection === undefined) return;
    if (!rests) this.#busy(connection);
    else this.#dropOver(this.#rest(connection));
  }

  readonly #onConnection = (socket: Socket): void => {
    const { remoteAddress } = socket;
    const shared = remoteAddress !== undefined && !this.#options.isTrustedProxy(remoteAddress);
    const address = shared ? remoteAddress : undefined;
    const connection: Connection = { socket, address, requests: 0, upgraded: false };
    const peer = peerOf(socket);
    this.#all.set(peer, connection);
    const share = this.#rest(connection);
    socket.once('close', () => {
      this.#busy(connection);
      if (this.#all.get(peer) === connection) this.#all.delete(peer);
    });
    this.#dropOver(share);
    if (this.#all.size > this.#most) drop(this.#idle);
  };

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = this.#all.get(peerOf(request.socket));
    if (connection === undefined) return;
    if (this.#isCrowded(connection)) response.shouldKeepAlive = false;
    connection.requests += 1;
    this.#busy(connection);
    response.once('close', () => {
      connection.requests -= 1;
      const open = this.#all.get(peerOf(request.socket)) === connection;
      if (open && connection.requests === 0 && !connection.upgraded) this.#rest(connection);
    });
  };

  /**
   * Accepting failed for want of a descriptor, and is tried again as soon as this returns, and for
   * ever: nothing else goes on before one is free.
   */
  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (error.syscall !== 'accept' || !isExhausted(error)) {
      // As if nobody listened here.
      if (this.#server.listenerCount('error') === 1) throw error;
      return;
    }
    this.#options.onError(error);
    // A session that loses its connection can be gone on with.
    if (!drop(this.#idle)) drop([...this.#all.values()].reverse());
  };

  /** Whether answers had better be the last of their connections. */
  #isCrowded({ address }: Connection): boolean {
    const share = address === undefined ? 0 : this.#shares.count(address);
    const { maxConnectionsPerAddress } = this.#options.limits;
    return share > maxConnectionsPerAddress / 2 || this.#all.size > this.#most / 2;
  }

  /** One too many of an address costs the oldest of them its place. */
  #dropOver(share: ReadonlySet<Connection> | undefined): void {
    const { maxConnectionsPerAddress } = this.#options.limits;
    if (share !== undefined && share.size > maxConnectionsPerAddress) drop(share);
  }

  /** It asks nothing from now on. @returns the share that it counts for. */
  #rest(connection: Connection): ReadonlySet<Connection> | undefined {
    this.#idle.add(connection);
    const { address } = connection;
    return address === undefined ? undefined : this.#shares.add(address, connection);
  }

  /** It asks something, or is gone. */
  #busy(connection: Connection): void {
    this.#idle.delete(connection);
    const { address } = connection;
    if (address !== undefined) this.#shares.delete(address, connection);
  }
}

/**
 * Drops the first that is not dropped yet: it is counted until it is closed, and more may come before
 * that, or nothing else go on.
 *
 * @returns whether there was one.
 */
function drop(connections: Iterable<Connection>): boolean {
  for (const { socket } of connections) {
    if (socket.destroyed) continue;
    socket.destroy();
    return true;
  }
  return false;
}

function peerOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
