/** Submodules of gitws/git, held against native git's in the same repositories. */
import * as fs from 'node:fs';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHttpClient } from '../../src/index.js';
import git, { type CloneArguments } from '../../src/git/index.js';
import { submoduleLimits } from '../../src/git/submodules/update.js';
import { expectSoundRepository, git as realGit } from '../helpers/git.js';
import type { GitServerOptions } from '../../server/index.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { stateOf } from './state.js';

let template: string;
let root: string;
let base: string;
let count = 0;
let place: string;
let url: string;
let dir: string;
/** What the server was shown of who asks. */
let shown: string[];

const author = { name: 'Ann', email: 'ann@example.com' };
const run = (where: string, ...args: string[]) => realGit(args, { cwd: where });
const allow = ['-c', 'protocol.file.allow=always'];

async function put(where: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(where, path)), { recursive: true });
    await writeFile(join(where, path), text);
  }
}

async function commitAll(where: string, message: string): Promise<void> {
  await run(where, 'add', '-A');
  await run(where, 'commit', '-q', '-m', message);
}

/** Makes `site` with a submodule that has one of its own, each with a bare repository beside it. */
beforeAll(async () => {
  template = await temporaryDirectory();
  root = await temporaryDirectory();
  const work = (name: string) => join(template, 'work', name);
  const publish = (name: string) =>
    run(template, 'clone', '-q', '--bare', work(name), `${name}.git`);
  for (const name of ['deep', 'lib', 'site']) {
    await realGit(['init', '-q', '-b', 'main', work(name)]);
    await put(work(name), { [`${name}.txt`]: `${name}\n`, 'folder/more.txt': 'more\n' });
    await commitAll(work(name), 'First');
    if (name === 'deep') await publish(name);
    const inner = { deep: '', lib: 'deep', site: 'lib' }[name] ?? '';
    if (inner === '') continue;
    const source = join(template, `${inner}.git`);
    await run(work(name), ...allow, 'submodule', '-q', 'add', source, `parts/${inner}`);
    await run(
      work(name),
      'config',
      '-f',
      '.gitmodules',
      `submodule.parts/${inner}.url`,
      `../${inner}.git`,
    );
    await commitAll(work(name), 'With a part');
    await publish(name);
  }
  await rm(join(template, 'work'), { recursive: true });
  const authenticate: GitServerOptions['authenticate'] = ({ credentials }) => {
    shown.push(credentials?.scheme === 'bearer' ? credentials.token : 'nothing');
    return { name: `ann-${count}` };
  };
  base = (await startServer({ root, allowPush: true, authenticate })).url;
});

beforeEach(async () => {
  count += 1;
  shown = [];
  place = join(root, String(count));
  await cp(template, place, { recursive: true });
  url = `${base}/${count}/site.git`;
  dir = join(await temporaryDirectory(), 'site');
});

const clone = (own: Partial<CloneArguments> = {}) =>
  git.clone({ fs, dir, url, recurseSubmodules: true, ...own });

