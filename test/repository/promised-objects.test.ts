/** What may be missing in a partial clone: what a promisor's objects name, and nothing else, as git has it. */
import fs from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkConnected } from '../../src/repository/connectivity.js';
import { git, gitStatus, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

let dir: string;
let promised: string;

beforeAll(async () => {
  const place = await temporaryDirectory();
  const bare = join(place, 'site.git');
  await makeRepository(bare, { commits: 4, files: 4 });
  await git(['--git-dir', bare, 'config', 'uploadpack.allowFilter', 'true']);
  dir = join(place, 'clone');
  await git(['clone', '-q', '-n', '--filter=tree:0', `file://${bare}`, dir]);
  promised = await git(['--git-dir', bare, 'rev-parse', 'main^{tree}']);
});

/** @returns a commit of this repository's own, which names what is not here. */
const commit = (tree: string): Promise<string> =>
  git(['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'], {
    cwd: dir,
    input: `tree ${tree}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\nOne\n`,
  });

/** @returns what is missing; undefined where all is as it should be. */
async function missingFrom(want: string): Promise<unknown> {
  const nothing = new Set<string>();
  const asked = { wants: [want], haves: nothing, shallow: nothing, cutOff: nothing };
  const gitdir = join(dir, '.git');
  const repository = { fs, gitdir, pack: undefined, signal: undefined };
  return checkConnected({ ...asked, hasFilter: false }, repository).then(
    () => undefined,
    (error: unknown) => (error as { data: { missing: unknown } }).data.missing,
  );
}

/** Whether git finds all that it should. */
async function isConnected(want: string): Promise<boolean> {
  const args = ['rev-list', '--objects', '--exclude-promisor-objects', '--quiet', want];
  return (await gitStatus(args, { cwd: dir })).code === 0;
}

describe('checkConnected in a partial clone', () => {
  it('lets what is promised be missing', async () => {
    const own = await commit(promised);
    expect(await missingFrom(own)).toBeUndefined();
    expect(await isConnected(own)).toBe(true);
  });

  it('finds what nobody has promised', async () => {
    const own = await commit('1'.repeat(40));
    expect(await missingFrom(own)).toEqual(['1'.repeat(40)]);
    expect(await isConnected(own)).toBe(false);
    expect(await missingFrom('2'.repeat(40))).toEqual(['2'.repeat(40)]);
  });

  it('looks no further than what a promisor has sent', async () => {
    const head = await git(['rev-parse', 'HEAD'], { cwd: dir });
    expect(await missingFrom(head)).toBeUndefined();
  });
});
