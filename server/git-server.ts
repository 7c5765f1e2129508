/** A server, as embedders see it. */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';

/** A running server. */
export interface GitServer {
  /**
   * Takes the upgrades of `server` that are its own. Answers those that nobody takes with 404; other
   * listeners for `upgrade` stay in charge of theirs. Plain requests stay with the server's own
   * handler, which may offer them to {@link handleRequest}.
   *
   * @param options.limitConnections whether `maxConnections` and `maxConnectionsPerAddress` hold for
   *   the connections of `server`, those that are for others included: one too many is dropped that
   *   has no request under way and was not upgraded. To be said before it listens. Default false.
   */
  attach(
    server: HttpServer | HttpsServer,
    options?: { readonly limitConnections?: boolean | undefined },
  ): void;
  /** @returns false, and leaves the socket alone, where the path is not a repository's endpoint. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Answers plain requests for an endpoint with 426. @returns false where the path is none. */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean;
  /**
   * Ends every session and refuses new ones with 4503. Pushes whose every byte has arrived have
   * `drainTime` ms (default: the limit of that name; Infinity: as long as they take) to finish;
   * calling again may shorten it. What
   * is left then has the limits' times to end, and at most `killTime` ms, where it is given.
   * Resolves when no process and no socket is left; where something hangs that nothing can end, some
   * seconds after those times, having told `onError`. Never rejects.
   */
  close(options?: {
    readonly drainTime?: number | undefined;
    readonly killTime?: number | undefined;
  }): Promise<void>;
  /** How many sessions there are, those without a connection included. */
  readonly sessions: number;
  /** How many of them wait for a client that lost its connection. */
  readonly detached: number;
}
