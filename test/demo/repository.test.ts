/**
 * What the demo does with a repository, without a page: its commands on Node's own file system,
 * held against real git.
 */
import * as nodeFs from 'node:fs';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { buildRows } from '../../demo/components/tree.js';
import { parseAddress, parseGateway } from '../../demo/repository/address.js';
import { readChanges, readVersions } from '../../demo/worker/changes.js';
import { commitChanges } from '../../demo/worker/commit.js';
import { checkName } from '../../demo/repository/names.js';
import { discardChange, readFile } from '../../demo/worker/files.js';
import { FileHistory } from '../../demo/worker/file-history.js';
import { History, measureDistance, readLabels } from '../../demo/worker/history.js';
import { advance, connecting, fraction } from '../../demo/repository/progress.js';
import type { Repository } from '../../demo/worker/repository.js';
import { scanFiles, type FileEntry } from '../../demo/worker/status.js';
import { makeSample } from '../../demo/sample/make.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { onDisk } from './on-disk.js';

async function sampleClone(): Promise<{ repository: Repository; dir: string }> {
  const root = await temporaryDirectory();
  await makeSample(join(root, 'sample.git'));
  const dir = join(root, 'clone');
  await git(['clone', '-q', join(root, 'sample.git'), dir]);
  return { repository: onDisk(dir), dir };
}

const same = { status: 'same', staged: 'same', unstaged: 'same' } as const;

const changedOf = (files: readonly FileEntry[]): string[] =>
  files.filter(({ status }) => status !== 'same').map(({ path, status }) => `${status} ${path}`);

describe('files against the last commit', () => {
  it('are all the same after a clone, each with its kind', async () => {
    const { repository, dir } = await sampleClone();
    const files = await scanFiles(repository);
    expect(changedOf(files)).toEqual([]);
    const listed = await git(['-C', dir, '-c', 'core.quotePath=false', 'ls-files']);
    expect(files.map(({ path }) => path).sort()).toEqual(listed.split('\n').sort());
    const kinds = new Map(files.map(({ path, kind }) => [path, kind]));
    expect(kinds.get('log/latest.md')).toBe('symlink');
    expect(kinds.get('scripts/build.sh')).toBe('executable');
    expect(kinds.get('notes/灯台のご案内.md')).toBe('file');
  });

  it('are told apart as git tells them apart', async () => {
    const { repository, dir } = await sampleClone();
    await writeFile(join(dir, 'index.html'), 'changed');
    await writeFile(join(dir, 'new file.txt'), 'new');
    await mkdir(join(dir, 'public'));
    await writeFile(join(dir, 'public', 'ignored.txt'), 'ignored');
    await rm(join(dir, 'robots.txt'));
    await rm(join(dir, 'log/latest.md'));
    await symlink('index.html', join(dir, 'log/latest.md'));
    await chmod(join(dir, 'LICENSE'), 0o755);
    const changed = changedOf(await scanFiles(repository)).sort();
    expect(changed).toEqual([
      'added new file.txt',
      'deleted robots.txt',
      'modified LICENSE',
      'modified index.html',
      'modified log/latest.md',
    ]);
    const porcelain = await git(['-C', dir, 'status', '--porcelain', '-uall']);
    expect(porcelain.split('\n')).toHaveLength(changed.length);
    expect(changedOf(await scanFiles({ ...repository, under: 'log' }))).toEqual([
      'modified log/latest.md',
    ]);
    expect(await scanFiles({ ...repository, under: 'nothing' })).toEqual([]);
  });

  it('become what they were when their changes are discarded', async () => {
    const { repository, dir } = await sampleClone();
    await writeFile(join(dir, 'index.html'), 'changed');
    await mkdir(join(dir, 'a'));
    await writeFile(join(dir, 'a', 'new.txt'), 'new');
    await rm(join(dir, 'css'), { recursive: true });
    for (const file of await scanFiles(repository)) {
      if (file.status !== 'same') await discardChange({ ...repository, file });
    }
    expect(await git(['-C', dir, 'status', '--porcelain'])).toBe('');
    expect(nodeFs.existsSync(join(dir, 'a'))).toBe(false);
  });

  it('are committed as they are staged, and the others stay changed', async () => {
    const { repository, dir } = await sampleClone();
    await writeFile(join(dir, 'index.html'), 'changed');
    await writeFile(join(dir, 'visit.html'), 'changed too');
    await rm(join(dir, 'robots.txt'));
    await git(['-C', dir, 'add', 'index.html']);
    await writeFile(join(dir, 'index.html'), 'changed again');
    const author = { name: 'Ada', email: 'ada@example.com' };
    const what = { ...repository, message: 'A choice', author };
    const oid = await commitChanges({ ...what, stage: ['robots.txt'] });
    expect(await git(['-C', dir, 'rev-parse', 'HEAD'])).toBe(oid);
    expect(await git(['-C', dir, 'show', '--name-status', '--format=%an', 'HEAD'])).toBe(
      'Ada\n\nM\tindex.html\nD\trobots.txt',
    );
    expect(await git(['-C', dir, 'show', 'HEAD:index.html'])).toBe('changed');
    expect(await git(['-C', dir, 'status', '--porcelain'])).toBe('M index.html\n M visit.html');
    await expectSoundRepository(dir);
    await expect(commitChanges({ ...what, stage: [] })).rejects.toMatchObject({
      name: 'NothingStaged',
    });
    expect(await git(['-C', dir, 'rev-parse', 'HEAD'])).toBe(oid);
  });

  it('in a repository without commits are all new', async () => {
    const dir = await temporaryDirectory();
    await git(['init', '-q', dir]);
    await writeFile(join(dir, 'first.txt'), 'first');
    expect(changedOf(await scanFiles(onDisk(dir)))).toEqual(['added first.txt']);
  });
});

