/** Sizes, counts and times as a person reads them. */

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 'B';
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** @param count how many. @param one what one of them is called; more of them add an s. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const spans: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['week', 604_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** @param time in ms since 1970. @returns for example `3 weeks ago`. */
export function formatAge(time: number, now = Date.now()): string {
  const difference = time - now;
  const span = spans.find(([, length]) => Math.abs(difference) >= length);
  if (span === undefined) return 'just now';
  return relative.format(Math.trunc(difference / span[1]), span[0]);
}

const fullTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' });

/** @param time in ms since 1970. */
export function formatTime(time: number): string {
  return fullTime.format(time);
}
