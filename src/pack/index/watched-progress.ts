/** An `onProgress` that may be asynchronous: what it rejects with ends the call, as what it throws does. */
import { joinSignals } from '../../base/signals.js';
import type { IndexPackOptions, PackProgress } from './index-pack-options.js';

/** What {@link watchProgress} gives. */
export interface WatchedProgress {
  /** The same options, whose signal fires as well when `onProgress` has rejected. */
  readonly options: IndexPackOptions;
  /** With what, which may be any value; undefined where it has not. */
  failure(): { readonly reason: unknown } | undefined;
  /** Listens to the caller's signal no more. */
  release(): void;
}

/** Watches what `onProgress` returns. */
export function watchProgress(options: IndexPackOptions): WatchedProgress {
  // Its type says void, which a function that returns a promise fits as well.
  const onProgress: ((progress: PackProgress) => unknown) | undefined = options.onProgress;
  if (onProgress === undefined) {
    return { options, failure: () => undefined, release: () => undefined };
  }
  const controller = new AbortController();
  const { signal, release } = joinSignals([options.signal, controller.signal]);
  let failure: { readonly reason: unknown } | undefined;
  return {
    options: {
      ...options,
      signal,
      onProgress: (progress) => {
        Promise.resolve(onProgress(progress)).catch((reason: unknown) => {
          failure ??= { reason };
          controller.abort();
        });
      },
    },
    failure: () => failure,
    release,
  };
}