describe('a shallow clone of submodules', () => {
  beforeEach(async () => {
    await theyPush('lib', { 'lib.txt': 'newer\n' });
    await run(join(place, 'lib.git'), 'branch', 'other');
  });

  /** Clones with both, and compares each repository. */
  async function expectSame(own: Partial<CloneArguments>, ...native: string[]): Promise<void> {
    const expected = join(await temporaryDirectory(), 'site');
    const source = `file://${join(place, 'site.git')}`;
    await clone(own);
    await run(place, ...allow, 'clone', '-q', '--recurse-submodules', ...native, source, expected);
    for (const path of ['', 'parts/lib', 'parts/lib/parts/deep']) {
      const [ours, theirs] = [join(dir, path), join(expected, path)];
      const [state, wanted] = [await stateOf(ours), await stateOf(theirs)];
      expect({ path, ...state, fetchHead: [] }).toEqual({ path, ...wanted, fetchHead: [] });
      const history = (where: string) => run(where, 'rev-list', '--all');
      expect(await history(ours)).toBe(await history(theirs));
    }
  }

  it('has one commit of each, where it is asked for', async () => {
    await expectSame({ shallowSubmodules: true }, '--shallow-submodules');
    expect(await run(join(dir, 'parts/lib'), 'rev-parse', '--is-shallow-repository')).toBe('true');
  });

  it('has one of those of which .gitmodules says it, and of none where it is not wanted', async () => {
    await theyPush('site', { 'site.txt': 'newer\n' }, 'parts/lib');
    const work = await temporaryDirectory();
    await run(work, 'clone', '-q', join(place, 'site.git'), '.');
    await run(work, 'config', '-f', '.gitmodules', 'submodule.parts/lib.shallow', 'true');
    await commitAll(work, 'Shallow');
    await run(work, 'push', '-q', 'origin', 'main');
    await expectSame({});
    const count = () => run(join(dir, 'parts/lib'), 'rev-list', 'HEAD', '--count');
    expect(await count()).toBe('1');
    await rm(dir, { recursive: true });
    // As `git submodule update --no-recommend-shallow`.
    await clone({ shallowSubmodules: false });
    expect(await count()).toBe('3');
  });

  it('does not cut off submodules where the superproject alone is cut off', async () => {
    await clone({ depth: 1 });
    expect(await run(dir, 'rev-list', 'HEAD', '--count')).toBe('1');
    expect(await run(join(dir, 'parts/lib'), 'rev-list', 'HEAD', '--count')).toBe('2');
  });
});

/** Somebody changes files of a repository, and pushes; with a module, that is moved to its newest commit. */
async function theyPush(
  name: string,
  files: Record<string, string>,
  module?: string,
): Promise<void> {
  const where = await temporaryDirectory();
  await run(
    where,
    ...allow,
    'clone',
    '-q',
    '--recurse-submodules',
    join(place, `${name}.git`),
    'work',
  );
  const work = join(where, 'work');
  await put(work, files);
  if (module !== undefined) await run(join(work, module), 'checkout', '-q', 'origin/main');
  await commitAll(work, 'Theirs');
  await run(work, 'push', '-q', 'origin', 'HEAD:main');
}

async function nativeClone(): Promise<string> {
  const where = await temporaryDirectory();
  await run(where, ...allow, 'clone', '-q', '--recurse-submodules', join(place, 'site.git'));
  return join(where, 'site');
}

const parts = ['', 'parts/lib', 'parts/lib/parts/deep'];

async function treeState(where: string) {
  const all = await Promise.all(
    parts.map(async (part) => {
      const at = join(where, part);
      const gitFile = await readFile(join(at, '.git'), 'utf8').catch(() => 'folder');
      const gitdir = await run(at, 'rev-parse', '--absolute-git-dir');
      const config = (await run(at, 'config', '--local', '--list'))
        .split('\n')
        .filter((line) => !line.includes('url='))
        .sort();
      const head = await readFile(join(gitdir, 'HEAD'), 'utf8');
      const index = await run(at, 'ls-files', '--stage');
      const refs = await run(at, 'for-each-ref', '--format=%(refname) %(objectname)');
      const status = await run(at, 'status', '--porcelain');
      return {
        part,
        gitFile,
        gitdir: gitdir.slice(where.length),
        config,
        head,
        index,
        refs,
        status,
      };
    }),
  );
  return { all, submodules: await run(where, 'submodule', 'status', '--recursive') };
}

