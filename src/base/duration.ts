/**
 * Options that are times, and the timers that they become. A timer of Node.js, and of a browser, that
 * is set for longer than 31 bits of ms, or for no number at all, fires at once.
 */
import { GitWsError } from './errors.js';

/** Longest that a timer can be set for, in ms: 24.8 days. */
export const longestTimer = 2 ** 31 - 1;

/**
 * @param name of the option, for the error.
 * @param value in ms; undefined for the default, Infinity for no end.
 * @param least the shortest that makes sense, in ms.
 * @returns the same value.
 * @throws GitWsError INVALID_OPTION for anything else than a number from `least` to
 *   {@link longestTimer}, or Infinity.
 */
export function checkedDuration(
  name: string,
  value: number | undefined,
  least: number,
): number | undefined {
  if (value === undefined || value === Infinity) return value;
  if (typeof value === 'number' && value >= least && value <= longestTimer) return value;
  const message = `${name} must be a time in ms, from ${least} to ${longestTimer}, or Infinity.`;
  throw new GitWsError('INVALID_OPTION', message, { data: { [name]: value } });
}

/** Sets a timer. @param ms Infinity for none. */
export function startTimer(run: () => void, ms: number): ReturnType<typeof setTimeout> | undefined {
  return ms === Infinity ? undefined : setTimeout(run, Math.min(ms, longestTimer));
}
