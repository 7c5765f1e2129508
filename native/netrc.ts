/** `~/.netrc`, as curl reads it for git's own https:// (curl's netrc.c). */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What stands there for a host. */
export interface NetrcEntry {
  readonly login: string;
  readonly password: string;
}

/** On Windows the file may have a name that its programs can make. */
const names = process.platform === 'win32' ? ['.netrc', '_netrc'] : ['.netrc'];

/**
 * @param host without a port.
 * @param login the only one that will do; empty: any.
 * @returns undefined where there is no such file, or nothing in it for the host.
 */
export function readNetrc(host: string, login: string): NetrcEntry | undefined {
  const home = process.env['HOME'] || homedir();
  for (const name of names) {
    let text: string;
    try {
      text = readFileSync(join(home, name), 'utf8');
    } catch {
      // As with curl: a file that cannot be read is none.
      continue;
    }
    return findInNetrc(text, host, login);
  }
  return undefined;
}

/** The first entry for a host, or the default one, that has both a login and a password. */
export function findInNetrc(text: string, host: string, login = ''): NetrcEntry | undefined {
  const words = readWords(text);
  if (words === undefined) return undefined;
  let found: { login?: string; password?: string } = {};
  let applies = false;
  let isOwn = login === '';
  for (let at = 0; at < words.length; at += 1) {
    const word = (words[at] ?? '').toLowerCase();
    if (word === 'machine') {
      at += 1;
      applies = words[at]?.toLowerCase() === host.toLowerCase();
      isOwn = login === '';
    } else if (word === 'default') {
      applies = true;
    } else if (applies && word === 'login') {
      at += 1;
      if (login !== '') isOwn = words[at] === login;
      else found = { ...found, login: words[at] ?? '' };
    } else if (applies && word === 'password') {
      at += 1;
      if (isOwn) found = { ...found, password: words[at] ?? '' };
    }
    const own = login === '' ? (found.login ?? '') : login;
    if (own !== '' && (found.password ?? '') !== '') {
      return { login: own, password: found.password ?? '' };
    }
  }
  return undefined;
}

/**
 * Words between blanks, or in quotation marks with `\` before what is meant as it is. Comments are
 * left out, and macros, which end with an empty line.
 *
 * @returns undefined where quotation marks are left open.
 */
function readWords(text: string): string[] | undefined {
  const words: string[] = [];
  let inMacro = false;
  for (const line of text.split(/\r?\n/)) {
    if (inMacro) {
      inMacro = line !== '';
      continue;
    }
    for (const [word, quoted] of line.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)) {
      if (word.startsWith('#') && words.at(-1) !== 'password') break;
      if (quoted === undefined && word.startsWith('"')) return undefined;
      if (word.toLowerCase() === 'macdef' && !isValue(words)) {
        inMacro = true;
        break;
      }
      words.push(quoted === undefined ? word : unescape(quoted));
    }
  }
  return words;
}

/** Whether the next word is the value of the last one, whatever it looks like. */
function isValue(words: readonly string[]): boolean {
  return /^(machine|login|password)$/i.test(words.at(-1) ?? '');
}

function unescape(quoted: string): string {
  const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return quoted.replace(/\\(.)/g, (_, letter: string) => letters[letter] ?? letter);
}
