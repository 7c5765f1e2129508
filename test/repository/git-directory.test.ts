/** Where the objects of a repository lie, with real git to say so. */
import * as nodeFs from 'node:fs';
import { mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bindRepository } from '../../src/index.js';
import { promisesOf } from '../../src/storage/file-system.js';
import { findGitDirectory, objectDirectories } from '../../src/repository/git-directory.js';
import { expectSoundRepository, git as realGit, makeRepository } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const fs = promisesOf(nodeFs);
let url: string;
let head: string;
let place: string;

beforeAll(async () => {
  const root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'site.git'), { commits: 10 }));
  url = `${(await startServer({ root })).url}/site.git`;
});

beforeEach(async () => {
  place = await realpath(await temporaryDirectory());
});

/** Fetches into a working tree with isomorphic-git, as an application does. */
async function fetchInto(dir: string, gitdir?: string): Promise<void> {
  const bound = bindRepository({ fs: nodeFs, dir, url, gitdir });
  await git.addRemote({ ...bound, remote: 'origin', force: true });
  await git.fetch({ ...bound, remote: 'origin' });
}

async function expectFetched(dir: string, gitdir: string): Promise<void> {
  expect(await realGit(['rev-parse', 'origin/main'], { cwd: dir })).toBe(head);
  const packs = await readdir(join(gitdir, 'objects/pack'));
  expect(packs.map((name) => name.replace(/.*\./, '')).sort()).toEqual(['idx', 'pack']);
  await expectSoundRepository(gitdir);
}

describe('a fetch into a repository whose .git is a file', () => {
  it('finds the directory of git init --separate-git-dir', async () => {
    const gitdir = join(place, 'elsewhere/site');
    await mkdir(join(place, 'elsewhere'));
    await realGit(['init', '-q', '--separate-git-dir', gitdir, join(place, 'tree')]);
    await fetchInto(join(place, 'tree'));
    await expectFetched(join(place, 'tree'), gitdir);
  });

  it('finds that of a submodule, which is named from where the file is', async () => {
    await makeRepository(join(place, 'sub.git'), { commits: 1 });
    const main = join(place, 'main');
    await realGit(['init', '-q', main]);
    const add = ['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add'];
    await realGit([...add, join(place, 'sub.git'), 'part'], { cwd: main });
    const gitdir = join(main, '.git/modules/part');
    const before = await readdir(join(gitdir, 'objects/pack'));
    await fetchInto(join(main, 'part'));
    expect(await realGit(['rev-parse', 'origin/main'], { cwd: join(main, 'part') })).toBe(head);
    expect(await readdir(join(gitdir, 'objects/pack'))).toHaveLength(before.length + 2);
    await expectSoundRepository(gitdir);
  });

  it('refuses a linked worktree and names the directory to give, which works', async () => {
    const main = join(place, 'main');
    await realGit(['init', '-q', main]);
    await realGit(['commit', '-q', '--allow-empty', '-m', 'One'], { cwd: main });
    await realGit(['worktree', 'add', '-q', join(place, 'linked')], { cwd: main });
    const gitdir = join(main, '.git');
    const linked = join(place, 'linked');
    await expect(fetchInto(linked)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      data: { commondir: gitdir },
    });
    expect(await realGit(['for-each-ref', 'refs/remotes'], { cwd: linked })).toBe('');
    await fetchInto(linked, gitdir);
    await expectFetched(linked, gitdir);
  });

  it('refuses a file that names nothing', async () => {
    await writeFile(join(place, '.git'), 'something else\n');
    await expect(findGitDirectory(fs, join(place, '.git'))).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('takes what is not there yet as it is', async () => {
    expect(await findGitDirectory(fs, join(place, 'new/.git'))).toBe(join(place, 'new/.git'));
  });
});

describe('the directories whose objects count', () => {
  it('are those that git counts', async () => {
    const names = ['far.git', 'near.git', 'own.git'];
    for (const name of names) await realGit(['init', '-q', '--bare', join(place, name)]);
    const alternates = (name: string) => join(place, name, 'objects/info/alternates');
    await writeFile(alternates('near.git'), `${join(place, 'far.git/objects')}\n`);
    await writeFile(alternates('own.git'), '# a comment\n../../near.git/objects\n\n');
    // One that leads back, which git leaves out as well.
    await writeFile(alternates('far.git'), '../../own.git/objects\n');
    const found = await objectDirectories(fs, join(place, 'own.git'));
    const counted = await realGit(['count-objects', '-v'], { cwd: join(place, 'own.git') });
    const told = [...counted.matchAll(/^alternate: (.*)$/gm)].map(([, path]) => path);
    expect(told).toHaveLength(2);
    expect(found).toEqual([join(place, 'own.git/objects'), ...told]);
  });

  it('are its own alone where nothing is borrowed', async () => {
    expect(await objectDirectories(fs, join(place, 'x.git'))).toEqual([
      join(place, 'x.git/objects'),
    ]);
  });
});
