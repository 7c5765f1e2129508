/**
 * `fetch` of gitws/git over a connection that is there already: what it wants it asks for along with the refs,
 * before the server has said anything. Held against native git, and by how many runs it took.
 */
import * as fs from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import git, { type FetchArguments } from '../../src/git/index.js';
import type { SessionReport } from '../../server/index.js';
import { createHttpClient, type WebSocketConstructor } from '../../src/index.js';
import { expectSoundRepository, git as realGit, makeRepository } from '../helpers/git.js';
import { startProxy, type Proxy } from '../helpers/proxy.js';
import { eventually } from '../helpers/processes.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { commitUpstream } from './commit-upstream.js';
import { copyRemote } from './own-remote.js';
import { stateOf } from './state.js';

let template: string;
let root: string;
let base: string;
let bare: string;
let url: string;
/** Two copies of one clone. */
let dir: string;
let expected: string;
/** Runs that were asked for over a connection that was there, as they were asked for. */
let runs: { readonly input?: string }[];
let http: ReturnType<typeof createHttpClient>;
const sessions: SessionReport[] = [];

const remote = (...args: string[]) => realGit(['--git-dir', bare, ...args]);

/** Remembers what it sends. */
class Watched extends WebSocket {
  override send(data: string | Buffer, ...rest: unknown[]): void {
    if (typeof data === 'string' && data.startsWith('{"type":"run"')) {
      runs.push(JSON.parse(data) as (typeof runs)[number]);
    }
    super.send(data, ...(rest as []));
  }
}

beforeAll(async () => {
  template = join(await temporaryDirectory(), 'site.git');
  await makeRepository(template, { commits: 24, files: 8 });
  root = await temporaryDirectory();
  base = (await startServer({ root, onSession: (report) => void sessions.push(report) })).url;
});

beforeEach(async () => {
  ({ bare, url, dir, expected } = await copyRemote(template, root, base));
  http = createHttpClient({ WebSocket: Watched as unknown as WebSocketConstructor });
});

async function cloned(...args: string[]): Promise<void> {
  for (const cwd of [dir, expected]) {
    await realGit(['clone', '-q', ...args, `file://${bare}`, cwd]);
  }
}

/** Fetches into both over a connection that is there, and compares. @returns how many runs it took. */
async function fetched(own: Partial<FetchArguments> = {}, native: string[] = []): Promise<number> {
  await git.listServerRefs({ http, url });
  runs = [];
  await git.fetch({ fs, dir, url, http, ...own });
  await realGit(['fetch', '-q', ...native], { cwd: expected });
  expect(await stateOf(dir)).toEqual(await stateOf(expected));
  await expectSoundRepository(dir);
  return runs.length;
}

/** Fetches through a proxy that cuts the first connection right behind some words of the server, and compares. */
async function fetchedThrough(server: string, behind: string): Promise<Proxy> {
  const strike = { direction: 'down', behind, after: 3, how: 'reset' } as const;
  const proxy = await startProxy(server, (connection) => (connection === 0 ? { strike } : {}));
  const its = url.replace(base, proxy.url);
  await git.listServerRefs({ http, url: its });
  await git.fetch({ fs, dir, http, url: its });
  await realGit(['fetch', '-q'], { cwd: expected });
  expect(await stateOf(dir)).toEqual(await stateOf(expected));
  await expectSoundRepository(dir);
  return proxy;
}

async function commitOn(branch: string, parent = branch): Promise<string> {
  const oid = await commitUpstream(bare, parent, `${branch.replace('/', '-')}.txt`);
  await remote('update-ref', `refs/heads/${branch}`, oid);
  return oid;
}

