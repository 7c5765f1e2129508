/** What is to be compared of two partial clones: a repository's state, and what it lacks. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../helpers/git.js';
import { stateOf } from './state.js';

/** @returns all objects that its refs reach, those that are missing with a `?` before them. */
export async function objectsReached(dir: string): Promise<string[]> {
  const text = await git(['rev-list', '--objects', '--all', '--missing=print'], { cwd: dir });
  return text
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .sort();
}

/** @param remote where native git fetches what is missing: it knows no gitws here. */
export async function partialState(dir: string, remote: string) {
  // Looked at first: what git itself does afterwards may fetch.
  const reached = await objectsReached(dir);
  const names = await readdir(join(dir, '.git/objects/pack'));
  const kinds = new Set(names.map((name) => name.slice(name.lastIndexOf('.') + 1)));
  await git(['config', 'remote.origin.url', `file://${remote}`], { cwd: dir });
  const pattern = '^(core.repositoryformatversion|extensions\\.)';
  const format = await git(['config', '--local', '--get-regexp', pattern], { cwd: dir });
  return { reached, kinds, format, ...(await stateOf(dir)) };
}
