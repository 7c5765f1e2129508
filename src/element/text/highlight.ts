/** Source code in colours, as pieces of text: no HTML is made on the way. */
import { common, createLowlight } from 'lowlight';
import { extensionOf } from '../model/text.js';
import { nameOf } from '../../base/folders.js';

/** Some characters of one kind. */
export interface Piece {
  readonly text: string;
  /** highlight.js's classes; empty for plain text. */
  readonly name: string;
}

type Line = readonly Piece[];

const lowlight = createLowlight(common);

const extensions: Readonly<Record<string, string>> = {
  ...{ js: 'javascript', mjs: 'javascript', cjs: 'javascript', jsx: 'javascript' },
  ...{ ts: 'typescript', mts: 'typescript', cts: 'typescript', tsx: 'typescript' },
  ...{ html: 'xml', htm: 'xml', xml: 'xml', svg: 'xml', vue: 'xml', rss: 'xml' },
  ...{ css: 'css', scss: 'scss', less: 'less', json: 'json', webmanifest: 'json', jsonc: 'json' },
  ...{ md: 'markdown', markdown: 'markdown', yml: 'yaml', yaml: 'yaml', toml: 'ini', ini: 'ini' },
  ...{ sh: 'bash', bash: 'bash', zsh: 'bash', py: 'python', rb: 'ruby', rs: 'rust', go: 'go' },
  ...{ c: 'c', h: 'c', cc: 'cpp', cpp: 'cpp', hpp: 'cpp', hh: 'cpp', cs: 'csharp', java: 'java' },
  ...{ kt: 'kotlin', swift: 'swift', php: 'php', pl: 'perl', pm: 'perl', lua: 'lua', r: 'r' },
  ...{
    sql: 'sql',
    graphql: 'graphql',
    diff: 'diff',
    patch: 'diff',
    mk: 'makefile',
    m: 'objectivec',
  },
  ...{ vb: 'vbnet', wat: 'wasm', conf: 'ini', cfg: 'ini', gitconfig: 'ini' },
};

const names: Readonly<Record<string, string>> = { Makefile: 'makefile', '.bashrc': 'bash' };

/** @returns the language of a file, by its name. */
export function languageOf(path: string): string | undefined {
  return names[nameOf(path)] ?? extensions[extensionOf(path)];
}

/** @returns the lines of a text; undefined where nothing is known of its language. */
export function highlight(text: string, language: string): readonly Line[] | undefined {
  const known = extensions[language] ?? language;
  if (!lowlight.registered(known)) return undefined;
  const lines: Piece[][] = [[]];
  const put = (value: string, name: string): void => {
    for (const [index, part] of value.split('\n').entries()) {
      if (index > 0) lines.push([]);
      if (part !== '') lines.at(-1)?.push({ text: part, name });
    }
  };
  const walk = (nodes: readonly Node[], name: string): void => {
    for (const node of nodes) {
      if (node.type === 'text') put(node.value, name);
      else if (node.type === 'element') walk(node.children, namesOf(node) || name);
    }
  };
  walk(lowlight.highlight(known, text).children, '');
  return lines;
}

type Node = ReturnType<typeof lowlight.highlight>['children'][number];

function namesOf(node: Node & { type: 'element' }): string {
  const given = node.properties['className'];
  return Array.isArray(given) ? given.join(' ') : '';
}
