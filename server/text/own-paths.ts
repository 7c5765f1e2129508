/**
 * What of the server's own must not stand in the words of git and of hooks: where repositories lie,
 * what they borrow from, where hooks and temporary files are. A client knows a repository by its
 * name alone.
 */
import { readFile, realpath } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, normalize, resolve } from 'node:path';
import type { OwnWord } from './removal.js';
import type { Repository } from '../git/repository.js';
import { orOutOfReach } from '../base/system-errors.js';

/** Where a service runs. */
export interface ServedPlace {
  readonly repository: Repository;
  /** What the client calls the repository. */
  readonly name: string;
  /** The directory of repositories as it was configured. */
  readonly root: string;
  /** Directories of hooks, absolute: the server's, and the repository's own. */
  readonly hooks?: readonly string[];
  /** Files that its configuration includes, absolute. */
  readonly included?: readonly string[];
}

/** As git follows alternates of alternates: link_alt_odb_entries() in its object-file.c. */
const maxDepth = 5;

/** Whom git tells how to trust a repository is not at this machine. */
const ownership: readonly OwnWord[] = [
  { word: "in repository at '.'", instead: 'in this repository' },
  {
    word: 'To add an exception for this directory, call:\n\n\tgit config --global --add safe.directory .\n',
    instead: '',
  },
];

/**
 * @returns every word that is known to be the server's own, and what clients read in its place.
 * @throws the system's error where they cannot be found out: git must not speak to a client then.
 */
export async function ownWords(place: ServedPlace): Promise<OwnWord[]> {
  const borrowed = await alternates(join(place.repository.gitDir, 'objects'));
  return [
    ...repositoryWords(place),
    ...(place.hooks ?? [])
      // Those in the repository are called by its name.
      .filter((path) => !path.startsWith(`${place.repository.gitDir}/`))
      .map((path) => ({ word: path, instead: 'hooks' })),
    ...(place.included ?? []).map((path) => ({ word: path, instead: 'configuration' })),
    ...borrowed.map((path) => ({ word: path, instead: 'alternate' })),
    ...(await placesOf(tmpdir(), 'tmp')),
    ...(await placesOf(homedir(), '~')),
    ...ownership,
  ].filter(({ word }) => !isRoot(word));
}

/** Of the repository itself, and of the directory of all. */
export function repositoryWords({ repository, name, root }: ServedPlace): OwnWord[] {
  const { gitDir } = repository;
  const words: OwnWord[] = [{ word: gitDir, instead: name }];
  if (gitDir.endsWith('/.git')) words.push({ word: dirname(gitDir), instead: name });
  for (const path of new Set([repository.root, root])) {
    if (isRoot(path)) continue;
    words.push({ word: `${path}/`, instead: '' }, { word: path, instead: '.' });
  }
  return words;
}

/** Short ones, such as `/tmp` and `/root`: the ends of other paths, too. */
async function placesOf(path: string, instead: string): Promise<OwnWord[]> {
  const real = (await orOutOfReach(realpath(path))) ?? path;
  return [...new Set([path, real])].map((word) => ({ word, instead, alone: true }));
}

/** All that objects are borrowed from, as written and as they are; directories that are gone, too. */
async function alternates(objects: string): Promise<string[]> {
  const found = new Set<string>();
  let next = [objects];
  for (let depth = 0; depth <= maxDepth && next.length > 0; depth += 1) {
    const lists = await Promise.all(next.map(listed));
    next = lists.flat().filter((path) => !found.has(path));
    for (const path of lists.flat()) {
      found.add(path);
      found.add(dirname(path));
    }
  }
  return [...found];
}

async function listed(objects: string): Promise<string[]> {
  const text = (await orOutOfReach(readFile(join(objects, 'info/alternates'), 'utf8'))) ?? '';
  const paths = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => normalize(resolve(objects, unquoted(line))).replace(/\/$/, ''));
  const real = await Promise.all(
    paths.map(async (path) => (await orOutOfReach(realpath(path))) ?? path),
  );
  return [...new Set([...paths, ...real])];
}

const escapes: Readonly<Record<string, string>> = {
  ...{ a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
};

/** As unquote_c_style() in git's quote.c. */
function unquoted(line: string): string {
  const inside = /^"(.*)"$/.exec(line)?.[1];
  if (inside === undefined) return line;
  const bytes = Buffer.from(inside, 'utf8').toString('latin1');
  const plain = bytes.replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(parseInt(code, 8) & 0xff) : (escapes[code] ?? code),
  );
  return Buffer.from(plain, 'latin1').toString('utf8');
}

function isRoot(path: string): boolean {
  return path.replaceAll('/', '') === '';
}
