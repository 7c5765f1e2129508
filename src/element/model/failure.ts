/** What went wrong, as a sentence that helps. */

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

const unreachable = new Set(['CONNECTION_FAILED', 'CONNECTION_LOST', 'TIMEOUT']);
const stored = new Set(['QUOTA', 'STORAGE_LOCKED', 'FILE_SYSTEM_FAILED', 'STORAGE_CHANGED']);

/** @param host of the repository, for sentences. */
export function explain(error: unknown, host: string): Failure {
  const { kind, title, text } = sentence(error, host);
  return { kind, title, text, error };
}

function sentence(error: unknown, host: string): Omit<Failure, 'error'> {
  const code = codeOf(error);
  const status = statusOf(error);
  const { message = String(error) } = known(error);
  if (code === 'OBJECT_UNAVAILABLE') {
    const { cause } = known(error);
    if (unreachable.has(codeOf(cause))) return sentence(cause, host);
    return {
      ...{ kind: 'missing', title: 'This part could not be fetched' },
      text: `${host} no longer has it, or does not give it out.`,
    };
  }
  if (unreachable.has(code)) {
    const isOffline = globalThis.navigator.onLine === false;
    return isOffline
      ? {
          ...{ kind: 'offline', title: 'You are offline' },
          text: 'This has not been loaded before. Connect to the internet, and try again.',
        }
      : {
          ...{ kind: 'offline', title: `${host} does not answer` },
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
  if (stored.has(code)) {
    return { kind: 'storage', title: 'The browser’s storage could not be used', text: message };
  }
  if (code === 'WORKER_UNAVAILABLE') {
    return {
      ...{ kind: 'blocked', title: 'git could not be started' },
      text: 'This page may forbid workers, or the script could not be loaded.',
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
