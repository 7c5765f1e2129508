/**
 * What a browser says of the network and of the page: whether there is a network at all, and the
 * moments at which it is worth asking again. In Node nothing is said, and everything is possible.
 */

interface EventSource {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/** What is used of a page's or a worker's globals. */
interface Surroundings {
  readonly addEventListener?: EventSource['addEventListener'];
  readonly removeEventListener?: EventSource['removeEventListener'];
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: EventSource & { readonly visibilityState: string };
}

/** Whether the browser knows that there is no network. Its word for "online" means little. */
export function isOffline(): boolean {
  return (globalThis as Surroundings).navigator?.onLine === false;
}

/**
 * Calls `onChance` whenever a connection that failed may well succeed now, and one that seems open
 * may well be dead: the network came back, or a page that was hidden (its timers slowed down or
 * stopped) is shown again.
 *
 * @returns a function that stops it.
 */
export function watchNetwork(onChance: () => void): () => void {
  const surroundings = globalThis as Surroundings;
  const { document } = surroundings;
  const onVisible = (): void => {
    if (document?.visibilityState === 'visible') onChance();
  };
  // Called on the global itself: browsers refuse these methods without it.
  surroundings.addEventListener?.('online', onChance);
  document?.addEventListener('visibilitychange', onVisible);
  return () => {
    surroundings.removeEventListener?.('online', onChance);
    document?.removeEventListener('visibilitychange', onVisible);
  };
}
