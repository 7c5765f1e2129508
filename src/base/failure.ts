/**
 * Makes an error of whatever a stranger's promise is rejected with. That may be any value: a browser
 * rejects with null. Whoever then asks "is there an error?" takes null, undefined, '' and 0 for
 * success, isomorphic-git among them, so no such value goes past here.
 */
import { GitWsError } from './errors.js';

/**
 * Calls a function of the caller's.
 *
 * @param name the option that it was given as, for example `onProgress`.
 * @param call calls it.
 * @returns what it returns, or resolves with.
 * @throws what it throws or rejects with, as {@link callbackFailure} has it.
 */
export async function callBack<Result>(name: string, call: () => Result): Promise<Awaited<Result>> {
  try {
    return await call();
  } catch (reason) {
    throw callbackFailure(reason, name);
  }
}

/**
 * Does something with the caller's file system.
 *
 * @throws what that throws or rejects with, as {@link fileSystemFailure} has it.
 */
export async function useFileSystem<Result>(use: () => Result): Promise<Awaited<Result>> {
  try {
    return await use();
  } catch (reason) {
    throw fileSystemFailure(reason);
  }
}

/**
 * @param reason what a function of the caller's threw or rejected with.
 * @param callback the option that it was given as.
 * @returns the reason where it is an error, else CALLBACK_FAILED (data: `callback`) with it as `cause`.
 */
export function callbackFailure(reason: unknown, callback: string): Error {
  if (isError(reason)) return reason;
  const message = `${callback} failed with ${describe(reason)}, and no error.`;
  return new GitWsError('CALLBACK_FAILED', message, { data: { callback }, cause: reason });
}

/**
 * @param reason what a file system threw or rejected with.
 * @returns QUOTA where there is no room left, with the reason as `cause`; the reason where it is any
 *   other error; else FILE_SYSTEM_FAILED with it as `cause`.
 */
export function fileSystemFailure(reason: unknown): Error {
  if (isQuota(reason)) {
    const message = 'There is no room left for what was fetched.';
    return new GitWsError('QUOTA', message, { cause: reason });
  }
  if (isError(reason)) return reason;
  const message =
    `The file system failed with ${describe(reason)}, and no error. Browsers do so with what is ` +
    'too large for them, in private windows above all.';
  return new GitWsError('FILE_SYSTEM_FAILED', message, { cause: reason });
}

/** @returns what an error says, or the value itself as text: a rejection may be any value. */
export function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/** Whether a value is an error. `instanceof` fails for those of another window or frame. */
export function isError(reason: unknown): reason is Error {
  if (reason instanceof Error) return true;
  const tag = Object.prototype.toString.call(reason);
  return tag === '[object Error]' || tag === '[object DOMException]';
}

/** Whether it says that a quota, or the disk, is used up: by a browser's name or by Node's code. */
function isQuota(reason: unknown): boolean {
  if (typeof reason !== 'object' || reason === null) return false;
  const { name, code } = reason as { name?: unknown; code?: unknown };
  return name === 'QuotaExceededError' || code === 'ENOSPC' || code === 'EDQUOT';
}

/** A value as a sentence names it. What an object says is not known to be short, or harmless. */
function describe(reason: unknown): string {
  if (typeof reason === 'string') return reason === '' ? 'an empty string' : 'a string';
  if (typeof reason === 'object' && reason !== null) return 'an object';
  return typeof reason === 'function' ? 'a function' : String(reason);
}
