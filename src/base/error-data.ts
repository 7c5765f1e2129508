/**
 * Every code of an error, with the situation that raises it and the facts that `data` has for a
 * program. docs/protocol.md has a heading for each.
 */

/** A ref that a push was to change, in the `data.refs` of an error. */
export interface RefInDoubt {
  /** Its full name on the server, for example `refs/heads/main`. */
  readonly ref: string;
  /** The oid that the push was based on; zeros for a ref to be created. */
  readonly old: string;
  /** The oid that the push asked for; zeros for a ref to be deleted. */
  readonly wanted: string;
  /** What the server said afterwards: zeros for "no such ref", undefined where it said nothing. */
  readonly current: string | undefined;
}

/**
 * Nothing: the code says it all.
 *
 * @inline
 */
type NoData = Record<string, never>;

/** The `data` of each code. What has a question mark is there where it is known. */
export interface ErrorData {
  /** A URL is not one of a repository: wrong scheme, no path, a query or a fragment. */
  INVALID_URL: NoData;
  /** An option has a value it cannot have. */
  INVALID_OPTION: Record<string, unknown>;
  /** The socket could not be opened: no server, no route, TLS refused, or an HTTP answer. */
  CONNECTION_FAILED: {
    /** Of the WebSocket, where it had one. */
    closeCode?: number;
    /** True where the address lacks TLS, which the server speaks: in native git alone. */
    lacksTls?: boolean;
  };
  /** The connection ended before the transfer did. */
  CONNECTION_LOST: {
    /** Of the WebSocket. */
    closeCode?: number;
    /** Of the WebSocket. */
    reason?: string;
    /** Why it was not resumed, where that was tried. */
    notResumed?: string;
  };
  /** The server closed with 44xx or 4500, 4503. */
  REFUSED: {
    /** Of the WebSocket, or what it would have been where there is none: 44xx, 4500 or 4503. */
    closeCode: number;
    /** The HTTP status that it stands for: the code less 4000. */
    status: number;
    /** The server's sentence. */
    reason: string;
  };
  /** The server did not send `open` in time. */
  TIMEOUT: NoData;
  /** The peer broke gitws.v1. The connection is closed with 4400. */
  PROTOCOL_ERROR: {
    /** Of the WebSocket, where that refused a frame. */
    closeCode?: number;
  };
  /** The Authorization value does not fit into a handshake that proxies let pass. */
  CREDENTIALS_TOO_LONG: {
    /** How long it is, in bytes. */
    bytes: number;
    /** How long it may be, in bytes. */
    limit: number;
  };
  /** The caller's AbortSignal fired. isomorphic-git's own code. */
  UserCanceledError: {
    /** Of a push: what is known of each of its refs. */
    refs?: readonly RefInDoubt[];
  };
  /**
   * A server answered the handshake with an HTTP status of its own: no gitws server, or a proxy.
   * Only `git-remote-ws` and `gitws-ssh` are told it. isomorphic-git's own code.
   */
  HttpError: {
    /** The HTTP status. */
    status: number;
    /** Where it redirects to, if it does. */
    location: string | undefined;
  };
  /** git on the server ended with a non-zero exit or a signal. */
  REMOTE_EXIT: {
    /** The exit code; null after a signal. */
    code: number | null;
    /** The signal's name; null after an exit. */
    signal: string | null;
    /** The last of what git wrote there. */
    stderr: string;
    /** Of a push: what is known of each of its refs. */
    refs?: readonly RefInDoubt[];
  };
  /** The server's git reported an error: an `ERR` pkt-line or band 3. */
  REMOTE_ERROR: {
    /** git's own words. */
    message: string;
    /** Of a push: what is known of each of its refs. */
    refs?: readonly RefInDoubt[];
  };
  /** A pkt-line or what it carries is malformed. */
  MALFORMED_PKT_LINE: {
    /** Where in the bytes, from 0. */
    offset?: number;
  };
  /** An advertisement is malformed. */
  MALFORMED_ADVERTISEMENT: {
    /** Where in the bytes, from 0. */
    offset?: number;
  };
  /** A server says more beside what it was asked for than a limit allows. */
  ANSWER_LIMIT: {
    /** The limit's name. */
    limit: string;
    /** The limit's value. */
    value: number;
  };
  /** A server advertised a ref name that git check-ref-format refuses. */
  INVALID_REF_NAME: {
    /** As it was advertised. */
    ref: string;
  };
  /**
   * The packfile is truncated or malformed, or its trailing checksum is not that of its bytes. Where
   * an entry is to blame: `offset` (in bytes), `object`, `fault`; else how long the pack was, in
   * bytes, the bases that are missing, or the object of the repository that is damaged.
   */
  CORRUPT_PACK: {
    /** Of the entry, in bytes into the pack. */
    offset?: number;
    /** The entry's number in the pack, from 0. */
    object?: number;
    /** What is wrong with it; `COLLISION` for traces of a collision attack. */
    fault?: string;
    /** How long the pack was, in bytes. */
    length?: number;
    /** The first oids of the bases that are missing. */
    missing?: readonly string[];
    /** The damaged object of the repository. */
    oid?: string;
  };
  /** A packfile asks for more than a limit allows. */
  PACK_LIMIT: {
    /** The limit's name. */
    limit: string;
    /** The limit's value. */
    value: number;
    /** Of the entry, in bytes into the pack. */
    offset?: number;
    /** The entry's number in the pack, from 0. */
    object?: number;
    /** The object. */
    oid?: string;
  };
  /** The pack engine cannot be started here: no WebAssembly, or no such worker. */
  PACK_ENGINE_UNAVAILABLE: NoData;
  /** The pack engine or its worker died: no memory, or a fault of its own. */
  PACK_ENGINE_FAILED: NoData;
  /** The repository uses an object format other than SHA-1. */
  UNSUPPORTED_OBJECT_FORMAT: {
    /** Its name, for example `sha256`. */
    objectFormat: string;
  };
  /** The server sent no pack, or one that lacks what was asked for. */
  MISSING_OBJECTS: {
    /** The first of their oids. */
    missing?: readonly string[];
  };
  /**
   * A push was refused on this side: `reason` is `not-fast-forward`, `tag-exists` or `stale-info` (the ref
   * is not what the lease says). isomorphic-git's own code.
   */
  PushRejectedError: {
    /** `stale-info`: the ref is not what `forceWithLease` says. */
    reason: 'not-fast-forward' | 'tag-exists' | 'stale-info';
    /** Its full name. */
    ref: string;
  };
  /** The server's git does not know what was asked for. */
  UNSUPPORTED_CAPABILITY: {
    /** Its name. */
    capability: string;
  };
  /** The connection was lost after the whole push was sent. */
  PUSH_OUTCOME_UNKNOWN: {
    /** Of a push: what is known of each of its refs. */
    refs: readonly RefInDoubt[];
  };
  /** A function of the caller's failed with a value that is no error. */
  CALLBACK_FAILED: {
    /** Its name. */
    callback: string;
  };
  /** The caller's file system failed with a value that is no error, or did less than it said. */
  FILE_SYSTEM_FAILED: {
    /** Of a `stash` that fails after it was written: its oid, by which it is in the list. */
    stash?: string;
  };
  /** The browser's quota, or the disk, is used up. */
  QUOTA: {
    /** What the origin has stored, in bytes. */
    usage?: number;
    /** What it may store, in bytes. */
    quota?: number;
    /** What was to be stored, in bytes. */
    needed?: number;
    /** Of a `stash` that fails after it was written: its oid, by which it is in the list. */
    stash?: string;
  };
  /** Another page or worker uses the file system, and did not end in time. */
  STORAGE_LOCKED: NoData;
  /** Another page or worker has written meanwhile: nothing of the operation was stored. */
  STORAGE_CHANGED: NoData;
  /** Local changes, or files that git does not know, are in the way. isomorphic-git's own code. */
  CheckoutConflictError: {
    /** Their paths in the working tree. */
    filepaths: readonly string[];
    /** Of a `stash` that fails after it was written: its oid, by which it is in the list. */
    stash?: string;
  };
  /** A tree names a path that must not be written, such as `.git/config`. isomorphic-git's own code. */
  UnsafeFilepathError: {
    /** The path. */
    filepath: string;
  };
  /** A tree has more paths, or longer ones, than a limit allows. */
  TREE_LIMIT: {
    /** The limit's name. */
    limit: string;
    /** The limit's value. */
    value: number;
  };
  /** Conflicts are to be resolved first, of a merge, a stash or another command. isomorphic-git's own code. */
  UnmergedPathsError: {
    /** Their paths in the working tree. */
    filepaths: readonly string[];
  };
  /** A submodule is not touched: what is said of it must not be followed, or something would be lost. */
  SUBMODULE_REFUSED: {
    /** Its path, from the working tree of the first superproject on. */
    path: string;
    /** Why: docs/protocol.md says what each of them is. */
    reason:
      | 'file'
      | 'undeclared'
      | 'name'
      | 'url'
      | 'in-the-way'
      | 'missing'
      | 'commits'
      | 'inside'
      | 'limit';
  };
  /** A merge waits for its commit (`MERGE_HEAD` is there), and the command would lose that. */
  MERGE_NOT_CONCLUDED: {
    /** What was called. */
    command: string;
  };
  /**
   * The sparse checkout of a repository is not one of cone mode, or a command cannot keep it: isomorphic-git's
   * own ones that write files know none.
   */
  UNSUPPORTED_SPARSE_CHECKOUT: {
    /** isomorphic-git's command that cannot keep one. */
    command?: string;
  };
  /** Paths are outside of the sparse checkout, and a command is not to change what is not here. */
  OUTSIDE_SPARSE_CHECKOUT: {
    /** Their paths in the working tree. */
    filepaths: readonly string[];
  };
  /** The index is damaged, or of a kind that is not known here, such as a split one. */
  UNREADABLE_INDEX: NoData;
  /** Another program holds `index.lock` or `info/sparse-checkout.lock`, or has left it behind. */
  INDEX_LOCKED: {
    /** The lock's path. */
    path: string;
  };
  /** A ref says something else than it did when it was read: somebody else has changed it. */
  REF_CHANGED: {
    /** Its full name. */
    ref: string;
  };
  /** A ref's name is in the way of another one's, as `x` is of `x/y`. */
  REF_CONFLICT: {
    /** Its full name. */
    ref: string;
    /** The name that is in its way. */
    other: string;
  };
  /** Another program holds the lock of a ref, or has left it behind. */
  REF_LOCKED: {
    /** Its full name. */
    ref: string;
    /** The lock's path. */
    path: string;
  };
  /** A fetch has brought refs that must not be changed so, and has changed all others. */
  REF_REJECTED: {
    /** Each of them. */
    rejected: readonly {
      /** Its full name in this repository. */
      ref: string;
      /** In git's words. */
      reason: string;
    }[];
  };
  /** There is no such ref. isomorphic-git's own code. */
  NotFoundError: {
    /** What there is not. */
    what: string;
  };
  /** The server cannot do what was asked for. isomorphic-git's own code. */
  RemoteCapabilityError: {
    /** Its name. */
    capability: string;
  };
  /** The repository lacks an object that is needed, or has a damaged one. */
  OBJECT_UNAVAILABLE: {
    /** The object. */
    oid: string;
    /** Of a `stash` that fails after it was written: its oid, by which it is in the list. */
    stash?: string;
  };
  /** The worker of `gitws/worker` cannot be started: its script cannot be loaded, or is another one. */
  WORKER_UNAVAILABLE: NoData;
  /** The worker of `gitws/worker` died: no memory, somebody ended it, or a fault of its own. */
  WORKER_FAILED: NoData;
  /** What `startGit` gave is closed, or was while the call ran. */
  WORKER_CLOSED: NoData;
}

/** What happened: stable, unlike the sentence. */
export type ErrorCode = keyof ErrorData;
