/** Histories made from a seed, in which branches are merged into each other, and files clash. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { seededRandom, type Random } from '../helpers/random.js';
import { git } from '../helpers/git.js';

/** A repository with such a history. */
export interface Merges {
  readonly gitdir: string;
  /** Oids of what those who made it have in the end. */
  readonly tips: readonly string[];
}

type Files = Map<string, string>;

const letters = ['a', 'b', 'c', 'd'];

/** A line like no other: native git, which cannot be kept from it, is to find no renames. */
function lineOf(words: string): string {
  return createHash('sha256').update(words).digest('base64');
}

/** One file, as fast-import takes it: a text, a link, a submodule or what is no text; like none of another path. */
function fileOf(random: Random, path: string, before: string | undefined): string {
  const kind = random.below(14);
  if (kind === 0) return `M 120000 ${lineOf(`${path} ${random.below(4)}`)}`;
  if (kind === 1) {
    const number = `${random.below(3) + 1}${[...path].map((letter) => letter.charCodeAt(0)).join('')}`;
    return `M 160000 ${number.padEnd(40, '0')}`;
  }
  if (kind === 2) return `M 100644 \0${lineOf(`${path} ${random.below(4)}`)}`;
  const mode = random.below(6) === 0 ? '100755' : '100644';
  const isText = before?.startsWith('M 100') === true && !before.includes('\0');
  const lines = isText
    ? before.slice('M 100644 '.length).split('\n')
    : Array.from({ length: 12 }, (_, at) => lineOf(`${path} ${at}`));
  lines[random.below(12)] = lineOf(`${path} changed ${random.below(1_000)}`);
  return `M ${mode} ${lines.join('\n')}`;
}

/** @param clashes whether what is a file here is a folder there. */
function withChange(files: Files, random: Random, clashes: boolean): Files {
  const folder = random.pick(['', '', `${random.pick(letters)}${clashes ? '' : 's'}/`]);
  const path = `${folder}${random.pick(letters)}`;
  const left = [...files].filter(
    ([each]) => each !== path && !each.startsWith(`${path}/`) && !path.startsWith(`${each}/`),
  );
  const next = new Map(left);
  if (random.below(5) > 0) next.set(path, fileOf(random, path, files.get(path)));
  return next;
}

/**
 * @param clashes whether what is a file here is a folder there; nobody merges any of it then.
 * @returns a repository without a working tree, with commits of which many are merges.
 */
export async function makeRandomMerges(
  root: string,
  seed: number,
  clashes = false,
): Promise<Merges> {
  const random = seededRandom(seed);
  const stream: string[] = [];
  const trees: Files[] = [];
  const people = 2 + random.below(3);
  const tips: number[][] = [];
  for (let at = 0; at < 30; at += 1) {
    // Some clocks are wrong, and some commits are of the same second.
    const date = 1_700_000_000 + at * 30 * random.below(2) - (random.below(8) === 0 ? 3_600 : 0);
    stream.push(`commit refs/heads/c${at}\nmark :${at + 1}\n`);
    stream.push(`committer A <a@example.com> ${date} +0000\ndata 1\nc\n`);
    // Some people, of whom each goes on with what is theirs, and merges what others had a while ago.
    const person = random.below(people);
    const first = tips[person]?.[0] ?? 0;
    const second =
      tips[(person + 1 + random.below(people - 1)) % people]?.[random.below(2)] ?? first;
    tips[person] = [at, first];
    let files: Files = trees[first] ?? new Map<string, string>();
    if (at > 0) stream.push(`from :${first + 1}\n`);
    if (!clashes && second !== first && random.below(3) > 0) {
      stream.push(`merge :${second + 1}\n`);
      // As somebody has merged it who took some of either.
      for (const [path, file] of trees[second] ?? []) {
        const isInTheWay = [...files.keys()].some(
          (each) => each.startsWith(`${path}/`) || path.startsWith(`${each}/`),
        );
        if (!isInTheWay && random.below(2) === 0) files = new Map(files).set(path, file);
      }
    }
    for (let change = random.below(3); change >= 0; change -= 1) {
      files = withChange(files, random, clashes);
    }
    trees.push(files);
    stream.push('deleteall\n', ...[...files].map(([path, file]) => imported(path, file)));
  }
  const names = tips.flatMap(([last = 0]) => [`c${last}`]);
  return made(join(root, `${seed}.git`), stream, names);
}

/** @returns one in which on each level all merge all that those of the level before had. */
export async function makeLattice(root: string, levels: number, width: number): Promise<Merges> {
  const stream: string[] = [];
  for (let level = 0; level < levels; level += 1) {
    for (let at = 0; at < width; at += 1) {
      const mark = 1 + level * width + at;
      stream.push(`commit refs/heads/c${at}\nmark :${mark}\n`);
      stream.push(`committer A <a@example.com> ${1_700_000_000 + level} +0000\ndata 1\nc\n`);
      const before = level === 1 ? [0] : Array.from({ length: level && width }, (_, n) => n);
      for (const parent of before) {
        const word = parent === 0 ? 'from' : 'merge';
        stream.push(`${word} :${1 + (level - 1) * width + parent}\n`);
      }
      stream.push(imported('same', `M 100644 ${mark}`), imported(`f${at}`, `M 100644 ${level}`));
    }
  }
  const names = Array.from({ length: width }, (_, at) => `c${at}`);
  return made(join(root, `lattice-${levels}.git`), stream, names);
}

async function made(gitdir: string, stream: string[], tips: readonly string[]): Promise<Merges> {
  await git(['init', '-q', '--bare', gitdir]);
  const input = stream.join('');
  const how = ['fast-import', '--quiet', '--force', '--date-format=raw'];
  await git(['--git-dir', gitdir, ...how], { input });
  const refs = tips.map((name) => `refs/heads/${name}`);
  const oids = await git(['--git-dir', gitdir, 'rev-parse', ...refs]);
  return { gitdir, tips: oids.split('\n') };
}

function imported(path: string, file: string): string {
  const [, mode = '', text = ''] = /^M (\d+) ([^]*)$/.exec(file) ?? [];
  if (mode === '160000') return `M ${mode} ${text} ${path}\n`;
  const body = mode === '120000' ? text : `${text}\n`;
  return `M ${mode} inline ${path}\ndata ${body.length}\n${body}\n`;
}
