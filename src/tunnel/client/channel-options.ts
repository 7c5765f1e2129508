/** What a channel's caller gives, and gets. */
import type { GitService } from '../machine/request-target.js';
import type { LivenessTimes } from '../machine/liveness.js';
import type { ExitStatus } from '../machine/message.js';
import type { WebSocketConstructor } from './socket.js';
import type { ClientOffer, Resumption } from '../machine/subprotocol.js';

/**
 * An `Authorization` value, or a function that is asked for one at each connect. What it throws, or
 * rejects with, ends the operation; while a lost connection is resumed, only that attempt.
 */
export type Authorization =
  string | (() => string | undefined | Promise<string | undefined>) | undefined;

/** Options of {@link openChannel}. */
export interface ChannelOptions {
  /** The service to run. */
  readonly service: GitService;
  /** What ssh would pass as GIT_PROTOCOL, for example `version=2`; default: version 0. */
  readonly gitProtocol?: string | undefined;
  /**
   * What git is given first: goes along with what asks for the run, where the server takes it so, and
   * else as soon as the run is there.
   */
  readonly input?: string | undefined;
  /** Credentials; they beat those in the URL. */
  readonly authorization?: Authorization;
  /** Credentials for the host behind a gateway, which never go to another. */
  readonly upstreamAuthorization?: Authorization;
  /** Ends the channel at once, on both sides. */
  readonly signal?: AbortSignal | undefined;
  /** Receive window in bytes, 64 KiB to 16 MiB; default 4 MiB. Bounds the memory of a slow reader. */
  readonly window?: number | undefined;
  /**
   * Most unacknowledged bytes kept for sending, in bytes, 64 KiB to 2 GiB - 1; default 4 MiB. No more
   * than the server's window are ever kept.
   */
  readonly maxReplay?: number | undefined;
  /**
   * Time until the server's first message, in ms, 1 or more; default 30,000. Infinity: for as long as
   * the connection is there.
   */
  readonly openTimeout?: number | undefined;
  /** When a silent server counts as dead; default: {@link LivenessTimes}. */
  readonly liveness?: Partial<LivenessTimes> | undefined;
  /**
   * How long a lost connection is tried to be resumed, in ms; default: as long as the server keeps
   * the session, which Infinity means as well. 0: never, a lost connection ends the channel.
   */
  readonly resumeFor?: number | undefined;
  /**
   * How many attempts in a row to resume a lost connection may be made, 0 or more; default, and
   * Infinity: any number within `resumeFor`. They are counted anew once one got through. 0: none.
   */
  readonly retries?: number | undefined;
  /**
   * Hears of the connection: see {@link ConnectionEvent}. What it throws, or rejects with, ends the
   * channel, unless that is over.
   */
  readonly onConnection?: ((event: ConnectionEvent) => void) | undefined;
  /**
   * How long the connection is kept after this run for the next one to the same repository, in ms,
   * where the server keeps it as well; and whether this run may go over one that was kept. A process
   * of Node does not stay for it. Default, and 0: never.
   */
  readonly keepAlive?: number | undefined;
  /** The WebSocket class; default: the page's, or `ws` in Node. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /**
   * Hears what git wrote to its stderr. It is the server's text: strip control characters before
   * showing it. What it throws, or rejects with, ends the channel, unless that is over.
   */
  readonly onStderr?: ((text: string) => void) | undefined;
}

/** What became of a connection; the channel lives on until it ends or rejects. */
export interface ConnectionEvent {
  /**
   * `connecting`: an attempt begins. `open`: the service runs. `interrupted`: the connection was
   * lost, or an attempt to resume failed; the next one follows. `resumed`: the transfer goes on.
   */
  readonly state: 'connecting' | 'open' | 'interrupted' | 'resumed';
  /** 0 for the first connection; else the attempt to resume that this is about, from 1. */
  readonly attempt: number;
  /** Time until that attempt, in ms; 0 unless interrupted. Without a network it is the longest. */
  readonly wait: number;
  /** Bytes of git's stdout that have arrived: where a clone or fetch goes on. */
  readonly received: number;
  /** Bytes of git's stdin that git is known to have taken: where a push goes on. */
  readonly sent: number;
  /** Why it was interrupted, in a sentence; otherwise empty. */
  readonly reason: string;
}

/** One service run. */
export interface Channel {
  /** git's stdout. Ends when git closed it; wait for {@link exit} to know that it is whole. */
  readonly readable: ReadableStream<Uint8Array>;
  /** git's stdin. Closing it half-closes the channel (`end`); aborting it aborts the channel. */
  readonly writable: WritableStream<Uint8Array>;
  /** How git ended. The only proof that the stream is whole. */
  readonly exit: Promise<ExitStatus>;
  /** Resolves when nothing of the channel is left, however it ended. */
  readonly closed: Promise<void>;
  /** The session's public id, for logs. */
  readonly session: string;
  /**
   * Says whether nobody wants anything more of this run: the next one to the same repository may take
   * its connection, which ends it.
   *
   * @returns whether it is there.
   */
  spare(spared: boolean): boolean;
  /** Ends the channel at once: streams and {@link exit} reject with UserCanceledError. */
  abort(reason?: unknown): void;
  /** Node: the process stays for this channel again; so it does from the beginning. */
  ref(): void;
  /** Node: the process may end although the channel is open. In a browser both do nothing. */
  unref(): void;
}

/** Where to connect to. */
export interface ChannelTarget {
  /** The endpoint's WebSocket URL. */
  readonly url: string;
  /** That of the repository, of which all services can be had over one connection. */
  readonly repository: string;
  /** What to say at the beginning, fresh credentials among it. */
  offer(resume?: Resumption): Promise<ClientOffer>;
}