describe('a fetch over a connection that is there', () => {
  it('takes one run for new commits of the branch that is checked out, and their tags', async () => {
    await cloned();
    const oid = await commitOn('main');
    await remote('tag', '-a', '-m', 'Next', 'v2', oid);
    expect(await fetched()).toBe(1);
    expect(runs[0]?.input).toContain('want-ref refs/heads/main\n');
  });

  it('takes one run where nothing is new, stores nothing and says nothing', async () => {
    await cloned();
    const before = await realGit(['count-objects', '-v'], { cwd: dir });
    const said: unknown[] = [];
    const tell = (words: unknown): void => void said.push(words);
    expect(await fetched({ onMessage: tell, onProgress: tell })).toBe(1);
    expect(said).toEqual([]);
    expect(await realGit(['count-objects', '-v'], { cwd: dir })).toBe(before);
  });

  it('takes another run for what else has moved, and gets nothing twice', async () => {
    await cloned();
    await commitOn('main');
    await commitOn('topic');
    await remote('branch', 'fresh', 'main~3');
    expect(await fetched()).toBe(2);
  });

  it('of one branch takes one run, whatever else has moved', async () => {
    await cloned();
    await commitOn('topic');
    await commitOn('main');
    const own = { ref: 'topic', singleBranch: true, tags: false };
    const native = ['--no-tags', 'origin', 'topic'];
    expect(await fetched(own, native)).toBe(1);
  });

  it('of a short name takes what the name is short for first, as the ordinary way does', async () => {
    await cloned();
    await commitOn('topic');
    await remote('update-ref', 'refs/topic', 'main~2');
    const own = { ref: 'topic', singleBranch: true, tags: false };
    expect(await fetched(own, ['--no-tags', 'origin', 'topic'])).toBe(1);
    expect(await realGit(['rev-parse', 'FETCH_HEAD'], { cwd: dir })).toBe(
      await remote('rev-parse', 'main~2'),
    );
  });

  it('follows a branch that was set back, and one that was written anew', async () => {
    await cloned();
    await remote('update-ref', 'refs/heads/main', 'main~7');
    // Of that git cannot say that it follows from what is here.
    expect(await fetched()).toBe(2);
    await commitOn('main', 'main~12');
    expect(await fetched()).toBeLessThanOrEqual(2);
  });

  it('of a branch of which the server knows nothing that is here goes the ordinary way', async () => {
    await cloned();
    const tree = (await remote('rev-parse', 'main^{tree}')).trim();
    const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org'];
    const anew = (await remote(...identity, 'commit-tree', '-m', 'Anew', tree)).trim();
    for (const ref of (await remote('for-each-ref', '--format=%(refname)')).trim().split('\n')) {
      await remote('update-ref', '-d', ref);
    }
    await remote('update-ref', 'refs/heads/main', anew);
    await remote('reflog', 'expire', '--expire=now', '--all');
    await remote('gc', '-q', '--prune=now');
    expect(await fetched()).toBeGreaterThan(1);
  });

  it('of a branch that is gone goes the ordinary way, and prunes', async () => {
    await cloned();
    await remote('update-ref', '-d', 'refs/heads/main');
    await git.listServerRefs({ http, url });
    await expect(git.fetch({ fs, dir, url, http })).rejects.toMatchObject({
      code: 'NotFoundError',
    });
    for (const cwd of [dir, expected]) {
      await realGit(['config', 'branch.main.merge', 'refs/heads/topic'], { cwd });
      await realGit(['remote', 'set-head', 'origin', '-d'], { cwd });
    }
    expect(await fetched({ prune: true }, ['--prune'])).toBe(1);
  });

  it('into a shallow clone takes one run, and one that moves the boundary the ordinary way', async () => {
    await cloned('--depth', '2');
    await commitOn('main');
    expect(await fetched({ tags: false }, ['--no-tags'])).toBe(1);
    expect(await fetched({ depth: 4, tags: false }, ['--no-tags', '--depth', '4'])).toBe(1);
    expect(runs[0]?.input).toBe(undefined);
  });

  it('into a partial clone takes one run, and what comes is promised', async () => {
    await remote('config', 'uploadpack.allowFilter', 'true');
    await cloned('--filter', 'blob:none', '--no-checkout');
    await commitOn('main');
    expect(await fetched({ tags: false }, ['--no-tags'])).toBe(1);
    expect(
      await realGit(['rev-list', '--objects', '--missing=print', 'HEAD'], { cwd: dir }),
    ).toContain('?');
  });

  it('from a repository that is cut off itself goes the ordinary way, and is cut off there', async () => {
    await cloned();
    for (let count = 0; count < 4; count += 1) await commitOn('main');
    const name = `cut-${bare.replace(/.*\//, '')}`;
    await realGit(['clone', '-q', '--bare', '--depth', '2', `file://${bare}`, join(root, name)]);
    const cut = url.replace(/[^/]+$/, name);
    await git.listServerRefs({ http, url: cut });
    runs = [];
    await git.fetch({ fs, dir, http, url: cut, tags: false });
    expect(runs.map(({ input }) => input !== undefined)).toContain(false);
    const tips = [
      await realGit(['rev-parse', 'origin/main'], { cwd: dir }),
      await remote('rev-parse', 'main'),
    ];
    expect(tips[0]).toBe(tips[1]);
    await expectSoundRepository(dir);
  });

  it.each([
    ['version 2', 'git has said what it can do'],
    ['wanted-refs', 'git has said what the branch is'],
    ['packfile', 'the pack has begun'],
  ])('that is cut behind "%s", when %s, is resumed, and asks nothing twice', async (behind) => {
    await cloned();
    await commitOn('main');
    sessions.length = 0;
    const proxy = await fetchedThrough(base, behind);
    expect(proxy.connections.length).toBe(2);
    await eventually(() => sessions.length === 2);
    expect(sessions[1]).toMatchObject({ resumes: 1, outcome: { kind: 'exit', code: 0 } });
  });

  it('whose session is lost for good while the pack comes begins anew', async () => {
    await cloned();
    await commitOn('main');
    const own = await startServer({ root, limits: { resumeTime: 0 } });
    await fetchedThrough(own.url, 'packfile');
  });

  it('that finds no WebSocket any more goes the ordinary way over HTTP', async () => {
    await cloned();
    await commitOn('main');
    await remote('config', 'uploadpack.allowRefInWant', 'true');
    let isBroken = false;
    class Breaking extends WebSocket {
      constructor(address: string, ...rest: unknown[]) {
        super(isBroken ? 'ws://127.0.0.1:1' : address, ...(rest as []));
      }
      override send(data: string | Buffer, ...rest: unknown[]): void {
        isBroken ||= typeof data === 'string' && data.startsWith('{"type":"run"');
        if (isBroken) this.terminate();
        else super.send(data, ...(rest as []));
      }
    }
    const server = await startServer({ root, smartHttp: true });
    const its = url.replace(base, server.url);
    http = createHttpClient({
      WebSocket: Breaking as unknown as WebSocketConstructor,
      fallback: 'http',
    });
    await git.listServerRefs({ http, url: its });
    await git.fetch({ fs, dir, http, url: its });
    expect(isBroken).toBe(true);
    await realGit(['fetch', '-q'], { cwd: expected });
    expect(await stateOf(dir)).toEqual(await stateOf(expected));
  });

  it('of a repository in which a ref names what is not there gets it', async () => {
    await cloned();
    const lost = await commitOn('main');
    const newest = await commitOn('main');
    // As after a crash: what it names is not offered.
    await writeFile(join(dir, '.git/refs/remotes/origin/topic'), `${lost}\n`);
    await git.listServerRefs({ http, url });
    await git.fetch({ fs, dir, http, url });
    expect((await realGit(['rev-parse', 'origin/main'], { cwd: dir })).trim()).toBe(newest);
    await expectSoundRepository(dir);
  });

  it('of a repository that lets nobody ask for refs by name goes the ordinary way', async () => {
    await remote('config', 'uploadpack.allowRefInWant', 'false');
    await cloned();
    await commitOn('main');
    expect(await fetched()).toBe(2);
  });

  it('with more to say than goes along with a question goes the ordinary way', async () => {
    await cloned();
    for (let count = 0; count < 100; count += 1) {
      const refspec = `+refs/notes-${'x'.repeat(60)}-${count}/*:refs/n${count}/*`;
      await realGit(['config', '--add', 'remote.origin.fetch', refspec], { cwd: dir });
      await realGit(['config', '--add', 'remote.origin.fetch', refspec], { cwd: expected });
    }
    await commitOn('main');
    expect(await fetched()).toBe(1);
    expect(runs[0]?.input).toBe(undefined);
  });
});
