/** The options of a connection that are times, checked: what each may be, and what it then means. */
import { GitWsError } from '../errors.js';
import { checkedDuration } from './duration.js';
import { livenessTimes, type LivenessTimes } from './liveness.js';

/**
 * Shortest silence before the client asks, in ms: twice as many pings as that allows would be more
 * uncounted messages in a second than a server takes.
 */
const leastSilence = 20;

/** Options with times, as `ChannelOptions` describes them. */
export interface ConnectionTimes {
  readonly openTimeout?: number | undefined;
  readonly resumeFor?: number | undefined;
  readonly retries?: number | undefined;
  readonly liveness?: Partial<LivenessTimes> | undefined;
}

/** @throws GitWsError INVALID_OPTION, `data` names the option. */
export function checkConnectionTimes(options: ConnectionTimes): void {
  const { openTimeout, resumeFor, retries = 0, liveness } = options;
  checkedDuration('openTimeout', openTimeout, 1);
  checkedDuration('resumeFor', resumeFor, 0);
  checkedDuration('liveness.silence', liveness?.silence, leastSilence);
  checkedDuration('liveness.answer', liveness?.answer, 1);
  if (retries === Infinity || (Number.isInteger(retries) && retries >= 0)) return;
  throw new GitWsError(
    'INVALID_OPTION',
    'retries must be a whole number, 0 or more, or Infinity.',
    {
      data: { retries },
    },
  );
}

/** @returns both times: the defaults for those that are not given. */
export function completeLiveness(given: Partial<LivenessTimes> = {}): LivenessTimes {
  const { silence = livenessTimes.silence, answer = livenessTimes.answer } = given;
  return { silence, answer };
}
