/** What `stash` of gitws/git does with a list of several, with conflicts, and where something would be lost. */
import * as fs from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import isomorphicGit, { Errors } from 'isomorphic-git';
import git from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, gitStatus } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { put, type Changes } from './merge-ground.js';
import {
  author,
  expectSame,
  makeGround,
  run,
  stash,
  stateOf,
  withLines,
  type Own,
} from './stash-ground.js';

const changed = { 'a.txt': withLines({ 3: 'stashed' }) };
const commitAll = async (where: string) => {
  await run(where, 'add', '-A');
  await run(where, 'commit', '-q', '-m', 'Next');
};

/** Both have stashed something. */
async function stashed(changes: Changes, then: Changes = {}) {
  const ground = await makeGround();
  await ground.both(async (where) => {
    await put(where, changes);
    await run(where, 'stash', 'push', '-q', '-u');
    await put(where, then);
  });
  return ground;
}

/** @returns the code of each refusal, and whether nothing has changed by any of them. */
async function refusalsOf(
  dir: string,
  all: readonly Own[],
): Promise<[codes: unknown[], isAsItWas: boolean]> {
  const before = JSON.stringify(await stateOf(dir));
  const codes: unknown[] = [];
  for (const own of all) {
    const code: unknown = await stash(dir, own).then(
      () => 'done',
      (error: unknown) => (error as { code?: unknown } | undefined)?.code,
    );
    codes.push(code);
  }
  return [codes, JSON.stringify(await stateOf(dir)) === before];
}

async function refusalOf(dir: string, own: Own): Promise<[code: unknown, isAsItWas: boolean]> {
  const [[code], isAsItWas] = await refusalsOf(dir, [own]);
  return [code, isAsItWas];
}

describe.concurrent('a stash that conflicts', () => {
  it.each<[string, Changes, Changes]>([
    ['in lines', changed, { 'a.txt': withLines({ 3: 'mine', 15: 'mine' }), 'c.txt': 'mine\n' }],
    ['with a file that is gone', changed, { 'a.txt': null }],
    ['with a file that has changed, and was to go', { 'a.txt': null }, changed],
    ['with one that is new, too', { 'new.txt': 'one\n' }, { 'new.txt': 'other\n' }],
    ['in no text', { empty: Uint8Array.of(0, 1) }, { empty: Uint8Array.of(0, 2) }],
    ['in links', { link: { to: 'x' } }, { link: { to: 'y' } }],
    ['and has files beside', { ...changed, 'b.txt': 'x\n' }, { 'a.txt': 'other\n' }],
  ])('%s is left to be resolved as git leaves it, and stays in the list', async (_, one, other) => {
    const { dir, expected, both } = await makeGround();
    await both(async (where) => {
      await put(where, { ...one, ...('new.txt' in one ? {} : { 'u.txt': 'u\n' }) });
      if ('new.txt' in one) await run(where, 'add', 'new.txt');
      await run(where, 'stash', 'push', '-q', '-u');
      await put(where, other);
      await commitAll(where);
    });
    const error: unknown = await stash(dir, { op: 'pop' }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Errors.MergeConflictError);
    const { code } = await gitStatus(['stash', 'pop', '-q'], { cwd: expected });
    expect(code).toBe(1);
    await expectSame(dir, expected);
    const unmerged = await run(dir, 'diff', '--name-only', '--diff-filter=U');
    expect(error).toMatchObject({ data: { filepaths: unmerged.split('\n') } });
    const next = await refusalOf(dir, { op: 'apply' });
    expect(next).toEqual(['UnmergedPathsError', true]);
    expect(await refusalOf(dir, {})).toEqual(['UnmergedPathsError', true]);
  });

  it.each<[string, Changes, Changes]>([
    ['a folder, and a file', { 'b.txt': null, 'b.txt/in': 'in\n' }, { 'b.txt': 'mine\n' }],
    ['a file, and a folder', { 'b.txt': 'b3\n' }, { 'b.txt': null, 'b.txt/in': 'in\n' }],
    ['a link, and a file', { 'b.txt': { to: 'x' } }, { 'b.txt': 'mine\n' }],
  ])('where a path would be %s, is left so too', async (_, one, other) => {
    const { dir, expected, both } = await makeGround();
    await both(async (where) => {
      await put(where, one);
      await run(where, 'add', '-A');
      await run(where, 'stash', 'push', '-q');
      await put(where, other);
      await commitAll(where);
    });
    await expect(stash(dir, { op: 'pop' })).rejects.toMatchObject({ code: 'MergeConflictError' });
    await gitStatus(['stash', 'pop', '-q'], { cwd: expected });
    await expectSame(dir, expected);
  });

  it('names the sides as git does where nothing was committed meanwhile', async () => {
    const { dir, expected, both } = await stashed(changed);
    await both(async (where) => {
      await put(where, { 'a.txt': withLines({ 3: 'mine' }) });
      await run(where, 'add', 'a.txt');
    });
    await expect(stash(dir, { op: 'apply' })).rejects.toMatchObject({ code: 'MergeConflictError' });
    await gitStatus(['stash', 'apply', '-q'], { cwd: expected });
    await expectSame(dir, expected);
    expect(await readFile(join(dir, 'a.txt'), 'utf8')).toContain('<<<<<<< Updated upstream');
  });
});

