/** The attributes of paths, as `git check-attr` finds them. */
import * as fs from 'node:fs';
import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { Attributes } from '../../src/git/attributes/attributes.js';
import { git } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { seededRandom, type Random } from '../helpers/random.js';
import { temporaryDirectory } from '../helpers/temp.js';

const names = ['merge', 'text', 'diff', 'one', 'two', 'conflict-marker-size'];

async function repository(files: Record<string, string>): Promise<string> {
  const dir = await temporaryDirectory();
  await git(['init', '-q', dir]);
  await putFiles(dir, files);
  return dir;
}

async function putFiles(dir: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text, 'latin1');
  }
}

/** @returns what native git says of each path, with what it leaves unspecified left out. */
async function byGit(dir: string, paths: readonly string[]): Promise<[string, unknown][]> {
  const input = paths.map((path) => `${path}\0`).join('');
  const said = await git(['check-attr', '-z', '--stdin', ...names], { cwd: dir, input });
  const words = said.split('\0');
  const found = new Map(paths.map((path) => [path, [] as [string, unknown][]]));
  for (let at = 0; at + 2 < words.length; at += 3) {
    const [path = '', name = '', value = ''] = words.slice(at, at + 3);
    if (value === 'unspecified') continue;
    const known = { set: true, unset: false }[value] ?? value;
    found.get(path)?.push([name, known]);
  }
  return paths.map((path) => [path, Object.fromEntries(found.get(path) ?? [])]);
}

async function byUs(dir: string, paths: readonly string[]): Promise<[string, unknown][]> {
  const at = { fs, gitdir: join(dir, '.git'), dir };
  const attributes = new Attributes(at, at);
  const found: [string, unknown][] = [];
  for (const path of paths) {
    const all = await attributes.of(path);
    found.push([path, Object.fromEntries([...all].filter(([name]) => names.includes(name)))]);
  }
  return found;
}

async function expectAsGit(dir: string, paths: readonly string[]): Promise<void> {
  expect(await byUs(dir, paths)).toEqual(await byGit(dir, paths));
}

const paths = [
  ...['a', 'b.txt', 'A.TXT', 'a b', '#a', '!a', 'é.txt', '[attr]a', 'x-y', 'a\tb', ']', '\\a'],
  ...[
    'src/a',
    'src/b.txt',
    'src/deep/a',
    'src/deep/b.txt',
    'src/deep/more/a',
    'srcs/x/a',
    'deep/a',
  ],
];

