/**
 * What ends a session from outside: a git that says nothing, and a session that takes for ever.
 * Times of silence between messages are the session's own.
 */
import { closeCodes } from '../../src/tunnel/machine/close.js';
import type { Limits } from '../limits/limits.js';
import type { RunningService } from './service-end.js';
import { services } from '../services.js';
import type { RunningSession } from './running-session.js';

/** Watches a session that has just begun, until it is over. */
export function setDeadlines(
  session: RunningSession,
  { service, running }: RunningService,
  limits: Limits,
): void {
  const { speaksFirst } = services[service];
  const ending = services[service].ending(limits);
  const first = speaksFirst
    ? setTimeout(() => {
        session.end(closeCodes.timedOut, 'git said nothing for too long.');
        running.end(ending);
      }, limits.firstByteTime)
    : undefined;
  running.stdout.once('data', () => {
    clearTimeout(first);
  });
  let total = setTimeout(() => {
    // Defence: a session has a longest time.
    session.end(closeCodes.timedOut, 'The session took too long.');
    // A push that has arrived whole goes on: but a hook that hangs must not hold its place for ever.
    total = setTimeout(() => {
      running.end({ ...ending, term: 0 });
    }, limits.totalTime);
  }, limits.totalTime);
  void session.over
    .catch(() => undefined)
    .then(() => {
      clearTimeout(first);
      clearTimeout(total);
    });
}
