/** What the browser keeps for the page, which may be switched off or full: then the page works on and remembers less. */

const prefix = 'gitws.demo.';

/** Where something is kept: for all tabs, or for one alone, also when it is loaded again. */
export type Keeper = 'all tabs' | 'this tab';

/** @returns what was kept under a key, or `otherwise` where there is nothing that fits. */
export function recall<T>(
  key: string,
  fits: (value: unknown) => value is T,
  otherwise: T,
  keeper: Keeper = 'all tabs',
): T {
  try {
    const value: unknown = JSON.parse(storageOf(keeper).getItem(prefix + key) ?? 'null');
    return fits(value) ? value : otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(key: string, value: unknown, keeper: Keeper = 'all tabs'): void {
  try {
    storageOf(keeper).setItem(prefix + key, JSON.stringify(value));
  } catch {
    // Remembered until the page is closed, in the signals that hold it.
  }
}

/** Asked each time: where it is switched off, already this throws. */
function storageOf(keeper: Keeper): Storage {
  return keeper === 'this tab' ? sessionStorage : localStorage;
}

/** Calls back when another tab has changed what is kept under a key. */
export function onRemembered(key: string, changed: () => void): void {
  addEventListener('storage', (event) => {
    if (event.key === prefix + key || event.key === null) changed();
  });
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}
