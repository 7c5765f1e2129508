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
  if (isGitWsError(error, 'CheckoutConflictError')) {
    return new Errors.CheckoutConflictError([...error.data.filepaths]);
  }
  if (isGitWsError(error, 'UnmergedPathsError')) {
    return unmergedError(error.data.filepaths);
  }
  if (isGitWsError(error, 'NotFoundError')) return new Errors.NotFoundError(error.data.what);
  if (isGitWsError(error, 'PushRejectedError')) {
    const { data, message } = error;
    // It has sentences for its own reasons alone.
    const isOurs = data.reason === 'stale-info';
    const rejected = new Errors.PushRejectedError(isOurs ? 'not-fast-forward' : data.reason);
    return Object.assign(rejected, isOurs ? { data, message } : { data });
  }
  if (!isGitWsError(error, 'RemoteCapabilityError')) return undefined;
  const { capability } = error.data;
  type Capability = ConstructorParameters<typeof Errors.RemoteCapabilityError>[0];
  const parameter = parameters[capability] ?? 'depth';
  return new Errors.RemoteCapabilityError(capability as Capability, parameter);
}

/**
 * @param filepaths what is to be resolved; each once is enough.
 * @returns isomorphic-git's UnmergedPathsError, whose own sentence names no file (1.44: a function in their place).
 */
export function unmergedError(filepaths: Iterable<string>): Error {
  const all = [...new Set(filepaths)];
  const first = all.slice(0, 5).join(', ');
  const named = all.length > 5 ? `${first} and ${all.length - 5} more` : first;
  const message = `Conflicts are to be resolved first: ${named}. Make each file what it is to be, and add it, or remove it.`;
  return Object.assign(new isomorphicGit.Errors.UnmergedPathsError(all), { message });
}

/** By what isomorphic-git calls the option that needs a capability. */
const parameters: Record<string, 'depth' | 'since' | 'exclude' | 'relative'> = {
  'deepen-since': 'since',
  'deepen-not': 'exclude',
  'deepen-relative': 'relative',
};
