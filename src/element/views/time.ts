/** Times and sizes in words. */
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const steps = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** @param time in ms since 1970. @returns "3 days ago". */
export function ago(time: number): string {
  const seconds = (time - Date.now()) / 1000;
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return 'just now';
}

/** @returns a date with its time, for those who want to know. */
export function inFull(time: number): string {
  // Commits may have any number there.
  if (Math.abs(time) > 8.64e15) return '';
  return new Date(time).toLocaleString('en', { dateStyle: 'long', timeStyle: 'short' });
}

export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  const isLarge = bytes >= 1_000_000;
  return `${(bytes / (isLarge ? 1_000_000 : 1_000)).toFixed(1)} ${isLarge ? 'MB' : 'KB'}`;
}
