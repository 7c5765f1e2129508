/**
 * Errors on their way between page and worker. A structured clone keeps neither class nor `code`, and
 * a rejection may be any value.
 */
import { errorOfFacts, isGitWsError, type GitWsError } from '../base/errors.js';
import { isError } from '../base/failure.js';

/** A rejection that can be sent. */
export type Carried = CarriedError | { readonly value: unknown };

interface CarriedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly kind: 'gitws' | 'dom' | 'other';
  /** What else stands in it: `code`, `data`, `caller`, `errno`. */
  readonly rest: Readonly<Record<string, unknown>>;
  readonly cause?: Carried;
  /** Of an error that is several. */
  readonly errors?: readonly Carried[];
  /** Where the page has thrown it: its number there. */
  readonly own?: number;
}

/** Numbers of the page's own errors, while they are in the worker. */
const ownNumbers = new WeakMap<object, number>();

/** How many causes of causes are carried. */
const deepest = 8;

/**
 * @param reason any value.
 * @param keep in the page: keeps the error, so that it comes back as it was. @returns its number.
 */
export function carry(reason: unknown, keep?: (error: object) => number, depth = 0): Carried {
  if (!isError(reason)) return { value: sendable(reason) };
  const { name, message, stack } = reason;
  const { cause, errors, ...rest } = factsOf(reason);
  const own = keep?.(reason) ?? ownNumbers.get(reason);
  const inner = (one: unknown): Carried => carry(one, keep, depth + 1);
  return {
    ...{ name: String(name), message: String(message), stack },
    kind: isGitWsError(reason) ? 'gitws' : isDomException(reason) ? 'dom' : 'other',
    rest: Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, sendable(value)])),
    ...('cause' in reason && depth < deepest ? { cause: inner(cause ?? reason.cause) } : {}),
    ...(Array.isArray(errors) && depth < deepest ? { errors: errors.map(inner) } : {}),
    ...(own === undefined ? {} : { own }),
  };
}

/** What errors become where they arrive. */
export interface Arrival {
  /** Classes for errors of isomorphic-git, by their codes. */
  readonly classes?: ReadonlyMap<string, new (message: string) => Error> | undefined;
  /** @returns an error that was thrown here. */
  readonly own?: (number: number) => unknown;
}

/** @returns what was carried: an error of its class, with all that was known of it. */
export function restore(carried: Carried, arrival: Arrival = {}): unknown {
  if ('value' in carried) return carried.value;
  const own = carried.own === undefined ? undefined : arrival.own?.(carried.own);
  if (own !== undefined) return own;
  const error = errorOf(carried, arrival);
  if (carried.own !== undefined) ownNumbers.set(error, carried.own);
  return error;
}

function errorOf(carried: CarriedError, arrival: Arrival): Error {
  const { name, message, stack, kind, rest, errors } = carried;
  const cause = carried.cause === undefined ? {} : { cause: restore(carried.cause, arrival) };
  if (kind === 'gitws') {
    const { code, data, retryable, ...others } = rest as Partial<GitWsError>;
    const error = errorOfFacts(code ?? 'WORKER_FAILED', message, {
      ...cause,
      ...(data === undefined ? {} : { data }),
      ...(retryable === undefined ? {} : { retryable }),
    });
    return withStack(Object.assign(error, others), stack);
  }
  if (kind === 'dom' && typeof globalThis.DOMException === 'function') {
    return withStack(new globalThis.DOMException(message, name), stack);
  }
  const Class = arrival.classes?.get(String(rest['code'])) ?? builtIn[name] ?? Error;
  const error = new Class(message);
  if (error.name !== name) error.name = name;
  Object.assign(error, rest, cause);
  if (errors !== undefined) {
    Object.assign(error, { errors: errors.map((one) => restore(one, arrival)) });
  }
  return withStack(error, stack);
}

const builtIn: Readonly<Record<string, new (message: string) => Error>> = {
  ...{ TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError },
};

function withStack(error: Error, value: string | undefined): Error {
  Object.defineProperty(error, 'stack', { value, configurable: true, writable: true });
  return error;
}

/** What stands in an error itself, but for what every error has. */
function factsOf(error: Error): Record<string, unknown> {
  const entries = Object.entries(error).filter(([key]) => !always.has(key));
  return Object.fromEntries(entries);
}

const always = new Set(['name', 'message', 'stack']);

function isDomException(reason: object): boolean {
  return Object.prototype.toString.call(reason) === '[object DOMException]';
}

/** @returns the value as far as it can be sent. */
function sendable(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    // A function, or something with one in it.
    if (typeof value !== 'object' || value === null) return String(value);
    const parts = Object.entries(value).filter(([, part]) => isSendable(part));
    return structuredClone(Object.fromEntries(parts));
  }
}

function isSendable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
