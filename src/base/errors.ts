/**
 * The one error class of the library and the server. Callers branch on `code`, never on the
 * sentence; what a program may want to know stands in `data`, what caused it in `cause`.
 * Where isomorphic-git has a code of its own for the same thing, that code is used.
 */
import type { ErrorCode, ErrorData, RefInDoubt } from './error-data.js';

export type { ErrorCode, ErrorData, RefInDoubt };

/** What may come with a {@link GitWsError} beside its code and sentence. */
export interface GitWsErrorOptions<Code extends ErrorCode = ErrorCode> {
  /** Facts for programs: plain values only, never a credential or a server's path. */
  readonly data?: Readonly<ErrorData[Code]>;
  /** What was thrown or reported before, and led to this. */
  readonly cause?: unknown;
  /** Whether the same call may succeed if it is made again later. Default false. */
  readonly retryable?: boolean;
}

/** Options that may be left out where the code's `data` has nothing that must be there. */
type OptionsOf<Code extends ErrorCode> =
  Record<never, never> extends ErrorData[Code]
    ? [options?: GitWsErrorOptions<Code>]
    : [options: GitWsErrorOptions<Code> & { readonly data: Readonly<ErrorData[Code]> }];

/** A code, a sentence for a person, and options that fit the code. */
type ErrorArguments = {
  [Code in ErrorCode]: [code: Code, message: string, ...OptionsOf<Code>];
}[ErrorCode];

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
   * Makes one: `new GitWsError('REFUSED', 'Later.', { data: { closeCode, status, reason } })`.
   *
   * @param given a code, a sentence for a person, and {@link GitWsErrorOptions}, which may be left out
   *   where the code's `data` has nothing that must be there.
   */
  constructor(...[code, message, options = {}]: ErrorArguments) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = code;
    this.code = code;
    this.data = options.data ?? {};
    this.retryable = options.retryable ?? false;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** A {@link GitWsError} of which the code is known, and so what `data` has. */
export type GitWsErrorOf<Code extends ErrorCode> = GitWsError & {
  /** What happened. */
  readonly code: Code;
  /** The facts that belong to it. */
  readonly data: Readonly<ErrorData[Code]>;
};

/**
 * Makes an error again that another realm, or an earlier error, has told the facts of.
 *
 * @param code as it was said there, with the data that belongs to it.
 */
export function errorOfFacts(
  code: ErrorCode,
  message: string,
  options: Omit<GitWsErrorOptions, 'data'> & { readonly data?: GitWsError['data'] },
): GitWsError {
  return new GitWsError(...([code, message, options] as ErrorArguments));
}

/**
 * Tells a {@link GitWsError} from other errors, also when it was made by another copy of this
 * library or in another realm, where `instanceof` fails.
 *
 * @param error anything that was thrown.
 */
export function isGitWsError(error: unknown): error is GitWsError;
/**
 * The same for one code, of which `data` is then known.
 *
 * @param error anything that was thrown.
 * @param code only an error with this code counts.
 */
export function isGitWsError<Code extends ErrorCode>(
  error: unknown,
  code: Code,
): error is GitWsErrorOf<Code>;
export function isGitWsError(error: unknown, code?: ErrorCode): error is GitWsError {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false;
  return code === undefined || ('code' in error && error.code === code);
}