describe.concurrent('a stash is merged into what is there', () => {
  it.each<[string, Changes, Changes]>([
    ['in other lines', changed, { 'a.txt': withLines({ 15: 'mine' }) }],
    ['in other files', { ...changed, 'b.txt': null }, { 'c.txt': 'mine\n' }],
    ['in the same way', changed, changed],
    ['a mode and lines', { run: 'plain\n' }, { 'a.txt': withLines({ 15: 'mine' }) }],
  ])('%s, committed and staged', async (_, one, other) => {
    for (const isStaged of [false, true]) {
      const { dir, expected, both } = await stashed(one);
      await both(async (where) => {
        await put(where, other);
        if (isStaged) await run(where, 'add', '-A');
        else await commitAll(where);
      });
      await stash(dir, { op: 'apply' });
      await run(expected, 'stash', 'apply', '-q');
      await expectSame(dir, expected);
    }
  });

  it('of native git, and native git of ours, several times and in any order', async () => {
    const { dir, expected, both } = await makeGround();
    for (const at of [1, 2, 3, 4]) {
      await both((where) => put(where, { [`${at}.txt`]: `${at}\n`, 'c.txt': `${at}\n` }));
      // A message git makes one line of.
      const message = `Number\t ${at}\n é`;
      if (at % 2 === 0) await stash(dir, { message, includeUntracked: true });
      else await run(dir, 'stash', 'push', '-q', '-u', '-m', message);
      await run(expected, 'stash', 'push', '-q', '-u', '-m', message);
      await expectSame(dir, expected);
    }
    await stash(dir, { op: 'drop', refIdx: 2 });
    await run(expected, 'stash', 'drop', '-q', 'stash@{2}');
    await expectSame(dir, expected);
    await stash(dir, { op: 'pop', refIdx: 1 });
    await run(expected, 'stash', 'pop', '-q', 'stash@{1}');
    await expectSame(dir, expected);
    await stash(dir, { op: 'drop' });
    await run(expected, 'stash', 'drop', '-q');
    await expectSame(dir, expected);
    // Also where the ref has no file of its own.
    await both((where) => run(where, 'pack-refs', '--all'));
    await stash(dir, { op: 'drop' });
    await run(expected, 'stash', 'drop', '-q');
    await expectSame(dir, expected);
    expect(await stash(dir, { op: 'list' })).toEqual([]);
  });

  it('and all are gone at once', async () => {
    const { dir, expected, both } = await stashed(changed);
    await both(async (where) => {
      await put(where, changed);
      await run(where, 'stash', 'push', '-q');
    });
    await stash(dir, { op: 'clear' });
    await run(expected, 'stash', 'clear');
    await expectSame(dir, expected);
    await stash(dir, { op: 'clear' });
  });

  it('of isomorphic-git itself, whose third parent is of files that git knows', async () => {
    const { dir } = await makeGround();
    await run(dir, 'config', 'user.name', 'Ann Bell');
    await run(dir, 'config', 'user.email', 'ann@example.com');
    // Of these it forgets the modes.
    await put(dir, { link: null, run: null });
    await commitAll(dir);
    await put(dir, { 'a.txt': withLines({ 3: 'staged' }) });
    await run(dir, 'add', 'a.txt');
    await put(dir, { 'a.txt': withLines({ 3: 'staged', 9: 'not' }), 'c.txt': 'c2\n' });
    await isomorphicGit.stash({ fs, dir, message: 'Its own' });
    expect(await stash(dir, { op: 'list' })).toEqual([
      expect.stringMatching(/^stash@\{0\}: Its own: [0-9a-f]{7} Next/),
    ]);
    await stash(dir, { op: 'pop' });
    expect(await run(dir, 'status', '--porcelain')).toBe('M a.txt\n M c.txt');
    expect(await readFile(join(dir, 'a.txt'), 'utf8')).toContain('not');
    await expectSoundRepository(dir);
  });
});