describe('recurseSubmodules', () => {
  it('of a clone makes what git clone --recurse-submodules makes', async () => {
    await clone();
    expect(await treeState(dir)).toEqual(await treeState(await nativeClone()));
    for (const gitdir of ['', '/modules/parts/lib', '/modules/parts/lib/modules/parts/deep']) {
      await expectSoundRepository(`${dir}/.git${gitdir}`);
    }
    expect(await readFile(join(dir, 'parts/lib/parts/deep/deep.txt'), 'utf8')).toBe('deep\n');
    expect(await run(dir, 'config', 'submodule.parts/lib.url')).toBe(`${base}/${count}/lib.git`);
    // isomorphic-git and native git go on inside.
    const inner = join(dir, 'parts/lib');
    expect((await git.log({ fs, dir: inner, depth: 1 }))[0]?.commit.message).toBe('With a part\n');
    await run(dir, ...allow, 'submodule', 'update', '--recursive');
    expect((await stateOf(dir)).status).toMatch(/^## main\.\.\.origin\/main$/);
  });

  it('of a pull fetches what a submodule lacks, and checks it out', async () => {
    await clone();
    await theyPush('deep', { 'deep.txt': 'newer\n' });
    await theyPush('lib', { 'lib.txt': 'newer\n' }, 'parts/deep');
    await theyPush('site', { 'site.txt': 'newer\n' }, 'parts/lib');
    await git.pull({ fs, dir, url, author, recurseSubmodules: true });
    expect(await readFile(join(dir, 'parts/lib/lib.txt'), 'utf8')).toBe('newer\n');
    expect(await readFile(join(dir, 'parts/lib/parts/deep/deep.txt'), 'utf8')).toBe('newer\n');
    expect(await run(dir, 'status', '--porcelain')).toBe('');
    expect(await run(dir, 'submodule', 'status', '--recursive')).not.toMatch(/^[+-]/m);
  });

  it('of a checkout brings the commits of that time, and what is new there', async () => {
    await git.clone({ fs, dir, url });
    expect(fs.readdirSync(join(dir, 'parts/lib'))).toEqual([]);
    await git.checkout({ fs, dir, recurseSubmodules: true });
    const first = await treeState(dir);
    await theyPush('lib', { 'lib.txt': 'newer\n' });
    await theyPush('site', {}, 'parts/lib');
    await git.pull({ fs, dir, url, author });
    expect(await run(dir, 'status', '--porcelain')).toBe('M parts/lib');
    await git.checkout({ fs, dir, ref: 'main', recurseSubmodules: true });
    expect(await run(dir, 'status', '--porcelain')).toBe('');
    const before = await run(dir, 'rev-parse', 'HEAD~1');
    await git.checkout({ fs, dir, ref: before, recurseSubmodules: true });
    expect((await treeState(dir)).submodules).toBe(first.submodules);
  });

  it('overwrites no change in a submodule, and says where it is', async () => {
    await clone();
    await theyPush('lib', { 'lib.txt': 'newer\n' });
    await theyPush('site', {}, 'parts/lib');
    await put(dir, { 'parts/lib/lib.txt': 'mine\n' });
    const pull = () => git.pull({ fs, dir, url, author, recurseSubmodules: true });
    await expect(pull()).rejects.toMatchObject({
      code: 'CheckoutConflictError',
      data: { filepaths: ['parts/lib/lib.txt'] },
    });
    expect(await readFile(join(dir, 'parts/lib/lib.txt'), 'utf8')).toBe('mine\n');
    await git.checkout({ fs, dir, force: true, recurseSubmodules: true });
    expect(await readFile(join(dir, 'parts/lib/lib.txt'), 'utf8')).toBe('newer\n');
  });

  it('loses no commit that is on no branch', async () => {
    await clone();
    const inner = join(dir, 'parts/lib');
    await put(inner, { 'lib.txt': 'mine\n' });
    await commitAll(inner, 'Mine');
    const mine = await run(inner, 'rev-parse', 'HEAD');
    const again = () => git.checkout({ fs, dir, recurseSubmodules: true });
    await expect(again()).rejects.toMatchObject({
      code: 'SUBMODULE_REFUSED',
      data: { path: 'parts/lib', reason: 'commits' },
    });
    expect(await run(inner, 'rev-parse', 'HEAD')).toBe(mine);
    await run(inner, 'branch', 'mine');
    await again();
    expect(await run(dir, 'status', '--porcelain')).toBe('');
  });

  it('leaves alone what the configuration, .gitmodules or the caller says', async () => {
    const asked: unknown[] = [];
    await clone({
      onSubmodule: (submodule) => {
        asked.push(submodule);
        return false;
      },
    });
    const found = { name: 'parts/lib', path: 'parts/lib', url: '../lib.git', superproject: url };
    expect(asked).toEqual([found]);
    expect(fs.readdirSync(join(dir, 'parts/lib'))).toEqual([]);
    await run(dir, 'config', 'submodule.parts/lib.active', 'false');
    await git.checkout({ fs, dir, recurseSubmodules: true });
    await run(dir, 'config', '--unset', 'submodule.parts/lib.active');
    await run(dir, 'config', '-f', '.gitmodules', 'submodule.parts/lib.update', 'none');
    await git.checkout({ fs, dir, recurseSubmodules: true });
    expect(fs.readdirSync(join(dir, 'parts/lib'))).toEqual([]);
  });

  it('shows who asks to the superproject’s host alone', async () => {
    const authorization = 'Bearer secret';
    const other = await startServer({
      root,
      authenticate: ({ credentials }) => {
        shown.push(`other: ${credentials?.scheme ?? 'nothing'}`);
        return { name: 'ann' };
      },
    });
    const http = createHttpClient({ authorization });
    await clone({ http, headers: { 'X-Of': 'caller' } });
    expect(new Set(shown)).toEqual(new Set(['secret']));
    await rm(dir, { recursive: true });
    await clone({
      http,
      onSubmodule: ({ path }) =>
        path === 'parts/lib' ? `${other.url}/${count}/lib.git` : undefined,
    });
    expect(new Set(shown)).toEqual(new Set(['secret', 'other: nothing']));
    expect(await readFile(join(dir, 'parts/lib/parts/deep/deep.txt'), 'utf8')).toBe('deep\n');
  });
});

describe('what says who asks', () => {
  const http = createHttpClient({ authorization: 'Bearer secret' });
  let other: string;
  let others: string[];

  beforeEach(async () => {
    others = [];
    const server = await startServer({
      root,
      authenticate: ({ credentials }) => {
        others.push(credentials?.scheme ?? 'nothing');
        return { name: `eve-${count}` };
      },
    });
    other = `${server.url}/${count}`;
  });

  it('goes nowhere else where a submodule takes the place of one of another host', async () => {
    await clone({
      http,
      onSubmodule: ({ path }) => (path === 'parts/lib' ? `${other}/lib.git` : undefined),
    });
    await run(dir, 'config', '--unset', 'submodule.parts/lib.url');
    await theyPush('lib', { 'lib.txt': 'newer\n' });
    await theyPush('site', {}, 'parts/lib');
    const again = { fs, dir, url, http, author, headers: { 'X-Of': 'me' } };
    await git.pull({ ...again, recurseSubmodules: true });
    expect(await readFile(join(dir, 'parts/lib/lib.txt'), 'utf8')).toBe('newer\n');
    expect(new Set(others)).toEqual(new Set(['nothing']));
  });

  it('goes nowhere else where the superproject’s branch follows one of this repository', async () => {
    await git.clone({ fs, dir, url });
    await run(dir, 'checkout', '-q', '-b', 'topic', '--track', 'main');
    await git.checkout({
      ...{ fs, dir, http, recurseSubmodules: true },
      onSubmodule: ({ path }) => (path === 'parts/lib' ? `${other}/lib.git` : undefined),
    });
    expect(fs.existsSync(join(dir, 'parts/lib/parts/deep/deep.txt'))).toBe(true);
    expect(new Set(others)).toEqual(new Set(['nothing']));
  });

  it('goes to the host that is pulled from, and not to that of the clone', async () => {
    await git.clone({ fs, dir, url: `${other}/site.git` });
    others = [];
    await git.pull({ fs, dir, url, http, author, recurseSubmodules: true });
    expect(new Set(others)).toEqual(new Set(['nothing']));
    expect(new Set(shown)).toEqual(new Set(['secret']));
  });
});

describe('with submodules', () => {
  beforeEach(() => clone());
  const index = (where: string) => run(where, 'ls-files', '--stage');

  it('add of all stages the commit of a submodule, and none of its files', async () => {
    const inner = join(dir, 'parts/lib');
    await put(inner, { 'lib.txt': 'mine\n', 'new.txt': 'new\n' });
    await put(dir, { 'site.txt': 'mine\n' });
    const before = await index(dir);
    await git.add({ fs, dir, filepath: 'parts' });
    expect(await index(dir)).toBe(before);
    await git.add({ fs, dir: inner, filepath: '.' });
    const oid = await git.commit({ fs, dir: inner, message: 'Mine', author });
    expect(await git.status({ fs, dir, filepath: 'parts/lib' })).toBe('*modified');
    await git.add({ fs, dir, filepath: '.' });
    expect(await git.status({ fs, dir, filepath: 'parts/lib' })).toBe('modified');
    expect(await run(dir, 'status', '--porcelain')).toBe('M  parts/lib\nM  site.txt');
    await git.commit({ fs, dir, message: 'Mine', author });
    expect(await run(dir, 'ls-tree', 'HEAD', 'parts/lib')).toBe(`160000 commit ${oid}\tparts/lib`);
    expect(await git.status({ fs, dir, filepath: 'parts/lib' })).toBe('unmodified');
    await expectSoundRepository(dir);
  });

  it('add of a file in a submodule is refused, as by git', async () => {
    const before = await index(dir);
    const refused = {
      code: 'SUBMODULE_REFUSED',
      data: { path: 'parts/lib', reason: 'inside' },
    };
    const both = git.add({ fs, dir, filepath: ['site.txt', './parts//lib/lib.txt'] });
    await expect(both).rejects.toMatchObject(refused);
    const staged = git.updateIndex({ fs, dir, filepath: 'parts/lib/lib.txt', add: true });
    await expect(staged).rejects.toMatchObject(refused);
    expect(await index(dir)).toBe(before);
  });

  it('files of repositories that this one does not know stay out of it', async () => {
    await rm(join(dir, '.gitmodules'));
    await git.add({ fs, dir, filepath: './parts//lib/' });
    await git.add({ fs, dir, filepath: '.' });
    expect(await index(dir)).not.toContain('lib.txt');
    await run(dir, 'rm', '-q', '--cached', 'parts/lib');
    await git.add({ fs, dir, filepath: '.' });
    expect(await index(dir)).not.toContain('lib.txt');
    const paths = (await git.statusMatrix({ fs, dir })).map(([path]) => path);
    expect(paths.filter((path) => path.startsWith('parts/'))).toEqual([]);
  });

  it('one whose working tree was removed is there again, whole', async () => {
    const before = await treeState(dir);
    await rm(join(dir, 'parts'), { recursive: true });
    await git.checkout({ fs, dir, recurseSubmodules: true });
    expect(await treeState(dir)).toEqual(before);
    expect(await readFile(join(dir, 'parts/lib/folder/more.txt'), 'utf8')).toBe('more\n');
    await rm(join(dir, 'parts'), { recursive: true });
    await theyPush('lib', { 'lib.txt': 'newer\n' });
    await theyPush('site', {}, 'parts/lib');
    await git.pull({ fs, dir, url, author, recurseSubmodules: true });
    expect(await run(join(dir, 'parts/lib'), 'status', '--porcelain')).toBe('');
  });

  it('one that moves keeps its repository', async () => {
    await run(dir, 'mv', 'parts/lib', 'moved');
    await run(dir, 'commit', '-q', '-m', 'Moved');
    await rm(join(dir, 'moved'), { recursive: true });
    await git.checkout({ fs, dir, recurseSubmodules: true });
    expect(await readFile(join(dir, 'moved/parts/deep/deep.txt'), 'utf8')).toBe('deep\n');
    expect(await run(dir, 'status', '--porcelain')).toBe('');
  });

  it('a name in the place of others’ repositories, or in one, takes nothing from them', async () => {
    const inner = join(dir, 'parts/lib');
    await run(inner, 'branch', 'mine');
    for (const name of ['parts', 'parts/lib/hooks']) {
      const text = `[submodule "${name}"]\n\tpath = new\n\turl = ../nothing.git\n`;
      await writeFile(join(dir, '.gitmodules'), text);
      await run(dir, 'update-index', '--force-remove', 'parts/lib');
      await run(dir, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},new`);
      await expect(git.checkout({ fs, dir, recurseSubmodules: true })).rejects.toMatchObject({
        code: 'SUBMODULE_REFUSED',
        data: { path: 'new', reason: 'name' },
      });
    }
    expect(await run(inner, 'branch', '--list', 'mine')).toContain('mine');
  });

  it('status says what is staged, not there, or as it was', async () => {
    const filepath = 'parts/lib';
    expect(await git.status({ fs, dir, filepath })).toBe('unmodified');
    await rm(join(dir, filepath), { recursive: true });
    expect(await git.status({ fs, dir, filepath })).toBe('unmodified');
    await git.remove({ fs, dir, filepath });
    expect(await git.status({ fs, dir, filepath })).toBe('deleted');
    await git.resetIndex({ fs, dir, filepath });
    expect(await run(dir, 'diff', '--cached', '--name-only')).toBe('');
  });
});

describe('a clone with submodules', () => {
  it('that ended anywhere is finished by the next call', async () => {
    const { writeFile: write } = fs.promises as unknown as Record<string, () => Promise<unknown>>;
    for (const last of [8, 14, 20, 26, 32, 40]) {
      let calls = 0;
      const writeFile = (...given: []) => {
        calls += given.length > 0 ? 1 : 0;
        return calls > last ? Promise.reject(new Error('gone')) : write?.(...given);
      };
      const failing = { promises: { ...fs.promises, writeFile } };
      await git.clone({ fs, dir, url });
      await git.checkout({ fs: failing, dir, recurseSubmodules: true }).catch(() => undefined);
      await git.checkout({ fs, dir, recurseSubmodules: true });
      expect(await readFile(join(dir, 'parts/lib/parts/deep/deep.txt'), 'utf8')).toBe('deep\n');
      expect(await run(dir, 'status', '--porcelain')).toBe('');
      await rm(dir, { recursive: true });
    }
  });
});

describe('a submodule is refused', () => {
  /** @returns what a checkout makes of such a `.gitmodules`. */
  const withModules = async (text: string) => {
    await git.clone({ fs, dir, url });
    await writeFile(join(dir, '.gitmodules'), text);
    return git.checkout({ fs, dir, recurseSubmodules: true }).then(
      () => 'taken',
      ({ code, data }: { code: string; data: { reason: string } }) => `${code} ${data.reason}`,
    );
  };
  const section = (name: string, path = 'parts/lib', link = '../lib.git') =>
    `[submodule "${name}"]\n\tpath = ${path}\n\turl = ${link}\n`;

  it.each<[string, string, string]>([
    ['in a file that is none', '[submodule "x"\n', 'file'],
    ['that no file names', '', 'undeclared'],
    ['whose name leads out of modules', section('../../hooks'), 'name'],
    ['whose name leads out by backslashes', section('x\\\\..\\\\..\\\\y'), 'name'],
    ['whose name is in another one', section('a') + section('a/hooks', 'b'), 'name'],
    ['whose name another one has, but for case', section('a') + section('A', 'b'), 'name'],
    ['whose name ends with a space', section('a '), 'name'],
    ['whose name has a letter that ends a line', section('a\r'), 'name'],
    ['whose name is longer than a folder’s', section('a'.repeat(256)), 'name'],
    [
      'with a URL that has a letter that ends a line',
      section('a', 'parts/lib', '"../x\\ny"'),
      'url',
    ],
    ['with a URL that is an option', section('a', 'parts/lib', '--upload-pack=x'), 'url'],
    ['with a URL of ssh', section('a', 'parts/lib', 'git@example.com:x/y.git'), 'url'],
    ['with a URL that leads out of the host', section('a', 'parts/lib', '../../../../x'), 'url'],
  ])('%s', async (_, text, reason) => {
    expect(await withModules(text)).toBe(`SUBMODULE_REFUSED ${reason}`);
    expect(fs.existsSync(join(dir, '.git/modules'))).toBe(false);
    expect(fs.readdirSync(join(dir, 'parts/lib'))).toEqual([]);
  });

  it.each<[string, (place: string) => Promise<unknown>]>([
    ['a link in its place', (where) => symlink('/tmp', where)],
    ['a file in its place', (where) => writeFile(where, 'x')],
    [
      'files in its place',
      async (where) => {
        await mkdir(where);
        await writeFile(join(where, 'mine'), 'x');
      },
    ],
    [
      'a link on the way to it',
      async (where) => {
        await rm(dirname(where), { recursive: true });
        await symlink(await temporaryDirectory(), dirname(where));
      },
    ],
  ])('where there is %s', async (_, make) => {
    await git.clone({ fs, dir, url });
    await rm(join(dir, 'parts/lib'), { recursive: true });
    await make(join(dir, 'parts/lib'));
    await expect(git.checkout({ fs, dir, recurseSubmodules: true })).rejects.toMatchObject({
      code: 'SUBMODULE_REFUSED',
      data: { path: 'parts/lib', reason: 'in-the-way' },
    });
    expect(fs.existsSync(join(dir, '.git/modules'))).toBe(false);
  });

  it('beyond so many of one repository', async () => {
    const modules = (count: number) =>
      Array.from({ length: count }, (_, n) => `${section(`m${n}`, `m${n}`)}\tupdate = none\n`);
    await git.clone({ fs, dir, url });
    const many = submoduleLimits.count + 1;
    await writeFile(join(dir, '.gitmodules'), modules(many).join(''));
    const input = Array.from({ length: many }, (_, n) => `160000 ${'1'.repeat(40)}\tm${n}\n`);
    await run(dir, 'update-index', '--force-remove', 'parts/lib');
    await realGit(['update-index', '--index-info'], { cwd: dir, input: input.join('') });
    const again = () => git.checkout({ fs, dir, recurseSubmodules: true });
    await expect(again()).rejects.toMatchObject({ data: { reason: 'limit' } });
    const last = `160000 0 ${'0'.repeat(40)}\tm${many - 1}\n`.replace('160000 0', '0');
    await realGit(['update-index', '--index-info'], { cwd: dir, input: last });
    await again();
  });

  it('beyond so many in each other', async () => {
    // Each has the one before it as its submodule.
    let inner = await run(join(place, 'deep.git'), 'rev-parse', 'main');
    for (let depth = 0; depth <= submoduleLimits.depth; depth += 1) {
      const bare = join(place, `d${depth}.git`);
      await realGit(['init', '-q', '--bare', '-b', 'main', bare]);
      const source = depth === 0 ? '../deep.git' : `../d${depth - 1}.git`;
      const text = section('in', 'in', source);
      const blob = await realGit(['hash-object', '-w', '--stdin'], { cwd: bare, input: text });
      const lines = `100644 blob ${blob}\t.gitmodules\n160000 commit ${inner}\tin\n`;
      const tree = await realGit(['mktree', '--missing'], { cwd: bare, input: lines });
      inner = await run(bare, 'commit-tree', '-m', 'One', tree);
      await run(bare, 'update-ref', 'refs/heads/main', inner);
    }
    const deepest = (depth: number) =>
      git.clone({
        ...{ fs, dir: `${dir}-${depth}`, recurseSubmodules: true },
        url: `${base}/${count}/d${depth}.git`,
      });
    await deepest(submoduleLimits.depth - 1);
    await expect(deepest(submoduleLimits.depth)).rejects.toMatchObject({
      code: 'SUBMODULE_REFUSED',
      data: {
        reason: 'limit',
        path: Array(submoduleLimits.depth + 1)
          .fill('in')
          .join('/'),
      },
    });
  });

  it('whose commit its server has not, and what was fetched stays', async () => {
    const site = await temporaryDirectory();
    await run(site, 'clone', '-q', join(place, 'site.git'), 'work');
    const work = join(site, 'work');
    await run(work, 'update-index', '--cacheinfo', `160000,${'1'.repeat(40)},parts/lib`);
    await run(work, 'commit', '-q', '-m', 'Nowhere');
    await run(work, 'push', '-q');
    await expect(clone()).rejects.toMatchObject({
      code: 'SUBMODULE_REFUSED',
      data: { path: 'parts/lib', reason: 'missing' },
    });
    expect(await readFile(join(dir, 'site.txt'), 'utf8')).toBe('site\n');
    await expectSoundRepository(dir);
  });
});
