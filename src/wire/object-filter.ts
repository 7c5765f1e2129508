/**
 * Which objects a server is asked to leave out (git-rev-list(1), `--filter`): read and put together as
 * git's list-objects-filter-options.c does it, of which this knows the same words.
 */
import { GitWsError } from '../base/errors.js';
import { quoteText } from './text.js';

/** The largest size and depth: an `unsigned long` of 64 bits. */
const most = 2n ** 64n - 1n;

/** Types of objects that `object:type` takes. */
const types: ReadonlySet<string> = new Set(['commit', 'tree', 'blob', 'tag']);

const units: Readonly<Record<string, bigint>> = {
  ...{ '': 1n, k: 1_024n, m: 1_024n ** 2n, g: 1_024n ** 3n },
};

/** What has to be escaped in a filter that is part of another one, beside blanks and control characters. */
const reserved = '~`!@#$^&*()[]{}\\;\'",<>?';

/**
 * @param filter `blob:none`, `blob:limit=<n>[kmg]`, `tree:<depth>`, `object:type=<type>`,
 *   `sparse:oid=<blob>`, `combine:<filter>+<filter>`; several of them are combined, as git combines
 *   several `--filter`.
 * @returns what git writes as `remote.<name>.partialclonefilter` and sends to a server.
 * @throws GitWsError INVALID_OPTION (data: `filter`) for what git refuses.
 */
export function objectFilter(filter: string | readonly string[]): string {
  const all: readonly unknown[] = Array.isArray(filter) ? filter : [filter];
  const [first, ...others] = all.map((one) => {
    const problem = typeof one === 'string' ? problemOf(one) : 'it is no text';
    if (problem === undefined) return one as string;
    const message = `filter is none that git knows: ${problem}.`;
    throw new GitWsError('INVALID_OPTION', message, { data: { filter } });
  });
  if (first === undefined) {
    throw new GitWsError('INVALID_OPTION', 'filter is empty.', { data: { filter } });
  }
  if (others.length === 0) return expanded(first);
  const start = first.startsWith('combine:') ? first : `combine:${escape(first)}`;
  return [start, ...others.map(escape)].join('+');
}

/** @returns why a filter is none; undefined where it is one. */
function problemOf(filter: string): string | undefined {
  const [, name = '', value = ''] =
    /^(blob:limit=|tree:|sparse:oid=|object:type=|combine:)(.*)$/s.exec(filter) ?? [
      undefined,
      filter,
    ];
  switch (name) {
    case 'blob:none':
    case 'sparse:oid=':
      return undefined;
    case 'blob:limit=':
    case 'tree:':
      return numberOf(value) === undefined ? `${quoteText(filter)} has no number` : undefined;
    case 'object:type=':
      return types.has(value) ? undefined : `${quoteText(value)} is no type of objects`;
    case 'combine:':
      return problemOfCombined(value);
    default:
      return `${quoteText(filter)} is not known`;
  }
}

function problemOfCombined(filters: string): string | undefined {
  if (filters === '') return 'nothing is combined';
  for (const filter of filters.split('+')) {
    const bad = [...filter].find((one) => one <= ' ' || reserved.includes(one));
    if (bad !== undefined) return `${quoteText(bad)} has to be escaped in ${quoteText(filter)}`;
    const problem = problemOf(unescape(filter));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** @returns what git_parse_ulong (config.c) reads; undefined for what it refuses. */
function numberOf(text: string): bigint | undefined {
  // As C reads numbers: 0x is hexadecimal, and a zero in front octal.
  const [, digits, unit = ''] =
    /^[ \t\n\v\f\r]*\+?(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)([kmg]?)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const value = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const number = value * (units[unit.toLowerCase()] ?? 1n);
  return number > most ? undefined : number;
}

/** A limit in bytes, whatever its unit was: older servers know none. */
function expanded(filter: string): string {
  const [, size] = /^blob:limit=(.*)$/s.exec(filter) ?? [];
  return size === undefined ? filter : `blob:limit=${numberOf(size) ?? 0n}`;
}

function escape(filter: string): string {
  return Array.from(new TextEncoder().encode(filter), (byte) => {
    const one = String.fromCharCode(byte);
    const isKept = byte > 0x20 && byte < 0x7f && !`%+${reserved}`.includes(one);
    return isKept ? one : `%${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}

/** As git's url_percent_decode: what is no escape stays. */
function unescape(filter: string): string {
  return filter.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(parseInt(digits, 16)),
  );
}
