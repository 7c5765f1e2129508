/** What a file of attributes says (gitattributes(5)), line by line, as git reads it (attr.c). */
import { lettersOf } from '../../base/letters.js';
import { matcherOf } from './wildmatch.js';

/** What an attribute is: set, set not to be, or a text. */
export type AttributeValue = boolean | string;

/** An attribute, and what a line says of it; undefined: that it is not specified. */
export type State = readonly [name: string, value: AttributeValue | undefined];

/** A line of such a file. */
export interface AttributesLine {
  /** The attribute that stands for these where it is set. */
  readonly macro?: string;
  /**
   * Whether the line is about a file.
   *
   * @param path as letters, from the folder on in which the attributes are.
   */
  readonly matches: (path: string) => boolean;
  readonly states: readonly State[];
}

/** How a file of attributes is read. */
export interface ReadingOptions {
  /** Whether it may have macros: one in a folder may not. */
  readonly hasMacros: boolean;
  /** Whether capital letters of a path are the same as small ones (`core.ignorecase`). */
  readonly isCaseless: boolean;
}

/** A line of so many bytes is passed over (ATTR_MAX_LINE_LENGTH). */
const tooLong = 2048;

/** What says that a line has a macro. */
const macroWord = '[attr]';

const attributeName = /^[\w.][-\w.]*$/;

const [byteOrderMark, blank] = ['\xef\xbb\xbf', /[ \t\r\n]+/];

/** @returns the lines that count, in order. What git does not understand is passed over, as it does. */
export function readAttributes(bytes: Uint8Array, options: ReadingOptions): AttributesLine[] {
  const text = lettersOf(bytes);
  const lines = text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
  return lines.split('\n').flatMap((line) => lineOf(line.replace(/\r$|\0.*/s, ''), options) ?? []);
}

function lineOf(line: string, options: ReadingOptions): AttributesLine | undefined {
  const whole = line.replace(/^[ \t\r]+/, '');
  if (whole === '' || whole.startsWith('#') || line.length >= tooLong) return undefined;
  const { pattern, rest } = quotedPattern(whole) ?? plainPattern(whole);
  const states = statesOf(rest);
  if (states === undefined) return undefined;
  if (pattern.startsWith(macroWord) && pattern !== macroWord) {
    const [, macro = ''] = /^[ \t\r]*([^ \t\r]*)/.exec(pattern.slice(macroWord.length)) ?? [];
    if (!options.hasMacros || !attributeName.test(macro)) return undefined;
    return { macro, states, matches: () => false };
  }
  const matches = pathsOf(pattern, options.isCaseless);
  return matches && { states, matches };
}

function plainPattern(line: string): { readonly pattern: string; readonly rest: string } {
  const [pattern = ''] = line.split(blank, 1);
  return { pattern, rest: line.slice(pattern.length) };
}

const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
};

/** @returns undefined for a pattern that is not in quotes, or not as git writes it (quote.c). */
function quotedPattern(line: string): ReturnType<typeof plainPattern> | undefined {
  const quoted = /^"((?:[^"\\]|\\(?:[abfnrtv"\\]|[0-3][0-7]{2}))*)"/.exec(line);
  if (quoted === null) return undefined;
  const [all, inside = ''] = quoted;
  const pattern = inside.replace(/\\([0-7]{3}|.)/g, (_, sign: string) =>
    sign.length > 1 ? String.fromCharCode(parseInt(sign, 8)) : (escapes[sign] ?? sign),
  );
  return { pattern, rest: line.slice(all.length) };
}

/** @returns undefined where one of them is no attribute: then none of the line counts. */
function statesOf(text: string): State[] | undefined {
  const states: State[] = [];
  for (const word of text.split(blank)) {
    if (word === '') continue;
    const [, sign, name = '', equals, value] = /^([-!]?)([^=]*)(=?)(.*)$/.exec(word) ?? [];
    if (!attributeName.test(name)) return undefined;
    if (sign !== '') states.push([name, sign === '-' ? false : undefined]);
    else states.push([name, equals === '' ? true : (value ?? '')]);
  }
  return states;
}

/** @returns undefined for a pattern of folders, which have no attributes, and for one that begins with `!`. */
function pathsOf(pattern: string, isCaseless: boolean): AttributesLine['matches'] | undefined {
  if (pattern.startsWith('!') || pattern.endsWith('/')) return undefined;
  const matches = matcherOf(folded(pattern.replace(/^\//, ''), isCaseless));
  if (pattern.includes('/')) return (path) => matches(folded(path, isCaseless));
  return (path) => matches(folded(path.slice(path.lastIndexOf('/') + 1), isCaseless));
}

function folded(letters: string, isCaseless: boolean): string {
  if (!isCaseless) return letters;
  return letters.replace(/[A-Z]+/g, (some) => some.toLowerCase());
}
