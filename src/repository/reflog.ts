/** What a reflog has, a line for each change of its ref (gitrepository-layout(5), refs/files-backend.c). */

/** A line. */
export interface ReflogEntry {
  /** What the ref said since then, or all zeros. */
  readonly oid: string;
  readonly message: string;
  /** All of it, but for what the ref said before and the end. */
  readonly rest: Uint8Array;
}

/** Who has changed something, and when. */
export interface Ident {
  readonly name: string;
  readonly email: string;
  /** In seconds. */
  readonly timestamp: number;
  /** In minutes, as `getTimezoneOffset` has it: what is east of Greenwich is below 0. */
  readonly timezoneOffset: number;
}

const [tab, newline, space] = [0x09, 0x0a, 0x20];
const oidLetters = 40;
const zeros = '0'.repeat(oidLetters);

const decoder = new TextDecoder();

/** @returns the lines, the oldest first; what is none is left out. */
export function parseReflog(bytes: Uint8Array): ReflogEntry[] {
  const entries: ReflogEntry[] = [];
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(newline, at);
    const end = found < 0 ? bytes.length : found;
    const entry = parseLine(bytes.subarray(at, end));
    if (entry !== undefined) entries.push(entry);
    at = end + 1;
  }
  return entries;
}

function parseLine(line: Uint8Array): ReflogEntry | undefined {
  const head = /^[0-9a-f]{40} ([0-9a-f]{40}) $/.exec(
    decoder.decode(line.subarray(0, 2 * oidLetters + 2)),
  );
  const [, oid] = head ?? [];
  if (oid === undefined) return undefined;
  const rest = line.slice(oidLetters + 1);
  const start = rest.indexOf(tab);
  return { oid, rest, message: start < 0 ? '' : decoder.decode(rest.subarray(start + 1)) };
}

/** @returns who changed the ref, and when; undefined where the line is damaged there (refs/files-backend.c, `show_one_reflog_ent`). */
export function identIn({ oid, rest }: ReflogEntry): Ident | undefined {
  const end = rest.indexOf(tab);
  const text = decoder.decode(rest.subarray(oid.length + 1, end < 0 ? rest.length : end));
  const found = /^(.*?) ?<([^>]*)> (\d+) ([+-])(\d\d)(\d\d)$/.exec(text);
  if (found === null) return undefined;
  const [, name = '', email = '', seconds, sign, hours, minutes] = found;
  const offset = Number(hours) * 60 + Number(minutes);
  return {
    ...{ name, email, timestamp: Number(seconds) },
    timezoneOffset: sign === '+' && offset > 0 ? -offset : offset,
  };
}

/** @returns a line that says that a ref has changed. */
export function reflogEntry(oid: string, ident: Ident, text: string): ReflogEntry {
  // As git's copy_reflog_msg.
  const message = text.replace(/[ \t\n\v\f\r]+/g, ' ').trim();
  const end = message === '' ? '' : `\t${message}`;
  return { oid, message, rest: new TextEncoder().encode(`${oid} ${formatIdent(ident)}${end}`) };
}

/**
 * @param entries the oldest first.
 * @returns the file, in which each line has what the one before it says as what was there before: so does
 *   `git reflog delete --rewrite`.
 */
export function formatReflog(entries: readonly ReflogEntry[]): Uint8Array {
  const length = entries.reduce((sum, { rest }) => sum + oidLetters + rest.length + 2, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  let before = zeros;
  for (const { oid, rest } of entries) {
    bytes.set(new TextEncoder().encode(before), at);
    at += oidLetters;
    bytes[at] = space;
    bytes.set(rest, at + 1);
    at += rest.length + 1;
    bytes[at] = newline;
    at += 1;
    before = oid;
  }
  return bytes;
}

/** @returns how commits and reflogs name it. */
export function formatIdent({ name, email, timestamp, timezoneOffset }: Ident): string {
  const minutes = Math.abs(timezoneOffset);
  const two = (number: number): string => String(number).padStart(2, '0');
  const zone = `${timezoneOffset > 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
  return `${plain(name)} <${plain(email)}> ${timestamp} ${zone}`;
}

/** What would end a name, or an address, is left out (ident.c, `strbuf_addstr_without_crud`). */
function plain(text: string): string {
  // eslint-disable-next-line no-control-regex -- as git has it
  return text.replace(/[<>\n]/g, '').replace(/^[\x00-\x20.,:;"\\']+|[\x00-\x20.,:;"\\']+$/g, '');
}
