/** Page and worker on two ends of a MessageChannel in Node, over Node's file system. */
import * as nodeFs from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expose, wrap } from 'comlink';
import * as isomorphicGit from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { GitWsError, isGitWsError } from '../../src/base/errors.js';
import { handOver, toSend } from '../../src/worker/bytes.js';
import { Caller, type NotSent } from '../../src/worker/caller.js';
import { GitCore } from '../../src/worker/core.js';
import { makeErrorClasses } from '../../src/worker/error-classes.js';
import { Latest } from '../../src/worker/latest.js';
import type { Core } from '../../src/worker/protocol.js';
import { unlocked } from '../../src/worker/unlocked.js';
import { git, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

const classes = makeErrorClasses(Object.keys(isomorphicGit.Errors));
type Promises = Record<string, (...args: never[]) => Promise<unknown>>;

/** A worker without a worker, whose file system may have functions of the test's. */
async function connect(own: Promises = {}): Promise<Caller> {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  const promises = { ...nodeFs.promises, ...own, close: async () => undefined };
  expose(new GitCore(() => ({ promises })), port2);
  const core = wrap<Core>(port1);
  expect(await core.open({ storage: 'site' })).toEqual({ value: undefined });
  return new Caller(core, classes);
}

const owner = {};

function call(caller: Caller, name: string, options: object, notSent?: NotSent): Promise<unknown> {
  return caller.call(owner, { of: 'git', name, args: [options] }, notSent);
}

let dir: string;
let caller: Caller;

beforeAll(async () => {
  const root = await temporaryDirectory();
  const { gitDir } = await makeRepository(join(root, 'site.git'), { commits: 3, files: 2 });
  dir = join(root, 'work');
  await git(['clone', '-q', gitDir, dir]);
});

beforeEach(async () => {
  caller = await connect();
});

describe('a call', () => {
  it('resolves with what the command resolves with', async () => {
    const log = (await call(caller, 'log', { dir })) as { oid: string }[];
    const expected = await git(['log', '--format=%H'], { cwd: dir });
    expect(log.map(({ oid }) => oid).join('\n')).toBe(expected);
  });

  it('rejects with what it rejects with, of its class', async () => {
    const error: unknown = await call(caller, 'resolveRef', { dir, ref: 'nowhere' }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(classes.get('NotFoundError'));
    expect(error).toMatchObject({ code: 'NotFoundError', data: { what: 'nowhere' } });
  });

  it('stashes, and brings back, with what isomorphic-git does not know', async () => {
    await writeFile(join(dir, 'unknown'), 'mine');
    const own = { dir, includeUntracked: true, message: 'In a worker' };
    const oid = await call(caller, 'stash', own);
    expect(await git(['rev-parse', 'stash'], { cwd: dir })).toBe(oid);
    const list = ['stash@{0}: On main: In a worker'];
    expect(await call(caller, 'stash', { dir, op: 'list' })).toEqual(list);
    await call(caller, 'stash', { dir, op: 'pop' });
    expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('?? unknown');
    await rm(join(dir, 'unknown'));
  });

  it.each([null, undefined, '', 'a string', 0])(
    'of which %j comes rejects with a code',
    async (value) => {
      const broken = await connect({
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- some do
        mkdir: () => Promise.reject(value),
      });
      const order = { of: 'fs', name: 'mkdir', args: ['/x'] } as const;
      const error: unknown = await broken.call(owner, order).catch((reason: unknown) => reason);
      expect(isGitWsError(error, 'FILE_SYSTEM_FAILED')).toBe(true);
      expect(error).toMatchObject({ cause: value });
    },
  );

  it('with what cannot be sent rejects with INVALID_OPTION', async () => {
    const work = call(caller, 'log', { dir, deep: { call: () => 1 } });
    await expect(work).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(call(caller, 'log', { dir, depth: 1 })).resolves.toHaveLength(1);
  });

  it('with a signal that is none rejects, and nothing is left that cannot be ended', async () => {
    const signal = new AbortController() as unknown as AbortSignal;
    await expect(call(caller, 'log', { dir }, { signal })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
    expect(() => caller.failAll(owner, new Error('It is closed.'))).not.toThrow();
  });

  it('of a command that is none rejects with INVALID_OPTION', async () => {
    const work = call(caller, 'nothing', { dir });
    await expect(work).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('a function of the page', () => {
  const author = { name: 'A', email: 'a@example.com' };
  const commit = (onSign: (args: { payload: string }) => unknown): Promise<unknown> =>
    call(
      caller,
      'commit',
      { dir, message: 'x', author, signingKey: 'k' },
      { functions: { onSign } },
    );

  it('is called with what the command gives it, and its answer counts', async () => {
    const signature = '-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----';
    let payload = '';
    const oid = await commit((args) => {
      ({ payload } = args);
      return { signature };
    });
    expect(payload).toContain('x');
    const text = await git(['cat-file', 'commit', String(oid)], { cwd: dir });
    expect(text).toContain('BEGIN PGP SIGNATURE');
  });

  it('that throws has the call reject with that very error', async () => {
    const error = Object.assign(new Error('mine'), { element: () => 1 });
    const seen: unknown = await commit(() => {
      throw error;
    }).catch((reason: unknown) => reason);
    expect(seen).toBe(error);
  });

  it.each([null, undefined, '', 'a string', 0])(
    'that throws %j is CALLBACK_FAILED',
    async (value) => {
      const work = commit(() => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- some do
        throw value;
      });
      const expected = { code: 'CALLBACK_FAILED', data: { callback: 'onSign' }, cause: value };
      await expect(work).rejects.toMatchObject(expected);
    },
  );
});

describe('the end of a worker', () => {
  it('rejects all calls, and those that come later', async () => {
    const never = await connect({ mkdir: () => new Promise(() => undefined) });
    const waiting = never.call(owner, { of: 'fs', name: 'mkdir', args: ['/x'] });
    never.die(new GitWsError('WORKER_FAILED', 'It died.'));
    await expect(waiting).rejects.toMatchObject({ code: 'WORKER_FAILED' });
    await expect(call(never, 'version', {})).rejects.toMatchObject({ code: 'WORKER_FAILED' });
  });

  it('for one who uses it leaves the others theirs', async () => {
    let goOn: (() => void) | undefined;
    const slow = await connect({ mkdir: () => new Promise<void>((resolve) => (goOn = resolve)) });
    const order = { of: 'fs', name: 'mkdir', args: ['/x'] } as const;
    const [mine, theirs] = [slow.call(owner, order), slow.call({}, order)];
    slow.failAll(owner, new GitWsError('WORKER_CLOSED', 'It is closed.'));
    await expect(mine).rejects.toMatchObject({ code: 'WORKER_CLOSED' });
    await expect.poll(() => goOn).toBeDefined();
    goOn?.();
    await expect(theirs).resolves.toBeUndefined();
  });
});

describe('bytes', () => {
  it('that the worker keeps are copied once there, and its own are handed over', () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const kept = handOver({ oid: 'x', blob: bytes }, false);
    expect(kept.value).toEqual({ oid: 'x', blob: bytes });
    expect(kept.memory[0]).not.toBe(bytes.buffer);
    expect(handOver(bytes, true)).toEqual({ value: bytes, memory: [bytes.buffer] });
    expect(handOver(bytes, true).memory[0]).toBe(bytes.buffer);
  });

  it('that are a part of something take nothing else along', () => {
    const large = new Uint8Array(1000).fill(7);
    const { memory } = handOver(large.subarray(10, 20), true);
    expect(memory[0]?.byteLength).toBe(10);
    const sent = toSend({ files: [{ bytes: large.subarray(0, 5) }] }) as {
      files: [{ bytes: Uint8Array }];
    };
    expect(sent.files[0].bytes.buffer.byteLength).toBe(5);
    expect(toSend(large)).toBe(large);
  });

  it('of an object are still there when it is read again', async () => {
    const oid = await git(['rev-parse', 'HEAD'], { cwd: dir });
    const [filepath = ''] = (await git(['ls-files'], { cwd: dir })).split('\n');
    const read = () => call(caller, 'readBlob', { dir, oid, filepath });
    expect(await read()).toEqual(await read());
  });
});

describe('progress', () => {
  it('comes one event at a time, and of each phase the last', async () => {
    const told: unknown[] = [];
    let goOn: (() => void) | undefined;
    const latest = new Latest((event) => {
      told.push(event);
      return new Promise<void>((resolve) => (goOn = resolve));
    });
    for (let loaded = 1; loaded <= 3; loaded += 1) await latest.say({ phase: 'a', loaded });
    await latest.say({ phase: 'b', loaded: 1 });
    for (let at = 1; at <= 3; at += 1) {
      await expect.poll(() => told.length).toBe(at);
      goOn?.();
    }
    await latest.end();
    expect(told).toEqual([
      { phase: 'a', loaded: 1 },
      { phase: 'a', loaded: 3 },
      { phase: 'b', loaded: 1 },
    ]);
  });

  it('that the page cannot take ends the command', async () => {
    const error = new Error('no');
    const latest = new Latest(() => Promise.reject(error));
    await latest.say({ phase: 'a' });
    await expect(latest.end()).rejects.toBe(error);
    await expect(latest.say({ phase: 'a' })).rejects.toBe(error);
  });
});

it('commands that write the index or a branch wait for those of other tabs', () => {
  for (const name of [
    'add',
    'commit',
    'statusMatrix',
    'stash',
    'checkout',
    'merge',
    'pull',
    'status',
  ]) {
    expect(unlocked.has(name), name).toBe(false);
  }
  const commands = [...Object.keys(isomorphicGit), 'listStashes', 'mergeStatus', 'unmergedFiles'];
  expect([...unlocked].filter((name) => !commands.includes(name))).toEqual([]);
});
