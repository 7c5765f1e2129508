/** `clone` of gitws/git, held against native git's clone of the same repository. */
import * as fs from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createHttpClient } from '../../src/index.js';
import git, { type CloneArguments } from '../../src/git/index.js';
import { eventually, noProcessIn } from '../helpers/processes.js';
import { startProxy } from '../helpers/proxy.js';
import { expectSoundRepository, git as realGit, makeRepository } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { stateOf } from './state.js';

let root: string;
let base: string;

const at = (name: string, ...args: string[]) =>
  realGit(['--git-dir', join(root, name), ...args], { cwd: root });

beforeAll(async () => {
  root = await temporaryDirectory();
  await makeRepository(join(root, 'site.git'), { commits: 24, files: 8 });
  await at('site.git', 'tag', '-a', '-m', 'Both', 'both', 'main~6');
  await at('site.git', 'branch', 'both', 'main~2');
  await at('site.git', 'branch', 'feature/größe', 'main~3');
  await at('site.git', 'tag', 'tree-tag', 'main^{tree}');
  await at('site.git', 'tag', 'blob-tag', (await at('site.git', 'ls-tree', 'main')).slice(12, 52));
  await at('site.git', 'update-ref', 'refs/notes/commits', 'main~1');
  await realGit(['clone', '-q', '--bare', '--depth=5', `file://${root}/site.git`, 'cut.git'], {
    cwd: root,
  });
  for (const name of ['detached', 'lost', 'aside', 'many']) {
    await realGit(['clone', '-q', '--bare', 'site.git', `${name}.git`], { cwd: root });
  }
  await at(
    'detached.git',
    'update-ref',
    '--no-deref',
    'HEAD',
    await at('site.git', 'rev-parse', 'main~4'),
  );
  await at(
    'aside.git',
    'update-ref',
    '--no-deref',
    'HEAD',
    await at('site.git', 'rev-parse', 'both^{commit}'),
  );
  await at('lost.git', 'symbolic-ref', 'HEAD', 'refs/heads/nowhere');
  const oid = await at('site.git', 'rev-parse', 'main');
  const names = Array.from({ length: 1_200 }, (_, n) => `create refs/heads/n/${n} ${oid}\n`);
  await realGit(['--git-dir', join(root, 'many.git'), 'update-ref', '--stdin'], {
    input: names.join(''),
  });
  await realGit(['init', '-q', '--bare', '-b', 'trunk', 'empty.git'], { cwd: root });
  base = (await startServer({ root })).url;
});

type Case = [name: string, repository: string, own: Partial<CloneArguments>, native: string[]];

const cases: Case[] = [
  ['of all', 'site', {}, []],
  ['of one commit of each branch', 'site', { depth: 1 }, ['--depth=1', '--no-single-branch']],
  ['of one commit of one branch', 'site', { depth: 1, singleBranch: true }, ['--depth=1']],
  [
    'of one branch',
    'site',
    { singleBranch: true, ref: 'topic' },
    ['--single-branch', '-b', 'topic'],
  ],
  ['of another branch first', 'site', { ref: 'feature/größe' }, ['-b', 'feature/größe']],
  ['of a tag', 'site', { ref: 'v1.0' }, ['-b', 'v1.0']],
  [
    'of a tag alone',
    'site',
    { ref: 'v1.0', singleBranch: true },
    ['--single-branch', '-b', 'v1.0'],
  ],
  ['of a branch where a tag has the same name', 'site', { ref: 'both' }, ['-b', 'both']],
  ['without tags', 'site', { noTags: true }, ['--no-tags']],
  [
    'of what is younger than a day',
    'site',
    { since: new Date('2024-01-01T12:00:00Z') },
    ['--shallow-since=2024-01-01T12:00:00Z', '--no-single-branch'],
  ],
  [
    'of what a tag does not reach',
    'site',
    { exclude: ['v1.0'] },
    ['--shallow-exclude=v1.0', '--no-single-branch'],
  ],
  ['of a shallow repository', 'cut', {}, []],
  ['of a repository with a detached HEAD on a branch’s commit', 'detached', {}, []],
  ['of a repository with a detached HEAD on no branch', 'aside', {}, []],
  ['of a repository whose HEAD names no branch', 'lost', {}, []],
  ['of an empty repository with a branch of another name', 'empty', {}, []],
  ['of many branches', 'many', {}, []],
];

