/** A stash whose file system fails or lies, or that is given up, or that others change meanwhile: nothing is lost. */
import * as nodeFs from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import git from '../../src/git/index.js';
import { isGitWsError } from '../../src/index.js';
import { it, long } from '../helpers/long.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { InterruptedFs, type Interruption } from './interruptions.js';
import { expectSoundButLocks, removeLocks } from './left-behind.js';
import { mergeStateOf, put } from './merge-ground.js';
import { author, makeGround, run, stash, stateOf, withLines } from './stash-ground.js';

type Fs = Parameters<typeof git.stash>[0]['fs'];

/** How many calls of the file system, evenly spread, are tried; in the long run each of them is. */
const fewCalls = 3;

const interruptions: Interruption[] = ['abort', 'fails with nothing', 'does nothing'];

async function copyOf(dir: string): Promise<string> {
  const copy = await temporaryDirectory();
  await cp(dir, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  return copy;
}

/** Does it again while others hold the lock: on a busy machine they may for longer than is waited. */
async function insist<Result>(act: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!isGitWsError(error, 'REF_LOCKED')) throw error;
    }
  }
}

/** A repository with all kinds of changes, some of them staged. */
async function makeChanges(): Promise<string> {
  const { dir } = await makeGround();
  await put(dir, { 'a.txt': withLines({ 3: 'staged' }), 'new.txt': 'new\n', 'c.txt': null });
  await run(dir, 'add', '-A');
  await put(dir, { 'a.txt': withLines({ 3: 'staged', 9: 'more' }), 'b.txt': null });
  await put(dir, { 'folder/d.txt': 'd2\n', 'u/u.txt': 'u\n', link: { to: 'b.txt' } });
  return dir;
}

/** @returns what came of it: undefined where it resolved. */
async function interrupted(dir: string, op: 'push' | 'pop', fs: InterruptedFs): Promise<unknown> {
  return git
    .stash({
      ...{ fs: { promises: fs.promises } as unknown as Fs, dir, op, author },
      ...{ includeUntracked: true, restoreIndex: true, signal: fs.controller.signal },
    })
    .then(
      () => undefined,
      (error: unknown) => error ?? 'nothing',
    );
}

async function callsOf(dir: string, op: 'push' | 'pop'): Promise<number> {
  const fs = new InterruptedFs();
  expect(await interrupted(await copyOf(dir), op, fs)).toBeUndefined();
  return fs.calls;
}

async function interruptPush(how: Interruption, most: number): Promise<void> {
  const dir = await makeChanges();
  const before = await mergeStateOf(dir);
  const after = await copyOf(dir);
  const oid = await stash(after, { includeUntracked: true });
  const calls = await callsOf(dir, 'push');
  for (let at = 0; at < calls; at += Math.max(1, Math.ceil(calls / most))) {
    const place = await copyOf(dir);
    const error = await interrupted(place, 'push', new InterruptedFs(how, at));
    await expectSoundButLocks(place);
    await removeLocks(place);
    if (error === undefined) {
      expect(await stateOf(place)).toEqual(await stateOf(after));
      continue;
    }
    expect(error).toBeInstanceOf(Error);
    if (how === 'abort') expect(error).toMatchObject({ code: 'UserCanceledError' });
    const { ref, list } = await stateOf(place);
    const { data } = error as { data?: { stash?: string } };
    expect(data?.stash).toBe(ref === '' ? undefined : oid);
    if (ref === '') {
      expect(await mergeStateOf(place)).toEqual(before);
      expect(await interrupted(place, 'push', new InterruptedFs())).toBeUndefined();
      expect(await stateOf(place)).toEqual(await stateOf(after));
    } else {
      expect(ref.trim()).toBe(oid);
      expect(list.split('\n')).toEqual([expect.stringContaining('stash@{0}')]);
      await run(place, 'reset', '-q', '--hard');
      await run(place, 'clean', '-q', '-f', '-d');
      await run(place, 'stash', 'pop', '-q', '--index');
      expect(await mergeStateOf(place)).toMatchObject({ files: before.files });
    }
  }
}

