/** Several AbortSignals heard as one. AbortSignal.any is not everywhere yet. */
import { GitWsError } from './errors.js';

/** What {@link joinSignals} gives. */
export interface JoinedSignals {
  /** Fires with the first of them, and has its reason. */
  readonly signal: AbortSignal;
  /** Listens to none of them any more. */
  readonly release: () => void;
}

/**
 * @returns the signal.
 * @throws GitWsError INVALID_OPTION for what is none, such as its AbortController, which would never be heard.
 */
export function checkedSignal<Signal extends AbortSignal | undefined>(signal: Signal): Signal {
  if (signal === undefined || 'aborted' in Object(signal)) return signal;
  const data = { option: 'signal' };
  throw new GitWsError('INVALID_OPTION', 'signal must be an AbortSignal.', { data });
}

/**
 * @param signals those that are undefined never fire.
 * @throws GitWsError INVALID_OPTION for what is none.
 */
export function joinSignals(signals: readonly (AbortSignal | undefined)[]): JoinedSignals {
  const controller = new AbortController();
  const given = signals.filter((signal) => checkedSignal(signal) !== undefined) as AbortSignal[];
  const fire = (event: Event): void => {
    controller.abort((event.target as AbortSignal).reason);
  };
  for (const signal of given) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener('abort', fire);
  }
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of given) signal.removeEventListener('abort', fire);
    },
  };
}
