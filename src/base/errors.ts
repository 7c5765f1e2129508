/**
 * The one error class of the library and the server. Callers branch on `code`, never on the
 * sentence; what a program may want to know stands in `data`, what caused it in `cause`.
 * Where isomorphic-git has a code of its own for the same thing, that code is used.
 */

/** Every code, with the situation that raises it. docs/protocol.md has a heading for each. */
export type ErrorCode =
  /** A URL is not one of a repository: wrong scheme, no path, a query or a fragment. */
  | 'INVALID_URL'
  /** An option has a value it cannot have. */
  | 'INVALID_OPTION'
  /** The socket could not be opened: no server, no route, TLS refused, or an HTTP answer. */
  | 'CONNECTION_FAILED'
  /** The connection ended before the transfer did. */
  | 'CONNECTION_LOST'
  /** The server closed with 44xx or 4500, 4503. `data`: `closeCode`, `status`, `reason`. */
  | 'REFUSED'
  /** The server did not send `open` in time. */
  | 'TIMEOUT'
  /** The peer broke gitws.v1. The connection is closed with 4400. */
  | 'PROTOCOL_ERROR'
  /** The Authorization value does not fit into a handshake that proxies let pass. */
  | 'CREDENTIALS_TOO_LONG'
  /** The caller's AbortSignal fired. isomorphic-git's own code. */
  | 'UserCanceledError'
  /**
   * A server answered the handshake with an HTTP status of its own: no gitws server, or a proxy.
   * Only `git-remote-ws` and `gitws-ssh` are told it. isomorphic-git's own code. `data`: `status`,
   * `location`.
   */
  | 'HttpError'
  /** git on the server ended with a non-zero exit or a signal. `data`: `code`, `signal`, `stderr`. */
  | 'REMOTE_EXIT'
  /** The server's git reported an error: an `ERR` pkt-line or band 3. `data`: `message`. */
  | 'REMOTE_ERROR'
  /** A pkt-line or what it carries is malformed. `data`: `offset`, where known. */
  | 'MALFORMED_PKT_LINE'
  /** An advertisement is malformed. */
  | 'MALFORMED_ADVERTISEMENT'
  /** A server says more beside what it was asked for than a limit allows. `data`: `limit`, `value`. */
  | 'ANSWER_LIMIT'
  /** A server advertised a ref name that git check-ref-format refuses. `data`: `ref`. */
  | 'INVALID_REF_NAME'
  /**
   * The packfile is truncated or malformed, or its trailing checksum is not that of its bytes.
   * `data`, where an entry is to blame: `offset`, `object`, `fault`.
   */
  | 'CORRUPT_PACK'
  /** A packfile asks for more than a limit allows. `data`: `limit`, `value`. */
  | 'PACK_LIMIT'
  /** The pack engine cannot be started here: no WebAssembly, or no such worker. */
  | 'PACK_ENGINE_UNAVAILABLE'
  /** The pack engine or its worker died: no memory, or a fault of its own. */
  | 'PACK_ENGINE_FAILED'
  /** The repository uses an object format other than SHA-1. `data`: `objectFormat`. */
  | 'UNSUPPORTED_OBJECT_FORMAT'
  /** The server sent no pack, or one that lacks what was asked for. `data`: `missing`. */
  | 'MISSING_OBJECTS'
  /**
   * A push was refused on this side: `reason` is `not-fast-forward`, `tag-exists` or `stale-info` (the ref
   * is not what the lease says). isomorphic-git's own code. `data`: `reason`, `ref`.
   */
  | 'PushRejectedError'
  /** The server's git does not know what was asked for. `data`: `capability`. */
  | 'UNSUPPORTED_CAPABILITY'
  /** The connection was lost after the whole push was sent. `data`: `refs`. */
  | 'PUSH_OUTCOME_UNKNOWN'
  /** A function of the caller's failed with a value that is no error. `data`: `callback`. */
  | 'CALLBACK_FAILED'
  /** The caller's file system failed with a value that is no error, or did less than it said. */
  | 'FILE_SYSTEM_FAILED'
  /** The browser's quota, or the disk, is used up. `data`, where known: `usage`, `quota`, `needed`. */
  | 'QUOTA'
  /** Another page or worker uses the file system, and did not end in time. */
  | 'STORAGE_LOCKED'
  /** Another page or worker has written meanwhile: nothing of the operation was stored. */
  | 'STORAGE_CHANGED'
  /** Local changes, or files that git does not know, are in the way. isomorphic-git's own code. `data`: `filepaths`. */
  | 'CheckoutConflictError'
  /** A tree names a path that must not be written, such as `.git/config`. isomorphic-git's own code. `data`: `filepath`. */
  | 'UnsafeFilepathError'
  /** A tree has more paths, or longer ones, than a limit allows. `data`: `limit`, `value`. */
  | 'TREE_LIMIT'
  /** A merge is not done yet. isomorphic-git's own code. `data`: `filepaths`. */
  | 'UnmergedPathsError'
  /** The index is damaged, or of a kind that is not known here, such as a split one. */
  | 'UNREADABLE_INDEX'
  /** Another program holds `index.lock`, or has left it behind. `data`: `path`. */
  | 'INDEX_LOCKED'
  /** A ref says something else than it did when it was read: somebody else has changed it. `data`: `ref`. */
  | 'REF_CHANGED'
  /** A ref's name is in the way of another one's, as `x` is of `x/y`. `data`: `ref`, `other`. */
  | 'REF_CONFLICT'
  /** Another program holds the lock of a ref, or has left it behind. `data`: `ref`, `path`. */
  | 'REF_LOCKED'
  /** A fetch has brought refs that must not be changed so, and has changed all others. `data`: `rejected`. */
  | 'REF_REJECTED'
  /** There is no such ref. isomorphic-git's own code. `data`: `what`. */
  | 'NotFoundError'
  /** The server cannot do what was asked for. isomorphic-git's own code. `data`: `capability`. */
  | 'RemoteCapabilityError'
  /** The repository lacks an object that is needed, or has a damaged one. `data`: `oid`. */
  | 'OBJECT_UNAVAILABLE'
  /** The worker of `gitws/worker` cannot be started: its script cannot be loaded, or is another one. */
  | 'WORKER_UNAVAILABLE'
  /** The worker of `gitws/worker` died: no memory, somebody ended it, or a fault of its own. */
  | 'WORKER_FAILED'
  /** What `startGit` gave is closed, or was while the call ran. */
  | 'WORKER_CLOSED';

