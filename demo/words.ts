/** Errors as sentences for a person. */
import { isGitWsError, type ConnectionEvent } from 'gitws';
import { formatBytes } from './format.js';
import type { Notice } from './state/session.js';

interface Sentence {
  readonly title: string;
  readonly text?: string;
}

/** An error as a notice. The code stays visible: it is what documentation speaks of. */
export function explain(error: unknown): Notice {
  const { code, name, message, data } = describe(error);
  const known = sentences[code ?? name]?.(data, message);
  return {
    tone: 'bad',
    title: known?.title ?? 'That did not work',
    text: known?.text ?? message,
    code: code ?? (name === 'Error' ? undefined : name),
    paths: asPaths(data['filepaths']),
  };
}

/** Whether an error only says that somebody wanted to stop. */
export function isCancel(error: unknown): boolean {
  return describe(error).code === 'UserCanceledError';
}

/** What to say while a connection is lost; undefined while there is one. */
export function describeInterruption(event: ConnectionEvent): string | undefined {
  const { attempt, received, state, wait } = event;
  if (state === 'open' || state === 'resumed' || attempt === 0) return undefined;
  const where = `Connection lost, going on at ${formatBytes(received)}`;
  return wait < 1000 ? where : `${where} (next try in ${Math.round(wait / 1000)} s)`;
}

type Data = Readonly<Record<string, unknown>>;

const sentences: Readonly<Record<string, (data: Data, message: string) => Sentence>> = {
  INVALID_URL: (_, message) => ({ title: 'This is no address of a repository', text: message }),
  UrlParseError: () => ({ title: 'This is no address of a repository' }),
  CONNECTION_LOST: () => ({
    title: 'The connection was lost',
    text: 'It could not be taken up again before the server gave the transfer up. Nothing half-received was kept: try again.',
  }),
  TIMEOUT: () => ({
    title: 'The server did not answer in time',
    text: 'It took the connection, but said nothing. It may be busy: try again later.',
  }),
  PROTOCOL_ERROR: () => ({
    title: 'The server does not speak gitws.v1',
    text: 'It answered with something that this page does not understand.',
  }),
  HttpError: explainStatus,
  REMOTE_EXIT: (data) => ({
    title: 'git on the server failed',
    ...(typeof data['stderr'] === 'string' && data['stderr'] !== ''
      ? { text: data['stderr'] }
      : {}),
  }),
  REMOTE_ERROR: (_, message) => ({ title: 'git on the server refused', text: message }),
  CORRUPT_PACK: () => ({
    title: 'What arrived is not whole',
    text: 'The checksum of the received pack does not match its bytes. It was thrown away.',
  }),
  MISSING_OBJECTS: () => ({
    title: 'The server did not send all of it',
    text: 'Something is missing in what arrived: it was thrown away, and nothing has changed here. The repository on the server may be damaged.',
  }),
  UNSUPPORTED_OBJECT_FORMAT: () => ({
    title: 'This repository uses SHA-256',
    text: 'isomorphic-git, which this page uses, knows only SHA-1.',
  }),
  PUSH_OUTCOME_UNKNOWN: (_, message) => ({
    title: 'It is not known whether the push arrived',
    text: `${message} Your commits are still here: fetch to see what the server has.`,
  }),
  CheckoutConflictError: () => ({
    title: 'Changed files are in the way',
    text: 'These files are changed here, and would be overwritten. Commit or discard the changes first; nothing was touched.',
  }),
  MERGE_NOT_CONCLUDED: () => ({
    title: 'A merge waits for its end',
    text: 'Finish it, or abort it, and try again. Nothing was touched.',
  }),
  UnmergedPathsError: () => ({
    title: 'Not all is resolved',
    text: 'Resolve these files, and try again.',
  }),
  BranchMoved: (_, message) => ({ title: 'The branch has moved meanwhile', text: message }),
  AlreadyExistsError: () => ({ title: 'There is something of that name already' }),
  InvalidRefNameError: () => ({
    title: 'git does not allow this name',
    text: 'Use letters, digits, dots, dashes and slashes, for example fix/typo.',
  }),
  InvalidName: (_, message) => ({ title: 'This name cannot be used', text: message }),
  WORKER_FAILED: () => ({
    title: 'git in this tab has ended',
    text: 'Memory may have run out. What was saved is saved: load the page again to go on.',
  }),
  WORKER_UNAVAILABLE: (_, message) => ({
    title: 'git cannot be started in this tab',
    text: message,
  }),
  STORAGE_LOCKED: () => ({
    title: 'Another tab is at work on this repository',
    text: 'It did not end in time. Try again, or close the other tab.',
  }),
  QUOTA: explainRoom,
  QuotaExceededError: explainRoom,
};

function explainRoom(): Sentence {
  return {
    title: 'The browser has no room left',
    text: 'Remove a repository that you no longer need, and try again.',
  };
}

function explainStatus(data: Data): Sentence {
  const status = Number(data['statusCode']);
  // gitws puts the server's own sentence here.
  const reason = typeof data['statusMessage'] === 'string' ? data['statusMessage'] : '';
  const titles: Readonly<Record<number, string>> = {
    401: 'You are not signed in',
    403: 'You may not do this',
    404: 'There is no repository at this address',
    413: 'That is larger than the server allows',
    429: 'The server asks for patience',
    503: 'The server is shutting down or overloaded',
  };
  return { title: titles[status] ?? `The server answered ${status}`, text: reason };
}

/** Why a ref was not pushed, in a sentence. */
export function explainRejection(reason: string): string {
  if (isBehind(reason)) return 'the server has commits that are not here yet';
  if (reason === 'tag-exists') return 'the server has a tag of this name at something else';
  return reason;
}

/** Whether a ref was not pushed because the server is ahead. */
export function isBehind(reason: string): boolean {
  return /^(not-fast-forward|non-fast-forward|fetch first)$/.test(reason);
}

function describe(error: unknown): {
  code: string | undefined;
  name: string;
  message: string;
  data: Data;
} {
  if (isGitWsError(error)) {
    return { code: error.code, name: error.name, message: error.message, data: error.data };
  }
  if (typeof error !== 'object' || error === null) {
    return { code: undefined, name: 'Error', message: String(error), data: {} };
  }
  const { code, name, message, data } = error as Record<string, unknown>;
  return {
    // A DOMException has a number as its code.
    code: typeof code === 'string' ? code : undefined,
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : 'No more is known about it.',
    data: typeof data === 'object' && data !== null ? (data as Data) : {},
  };
}

function asPaths(value: unknown): readonly string[] | undefined {
  const isList = Array.isArray(value) && value.every((path) => typeof path === 'string');
  return isList ? value : undefined;
}
