/**
 * What ends a session from outside: a git that says nothing, and a session that takes for ever.
 * Times of silence between messages are the session's own.
 */
import { closeCodes } from '../src/tunnel/machine/close.js';
import type { Limits } from './limits.js';
import { endingOf, type RunningService } from './process-end.js';
import type { RunningSession } from './running-session.js';

/** Watches a session that has just begun, until it is over. */
export function setDeadlines(
  session: RunningSession,
  { service, child }: RunningService,
  limits: Limits,
): void {
  const ending = endingOf(service, limits);
  // upload-archive speaks only when it is asked.
  const first =
    service === 'git-upload-archive'
      ? undefined
      : setTimeout(() => {
          session.end(closeCodes.timedOut, 'git said nothing for too long.');
          child.end(ending);
        }, limits.firstByteTime);
  child.stdout.once('data', () => {
    clearTimeout(first);
  });
  let total = setTimeout(() => {
    session.end(closeCodes.timedOut, 'The session took too long.');
    // A push that has arrived whole goes on: but a hook that hangs must not hold its place for ever.
    total = setTimeout(() => {
      child.end({ ...ending, term: 0 });
    }, limits.totalTime);
  }, limits.totalTime);
  void session.over
    .catch(() => undefined)
    .then(() => {
      clearTimeout(first);
      clearTimeout(total);
    });
}
