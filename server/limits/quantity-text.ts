/**
 * Times, sizes and counts as an operator writes them: `30s`, `64MiB`, `100`. Numbers and text only.
 */

/** What a quantity is of. */
export type Unit = 'ms' | 'bytes' | 'count';

/** The largest first. */
const factors: Readonly<Record<Unit, readonly (readonly [name: string, factor: number])[]>> = {
  ms: [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
    ['ms', 1],
  ],
  bytes: [
    ['GiB', 1024 ** 3],
    ['MiB', 1024 ** 2],
    ['KiB', 1024],
    ['B', 1],
  ],
  count: [],
};

/** What may be written, completing "it must be …". */
export const quantityForms: Readonly<Record<Unit, string>> = {
  ms: 'a time such as 500ms, 30s, 10m, 4h or 90d',
  bytes: 'a size such as 512B, 64KiB, 16MiB or 1GiB',
  count: 'a whole number',
};

/**
 * @param text for example `10m`. A number alone is of things: whoever writes `5` for a time means
 *   seconds or minutes, and only `0` is the same in all units.
 * @returns ms, bytes or a count; undefined where it is none, or no whole number of them.
 */
export function parseQuantity(text: string, unit: Unit): number | undefined {
  const [, digits, name = ''] = /^(\d{1,16}(?:\.\d{1,3})?) ?([a-z]*)$/i.exec(text.trim()) ?? [];
  if (digits === undefined) return undefined;
  const named = factors[unit].find(([one]) => one.toLowerCase() === name.toLowerCase());
  const isBare = name === '' && (unit === 'count' || Number(digits) === 0);
  if (named === undefined && !isBare) return undefined;
  const value = Number(digits) * (named?.[1] ?? 1);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * What to write in the place of a number without a unit, completing "it must be …": "; 5 has no unit:
 * 5s or 5m". Empty where that is not what is wrong.
 */
export function missingUnit(text: string, unit: Unit): string {
  const number = text.trim();
  if (unit === 'count' || !/^\d{1,16}(\.\d{1,3})?$/.test(number) || Number(number) === 0) return '';
  const [one, other] = unit === 'ms' ? ['s', 'm'] : ['KiB', 'MiB'];
  return `; ${number} has no unit: write ${number}${one} or ${number}${other}`;
}

/** A regular expression for the plain spelling, as {@link formatQuantity} has it and `1.5h`. */
export function quantityPattern(unit: Exclude<Unit, 'count'>): string {
  const names = factors[unit].map(([name]) => name).join('|');
  return `^(0|\\d{1,16}(\\.\\d{1,3})?(${names}))$`;
}

/** In the largest unit that divides it: 600000 ms are `10m`. */
export function formatQuantity(value: number, unit: Unit): string {
  const fitting = factors[unit].find(([, factor]) => value >= factor && value % factor === 0);
  return fitting === undefined ? String(value) : `${value / fitting[1]}${fitting[0]}`;
}

/** The most where a table does not say: timers take no more, and would fire at once. */
export const largestQuantity = 2 ** 31 - 1;

/** @returns from where to where, completing "it must be …: ". */
export function quantityRange(
  { minimum = 0, maximum = largestQuantity }: { minimum?: number; maximum?: number },
  unit: Unit,
): string {
  const least = formatQuantity(minimum, unit);
  // No disk and no clock gets there.
  if (maximum === Number.MAX_SAFE_INTEGER) return `${least} or more`;
  const inWords = { ms: ' (24.8 days)', bytes: ' (just below 2GiB)', count: '' }[unit];
  const most = `${formatQuantity(maximum, unit)}${maximum === largestQuantity ? inWords : ''}`;
  return `${least} to ${most}`;
}
