/** What the end of a connection means for the channel that it carried. */
import type { GitWsError } from '../../base/errors.js';
import { closeCodes, closeError, isFrameBreach, isResumableClose } from '../machine/close.js';
import { connectionFailed, notResumed } from './failures.js';

/** How a connection ended. */
export interface ConnectionEnd {
  readonly code: number;
  readonly reason: string;
  readonly cause: unknown;
}

/** How far the channel was. */
export interface ChannelMoment {
  /** Whether the server's `open` has ever come. */
  readonly isGreeted: boolean;
  /** Whether this was an attempt to resume. */
  readonly isInterrupted: boolean;
  /** Attempts that were given up, of which the server may hear yet. */
  readonly givenUp: number;
  /** Why the connection was lost that is being resumed. */
  readonly loss: GitWsError | undefined;
}

/** Whether there may be another connection, and why this one ended. */
export interface Loss {
  readonly isFinal: boolean;
  readonly error: GitWsError;
  /** Whether one of the attempts that were given up explains it. */
  readonly isOwnTakeover?: boolean;
}

/** @returns what it means, where git's exit is not known. */
export function lossOf(end: ConnectionEnd, moment: ChannelMoment): Loss {
  const { code, reason, cause } = end;
  const { isGreeted, isInterrupted, givenUp, loss } = moment;
  const error = closeError(code, reason, cause);
  if (isFrameBreach(code, cause)) return { isFinal: true, error };
  if (!isGreeted && code < 4000) return { isFinal: true, error: connectionFailed(code, cause) };
  if (isResumableClose(code)) {
    return { isFinal: false, error: isInterrupted ? connectionFailed(code, cause) : error };
  }
  if (code === closeCodes.tooMany && isInterrupted) return { isFinal: false, error };
  if (code === closeCodes.takenOver && givenUp > 0) {
    return { isFinal: false, error, isOwnTakeover: true };
  }
  if (code === closeCodes.sessionGone && loss !== undefined) {
    const why = 'the server has it no more';
    return { isFinal: true, error: notResumed(loss, why, closeCodes.sessionGone) };
  }
  return { isFinal: true, error };
}