describe.concurrent('nothing is lost: a stash is refused, and nothing changes,', () => {
  it.each<[string, Changes, Changes]>([
    ['a change that is not staged is in the way', changed, { 'a.txt': 'mine\n' }],
    ['a file that git does not know is in the way', { 'u.txt': 'u\n' }, { 'u.txt': 'mine\n' }],
    ['an ignored one is', { '.gitignore': '', 'x.log': 'x\n' }, { 'x.log': 'mine\n' }],
    ['a folder is', { 'u.txt': 'u\n' }, { 'u.txt/in': 'mine\n' }],
    ['a file is where a folder was', { 'u/in': 'u\n' }, { u: 'mine\n' }],
    ['a link is where a folder was', { 'u/in': 'u\n' }, { u: { to: 'folder' } }],
    ['a file that was to go has changed', { 'a.txt': null }, changed],
  ])('where %s', async (_, one, other) => {
    const { dir } = await stashed(one, other);
    for (const op of ['apply', 'pop'] as const) {
      expect(await refusalOf(dir, { op })).toEqual(['CheckoutConflictError', true]);
    }
  });

  it('where git has come to know another file at a path that it did not know', async () => {
    const { dir, both } = await stashed({ 'u.txt': 'u\n', 'w/x': 'x\n' }, { 'u.txt': 'mine\n' });
    await both(commitAll);
    expect(await refusalOf(dir, { op: 'pop' })).toEqual(['CheckoutConflictError', true]);
    await put(dir, { 'u.txt': null, w: 'a file\n' });
    await commitAll(dir);
    expect(await refusalOf(dir, { op: 'pop' })).toEqual(['CheckoutConflictError', true]);
    await put(dir, { w: null, 'u.txt': 'u\n' });
    await commitAll(dir);
    await stash(dir, { op: 'pop' });
    expect(await run(dir, 'status', '--porcelain')).toBe('?? w/');
  });

  it('where what is staged cannot be staged again', async () => {
    const { dir, both } = await makeGround();
    await put(dir, changed);
    await run(dir, 'add', 'a.txt');
    await put(dir, { 'a.txt': withLines({}) });
    await stash(dir);
    await both(async (where) => {
      await put(where, { 'a.txt': withLines({ 3: 'mine' }) });
      await commitAll(where);
    });
    const own = { op: 'apply', restoreIndex: true } as const;
    expect(await refusalOf(dir, own)).toEqual(['CheckoutConflictError', true]);
  });

  it('where what git does not know would be overwritten by HEAD’s', async () => {
    const { dir } = await makeGround();
    await put(dir, { 'b.txt': null, 'b.txt/mine': 'mine\n', 'folder/x.log': 'ignored\n' });
    expect(await refusalOf(dir, {})).toEqual(['CheckoutConflictError', true]);
    await put(dir, { 'b.txt/mine.log': 'ignored\n' });
    const own = { includeUntracked: true };
    expect(await refusalOf(dir, own)).toEqual(['CheckoutConflictError', true]);
    await rm(join(dir, 'b.txt/mine.log'));
    await stash(dir, own);
    expect(await run(dir, 'status', '--porcelain')).toBe('');
    expect(await readFile(join(dir, 'folder/x.log'), 'utf8')).toBe('ignored\n');
    await stash(dir, { op: 'pop' });
    expect(await readFile(join(dir, 'b.txt/mine'), 'utf8')).toBe('mine\n');
    await expectSoundRepository(dir);
  });

  it('where a merge waits, which git would forget', async () => {
    const { dir } = await makeGround();
    await run(dir, 'checkout', '-q', '-b', 'theirs');
    await put(dir, { 'a.txt': 'theirs\n' });
    await commitAll(dir);
    await run(dir, 'checkout', '-q', 'main');
    await put(dir, { 'c.txt': 'ours\n' });
    await commitAll(dir);
    await run(dir, 'merge', '-q', '--no-commit', 'theirs');
    expect(await refusalOf(dir, {})).toEqual(['MERGE_NOT_CONCLUDED', true]);
    expect(await stash(dir, { op: 'create' })).toMatch(/^[0-9a-f]{40}$/);
  });
});