describe('clone', () => {
  it.each(cases)('%s gives what native git gives', async (_, repository, own, native) => {
    const [dir, expected] = [await temporaryDirectory(), await temporaryDirectory()];
    await git.clone({ fs, dir, url: `${base}/${repository}.git`, ...own });
    const url = `file://${root}/${repository}.git`;
    await realGit(['clone', '-q', ...native, url, expected]);
    expect(await stateOf(dir)).toEqual(await stateOf(expected));
    await expectSoundRepository(dir);
  });

  it('says what it was not given, and what it was given in the place of something else', async () => {
    const dir = join(await temporaryDirectory(), 'new');
    const url = `${base}/site.git`;
    const all = { fs, dir, url };
    const cases: [given: object, error: object][] = [
      [
        { dir, url },
        { code: 'MissingParameterError', data: { parameter: 'fs' } },
      ],
      [
        { fs, url },
        { code: 'MissingParameterError', data: { parameter: 'dir' } },
      ],
      [
        { fs, dir },
        { code: 'MissingParameterError', data: { parameter: 'url' } },
      ],
      [
        { ...all, sparse: 'docs' },
        { code: 'INVALID_OPTION', data: { folder: 'docs' } },
      ],
      [
        { ...all, signal: new AbortController() },
        { code: 'INVALID_OPTION', data: { option: 'signal' } },
      ],
    ];
    for (const [given, error] of cases) {
      await expect(git.clone(given as CloneArguments)).rejects.toMatchObject(error);
    }
    await expect(readdir(dir)).rejects.toMatchObject({ code: 'ENOENT' });
    // Nothing else of a checkout, or of a stash, would ever look for it.
    const signal = new AbortController() as unknown as AbortSignal;
    const invalid = { code: 'INVALID_OPTION' };
    await expect(git.checkout({ fs, dir, ref: 'main', signal })).rejects.toMatchObject(invalid);
    await expect(git.stash({ fs, dir, signal })).rejects.toMatchObject(invalid);
  });

  it('tells of its connection, beside what its http tells', async () => {
    const strike = { direction: 'down', after: 3_000, how: 'end' } as const;
    const proxy = await startProxy(base, (connection) => (connection === 0 ? { strike } : {}));
    onTestFinished(() => proxy.close());
    const told: string[] = [];
    const toldHttp: string[] = [];
    await git.clone({
      ...{ fs, dir: await temporaryDirectory(), url: `${proxy.url}/site.git` },
      http: createHttpClient({ onConnection: ({ state }) => toldHttp.push(state) }),
      onConnection: ({ state }) => told.push(state),
    });
    expect(told).toEqual(expect.arrayContaining(['connecting', 'open', 'interrupted', 'resumed']));
    expect(toldHttp).toEqual(told);
  });

  it('into an empty path is refused, and nothing is asked of the file system', async () => {
    const promises = new Proxy({}, { get: (_, name) => expect.fail(String(name)) });
    const nowhere = { promises } as unknown as CloneArguments['fs'];
    const url = `${base}/site.git`;
    await expect(git.clone({ fs: nowhere, dir: '', url })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('keeps what stood in the directory, and rejects where that is in the way', async () => {
    const dir = await temporaryDirectory();
    await writeFile(join(dir, 'mine.txt'), 'mine');
    const url = `${base}/site.git`;
    await git.clone({ fs, dir, url });
    expect(await realGit(['status', '--porcelain'], { cwd: dir })).toBe('?? mine.txt');
    const other = await temporaryDirectory();
    const entries = await at('site.git', 'ls-tree', 'main');
    const [, path = ''] = /^100644 blob .*\t(.*)$/m.exec(entries) ?? [];
    await mkdir(join(other, path), { recursive: true });
    await writeFile(join(other, path, 'mine.txt'), 'mine');
    await expect(git.clone({ fs, dir: other, url })).rejects.toMatchObject({
      code: 'CheckoutConflictError',
    });
    expect(await realGit(['rev-parse', 'HEAD'], { cwd: other })).toBe(
      await at('site.git', 'rev-parse', 'main'),
    );
  });

  it('lets go of the server, which it asks meanwhile, where its repository cannot be made', async () => {
    const dir = join(await temporaryDirectory(), 'new');
    const told: string[] = [];
    const mkdir = async (path: string) => {
      if (!path.endsWith('/objects')) return fs.promises.mkdir(path);
      await eventually(() => told.includes('open'));
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
    };
    const faulty = { promises: { ...fs.promises, mkdir } } as unknown as CloneArguments['fs'];
    const onConnection: CloneArguments['onConnection'] = ({ state }) => told.push(state);
    const cloning = git.clone({ fs: faulty, dir, url: `${base}/site.git`, onConnection });
    await expect(cloning).rejects.toMatchObject({ code: 'QUOTA' });
    await noProcessIn(root);
    await expect(readdir(dir)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each<[string, Partial<CloneArguments>, string]>([
    ['of a branch that is not there', { ref: 'nowhere' }, 'NotFoundError'],
    ['of a repository that is not there', { url: '/nowhere.git' }, 'HttpError'],
  ])('%s leaves nothing', async (_, own, code) => {
    const dir = join(await temporaryDirectory(), 'new');
    const url = `${base}${own.url ?? '/site.git'}`;
    await expect(git.clone({ fs, dir, ...own, url })).rejects.toMatchObject({ code });
    await expect(readdir(dir)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