describe('what a commit changed', () => {
  const letters: Readonly<Record<string, string>> = { A: 'added', M: 'modified', D: 'deleted' };

  it('is what git says, for every commit of the sample', async () => {
    const { repository, dir } = await sampleClone();
    const commits = (await git(['-C', dir, 'rev-list', '--all'])).split('\n');
    for (const oid of commits) {
      const options = ['--format=', '--name-status', '--no-renames', '--diff-merges=first-parent'];
      const shown = await git(['-C', dir, '-c', 'core.quotePath=false', 'show', ...options, oid]);
      const expected = shown
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.replace(/^([A-Z])\t/, (_, letter: string) => `${letters[letter]} `));
      const found = await readChanges({ ...repository, oid });
      expect(found.map(({ path, status }) => `${status} ${path}`).sort()).toEqual(expected.sort());
    }
  });

  it('and the text of both sides', async () => {
    const { repository, dir } = await sampleClone();
    const oid = await git(['-C', dir, 'log', '-1', '--diff-filter=M', '--format=%H', 'README.md']);
    const file = { path: 'README.md', kind: 'file', status: 'modified' } as const;
    const { before, after } = await readVersions({ ...repository, file, between: { commit: oid } });
    const at = (revision: string) => git(['-C', dir, 'show', `${revision}:README.md`]);
    expect(before).toMatchObject({ kind: 'text', text: `${await at(`${oid}^`)}\n` });
    expect(after).toMatchObject({ kind: 'text', text: `${await at(oid)}\n` });
    const first = await git(['-C', dir, 'rev-list', '--max-parents=0', 'HEAD']);
    expect(
      (await readVersions({ ...repository, file, between: { commit: first } })).before,
    ).toBeUndefined();
  });

  it('of files that are in no commit yet is told from the index', async () => {
    const { repository, dir } = await sampleClone();
    await writeFile(join(dir, 'robots.txt'), 'mine\n');
    await rm(join(dir, 'LICENSE'));
    const [license, robots] = (await scanFiles(repository)).filter(
      ({ status }) => status !== 'same',
    );
    const between = 'unstaged';
    expect(await readVersions({ ...repository, file: robots!, between })).toMatchObject({
      before: { text: expect.stringContaining('User-agent') as string },
      after: { text: 'mine\n' },
    });
    expect(await readVersions({ ...repository, file: license!, between })).toMatchObject({
      before: { kind: 'text' },
      after: undefined,
    });
  });
});

