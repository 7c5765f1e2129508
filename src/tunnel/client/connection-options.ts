/** The options of a connection that are times or quantities, checked: what each may be. */
import { checkedQuantity } from '../../base/quantity.js';
import type { ChannelOptions } from './channel-options.js';
import { checkedDuration } from '../../base/duration.js';
import { livenessTimes, type LivenessTimes } from '../machine/liveness.js';
import { windowBytes } from '../machine/subprotocol.js';

/**
 * Shortest silence before the client asks, in ms: twice as many pings as that allows would be more
 * uncounted messages in a second than a server takes.
 */
export const leastSilence = 20;

/** Most bytes that `maxReplay` may be. A server's window, which is far less, ends them before. */
const mostReplay = 2 ** 31 - 1;

/** Options with times and quantities. */
export type ConnectionOptions = Pick<
  ChannelOptions,
  'window' | 'maxReplay' | 'openTimeout' | 'resumeFor' | 'retries' | 'liveness' | 'keepAlive'
>;

/** @throws GitWsError INVALID_OPTION, `data` names the option. */
export function checkConnectionOptions(options: ConnectionOptions): void {
  const { window, maxReplay, openTimeout, resumeFor, retries, liveness, keepAlive } = options;
  const { minimum: least, maximum: most } = windowBytes;
  checkedQuantity('window', window, { least, most });
  checkedQuantity('maxReplay', maxReplay, { least, most: mostReplay });
  checkedQuantity('retries', retries, { least: 0, most: Number.MAX_SAFE_INTEGER, endless: true });
  checkedDuration('openTimeout', openTimeout, 1);
  checkedDuration('resumeFor', resumeFor, 0);
  checkedDuration('keepAlive', keepAlive, 0);
  checkedDuration('liveness.silence', liveness?.silence, leastSilence);
  checkedDuration('liveness.answer', liveness?.answer, 1);
}

/** @returns both times: the defaults for those that are not given. */
export function completeLiveness(given: Partial<LivenessTimes> = {}): LivenessTimes {
  const { silence = livenessTimes.silence, answer = livenessTimes.answer } = given;
  return { silence, answer };
}
