/** Several AbortSignals heard as one. AbortSignal.any is not everywhere yet. */

/** What {@link joinSignals} gives. */
export interface JoinedSignals {
  /** Fires with the first of them, and has its reason. */
  readonly signal: AbortSignal;
  /** Listens to none of them any more. */
  readonly release: () => void;
}

/** @param signals those that are undefined never fire. */
export function joinSignals(signals: readonly (AbortSignal | undefined)[]): JoinedSignals {
  const controller = new AbortController();
  const given = signals.filter((signal) => signal !== undefined);
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
