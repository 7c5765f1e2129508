/** localStorage, which may be switched off or full: then the page works on and remembers less. */

const prefix = 'gitws.demo.';

/** @returns what was kept under a key, or `otherwise` where there is nothing that fits. */
export function recall<T>(key: string, fits: (value: unknown) => value is T, otherwise: T): T {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(prefix + key) ?? 'null');
    return fits(value) ? value : otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(prefix + key, JSON.stringify(value));
  } catch {
    // Remembered until the page is closed, in the signals that hold it.
  }
}

/** Calls back when another tab has changed what is kept under a key. */
export function onRemembered(key: string, changed: () => void): void {
  addEventListener('storage', (event) => {
    if (event.key === prefix + key || event.key === null) changed();
  });
}