async function interruptPop(how: Interruption, most: number): Promise<void> {
  const dir = await makeChanges();
  await stash(dir, { includeUntracked: true });
  const after = await copyOf(dir);
  await stash(after, { op: 'pop', restoreIndex: true });
  const expected = await stateOf(after);
  const calls = await callsOf(dir, 'pop');
  for (let at = 0; at < calls; at += Math.max(1, Math.ceil(calls / most))) {
    const place = await copyOf(dir);
    const error = await interrupted(place, 'pop', new InterruptedFs(how, at));
    await expectSoundButLocks(place);
    await removeLocks(place);
    if (error !== undefined) {
      expect(error).toBeInstanceOf(Error);
      const { list } = await stateOf(place);
      const isDone =
        JSON.stringify((await mergeStateOf(place)).index) === JSON.stringify(expected.index);
      expect(isDone || list !== '').toBe(true);
      // What has come already is in the way of nothing, but where it is staged.
      if (!isDone) expect(await interrupted(place, 'pop', new InterruptedFs())).toBeUndefined();
      else if (list !== '') await stash(place, { op: 'drop' });
    }
    expect(await stateOf(place)).toEqual(expected);
  }
}

describe.concurrent.each(interruptions)('where the file system %s at any call,', (how) => {
  it('what is stashed is in the tree, or in the list', () => interruptPush(how, fewCalls));
  it('what is to come back is in the list as long as it has not', () =>
    interruptPop(how, fewCalls));
  long('what is stashed is never nowhere', () => interruptPush(how, Infinity), 1_200_000);
  long('what is to come back is never nowhere', () => interruptPop(how, Infinity), 1_200_000);
});

