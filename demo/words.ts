/** Errors as sentences for a person. */
import { isGitWsError, type ConnectionEvent } from 'gitws';
import { formatBytes } from './format.js';
import { sentenceOf, type Data } from './sentences.js';
import type { Notice } from './state/session.js';

/** An error as a notice. The code stays visible: it is what documentation speaks of. */
export function explain(error: unknown): Notice {
  const { code, name, message, data } = describe(error);
  const known = sentenceOf(code ?? name, data, message);
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

/** Why a ref was not pushed, in a sentence. */
export function explainRejection(reason: string): string {
  if (isStale(reason)) return 'the server’s branch has moved since it was looked at';
  if (isBehind(reason)) return 'the server has commits that are not here yet';
  if (reason === 'tag-exists') return 'the server has a tag of this name at something else';
  return reason;
}

/** Whether a push with a lease was refused: the ref is not what was to be overwritten. */
export function isStale(reason: string): boolean {
  return /^stale[- ]info$/.test(reason);
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