describe.concurrent('attributes are as of git', () => {
  it.each<[string, Record<string, string>]>([
    ['each kind of value', { '.gitattributes': '* one two=x=y -text !merge diff=\n' }],
    [
      'the last line, and the last word',
      { '.gitattributes': '* one two one=3\na -one !two\na two' },
    ],
    [
      'the nearest file',
      {
        '.gitattributes': 'a one=1 two=1\nsrc/deep/a two=top\n',
        'src/.gitattributes': 'a one=2\ndeep/a two=src\n/a merge\n',
        'src/deep/.gitattributes': 'a one=3\nb.txt !one\n*.txt -two\n',
      },
    ],
    [
      'info/attributes before all',
      { '.gitattributes': 'a one=1', '.git/info/attributes': 'a one=2\nsrc/a two' },
    ],
    [
      'macros',
      { '.gitattributes': '[attr]mine one two=3 -merge\na mine\n*.txt -mine\nsrc/* !mine' },
    ],
    ['macros of macros', { '.gitattributes': '[attr]p q one\n[attr]q p two\na p\nb.txt one=x q' }],
    [
      'the macro binary',
      { '.gitattributes': '* binary\nb.txt binary merge=union\na merge binary' },
    ],
    ['another binary', { '.gitattributes': '[attr]binary one\n* binary' }],
    [
      'no macro in a folder',
      { 'src/.gitattributes': '[attr]mine one\na mine two', '.gitattributes': '' },
    ],
    [
      'macros that are none',
      { '.gitattributes': '[attr] one\n[attr]-x one\n[attr]x/y one\n* two' },
    ],
    [
      'patterns in quotes',
      { '.gitattributes': '"a b" one\n"a\\tb" two\n"\\303\\251*" one=3\n"a"two' },
    ],
    [
      'quotes that are none',
      { '.gitattributes': '"a one\n"\\xa" two\n"\\477" one\n"b.txt" merge' },
    ],
    [
      'words that are no attributes',
      { '.gitattributes': 'a one ü\nb.txt -\nsrc/a --one\n* two =x' },
    ],
    ['patterns of folders and negative ones', { '.gitattributes': 'src/ one\n!a two\n\\!a one=2' }],
    [
      'comments and blanks',
      { '.gitattributes': '#a one\n \t * two\n\\#a one\n\r\n\n*\tmerge  text \t' },
    ],
    ['CRLF', { '.gitattributes': '* one=x\r\na two\r\n' }],
    ['a byte order mark', { '.gitattributes': '\xef\xbb\xbfa one\n\xef\xbb\xbfb.txt two' }],
    ['a NUL', { '.gitattributes': 'a one\0 two\nb.txt two' }],
    [
      'lines that are too long',
      { '.gitattributes': `a one${' '.repeat(2042)}\nb.txt one${' '.repeat(2038)}x\n* two` },
    ],
    [
      'two stars',
      { '.gitattributes': '**/a one=1\nsrc/** two\nsrc/**/a merge\ns**/a text\n***b* diff' },
    ],
    ['two stars behind letters', { '.gitattributes': 'src**/a one\nsr**c/a two\ns**\\/a merge' }],
    [
      'brackets',
      {
        '.gitattributes':
          '[a-b]* one\n[!a]*.txt two\n[]] merge\n[[:upper:]]* text\nx[+--]y diff\n[a',
      },
    ],
    [
      'brackets that are none',
      { '.gitattributes': '[[:no:]a] one\n[a one\n\\ two\n[\\a] merge\na\\' },
    ],
    ['slashes', { '.gitattributes': 'src?a one\nsrc[/]a two\n/a merge\nsrc/* text\n*/a diff\n/' }],
  ])('%s', async (_, files) => {
    await expectAsGit(await repository(files), paths);
  });

  it('where capital letters are the same', async () => {
    const dir = await repository({
      '.gitattributes': 'B.txt one\n*.TXT two\nSRC/A merge\nsr[B-D]/a text',
    });
    await git(['config', 'core.ignorecase', 'true'], { cwd: dir });
    await expectAsGit(dir, paths);
  });

  it('where a file is a link, a folder or too large', async () => {
    const dir = await repository({
      of: '* two',
      all: '* one',
      'src/.gitattributes/a': '',
      'deep/a': '',
    });
    await symlink('of', join(dir, '.gitattributes'));
    await mkdir(join(dir, '.git/info'), { recursive: true });
    await symlink('../../all', join(dir, '.git/info/attributes'));
    await writeFile(join(dir, 'deep/.gitattributes'), 'a two\n');
    await truncate(join(dir, 'deep/.gitattributes'), 100 * 1024 * 1024);
    await expectAsGit(dir, paths);
  });

  it('without a working tree', async () => {
    const dir = await repository({ '.gitattributes': '* one', '.git/info/attributes': '* two' });
    const at = { fs, gitdir: join(dir, '.git') };
    expect([...(await new Attributes(at, at).of('a'))]).toEqual([['two', true]]);
  });

  it('of random patterns', () => expectMany(1, 20));

  long('of many random patterns', () => expectMany(2, 1000), 600_000);
});

async function expectMany(seed: number, count: number): Promise<void> {
  const random = seededRandom(seed);
  const dir = await repository({});
  for (let at = 0; at < count; at += 1) {
    const folders = ['', 'a/', 'a/b/', 'b/'];
    const lines = (): string =>
      Array.from({ length: 8 }, () => `${randomPattern(random)} ${random.pick(states)}\n`).join('');
    for (const folder of folders) {
      await rm(join(dir, `${folder}.gitattributes`), { force: true });
      if (random.below(2) === 0) await putFiles(dir, { [`${folder}.gitattributes`]: lines() });
    }
    const some = Array.from({ length: 60 }, () => randomPath(random));
    const sound = some.filter((path) => !/(^|\/)(\.git|\.\.?)(\/|$)/.test(path));
    await expectAsGit(dir, [...new Set(sound)]);
  }
}

const states = [
  'one',
  '-one',
  '!one',
  'one=1',
  'two one=2',
  'merge=union -two',
  'binary',
  'two !two',
];

const pieces = [
  ...[
    'a',
    'b',
    'c',
    'ab',
    '*',
    '*',
    '**',
    '/',
    '/',
    '/**/',
    '**/',
    '/**',
    '?',
    '\\a',
    '\\*',
    '[ab]',
  ],
  ...['[!a]', '[^b]', '[a-c]', '[]a]', '[[:alpha:]]', '[a', ']', '-', '[a-]', '[[:x]', '\\'],
];

function randomPattern(random: Random): string {
  const parts = Array.from({ length: 1 + random.below(6) }, () => random.pick(pieces));
  const pattern = parts.join('');
  return random.below(8) === 0 ? `"${pattern.replace(/\\/g, '\\\\')}"` : pattern;
}

function randomPath(random: Random): string {
  const name = (): string =>
    Array.from({ length: 1 + random.below(3) }, () => random.pick([...'aaabbbc*-[]'])).join('');
  return Array.from({ length: 1 + random.below(4) }, name).join('/');
}