describe.concurrent('stashes', () => {
  it('that several programs change at once are changed by each of them', async () => {
    const { dir } = await makeGround();
    for (const message of ['1', '2', '3', '4', '5', '6']) {
      await put(dir, { 'a.txt': message });
      await stash(dir, { message });
    }
    await put(dir, { 'a.txt': 'x\n' });
    const store = ['-c', 'core.filesRefLockTimeout=20000', 'stash', 'store', '-q', '-m'];
    const created = new Map<string, string>();
    for (const message of ['x', 'y', 'z']) {
      created.set(message, String(await stash(dir, { op: 'create', message })));
    }
    await Promise.all([
      ...[0, 0, 0, 1].map((refIdx) => insist(() => stash(dir, { op: 'drop', refIdx }))),
      ...[...created].map(([message, oid]) => run(dir, ...store, message, oid)),
    ]);
    const list = (await stash(dir, { op: 'list' })) as string[];
    expect(list).toHaveLength(5);
    expect(list).toEqual((await run(dir, 'stash', 'list')).split('\n'));
    const log = await readFile(join(dir, '.git/logs/refs/stash'), 'utf8');
    const lines = log
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    for (const [at, [before]] of lines.entries()) {
      expect(before).toBe(at === 0 ? '0'.repeat(40) : lines[at - 1]?.[1]);
    }
    expect(await run(dir, 'rev-parse', 'refs/stash')).toBe(lines.at(-1)?.[1]);
  });

  it('are not changed while another program holds them, and the tree stays as it is', async () => {
    const dir = await makeChanges();
    const before = await mergeStateOf(dir);
    for (const lock of ['refs/stash.lock', 'logs/refs/stash.lock']) {
      await nodeFs.promises.mkdir(join(dir, '.git/logs/refs'), { recursive: true });
      await nodeFs.promises.writeFile(join(dir, '.git', lock), '');
      await expect(stash(dir, { includeUntracked: true })).rejects.toMatchObject({
        code: 'REF_LOCKED',
      });
      await nodeFs.promises.unlink(join(dir, '.git', lock));
      expect(await mergeStateOf(dir)).toEqual(before);
      expect(await run(dir, 'stash', 'list')).toBe('');
    }
  });

  it('are in the list where the file system fails once their ref was moved', async () => {
    const dir = await makeChanges();
    const before = await mergeStateOf(dir);
    let isMoved = false;
    const promises = {
      ...nodeFs.promises,
      rename: async (from: string, to: string) => {
        await nodeFs.promises.rename(from, to);
        isMoved ||= to.endsWith('.git/refs/stash');
      },
      stat: async (path: string) => {
        if (isMoved && path.endsWith('.git/refs/stash')) throw new Error('no answer');
        return nodeFs.promises.stat(path);
      },
    };
    const fs = { promises } as unknown as Fs;
    const failing = git.stash({ fs, dir, author, includeUntracked: true });
    const error: unknown = await failing.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      ...{ message: 'no answer', data: { stash: await run(dir, 'rev-parse', 'stash') } },
    });
    expect(await mergeStateOf(dir)).toEqual(before);
    expect(await run(dir, 'stash', 'list')).toMatch(/^stash@\{0\}: .*$/);
    await run(dir, 'reset', '-q', '--hard');
    await run(dir, 'clean', '-q', '-f', '-d');
    await run(dir, 'stash', 'pop', '-q', '--index');
    const { files, index } = before;
    expect(await mergeStateOf(dir)).toMatchObject({ files, index });
  });

  it('are in the list as long as the file system does not remove their ref', async () => {
    const dir = await makeChanges();
    await stash(dir);
    const before = await stateOf(dir);
    const unlink = async (path: string): Promise<void> => {
      if (!path.endsWith('.git/refs/stash')) await nodeFs.promises.unlink(path);
    };
    const fs = { promises: { ...nodeFs.promises, unlink } } as unknown as Fs;
    for (const op of ['drop', 'clear'] as const) {
      const failing = git.stash({ fs, dir, op });
      await expect(failing).rejects.toMatchObject({ code: 'FILE_SYSTEM_FAILED' });
      expect(await stateOf(dir)).toEqual(before);
    }
  });

  it('have all that was saved before the tree changes, or there are none', async () => {
    const dir = await makeChanges();
    const content = 'saved\n';
    // Changed, unknown to git, removed, and staged.
    for (const path of ['a.txt', 'u/u.txt', 'c.txt', 'new.txt']) {
      const place = await copyOf(dir);
      const rename = async (from: string, to: string): Promise<void> => {
        await nodeFs.promises.rename(from, to);
        if (to.endsWith('.git/refs/stash')) await put(place, { [path]: content });
      };
      const fs = { promises: { ...nodeFs.promises, rename } } as unknown as Fs;
      const expected = await copyOf(place);
      await put(expected, { [path]: content });
      await expect(
        git.stash({ fs, dir: place, author, includeUntracked: true }),
      ).rejects.toMatchObject({ code: 'CheckoutConflictError', data: { filepaths: [path] } });
      expect(await stateOf(place)).toEqual(await stateOf(expected));
    }
  });

  it('are none of files that the file system reads a part of', async () => {
    const dir = await makeChanges();
    for (const part of ['a.txt', 'u/u.txt']) {
      // Older than the index: by its time alone it is as it was.
      const old = new Date(Date.now() - 3_600_000);
      await nodeFs.promises.utimes(join(dir, part), old, old);
      const before = await stateOf(dir);
      const readFile = async (path: string, options: undefined): Promise<Buffer> => {
        const bytes = await nodeFs.promises.readFile(path, options);
        return path.endsWith(part) ? bytes.subarray(0, 1) : bytes;
      };
      const fs = { promises: { ...nodeFs.promises, readFile } } as unknown as Fs;
      await expect(git.stash({ fs, dir, author, includeUntracked: true })).rejects.toMatchObject({
        code: 'FILE_SYSTEM_FAILED',
      });
      expect(await stateOf(dir)).toEqual(before);
    }
  });

  it('are not begun where the signal has fired before', async () => {
    const dir = await makeChanges();
    const before = await stateOf(dir);
    const signal = AbortSignal.abort();
    await expect(stash(dir, { signal })).rejects.toMatchObject({ code: 'UserCanceledError' });
    expect(await stateOf(dir)).toEqual(before);
  });
});
