/**
 * What runs a service for a session: the one seam behind which a process on this machine and a host
 * elsewhere look the same.
 */
import type { Readable, Writable } from 'node:stream';
import type { ExitStatus } from '../../src/tunnel/machine/message.js';
import type { GitService } from '../../src/tunnel/machine/request-target.js';
import type { Refusal } from '../admission/refusal.js';
import type { ServiceText } from '../text/service-text.js';
import type { User } from '../admission/user.js';

/** How to end a service. Times in ms, from the call on. */
export interface Ending {
  /** Time in which the end of its input may make it end by itself; then it is told to (SIGTERM). */
  readonly term: number;
  /** When nothing of it is left any more (SIGKILL). */
  readonly kill: number;
}

/**
 * What is asked for over plain HTTP, where one request is one process (gitprotocol-http(5)): the refs,
 * or an answer to what the request's body says.
 */
export type SmartHttp = 'advertisement' | 'exchange';

/** The head of an answer in HTTP. */
export interface HttpHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * How a cache of upstreams came to serve something: it had what the upstream has, it has fetched that
 * first, or the upstream did not answer.
 */
export type CacheUse = 'unchanged' | 'fetched' | 'stale';

/** A running service. */
export interface Service {
  /** Undefined where it was not served from a cache. */
  cache?: CacheUse | undefined;
  /** Fails nobody: whoever writes learns by the callback that nothing is taken any more. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Words for a person. */
  readonly stderr: Readable;
  /** Of an answer in HTTP: its head, which comes before the first byte of stdout, or never. */
  readonly head?: Promise<HttpHead> | undefined;
  /** Makes what it says fit for its client. */
  readonly text: ServiceText;
  /** How it ended; its streams may be open still. */
  readonly exited: Promise<ExitStatus>;
  /** Resolves when it has ended and nothing of it is left that should not be. Never rejects. */
  readonly tidied: Promise<void>;
  /** Resolves when nothing of it runs any more, what it has started included. */
  readonly gone: Promise<void>;
  /**
   * Gives it input.
   *
   * @param taken called when it was taken, or with an error where the service takes none any more.
   * @returns whether more may be given before `drain`.
   */
  write(bytes: Uint8Array, taken?: (error?: Error | null) => void): boolean;
  /** Ends it; what it was given and has not taken is dropped. A later call can only hasten the end. */
  end(ending: Ending): void;
}

/** A service that was asked for and may be had. */
export interface ServiceRequest<Place> {
  readonly service: GitService;
  /** Where the repository is. */
  readonly place: Place;
  /** What the client calls it. */
  readonly name: string;
  readonly gitProtocol: string | undefined;
  /** Undefined for a stream. */
  readonly http?: SmartHttp | undefined;
  /** Whether its client has sent what it is given first along with what asks for it. */
  readonly hasInput?: boolean | undefined;
  readonly user: User | null;
  /** The client's address. */
  readonly address: string | undefined;
}

/** Runs services in repositories of one kind. */
export interface Backend<Place> {
  /**
   * @param signal fires where nobody wants it any more, by a TimeoutError where it took too long: what
   *   is begun all the same is ended by whoever asked for it.
   * @returns a service that runs, or why there is none.
   * @throws what was not to be expected.
   */
  open(request: ServiceRequest<Place>, signal: AbortSignal): Promise<Service | Refusal>;
}
