/** What went wrong, as a sentence that helps. */
import type { ErrorCode } from '../../base/error-data.js';

/** What a page may want to tell apart. */
export type FailureKind =
  'offline' | 'sign-in' | 'forbidden' | 'missing' | 'rejected' | 'storage' | 'blocked' | 'other';

/** For a person. */
export interface Failure {
  readonly kind: FailureKind;
  readonly title: string;
  readonly text: string;
  readonly error: unknown;
}

interface Known {
  readonly code?: string;
  readonly message?: string;
  readonly data?: {
    readonly status?: number;
    readonly statusCode?: number;
    readonly prettyDetails?: string;
    readonly result?: {
      readonly refs?: Record<string, { readonly ok: boolean; readonly error: string }>;
    };
  };
  readonly cause?: unknown;
}

const known = (error: unknown): Known => error ?? {};

/** @returns whether a server answered with this status. */
export function isStatus(error: unknown, status: number): boolean {
  return statusOf(error) === status;
}

function statusOf(error: unknown): number | undefined {
  const { data, cause } = known(error);
  const own = data?.statusCode ?? data?.status;
  return own ?? (cause === undefined ? undefined : statusOf(cause));
}

/** @returns whether somebody has chosen not to go on. */
export function isCanceled(error: unknown): boolean {
  return ['UserCanceledError', 'WORKER_CLOSED'].includes(codeOf(error));
}

/** @returns the code of an error, or ''. */
export function codeOf(error: unknown): string {
  return known(error).code ?? '';
}

/** A code is known, so that none is listed that there is not. */
type Listed<Code extends ErrorCode> = Code;

/** Of which the error's own sentence says all that a reader can do something about. It costs a page nothing here. */
type SaysItself = Listed<
  // What a server, or the repository, has wrong.
  | ('REFUSED' | 'HttpError' | 'REMOTE_EXIT' | 'REMOTE_ERROR' | 'PROTOCOL_ERROR')
  | ('MALFORMED_PKT_LINE' | 'MALFORMED_ADVERTISEMENT' | 'INVALID_REF_NAME' | 'CORRUPT_PACK')
  | ('UNSUPPORTED_OBJECT_FORMAT' | 'MISSING_OBJECTS' | 'UNSUPPORTED_CAPABILITY')
  | ('RemoteCapabilityError' | 'UnsafeFilepathError' | 'CREDENTIALS_TOO_LONG')
  // What is too large.
  | ('ANSWER_LIMIT' | 'PACK_LIMIT' | 'TREE_LIMIT')
  // Of pushes, which `whyRejected` explains.
  | ('PushRejectedError' | 'PUSH_OUTCOME_UNKNOWN')
  // Of refs that others change.
  | ('REF_CHANGED' | 'REF_CONFLICT' | 'REF_LOCKED' | 'REF_REJECTED')
  // Of a working tree, which an element has none of, and of calls that it does not make.
  | ('CheckoutConflictError' | 'UnmergedPathsError' | 'SUBMODULE_REFUSED' | 'MERGE_NOT_CONCLUDED')
  | ('UNSUPPORTED_SPARSE_CHECKOUT' | 'OUTSIDE_SPARSE_CHECKOUT' | 'INVALID_OPTION')
  | ('UNREADABLE_INDEX' | 'INDEX_LOCKED' | 'CALLBACK_FAILED')
  // Of what was given up, of which nothing is said.
  | 'WORKER_CLOSED'
>;

/** Each of these has a sentence of its own below. */
type HasItsOwn = Listed<
  'UserCanceledError' | 'NotFoundError' | 'OBJECT_UNAVAILABLE' | 'INVALID_URL'
>;

/** What is said of all others: a code that is new to the library has to be put here, or above. */
const groups: Readonly<Record<string, Group | undefined>> = {
  CONNECTION_FAILED: 'offline',
  CONNECTION_LOST: 'offline',
  TIMEOUT: 'offline',
  QUOTA: 'storage',
  STORAGE_LOCKED: 'storage',
  FILE_SYSTEM_FAILED: 'storage',
  STORAGE_CHANGED: 'storage',
  WORKER_UNAVAILABLE: 'blocked',
  PACK_ENGINE_UNAVAILABLE: 'blocked',
  WORKER_FAILED: 'blocked',
  PACK_ENGINE_FAILED: 'blocked',
} satisfies Record<Exclude<ErrorCode, SaysItself | HasItsOwn>, Group>;

type Group = 'offline' | 'storage' | 'blocked';

/** @param host of the repository, for sentences. */
export function explain(error: unknown, host: string): Failure {
  const { kind, title, text } = sentence(error, host);
  return { kind, title, text, error };
}

function sentence(error: unknown, host: string): Omit<Failure, 'error'> {
  const code = codeOf(error);
  const group = groups[code];
  const status = statusOf(error);
  const { message = String(error) } = known(error);
  if (code === 'OBJECT_UNAVAILABLE') {
    const { cause } = known(error);
    if (groups[codeOf(cause)] === 'offline') return sentence(cause, host);
    return {
      ...{ kind: 'missing', title: 'This part could not be fetched' },
      text: `${host} no longer has it, or does not give it out.`,
    };
  }
  if (group === 'offline') {
    const isOffline = globalThis.navigator.onLine === false;
    return isOffline
      ? {
          ...{ kind: group, title: 'You are offline' },
          text: 'This has not been loaded before. Connect to the internet, and try again.',
        }
      : {
          ...{ kind: group, title: `${host} does not answer` },
          text: 'The server may be down, or may not let this page connect. Try again in a moment.',
        };
  }
  if (status === 401 || code === 'UserCanceledError') {
    return {
      ...{ kind: 'sign-in', title: 'A sign-in is needed' },
      text: `${host} shows this repository only to those who sign in.`,
    };
  }
  if (status === 403) {
    return { kind: 'forbidden', title: 'Not allowed', text: `${host} does not let you do this.` };
  }
  if (status === 404) {
    return {
      ...{ kind: 'missing', title: 'There is no such repository' },
      text: `${host} has none at this address. Is it spelled right?`,
    };
  }
  if (code === 'NotFoundError') {
    return {
      kind: 'missing',
      title: 'There is no such version',
      text: 'The repository has no branch or tag of this name.',
    };
  }
  if (code === 'INVALID_URL') {
    return { kind: 'other', title: 'The address is none of a repository', text: message };
  }
  if (group === 'storage') {
    return { kind: group, title: 'The browser’s storage could not be used', text: message };
  }
  if (group === 'blocked') {
    return {
      ...{ kind: group, title: 'git does not run here' },
      text: 'This page may forbid it, or memory ran out. Try again.',
    };
  }
  return { kind: 'other', title: 'That did not work', text: message };
}

/** @returns why a push was refused, in the server's words where it said any. */
export function whyRejected(error: unknown): { readonly isBehind: boolean; readonly text: string } {
  const { data, message = String(error) } = known(error);
  const reasons = Object.values(data?.result?.refs ?? {})
    .filter(({ ok }) => !ok)
    .map((one) => one.error);
  const reason = reasons.join(', ') || message;
  const isBehind =
    codeOf(error) === 'PushRejectedError' || /fast-forward|fetch first|stale|lock/i.test(reason);
  return { isBehind, text: reason };
}