/** What may come with a {@link GitWsError} beside its code and sentence. */
export interface GitWsErrorOptions {
  /** Facts for programs: plain values only, never a credential or a server's path. */
  readonly data?: Record<string, unknown>;
  /** What was thrown or reported before, and led to this. */
  readonly cause?: unknown;
  /** Whether the same call may succeed if it is made again later. Default false. */
  readonly retryable?: boolean;
}

const brand = Symbol.for('gitws.GitWsError');

/** An error with a stable `code`; `name` equals it, as isomorphic-git's errors have it. */
export class GitWsError extends Error {
  /** What happened: stable, unlike the sentence. */
  readonly code: ErrorCode;
  /** Facts for programs, by name: each {@link ErrorCode} says which. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Whether the same call may succeed if it is made again later. */
  readonly retryable: boolean;

  /**
   * @param code one of {@link ErrorCode}.
   * @param message a sentence for a person.
   * @param options data, cause and whether trying again may help.
   */
  constructor(code: ErrorCode, message: string, options: GitWsErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = code;
    this.code = code;
    this.data = options.data ?? {};
    this.retryable = options.retryable ?? false;
    Object.defineProperty(this, brand, { value: true });
  }
}

/**
 * Tells a {@link GitWsError} from other errors, also when it was made by another copy of this
 * library or in another realm, where `instanceof` fails.
 *
 * @param error anything that was thrown.
 * @param code if given, only an error with this code counts.
 */
export function isGitWsError(error: unknown, code?: ErrorCode): error is GitWsError {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false;
  return code === undefined || ('code' in error && error.code === code);
}
