/** `push` of gitws/git: what it sends, what it refuses and what it says, held against native git. */
import * as nodeFs from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Errors } from 'isomorphic-git';
import { beforeAll, beforeEach, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { bindRepository, createHttpClient } from '../../src/index.js';
import git, { type PushArguments } from '../../src/git/index.js';
import { expectSoundRepository, git as realGit } from '../helpers/git.js';
import { writeHook } from '../helpers/hooks.js';
import { eventually, noProcessIn, processesIn } from '../helpers/processes.js';
import { nativePack, ownPack } from '../helpers/sent-packs.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const fs = nodeFs;
const zeros = '0'.repeat(40);

let server: TestServer;
/** The same, for who has a password. */
let guarded: TestServer;
let root: string;
let seed: string;
/** The server's repository and the one that pushes, new for each test. */
let remote: string;
let url: string;
let dir: string;
let count = 0;

const run = (...args: string[]) => realGit(args, { cwd: dir });
const there = (...args: string[]) => realGit(['--git-dir', remote, ...args]);
const push = (given: Partial<PushArguments> = {}) => git.push({ fs, dir, ...given });

async function commit(path: string, text = `${path}\n`.repeat(5)): Promise<string> {
  await writeFile(join(dir, path), text);
  await run('add', path);
  await run('commit', '-qm', `Change ${path}`);
  return run('rev-parse', 'HEAD');
}

/** @returns the error that a promise rejects with. */
async function failure(promised: Promise<unknown>): Promise<{ code?: string; data?: unknown }> {
  return promised.then(
    () => {
      throw new Error('It did not reject.');
    },
    (error: unknown) => error as { code?: string; data?: unknown },
  );
}

beforeAll(async () => {
  root = await temporaryDirectory();
  server = await startServer({ root, allowPush: true });
  guarded = await startServer({
    ...{ root, allowPush: true, authorize: ({ user }) => user !== null },
    authenticate: ({ credentials }) => {
      if (credentials?.scheme !== 'basic' || credentials.password !== 'pw') return null;
      return { name: credentials.username };
    },
  });
  seed = join(await temporaryDirectory(), 'seed');
  await realGit(['init', '-q', '-b', 'main', seed]);
  dir = seed;
  await commit('one');
  await commit('two');
  await run('branch', 'older', 'main~1');
  await run('tag', 'v1', 'main~1');
});

beforeEach(async () => {
  count += 1;
  remote = join(root, `r${count}.git`);
  url = `${server.url}/r${count}.git`;
  await realGit(['clone', '-q', '--bare', seed, remote]);
  await there('config', 'receive.advertisePushOptions', 'true');
  dir = join(await temporaryDirectory(), 'work');
  await realGit(['clone', '-q', remote, dir]);
  await run('config', 'remote.origin.url', url);
});

describe('push', () => {
  it('of the current branch changes the remote’s and the ref that follows it', async () => {
    const head = await commit('three');
    const result = await push();
    expect(result).toEqual({
      ...{ ok: true, refs: { 'refs/heads/main': { ok: true, error: '' } } },
      headers: { 'content-type': 'application/x-git-receive-pack-result' },
    });
    expect(await there('rev-parse', 'main')).toBe(head);
    expect(await run('rev-parse', 'origin/main')).toBe(head);
    expect(await run('status', '--porcelain', '--branch')).toBe('## main...origin/main');
    await expectSoundRepository(remote);
  });

  it('gives the same result as isomorphic-git’s', async () => {
    await commit('three');
    const http = createHttpClient();
    const request = http.request.bind(http);
    const others = await git.push({ fs, dir, http: { request }, ref: 'main', remoteRef: 'theirs' });
    const ours = await push({ ref: 'main', remoteRef: 'ours', http });
    expect(ours).toEqual({ ...others, refs: { 'refs/heads/ours': { ok: true, error: '' } } });
  });

  it('with nothing to do succeeds, and sends no command', async () => {
    await writeHook(remote, 'pre-receive', 'exit 1');
    await run('update-ref', '-d', 'refs/remotes/origin/main');
    const phases: string[] = [];
    const result = await push({ onProgress: ({ phase }) => void phases.push(phase) });
    expect(result).toMatchObject({ ok: true, refs: { 'refs/heads/main': { ok: true } } });
    expect(phases).toEqual([]);
    expect(await run('rev-parse', 'origin/main')).toBe(await run('rev-parse', 'main'));
    await noProcessIn(remote);
  });

  long(
    'of one commit in a tree of 4,000 files sends what git sends, in hardly more bytes',
    async () => {
      const files = Array.from({ length: 4_000 }, (_, at) => {
        const text = `${at} `.repeat(40 + (at % 50));
        return `M 100644 inline d${at % 40}/f${at}.txt\ndata ${text.length}\n${text}\n`;
      });
      const header = 'commit refs/heads/many\ncommitter A <a@b> 1700000000 +0000\ndata 1\nx\n';
      await there('config', 'receive.unpackLimit', '1');
      await realGit(['--git-dir', remote, 'fast-import', '--quiet'], {
        input: [header, ...files].join(''),
      });
      await run('fetch', '-q', remote, 'many:refs/remotes/origin/many');
      await run('checkout', '-q', '-b', 'many', 'origin/many');
      const path = 'd7/f1007.txt';
      const text = await fs.promises.readFile(join(dir, path), 'utf8');
      const tip = await commit(path, `${text}\nand one line more\n`);
      const base = await run('rev-parse', 'many~1');
      const native = await nativePack(join(dir, '.git'), [tip], [base]);
      const own = await ownPack(join(dir, '.git'), [tip], [base]);
      expect([...own.objects].sort()).toEqual([...native.objects].sort());
      expect(own.bytes.length).toBeLessThanOrEqual(native.bytes.length * 1.5);
      const totals = new Map<string, unknown>();
      await push({
        ref: 'many',
        onProgress: ({ phase, loaded }) => void totals.set(phase, loaded),
      });
      expect(totals.get('Counting objects')).toBe(native.objects.size);
      expect(totals.get('Writing objects')).toBe(native.objects.size);
      expect(totals.get('Sending')).toBeLessThan(own.bytes.length + 400);
      expect(await there('rev-parse', 'many')).toBe(tip);
      await expectSoundRepository(remote);
    },
  );

  it('into an empty repository sends all of it', async () => {
    await rm(remote, { recursive: true });
    await realGit(['init', '-q', '--bare', remote]);
    await run('gc', '-q');
    await commit('three');
    await push({ refs: [{ ref: 'main' }, { ref: 'v1' }] });
    expect(await there('rev-parse', 'main')).toBe(await run('rev-parse', 'main'));
    expect(await there('rev-parse', 'v1')).toBe(await run('rev-parse', 'v1'));
    await expectSoundRepository(remote);
  });

  it('of a new branch at a commit that the remote has sends no object', async () => {
    const totals = new Map<string, unknown>();
    const onProgress = ({ phase, loaded }: { phase: string; loaded: number }) =>
      void totals.set(phase, loaded);
    await push({ ref: 'main', remoteRef: 'new', onProgress });
    expect(totals.get('Writing objects') ?? 0).toBe(0);
    expect(await there('rev-parse', 'new')).toBe(await run('rev-parse', 'main'));
    expect(await run('rev-parse', 'origin/new')).toBe(await run('rev-parse', 'main'));
  });

  it('of tags, annotated ones as well, leaves them under their names', async () => {
    await commit('three');
    await run('tag', '-a', '-m', 'Two', 'v2');
    await run('tag', '-a', '-m', 'Of a tag', 'v3', 'v2');
    await push({ ref: 'v3' });
    await push({ ref: 'v2', remoteRef: 'second' });
    expect(await there('rev-parse', 'refs/tags/v3')).toBe(await run('rev-parse', 'v3'));
    expect(await there('rev-parse', 'refs/tags/second')).toBe(await run('rev-parse', 'v2'));
    await expectSoundRepository(remote);
  });

  it('takes the branch where a tag has its name', async () => {
    await run('branch', 'both');
    await run('tag', 'both', 'v1');
    await push({ ref: 'both' });
    expect(await there('for-each-ref', '--format=%(refname)', '**/both')).toBe('refs/heads/both');
  });

  it('of HEAD is that of the current branch; of a detached HEAD it needs a name', async () => {
    const head = await commit('three');
    await push({ ref: 'HEAD' });
    expect(await there('rev-parse', 'main')).toBe(head);
    await run('checkout', '-q', '--detach');
    expect(await failure(push())).toMatchObject({ code: 'MissingParameterError' });
    expect(await failure(push({ ref: 'HEAD' }))).toMatchObject({ code: 'MissingParameterError' });
    await push({ ref: head, remoteRef: 'detached' });
    expect(await there('rev-parse', 'detached')).toBe(head);
  });

  it('takes the remote and the name that the branch is configured with', async () => {
    await run('config', 'remote.origin.url', 'https://nowhere.example/x');
    await run('config', 'remote.up.url', url);
    await run('config', 'branch.main.remote', 'up');
    await run('config', 'branch.main.merge', 'refs/heads/theirs');
    const head = await commit('three');
    await push();
    expect(await there('rev-parse', 'theirs')).toBe(head);
    expect(await run('rev-parse', 'refs/remotes/up/theirs')).toBe(head);
  });

  it('keeps refs where the remote’s refspecs say', async () => {
    await run('config', '--replace-all', 'remote.origin.fetch', '+refs/heads/*:refs/mine/*');
    await run('config', '--add', 'remote.origin.fetch', '^refs/heads/secret');
    const head = await commit('three');
    await push({ refs: [{ ref: 'main' }, { ref: 'main', remoteRef: 'secret' }] });
    expect(await run('rev-parse', 'refs/mine/main')).toBe(head);
    const kept = await run('for-each-ref', '--format=%(refname)', 'refs/mine', 'refs/remotes');
    expect(kept.split('\n')).not.toContain('refs/mine/secret');
    expect(await run('rev-parse', 'origin/main')).not.toBe(head);
  });

  it('out of a shallow clone says where it is cut off', async () => {
    await rm(dir, { recursive: true });
    await realGit(['clone', '-q', '--depth=1', `file://${remote}`, dir]);
    await run('config', 'remote.origin.url', url);
    const head = await commit('three');
    await push();
    expect(await there('rev-parse', 'main')).toBe(head);
    await expectSoundRepository(remote);
    // Into a repository without that history git refuses what would be cut off.
    await realGit(['init', '-q', '--bare', join(root, `e${count}.git`)]);
    const refused = push({ url: `${server.url}/e${count}.git` });
    expect(await failure(refused)).toMatchObject({
      code: 'GitPushError',
      data: {
        result: { refs: { 'refs/heads/main': { ok: false, error: 'shallow update not allowed' } } },
      },
    });
  });

  it('deletes a branch that is not there locally, and the ref that follows it', async () => {
    expect(await run('branch', '--list', 'older')).toBe('');
    const result = await push({ ref: 'older', delete: true });
    expect(result.refs).toEqual({ 'refs/heads/older': { ok: true, error: '' } });
    expect(await there('branch', '--list', 'older')).toBe('');
    expect(await run('branch', '-r', '--list', 'origin/older')).toBe('');
    const again = push({ ref: 'older', delete: true });
    expect(await failure(again)).toMatchObject({ code: 'NotFoundError' });
  });
});

describe('push of what would lose commits', () => {
  beforeEach(async () => {
    await run('reset', '-q', '--hard', 'HEAD~1');
    await commit('other');
  });

  it('is rejected as isomorphic-git rejects it, and nothing is sent', async () => {
    const before = await there('rev-parse', 'main');
    const error = await failure(push());
    expect(error).toBeInstanceOf(Errors.PushRejectedError);
    expect(error).toMatchObject({ data: { reason: 'not-fast-forward', ref: 'refs/heads/main' } });
    expect(await there('rev-parse', 'main')).toBe(before);
    await noProcessIn(remote);
  });

  it('is rejected where the remote has commits that are not here', async () => {
    const other = join(await temporaryDirectory(), 'other');
    await realGit(['clone', '-q', remote, other]);
    await realGit(['commit', '-q', '--allow-empty', '-m', 'Theirs'], { cwd: other });
    await realGit(['push', '-q'], { cwd: other });
    await run('reset', '-q', '--hard', 'origin/main');
    await commit('mine');
    expect(await failure(push())).toMatchObject({ code: 'PushRejectedError' });
  });

  it('takes place with force', async () => {
    await push({ force: true });
    expect(await there('rev-parse', 'main')).toBe(await run('rev-parse', 'main'));
    await expectSoundRepository(remote);
  });

  it('takes place with a lease, as long as the remote is what was thought', async () => {
    const before = await there('rev-parse', 'main');
    await there('update-ref', 'refs/heads/main', 'v1');
    const error = await failure(push({ forceWithLease: true }));
    expect(error).toBeInstanceOf(Errors.PushRejectedError);
    expect(error).toMatchObject({ data: { reason: 'stale-info' } });
    expect(await failure(push({ forceWithLease: before }))).toMatchObject({
      data: { reason: 'stale-info' },
    });
    expect(await failure(push({ forceWithLease: zeros }))).toMatchObject({
      data: { reason: 'stale-info' },
    });
    expect(await there('rev-parse', 'main')).toBe(await there('rev-parse', 'v1'));
    await there('update-ref', 'refs/heads/main', before);
    await push({ forceWithLease: true });
    expect(await there('rev-parse', 'main')).toBe(await run('rev-parse', 'main'));
  });

  it('is rejected for a tag that exists', async () => {
    await run('tag', '-f', 'v1', 'main');
    expect(await failure(push({ ref: 'v1' }))).toMatchObject({
      code: 'PushRejectedError',
      data: { reason: 'tag-exists' },
    });
    await push({ ref: 'v1', force: true });
    expect(await there('rev-parse', 'v1')).toBe(await run('rev-parse', 'main'));
  });
});

describe('push and the server’s word', () => {
  it('rejects with what the hook said, which is heard as it comes', async () => {
    await writeHook(remote, 'update', 'echo "not $1" >&2; test "$1" != refs/heads/no');
    await commit('three');
    const heard: string[] = [];
    const onMessage = (message: string) => void heard.push(message);
    const refs = [{ ref: 'main' }, { ref: 'main', remoteRef: 'no' }];
    const error = await failure(push({ refs, onMessage }));
    expect(error).toBeInstanceOf(Errors.GitPushError);
    expect(error.data).toMatchObject({
      prettyDetails: '\n  - refs/heads/no: hook declined',
      result: {
        ok: true,
        refs: {
          'refs/heads/main': { ok: true, error: '' },
          'refs/heads/no': { ok: false, error: 'hook declined' },
        },
      },
    });
    expect(heard.join('')).toContain('not refs/heads/no\n');
    expect(await run('rev-parse', 'origin/main')).toBe(await run('rev-parse', 'main'));
    expect(await run('branch', '-r', '--list', 'origin/no')).toBe('');
  });

  it('changes all refs or none where that is asked for', async () => {
    await writeHook(remote, 'update', 'test "$1" != refs/heads/no');
    const before = await there('rev-parse', 'main');
    await commit('three');
    const refs = [{ ref: 'main' }, { ref: 'main', remoteRef: 'no' }];
    const error = await failure(push({ refs, atomic: true }));
    expect(error.data).toMatchObject({
      result: { refs: { 'refs/heads/main': { ok: false }, 'refs/heads/no': { ok: false } } },
    });
    expect(await there('rev-parse', 'main')).toBe(before);
    expect(await run('rev-parse', 'origin/main')).toBe(before);
  });

  it('tells hooks its options', async () => {
    const script = 'echo "$GIT_PUSH_OPTION_COUNT $GIT_PUSH_OPTION_0 $GIT_PUSH_OPTION_1" >&2';
    await writeHook(remote, 'pre-receive', script);
    await commit('three');
    const heard: string[] = [];
    const pushOptions = ['ci.skip', 'größe=1'];
    await push({ pushOptions, onMessage: (message) => void heard.push(message) });
    expect(heard.join('')).toContain('2 ci.skip größe=1\n');
    await commit('four');
    expect(await failure(push({ pushOptions: ['a\nb'] }))).toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('takes no names for refs, and no text for a list of options', async () => {
    await commit('three');
    await run('branch', 'other', 'main~1');
    for (const given of [{ refs: ['other'] }, { refs: 'other' }, { pushOptions: 'ci.skip' }]) {
      const pushed = push(given as unknown as Partial<PushArguments>);
      expect(await failure(pushed)).toMatchObject({ code: 'INVALID_OPTION', data: given });
    }
    expect(await there('rev-parse', 'main')).toBe(await run('rev-parse', 'main~1'));
  });

  it('is refused where the server’s git knows no options, none of several refs alone, and no deletion', async () => {
    await there('config', 'receive.advertisePushOptions', 'false');
    await there('config', 'receive.advertiseAtomic', 'false');
    await commit('three');
    for (const [given, capability] of [
      [{ pushOptions: ['x'] }, 'push-options'],
      [{ atomic: true }, 'atomic'],
    ] as const) {
      expect(await failure(push(given))).toMatchObject({
        code: 'UNSUPPORTED_CAPABILITY',
        data: { capability },
      });
    }
  });

  it('asks for credentials where it has none, and rejects with the status where they are wrong', async () => {
    const to = `${guarded.url}/r${count}.git`;
    await run('config', 'remote.origin.url', to);
    await run('config', `credential.${to}.username`, 'me');
    await commit('three');
    const asked: unknown[] = [];
    const wrong = push({
      onAuth: (at, { username }) => {
        asked.push(at, username);
        return { username, password: 'no' };
      },
    });
    const error = await failure(wrong);
    expect(error).toBeInstanceOf(Errors.HttpError);
    expect(error).toMatchObject({ data: { statusCode: 401 } });
    expect(asked).toEqual([to, 'me']);
    let told = 0;
    await push({
      onAuth: () => ({ username: 'me', password: 'no' }),
      onAuthFailure: () => ({ username: 'me', password: 'pw' }),
      onAuthSuccess: () => void (told += 1),
    });
    expect(told).toBe(1);
    expect(await failure(push({ onAuth: () => ({ cancel: true }) }))).toMatchObject({
      code: 'UserCanceledError',
    });
  });

  it('asks onPrePush, as isomorphic-git does, and sends nothing where that says no', async () => {
    const before = await there('rev-parse', 'main');
    const head = await commit('three');
    const asked: unknown[] = [];
    const onPrePush = (given: unknown) => {
      asked.push(given);
      return asked.length < 2;
    };
    const refs = [{ ref: 'main' }, { ref: 'older', delete: true }];
    const error = await failure(push({ refs, onPrePush }));
    expect(error).toBeInstanceOf(Errors.UserCanceledError);
    expect(asked).toEqual([
      {
        ...{ remote: 'origin', url, localRef: { ref: 'refs/heads/main', oid: head } },
        remoteRef: { ref: 'refs/heads/main', oid: before },
      },
      {
        ...{ remote: 'origin', url, localRef: { ref: '(delete)', oid: zeros } },
        remoteRef: { ref: 'refs/heads/older', oid: await there('rev-parse', 'older') },
      },
    ]);
    expect(await there('rev-parse', 'main')).toBe(before);
    await noProcessIn(remote);
  });
});

describe('push that fails', () => {
  it('for want of an object has sent nothing', async () => {
    const before = await there('rev-parse', 'main');
    await commit('three');
    const blob = await run('rev-parse', 'HEAD:three');
    await rm(join(dir, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    expect(await failure(push())).toMatchObject({
      ...{ code: 'OBJECT_UNAVAILABLE', data: { oid: blob } },
    });
    expect(await there('rev-parse', 'main')).toBe(before);
    await noProcessIn(remote);
  });

  it('names what its arguments lack', async () => {
    expect(await failure(push({ ref: 'nowhere' }))).toMatchObject({ code: 'NotFoundError' });
    await run('config', '--unset', 'remote.origin.url');
    expect(await failure(push())).toMatchObject({ code: 'MissingParameterError' });
    const refs = [{ ref: 'main' }, { ref: 'older', remoteRef: 'main' }];
    await run('branch', 'older', 'v1');
    expect(await failure(push({ refs, url }))).toMatchObject({ code: 'INVALID_OPTION' });
    const evil = push({ url, ref: 'main', remoteRef: 'x\0y\n' });
    expect(await failure(evil)).toMatchObject({ code: 'InvalidRefNameError' });
    const others = { http: { request: () => Promise.reject(new Error('x')) }, atomic: true };
    expect(await failure(push(others))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  for (const name of ['onProgress', 'onMessage', 'onPrePush'] as const) {
    it(`because ${name} rejects with null rejects with an error, and has changed nothing`, async () => {
      await writeHook(remote, 'pre-receive', 'echo words >&2; sleep 1; exit 1');
      await commit('three');
      const before = await there('rev-parse', 'main');
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      const error = await failure(push({ [name]: () => Promise.reject(null) }));
      expect(error).toBeInstanceOf(Error);
      expect(await there('rev-parse', 'main')).toBe(before);
      await noProcessIn(remote);
    });
  }

  it('because the file system fails with null while it is read rejects with FILE_SYSTEM_FAILED', async () => {
    await commit('three');
    const before = await there('rev-parse', 'main');
    const blob = await run('rev-parse', 'HEAD:three');
    const path = `${blob.slice(0, 2)}/${blob.slice(2)}`;
    const { promises } = nodeFs;
    const readFile = async (name: string, ...rest: []) => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      if (name.endsWith(path)) throw null;
      return promises.readFile(name, ...rest);
    };
    const broken = { promises: { ...promises, readFile } };
    const error = await failure(push({ fs: broken as unknown as typeof fs }));
    expect(error).toMatchObject({ code: 'FILE_SYSTEM_FAILED' });
    expect(await there('rev-parse', 'main')).toBe(before);
    await noProcessIn(remote);
    await expectSoundRepository(remote);
  });

  long(
    'because it is aborted, whenever that is, rejects, leaves no process and the remote as it was',
    async () => {
      for (let at = 0; at < 12; at += 1) await commit(`f${at}`, `${at}\n`.repeat(2_000 * at));
      const before = await there('rev-parse', 'main');
      const moments: Record<string, (abort: () => void) => Partial<PushArguments>> = {
        before: (abort) => {
          abort();
          return {};
        },
        soon: (abort) => {
          setTimeout(abort, 5);
          return {};
        },
        asked: (abort) => ({
          onPrePush: () => {
            abort();
            return true;
          },
        }),
        counting: (abort) => ({
          onProgress: ({ phase }) => {
            if (phase === 'Counting objects') abort();
          },
        }),
        writing: (abort) => ({
          onProgress: ({ phase }) => {
            if (phase === 'Writing objects') abort();
          },
        }),
      };
      for (const [moment, given] of Object.entries(moments)) {
        const controller = new AbortController();
        const { signal } = controller;
        const aborted = failure(
          push({ ...given(() => controller.abort(new Error('enough'))), signal }),
        );
        expect(await aborted, moment).toMatchObject({ code: 'UserCanceledError' });
        await noProcessIn(remote);
        expect(await there('rev-parse', 'main'), moment).toBe(before);
        await expectSoundRepository(remote);
      }
      await push();
      expect(await there('rev-parse', 'main')).toBe(await run('rev-parse', 'main'));
    },
  );

  it('because it is aborted while a hook runs says that it may take place', async () => {
    await writeHook(remote, 'pre-receive', 'echo begun >&2; sleep 0.5');
    const head = await commit('three');
    const controller = new AbortController();
    const { signal } = controller;
    const onMessage = (message: string): void => {
      if (message.includes('begun')) controller.abort();
    };
    expect(await failure(push({ signal, onMessage }))).toMatchObject({
      code: 'UserCanceledError',
      data: { refs: [{ ref: 'refs/heads/main', wanted: head }] },
    });
    await eventually(async () => (await there('rev-parse', 'main')) === head);
    await noProcessIn(remote);
  });
});

describe('push through bindRepository', () => {
  it('reads packs that its fs hides, and its signal counts', async () => {
    await run('gc', '-q');
    await commit('three');
    await run('repack', '-adq');
    const bound = bindRepository({ fs, dir, url });
    await git.push({ ...bound });
    expect(await there('rev-parse', 'main')).toBe(await run('rev-parse', 'main'));
    expect((await readdir(join(dir, '.git/objects/pack'))).length).toBeGreaterThan(0);
    expect((await processesIn(remote)).length).toBe(0);
    const controller = new AbortController();
    controller.abort();
    const http = createHttpClient({ signal: controller.signal });
    await commit('four');
    expect(await failure(push({ http }))).toMatchObject({ code: 'UserCanceledError' });
  });
});