describe.concurrent('stash', () => {
  it('says by a code what is not there', async () => {
    const { dir } = await makeGround();
    const codes: [Own, string][] = [
      [{}, 'NotFoundError'],
      [{ includeUntracked: true }, 'NotFoundError'],
      [{ op: 'create' }, 'NotFoundError'],
      [{ op: 'pop' }, 'NotFoundError'],
      [{ op: 'apply' }, 'NotFoundError'],
      [{ op: 'drop' }, 'NotFoundError'],
      [{ op: 'drop', refIdx: -1 }, 'InvalidRefNameError'],
      [{ op: 'show' as 'push' }, 'INVALID_OPTION'],
      [{ filepaths: 'a.txt' as unknown as string[] }, 'INVALID_OPTION'],
      [{ filepaths: [1] as unknown as string[] }, 'INVALID_OPTION'],
    ];
    const given = codes.map(([own]) => own);
    expect(await refusalsOf(dir, given)).toEqual([codes.map(([, code]) => code), true]);
    await put(dir, changed);
    await stash(dir);
    const ops = ['drop', 'pop'] as const;
    const wrong = [1, -1, 0.5, NaN, '0' as unknown as number].flatMap((refIdx) =>
      ops.map((op) => ({ op, refIdx })),
    );
    expect(await refusalsOf(dir, wrong)).toEqual([wrong.map(() => 'InvalidRefNameError'), true]);
    const bare = { fs, gitdir: join(dir, '.git') };
    expect(await git.stash({ ...bare, op: 'list' })).toHaveLength(1);
    await expect(git.stash({ ...bare, op: 'pop' })).rejects.toMatchObject({
      code: 'MissingParameterError',
    });
  });

  it('is refused without a commit, and in a linked worktree', async () => {
    const empty = await temporaryDirectory();
    await run(empty, 'init', '-q');
    await put(empty, { 'a.txt': 'a\n' });
    await run(empty, 'add', 'a.txt');
    await expect(stash(empty)).rejects.toMatchObject({ code: 'NoCommitError' });
    expect(await run(empty, 'status', '--porcelain')).toBe('A  a.txt');
    const { dir } = await makeGround();
    const linked = join(await temporaryDirectory(), 'linked');
    await run(dir, 'worktree', 'add', '-q', linked);
    await put(linked, changed);
    await expect(stash(linked)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(await run(linked, 'status', '--porcelain')).toBe('M a.txt');
  });

  it('is refused where two names are different bytes, and the same text', async () => {
    const { dir } = await makeGround();
    const blob = await run(dir, 'rev-parse', 'HEAD:a.txt');
    const stage = async (byte: number, mode = '100644') => {
      const line = [Buffer.from(`${mode} ${blob} 0\tx`), Buffer.of(byte, 0)];
      const input = Buffer.concat(line);
      await realGit(['update-index', '-z', '--add', '--index-info'], { cwd: dir, input });
    };
    await stage(0xff);
    await run(dir, 'commit', '-q', '-m', 'One of them');
    await stage(0xfe);
    await run(dir, 'stash', 'store', await run(dir, 'stash', 'create'));
    expect(await refusalOf(dir, {})).toEqual(['UnsafeFilepathError', true]);
    await stage(0xfe, '0');
    // What was staged is both.
    const pop = { op: 'pop', restoreIndex: true } as const;
    expect(await refusalOf(dir, pop)).toEqual(['UnsafeFilepathError', true]);
    await stage(0xfe);
    await run(dir, 'commit', '-q', '-m', 'Both');
    await stage(0xfe, '0');
    await put(dir, changed);
    expect(await refusalOf(dir, {})).toEqual(['UnsafeFilepathError', true]);
  });

  it('creates the commits alone, which native git takes into the list', async () => {
    const { dir, expected, both } = await makeGround();
    await both((where) => put(where, changed));
    const before = await stateOf(dir);
    const oid = await stash(dir, { op: 'create', message: 'Aside' });
    expect(oid).toBe(await run(expected, 'stash', 'create', 'Aside'));
    expect(await stateOf(dir)).toEqual(before);
    await run(dir, 'stash', 'store', '-m', 'Aside', String(oid));
    await run(dir, 'checkout', '-q', '.');
    await stash(dir, { op: 'pop' });
    expect(await run(dir, 'status', '--porcelain')).toBe('M a.txt');
  });

  it.each<[string, string[], Own, string[]]>([
    ['some files', ['a.txt', 'new.txt', 'folder'], {}, []],
    ['files that git does not know', ['a.txt', 'u'], { includeUntracked: true }, ['-u']],
    ['some files, keeping the index', ['a.txt', 'new.txt'], { keepIndex: true }, ['--keep-index']],
  ])('takes %s, and leaves the others', async (_, filepaths, own, options) => {
    const { dir, expected, both } = await makeGround();
    await both(async (where) => {
      await put(where, { ...changed, 'new.txt': 'new\n', 'c.txt': 'staged\n' });
      await run(where, 'add', 'a.txt', 'new.txt', 'c.txt');
      await put(where, { 'a.txt': withLines({ 3: 'more' }), 'folder/d.txt': null, 'b.txt': 'b\n' });
      await put(where, { 'u/u.txt': 'u\n', 'v.txt': 'v\n' });
    });
    const oid = await stash(dir, { ...own, filepaths });
    await run(expected, 'stash', 'push', '-q', ...options, '--', ...filepaths);
    expect(oid).toBe(await run(expected, 'rev-parse', 'stash'));
    await expectSame(dir, expected);
    expect(await refusalOf(dir, { filepaths: ['nowhere', 'b.txt'] })).toEqual([
      'NotFoundError',
      true,
    ]);
    expect(await refusalOf(dir, { filepaths: ['run'] })).toEqual(['NotFoundError', true]);
  });

  it.each([[['.']], [['']], [['./']], [[]]])('takes everything of %j', async (filepaths) => {
    const { dir, expected, both } = await makeGround();
    await both((where) => put(where, { ...changed, 'folder/d.txt': null, 'u/u.txt': 'u\n' }));
    const oid = await stash(dir, { filepaths, includeUntracked: true });
    await run(expected, 'stash', 'push', '-q', '-u', '--', '.');
    expect(oid).toBe(await run(expected, 'rev-parse', 'stash'));
    await expectSame(dir, expected);
  });

  it('keeps a submodule as git does, and another repository’s files', async () => {
    const { dir, expected, both } = await makeGround();
    await both(async (where) => {
      await run(where, 'init', '-q', 'sub');
      await run(join(where, 'sub'), 'commit', '-q', '--allow-empty', '-m', 'One');
      await run(where, 'add', 'sub');
      await run(where, 'commit', '-q', '-m', 'A submodule');
      await run(join(where, 'sub'), 'commit', '-q', '--allow-empty', '-m', 'Two');
      await put(join(where, 'sub'), { mine: 'mine\n' });
      await run(where, 'init', '-q', 'other');
      await put(join(where, 'other'), { mine: 'mine\n' });
    });
    expect(await refusalOf(dir, { includeUntracked: true })).toEqual(['NotFoundError', true]);
    await both((where) => put(where, changed));
    expect(await stash(dir)).toBe(
      (await run(expected, 'stash', 'push', '-q')) + (await run(expected, 'rev-parse', 'stash')),
    );
    const look = async (where: string) => [
      await run(where, 'status', '--porcelain'),
      await run(where, 'ls-files', '--stage'),
      await run(join(where, 'sub'), 'rev-parse', 'HEAD'),
    ];
    expect(await look(dir)).toEqual(await look(expected));
    await stash(dir, { op: 'pop' });
    await run(expected, 'stash', 'pop', '-q');
    expect(await look(dir)).toEqual(await look(expected));
    for (const path of ['sub/mine', 'other/mine']) {
      expect(await readFile(join(dir, path), 'utf8')).toBe('mine\n');
    }
  });

  it('keeps what is outside of a sparse checkout there, and shows what is stashed of it', async () => {
    const { dir } = await makeGround();
    await git.sparseCheckout({ fs, dir, set: [] });
    const flags = () => run(dir, 'ls-files', '-t');
    const before = await flags();
    expect(before).toContain('S folder/d.txt');
    await put(dir, { ...changed, 'folder/d.txt': 'there all the same\n', 'u.txt': 'u\n' });
    await stash(dir, { includeUntracked: true });
    expect([await flags(), await run(dir, 'status', '--porcelain')]).toEqual([before, '']);
    expect(fs.existsSync(join(dir, 'folder'))).toBe(false);
    await stash(dir, { op: 'pop' });
    expect(await run(dir, 'status', '--porcelain')).toBe('M a.txt\n M folder/d.txt\n?? u.txt');
    expect(await flags()).toContain('S folder/é.txt');
    await expectSoundRepository(dir);
  });

  it('minds what the index says of files: skipped, assumed, intended to be added', async () => {
    const { dir } = await makeGround();
    await run(dir, 'update-index', '--skip-worktree', 'c.txt');
    await run(dir, 'update-index', '--assume-unchanged', 'b.txt');
    await put(dir, {
      ...changed,
      'c.txt': 'my own\n',
      'b.txt': 'assumed\n',
      'meant.txt': 'meant\n',
    });
    await run(dir, 'add', '-N', 'meant.txt');
    await stash(dir);
    expect(await readFile(join(dir, 'c.txt'), 'utf8')).toBe('my own\n');
    // git would overwrite it, and have it nowhere.
    expect(await run(dir, 'show', 'stash:b.txt', 'stash:meant.txt')).toBe('assumed\nmeant');
    expect(await run(dir, 'ls-files', '-v', 'b.txt', 'c.txt')).toBe('H b.txt\nS c.txt');
    expect(await run(dir, 'status', '--porcelain')).toBe('');
    await stash(dir, { op: 'pop' });
    expect(await readFile(join(dir, 'meant.txt'), 'utf8')).toBe('meant\n');
    expect(await readFile(join(dir, 'b.txt'), 'utf8')).toBe('assumed\n');
  });

  it('is somebody’s, of whom the configuration knows, or git’s own', async () => {
    const { dir } = await makeGround();
    await put(dir, changed);
    const common = { fs, dir, op: 'create' } as const;
    const who = async (oid: string) => run(dir, 'log', '-1', '--format=%an <%ae>', oid);
    expect(await who(await git.stash(common))).toBe('git <git@stash>');
    await run(dir, 'config', 'user.name', 'Ann');
    await run(dir, 'config', 'user.email', 'ann@example.com');
    expect(await who(await git.stash(common))).toBe('Ann <ann@example.com>');
    expect(await who(await git.stash({ ...common, author }))).toBe(
      'Test Author <author@example.com>',
    );
  });
});
