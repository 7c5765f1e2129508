/** A server whose branches clash in all ways that a page can resolve. */
import { appendFile, cp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { git, gitStatus } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { begin, type Begun } from './begin.js';

/** The text that clashes, in three places. */
export const text = 'clashes.txt';
export const lines = (changes: Readonly<Record<number, string>>): string =>
  Array.from({ length: 30 }, (_, at) => `${changes[at] ?? `line ${at}`}\n`).join('');

/** A page with a clone of `main`, and a server with `winter` as well. */
export interface Ground extends Begun {
  /** A clone of the server as it was, for native git, with the merge begun. */
  readonly oracle: string;
}

/** Begins, with a clone, before the merge. */
export async function beginClash(browser: Browser): Promise<Ground> {
  const begun = await begin(browser);
  const copy = await temporaryDirectory();
  const run = (...args: string[]) => git(args, { cwd: copy });
  const commit = async (message: string): Promise<void> => {
    await run('add', '-A');
    await run('commit', '-q', '-m', message);
  };
  await run('clone', '-q', begun.gitDir, '.');
  await writeFile(join(copy, text), lines({}));
  await commit('Before');
  await run('checkout', '-q', '-b', 'winter');
  await change(copy, 'theirs', 7);
  await rm(join(copy, 'visit.html'));
  await writeFile(join(copy, 'new.md'), 'New\n');
  await commit('Winter');
  await run('checkout', '-q', 'main');
  await change(copy, 'ours', 3);
  await appendFile(join(copy, 'visit.html'), '<!-- ours -->\n');
  await commit('Summer');
  await run('push', '-q', 'origin', 'main', 'winter');
  const oracle = join(await temporaryDirectory(), 'oracle');
  await cp(copy, oracle, { recursive: true });
  await gitStatus(['merge', '-q', 'origin/winter'], { cwd: oracle });
  const { demo } = begun;
  await demo.clone();
  await demo.opened('sample');
  return { ...begun, oracle };
}

async function change(copy: string, side: string, byte: number): Promise<void> {
  const places = { 2: `${side} 1`, 14: `${side} 2`, 27: `${side} 3` };
  await writeFile(join(copy, text), lines(places));
  await writeFile(join(copy, 'data/soundings.bin'), Uint8Array.of(0, byte, byte));
  await rm(join(copy, 'log/latest.md'));
  await symlink(side, join(copy, 'log/latest.md'));
}

/** Merges, which comes to the conflicts. */
export async function mergeWinter({ demo }: Begun): Promise<void> {
  await demo.button('Branch main').click();
  await demo.button('Merge origin/winter into main').click();
  await demo.notice.getByText('Both sides changed the same lines').waitFor();
  await demo.button('Put this message away').click();
}

/** Commits what was chosen in the oracle. @returns the oid of its tree. */
export async function commitOracle(oracle: string, chosen: string): Promise<string> {
  await writeFile(join(oracle, text), chosen);
  await git(['add', '-A'], { cwd: oracle });
  await git(['commit', '-q', '--no-edit'], { cwd: oracle });
  return git(['rev-parse', 'HEAD^{tree}'], { cwd: oracle });
}
