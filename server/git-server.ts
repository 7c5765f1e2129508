/** A server, as embedders see it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { UpgradeServer } from './attach.js';

/** A running server. */
export interface GitServer {
  /**
   * Takes the upgrades of `server` that are its own, before any listener for `upgrade` is told of
   * them, whether that was added earlier or later: many end whatever they do not know. All others
   * are told to the listeners untouched, and answered with 404 where there is none. Plain requests
   * stay with the server's own handler, which may offer them to {@link handleRequest}.
   *
   * @param server may listen already. Its `emit` is another one until {@link close}.
   * @param options what else is to be looked after.
   * @param options.limitConnections whether `maxConnections` and `maxConnectionsPerAddress` hold for
   *   the connections of `server`, those that are for others included: one too many is dropped that
   *   has no request under way and was not upgraded. To be said before it listens. Default false.
   */
  attach(
    server: UpgradeServer,
    options?: { readonly limitConnections?: boolean | undefined },
  ): void;
  /**
   * For a listener of one's own, which has to ask this first and leave alone what it took.
   *
   * @returns false, and leaves the socket alone, where the path is not a repository's endpoint and
   *   no subprotocol of gitws is offered below `basePath`.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /**
   * Answers plain requests for an endpoint: as git's smart HTTP has it where `smartHttp` is on, else
   * with 426. The HTTP server's `requestTimeout` holds for pushes, too.
   *
   * @returns false where the path is none.
   */
  handleRequest(request: IncomingMessage, response: ServerResponse): boolean;
  /**
   * Takes what only one process may have: the directory of the cache. Without being asked, a server
   * does so when it is first used; where it could not, it goes on without the cache.
   *
   * @throws GitWsError INVALID_OPTION where another process has it; the system's error.
   */
  ready(): Promise<void>;
  /**
   * Ends every session and refuses new ones with 4503. Pushes whose every byte has arrived have
   * `drainTime` ms (default: the limit of that name; Infinity: as long as they take) to finish;
   * calling again may shorten it. What
   * is left then has the limits' times to end, and at most `killTime` ms, where it is given.
   * Resolves when no process and no socket is left; where something hangs that nothing can end, some
   * seconds after those times, having told `onError`. Never rejects.
   *
   * @throws GitWsError INVALID_OPTION for what is no time; nothing is closed then.
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
