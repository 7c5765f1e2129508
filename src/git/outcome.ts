/** What a command of gitws/git rejects with: an error in any case, of isomorphic-git's classes where it has one. */
import * as isomorphicGit from 'isomorphic-git';
import { isGitWsError, type GitWsError } from '../base/errors.js';
import { fileSystemFailure } from '../base/failure.js';

/**
 * @param reason what was thrown, which may be any value: what is not of callbacks, they being called by
 *   `callBack`, is of the file system.
 */
export function failureOf(reason: unknown): unknown {
  const error = fileSystemFailure(reason);
  return isGitWsError(error) ? (asIsomorphic(error) ?? error) : error;
}

/** What isomorphic-git has an error class for is one of it: applications ask with `instanceof`. */
function asIsomorphic(error: GitWsError): Error | undefined {
  const { Errors } = isomorphicGit;
  const { filepaths, what, capability, reason } = error.data as {
    filepaths?: string[];
    reason?: string;
    what?: string;
    capability?: string;
  };
  if (error.code === 'CheckoutConflictError' && filepaths !== undefined) {
    return new Errors.CheckoutConflictError(filepaths);
  }
  if (error.code === 'UnmergedPathsError' && filepaths !== undefined) {
    return new Errors.UnmergedPathsError(filepaths);
  }
  if (error.code === 'NotFoundError' && what !== undefined) return new Errors.NotFoundError(what);
  if (error.code === 'PushRejectedError') {
    const rejected = new Errors.PushRejectedError(reason as 'not-fast-forward');
    // It has sentences for its own reasons alone.
    const { data, message } = error;
    return Object.assign(rejected, reason === 'stale-info' ? { data, message } : { data });
  }
  if (error.code !== 'RemoteCapabilityError' || capability === undefined) return undefined;
  type Capability = ConstructorParameters<typeof Errors.RemoteCapabilityError>[0];
  const parameter = parameters[capability] ?? 'depth';
  return new Errors.RemoteCapabilityError(capability as Capability, parameter);
}

/** By what isomorphic-git calls the option that needs a capability. */
const parameters: Record<string, 'depth' | 'since' | 'exclude' | 'relative'> = {
  'deepen-since': 'since',
  'deepen-not': 'exclude',
  'deepen-relative': 'relative',
};