describe('what is in a file', () => {
  const cases: readonly (readonly [string, string | Uint8Array, object])[] = [
    ['text.txt', 'a\nb\n', { kind: 'text', text: 'a\nb\n', lineSeparator: '\n' }],
    ['dos.txt', 'a\r\nb\r\n', { kind: 'text', lineSeparator: '\r\n' }],
    ['mixed.txt', 'a\r\nb\n', { kind: 'text', text: 'a\r\nb\n', lineSeparator: '\n' }],
    ['empty.txt', '', { kind: 'text', text: '', lineSeparator: '\n' }],
    ['bom.txt', '\ufeffa', { kind: 'text', text: '\ufeffa' }],
    ['nul.txt', Uint8Array.of(97, 0, 98), { kind: 'binary', reason: 'Binary file' }],
    ['latin1.txt', Uint8Array.of(0xe4, 0x0a), { kind: 'binary', reason: /UTF-8/ }],
    ['a.PNG', Uint8Array.of(0x89, 0x50), { kind: 'image', type: 'image/png' }],
    ['large.txt', 'x'.repeat(4_200_000), { kind: 'binary', reason: /large/i }],
  ];

  it.each(cases)('is found out for %s', async (path, bytes, expected) => {
    const dir = await temporaryDirectory();
    await writeFile(join(dir, path), bytes);
    const content = await readFile({
      ...onDisk(dir),
      file: { path, kind: 'file', status: 'added' },
    });
    const { reason, ...rest } = expected as { reason?: string | RegExp };
    expect(content).toMatchObject(rest);
    if (reason !== undefined)
      expect(content).toHaveProperty('reason', expect.stringMatching(reason));
  });

  it('of a deleted one is what was committed', async () => {
    const { repository, dir } = await sampleClone();
    await rm(join(dir, 'robots.txt'));
    await rm(join(dir, 'log/latest.md'));
    const [link, robots] = (await scanFiles(repository)).filter(({ status }) => status !== 'same');
    expect(await readFile({ ...repository, file: robots! })).toMatchObject({
      kind: 'text',
      text: /User-agent/,
    });
    expect(await readFile({ ...repository, file: link! })).toEqual({
      kind: 'symlink',
      target: '2025-05-18-first-guests.md',
    });
  });

  it.each([
    ['', 'Type a name'],
    ['../out', 'no dots'],
    ['/rooted', 'no empty parts'],
    ['a//b', 'no empty parts'],
    ['.git/config', 'git’s own'],
    ['a/.GIT/hooks/x', 'git’s own'],
    ['back\\slash', 'no backslash'],
    ['line\nfeed', 'no control'],
    ['index.html', 'is there already'],
    ['css', 'is a folder'],
    ['log/latest.md/x', 'is not a folder'],
  ])('is not made under the name %j', (path, sentence) => {
    const files = ['index.html', 'css/base.css', 'log/latest.md'].map((there): FileEntry => {
      return { path: there, kind: 'file', ...same };
    });
    expect(() => checkName(path, files)).toThrow(sentence);
  });
});

