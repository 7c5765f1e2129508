import { GitWsError } from '../base/errors.js';

/**
 * @param cause why it could not be fetched, in a partial clone.
 * @returns the error for an object that is needed, and cannot be had.
 */
export function unavailable(oid: string, cause?: unknown): GitWsError {
  if (cause !== undefined) {
    const why = cause instanceof Error ? `: ${cause.message}` : '.';
    const message = `Object ${oid} is not here, and could not be fetched${why}`;
    return new GitWsError('OBJECT_UNAVAILABLE', message, { data: { oid }, cause, retryable: true });
  }
  const message = `The repository lacks object ${oid}, or has it damaged.`;
  return new GitWsError('OBJECT_UNAVAILABLE', message, { data: { oid } });
}
