/** What a channel's caller hears where there is no connection, or none any more. */
import { GitWsError } from '../../base/errors.js';
import { subprotocol } from '../machine/subprotocol.js';

/** The caller's signal, or the caller, ended it. */
export function canceled(cause: unknown): GitWsError {
  return new GitWsError('UserCanceledError', 'The operation was canceled.', { cause });
}

/** @param time that the server had, in ms. */
export function noAnswer(time: number): GitWsError {
  const message = `The server did not answer within ${time / 1000} seconds.`;
  return new GitWsError('TIMEOUT', message, { retryable: true });
}

/** Something else answers WebSockets there. */
export function notGitWs(): GitWsError {
  return new GitWsError(
    'CONNECTION_FAILED',
    `The server answers WebSockets but does not speak ${subprotocol}.`,
  );
}

/** The socket never opened. @param code how it closed. @param cause what Node says of it. */
export function connectionFailed(code: number, cause: unknown): GitWsError {
  // A page is told nothing more, by design of the platform; Node says why.
  const why = cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : '';
  // As ws says it where there was an HTTP answer: that of another kind of server, mostly.
  const isAnswered = why.startsWith(' (Unexpected server response');
  const what = isAnswered ? 'accepted no WebSocket' : 'could not be reached';
  return new GitWsError('CONNECTION_FAILED', `The server ${what}${why}.`, {
    cause,
    data: { closeCode: code },
    retryable: true,
  });
}

/**
 * @param loss how the connection was lost.
 * @param why completes "could not be resumed: …".
 * @param closeCode what the server said to that, if it did.
 */
export function notResumed(loss: GitWsError, why: string, closeCode?: number): GitWsError {
  const sentence = `The connection was lost and could not be resumed: ${why}`.replace(/\.?$/, '.');
  const data = { ...loss.data, notResumed: why, ...(closeCode === undefined ? {} : { closeCode }) };
  return new GitWsError('CONNECTION_LOST', sentence, { data, cause: loss, retryable: true });
}

/** Credentials may come over the same network that is gone at present. */
export function noCredentials(cause: unknown): GitWsError {
  const message = `There were no credentials to resume with: ${String(cause)}`;
  return new GitWsError('CONNECTION_LOST', message, { cause, retryable: true });
}