describe('the history', () => {
  let dir: string;
  let repository: Repository;

  beforeAll(async () => {
    const root = await temporaryDirectory();
    const { gitDir } = await makeRepository(join(root, 'repo.git'), { commits: 120 });
    dir = join(root, 'clone');
    await git(['clone', '-q', gitDir, dir]);
    repository = onDisk(dir);
  });

  it('has every commit once, newest first, whatever the size of a page', async () => {
    const head = await git(['-C', dir, 'rev-parse', 'HEAD']);
    const expected = (await git(['-C', dir, 'rev-list', 'HEAD'])).split('\n');
    const history = new History(repository, head);
    const oids: string[] = [];
    for (let hasMore = true; hasMore;) {
      const page = await history.next(7);
      oids.push(...page.entries.map(({ oid }) => oid));
      hasMore = page.hasMore;
    }
    expect(oids.slice().sort()).toEqual(expected.slice().sort());
    expect(oids[0]).toBe(head);
  });

  it('of a file has the commits that git lists', async () => {
    const head = await git(['-C', dir, 'rev-parse', 'HEAD']);
    const named = await git([
      '-C',
      dir,
      '-c',
      'core.quotePath=false',
      'log',
      '--name-only',
      '--format=',
    ]);
    const paths = [...new Set(named.split('\n'))].filter(
      (path, at) => path !== '' && at % 12 === 0,
    );
    expect(paths.length).toBeGreaterThan(2);
    for (const path of paths) {
      const expected = await git(['-C', dir, 'rev-list', 'HEAD', '--', path]);
      const { entries } = await new FileHistory(repository, head, path).next(1_000);
      const oids = entries.map(({ oid }) => oid);
      expect(oids.sort(), path).toEqual(
        expected
          .split('\n')
          .filter((oid) => oid !== '')
          .sort(),
      );
    }
  });

  it('of a file in a folder that was a file itself begins where the folder does', async () => {
    const swapped = join(await temporaryDirectory(), 'swapped');
    const run = (...args: string[]) => git(args, { cwd: swapped });
    await git(['init', '-q', swapped]);
    await writeFile(join(swapped, 'place'), 'a file\n');
    await run('add', '.');
    await run('commit', '-q', '-m', 'A file');
    await rm(join(swapped, 'place'));
    await mkdir(join(swapped, 'place'));
    await writeFile(join(swapped, 'place', 'inner.txt'), 'inside\n');
    await run('add', '.');
    await run('commit', '-q', '-m', 'A folder');
    const head = await run('rev-parse', 'HEAD');
    const path = 'place/inner.txt';
    const { entries } = await new FileHistory(onDisk(swapped), head, path).next(10);
    expect(entries.map(({ oid }) => oid)).toEqual([head]);
    const file = { path, kind: 'file', status: 'added' } as const;
    const { before, after } = await readVersions({
      ...onDisk(swapped),
      file,
      between: { commit: head },
    });
    expect(before).toBeUndefined();
    expect(after).toMatchObject({ kind: 'text', text: 'inside\n' });
  });

  it('ends where a shallow clone ends', async () => {
    const shallow = join(await temporaryDirectory(), 'shallow');
    await git(['clone', '-q', '--depth=3', `file://${dir}`, shallow]);
    const head = await git(['-C', shallow, 'rev-parse', 'HEAD']);
    const { entries, hasMore } = await new History(onDisk(shallow), head).next(50);
    const count = Number(await git(['-C', shallow, 'rev-list', '--count', 'HEAD']));
    expect(entries).toHaveLength(count);
    expect(hasMore).toBe(false);
  });

  long('of two branches is measured as git measures it', async () => {
    const tips = ['origin/main', 'origin/topic', 'origin/release/1.0', 'origin/main~40'];
    for (const left of tips) {
      for (const right of tips) {
        const range = `${left}...${right}`;
        const counts = await git(['-C', dir, 'rev-list', '--left-right', '--count', range]);
        const [ahead, behind] = counts.split('\t').map(Number);
        const [a = '', b = ''] = (await git(['-C', dir, 'rev-parse', left, right])).split('\n');
        expect(await measureDistance({ ...repository, local: a, remote: b }), range).toEqual({
          ahead,
          behind,
        });
      }
    }
  });

  it('has the names of branches and tags at their commits', async () => {
    const { repository: sample, dir: clone } = await sampleClone();
    const labels = await readLabels(sample);
    const at = async (revision: string): Promise<string[]> => {
      const oid = await git(['-C', clone, 'rev-parse', revision]);
      return (labels.get(oid) ?? []).map(({ kind, name }) => `${kind} ${name}`);
    };
    expect(await at('main')).toEqual(['head main', 'remote origin/main']);
    expect(await at('season-2025^{}')).toEqual(['tag season-2025']);
    expect(await at('lamp-lit')).toEqual(['tag lamp-lit']);
    expect(await at('origin/redesign')).toEqual(['remote origin/redesign']);
  });
});

