/** Reads a file in the format of git's configuration (git-config(1), "Syntax"), as `.gitmodules` has it. */

/** One line of it. */
export interface ConfigLine {
  /** In lower case; empty before the first one. */
  readonly section: string;
  readonly subsection: string | undefined;
  /** In lower case. */
  readonly name: string;
  /** Undefined for a name alone, which stands for true. */
  readonly value: string | undefined;
}

/** @returns its lines in order; undefined for what git would not read. */
export function parseConfigFile(text: string): ConfigLine[] | undefined {
  const lines: ConfigLine[] = [];
  let section: Pick<ConfigLine, 'section' | 'subsection'> = { section: '', subsection: undefined };
  // A byte order mark is left out, and lines may end with CRLF.
  let rest = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  while ((rest = rest.replace(/^(?:[ \t\n\v\f\r]+|[#;][^\n]*)+/, '')) !== '') {
    const header = /^\[([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\\n]|\\[^\n])*)")?\]/.exec(rest);
    if (header !== null) {
      section = sectionOf(header[1] ?? '', header[2]);
      rest = rest.slice(header[0].length);
      continue;
    }
    const name = /^([A-Za-z][A-Za-z0-9-]*)[ \t]*/.exec(rest);
    if (name === null) return undefined;
    rest = rest.slice(name[0].length);
    const isAlone = !rest.startsWith('=');
    const value = isAlone ? { text: undefined, length: 0 } : readValue(rest.slice(1));
    if (value === undefined || (isAlone && !/^([#;\n]|$)/.test(rest))) return undefined;
    rest = rest.slice(isAlone ? 0 : 1 + value.length);
    lines.push({ ...section, name: (name[1] ?? '').toLowerCase(), value: value.text });
  }
  return lines;
}

function sectionOf(name: string, quoted: string | undefined) {
  if (quoted !== undefined) {
    return { section: name.toLowerCase(), subsection: quoted.replace(/\\(.)/g, '$1') };
  }
  // An old way to write it, of which git folds the case.
  const [section = '', ...subsection] = name.toLowerCase().split('.');
  return { section, subsection: subsection.length > 0 ? subsection.join('.') : undefined };
}

const escapes: Readonly<Record<string, string>> = {
  ...{ n: '\n', t: '\t', b: '\b', '"': '"', '\\': '\\' },
};

/** @returns what stands to the end of the line, and its length in the text; undefined for what is none. */
function readValue(text: string): { readonly text: string; readonly length: number } | undefined {
  let [value, kept, at, isQuoted] = ['', 0, 0, false];
  for (; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (letter === '\n') {
      if (isQuoted) return undefined;
      break;
    }
    if (!isQuoted && (letter === '#' || letter === ';')) {
      at += /^[^\n]*/.exec(text.slice(at))?.[0].length ?? 0;
      break;
    }
    if (letter === '"') isQuoted = !isQuoted;
    else if (letter === '\\') {
      at += 1;
      const escaped = text[at];
      if (escaped === '\n' || escaped === undefined) continue;
      const meant = escapes[escaped];
      if (meant === undefined) return undefined;
      value += meant;
      kept = value.length;
      continue;
    } else value += letter;
    // Spaces count where something follows, or in quotes.
    if (isQuoted || !/[ \t\v\f\r]/.test(letter)) kept = value.length;
    else if (kept === 0) value = '';
  }
  return isQuoted ? undefined : { text: value.slice(0, kept), length: at };
}
