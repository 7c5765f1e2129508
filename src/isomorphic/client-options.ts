/**
 * The options of a client, and where they are found again: isomorphic-git sees of an `http` its `request`
 * alone; the commands of gitws/git need no requests, and open connections of their own.
 */
import type { Fallback } from '../remote/fallback.js';
import type { Gateway } from '../remote/gateway.js';
import type { ProgressCallback } from '../remote/progress.js';
import type { KeepPackOptions } from '../repository/keep-pack.js';
import type { Authorization, ConnectionEvent } from '../tunnel/client/channel.js';
import type { WebSocketConstructor } from '../tunnel/client/socket.js';
import type { LivenessTimes } from '../tunnel/machine/liveness.js';

/** Options of `createHttpClient`; all of them may be left out. */
export interface HttpClientOptions {
  /**
   * An `Authorization` value, or a function asked for one at each connect. Used where the
   * operation brings none of its own (isomorphic-git's `onAuth`, `headers` or the URL).
   */
  readonly authorization?: Authorization;
  /**
   * A gitws server that reaches other hosts (docs/gateway.md): repositories of `https:` and `http:`,
   * and of addresses over ssh, are reached through it, wherever they are. All other credentials are for the repositories' hosts.
   */
  readonly gateway?: Gateway | undefined;
  /**
   * What is done where no WebSocket reaches a server within 5 s: with `http`, git's own smart HTTP is spoken
   * with it, for ten minutes at once (docs/gateway.md, "Where no WebSocket passes"). Then nothing is resumed,
   * and in a page the server has to allow it (CORS). Default: nothing. Not through a `gateway`.
   */
  readonly fallback?: Fallback;
  /** Ends every operation of this client at once. isomorphic-git's clone and fetch take none. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Hears of every operation of this client, beside the operation's own `onProgress`. What a
   * listener of this client throws, or rejects with, ends the operation.
   */
  readonly onProgress?: ProgressCallback | undefined;
  /**
   * Hears what the server's git and its hooks write for a person, when it is written.
   * (isomorphic-git's own `onMessage` gets it once the transfer is safe.)
   */
  readonly onMessage?: ((message: string) => void | Promise<void>) | undefined;
  /** Receive window in bytes, 64 KiB to 16 MiB; default 4 MiB. */
  readonly window?: number | undefined;
  /**
   * Time until the server's first message, in ms, 1 or more; default 30,000. Infinity: for as long as
   * the connection is there.
   */
  readonly openTimeout?: number | undefined;
  /**
   * How long a connection waits for the second request of its operation, in ms, 0 or more; default
   * 5,000: isomorphic-git asks for the refs, and then for objects, which goes on in the same run of git.
   * Where the second request comes later, it costs a connection more. 0: it does not wait; Infinity: for
   * as long as the server does.
   */
  readonly advertisementTime?: number | undefined;
  /**
   * How long a lost connection is tried to be resumed, in ms; default: as long as the server keeps
   * the session. 0: a lost connection ends the operation. Infinity: a fetch that has to begin anew is
   * begun anew for as long as the server cannot be reached.
   */
  readonly resumeFor?: number | undefined;
  /**
   * How many attempts in a row to resume a lost connection, or to begin a fetch anew, may be made, 0 or
   * more; default, and Infinity: any number within `resumeFor`. Those to resume are counted anew once
   * one got through. 0: none.
   */
  readonly retries?: number | undefined;
  /** When a silent server counts as dead; default: {@link LivenessTimes}. */
  readonly liveness?: Partial<LivenessTimes> | undefined;
  /**
   * How long a connection is kept after an operation for the next one to the same repository, in ms,
   * where the server keeps it as well; default 15,000. Each operation brings credentials of its own. A
   * process of Node does not stay for it. 0: none is kept, nor used; Infinity: for as long as the
   * server does.
   */
  readonly keepAlive?: number | undefined;
  /** Hears of every connection of this client: lost, resumed, and why. */
  readonly onConnection?: ((event: ConnectionEvent) => void) | undefined;
  /** The WebSocket class; default: the page's, or `ws` in Node. */
  readonly WebSocket?: WebSocketConstructor | undefined;
}

/** What may be set for the packs that come: see `BindRepositoryOptions`. */
export type PackSettings = Pick<
  KeepPackOptions<object>,
  'packWorker' | 'wasm' | 'limits' | 'checkConnectivity' | 'detectCollisions'
>;

/** All that an `http` was made with. */
export interface ClientSettings extends HttpClientOptions, PackSettings {}

// Known by its name, since several bundles may be loaded.
const settingsKey: unique symbol = Symbol.for('gitws.clientSettings') as never;

/** @returns the same client, of which {@link settingsOf} knows the settings. */
export function withSettings<Client extends object>(
  client: Client,
  settings: ClientSettings,
): Client {
  return Object.defineProperty(client, settingsKey, { value: settings });
}

/** @returns what a client of gitws was made with; undefined for any other. */
export function settingsOf(client: object): ClientSettings | undefined {
  return (client as { readonly [settingsKey]?: ClientSettings })[settingsKey];
}
