/** What a view has to wait for. */
import { useEffect, useState } from 'preact/hooks';

/** One of the two, or neither as long as it loads. */
export interface Loaded<Value> {
  readonly value?: Value;
  readonly error?: unknown;
  readonly again: () => void;
}

/**
 * @param load is run again whenever a key is another one; its signal fires when nobody waits any more.
 */
export function useLoaded<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  keys: readonly unknown[],
): Loaded<Value> {
  const [round, setRound] = useState(0);
  const [got, setGot] = useState<{ keys: readonly unknown[]; value?: Value; error?: unknown }>();
  const all = [...keys, round];
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    load(signal).then(
      (value) => !signal.aborted && setGot({ keys: all, value }),
      (error: unknown) => !signal.aborted && setGot({ keys: all, error }),
    );
    return () => controller.abort();
  }, all);
  const again = (): void => setRound(round + 1);
  // What is of other keys is not shown for these.
  const isOfThese = got?.keys.every((key, index) => key === all[index]) === true;
  if (!isOfThese || got === undefined) return { again };
  return 'error' in got ? { error: got.error, again } : { value: got.value as Value, again };
}
