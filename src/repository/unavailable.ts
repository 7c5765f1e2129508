import { GitWsError } from '../base/errors.js';

/** @returns the error for an object that is needed, and cannot be had. */
export function unavailable(oid: string): GitWsError {
  const message = `The repository lacks object ${oid}, or has it damaged.`;
  return new GitWsError('OBJECT_UNAVAILABLE', message, { data: { oid } });
}