describe('small things', () => {
  it('an address is taken apart, and its password is not kept in it', () => {
    const base = 'http://127.0.0.1:8080/';
    expect(
      parseAddress(' wss://ada:p%40ss@git.example.com:444/team/my%20site.git/ ', base),
    ).toEqual({
      url: 'https://git.example.com:444/team/my%20site.git',
      name: 'my site',
      credentials: { kind: 'password', username: 'ada', password: 'p@ss' },
    });
    expect(parseAddress('sample.git', base).url).toBe('http://127.0.0.1:8080/sample.git');
    for (const wrong of ['', 'https://', 'https://host', 'ftp://host/x', 'file:///x']) {
      expect(() => parseAddress(wrong, base), wrong).toThrow(
        expect.objectContaining({ code: 'INVALID_URL' }),
      );
    }
  });

  it('a gateway is an address, or the page’s own server, and nothing that a browser would change', () => {
    const base = 'http://127.0.0.1:8080/demo/';
    expect(parseGateway('  ', base)).toBeUndefined();
    expect(parseGateway('/', base)).toBe('http://127.0.0.1:8080/');
    expect(parseGateway('wss://ada:p@gateway.example/git', base)).toBe(
      'https://ada:p@gateway.example/git',
    );
    for (const wrong of ['gateway.example', '//gateway.example', 'ssh://g', 'wss://', '/a\\b']) {
      expect(() => parseGateway(wrong, base), wrong).toThrow(
        expect.objectContaining({ code: 'INVALID_URL' }),
      );
    }
  });

  it('progress goes from step to step and never back', () => {
    const events = [
      { phase: 'Counting objects', loaded: 10, total: 10 },
      { phase: 'Receiving', loaded: 4000 },
      { phase: 'Receiving objects', loaded: 9, total: 10 },
      { phase: 'Receiving', loaded: 5000 },
      // isomorphic-git repeats the server's words when all has arrived.
      { phase: 'Counting objects', loaded: 10, total: 10 },
      { phase: 'Resolving deltas', loaded: 1, total: 2 },
      { phase: 'Something new', loaded: 1, total: 1 },
    ];
    const steps = [];
    let progress = connecting;
    for (const event of events) steps.push((progress = advance(progress, event)).step);
    expect(steps).toEqual([
      'prepare',
      'receive',
      'receive',
      'receive',
      'receive',
      'index',
      'index',
    ]);
    expect(progress).toMatchObject({ bytes: 5000, loaded: 1, total: 2 });
    expect(fraction(progress)).toBeCloseTo(0.5);
    expect(fraction(connecting)).toBeUndefined();
  });

  it('a tree has folders first, and hides what is in closed ones', () => {
    const paths = ['b.txt', 'a10/x', 'a9/y/z', 'A.txt', 'a9/changed'];
    const files = paths.map((path): FileEntry => {
      return { path, kind: 'file', ...same, ...(path === 'a9/changed' && { status: 'modified' }) };
    });
    const rows = buildRows(
      files,
      (folder) => folder === 'a9',
      ({ status }) => status !== 'same',
    );
    const lines = rows.map(
      ({ level, path, isChanged }) => `${level} ${path}${isChanged ? ' *' : ''}`,
    );
    expect(lines).toEqual(['1 a9 *', '2 a9/y', '2 a9/changed *', '1 a10', '1 A.txt', '1 b.txt']);
    expect(rows.map(({ position, siblings }) => `${position}/${siblings}`)).toEqual([
      ...['1/4', '1/2', '2/2', '2/4', '3/4', '4/4'],
    ]);
  });
});
