/**
 * Something dies in the middle: git, the connection, or the server. The client must learn it, the
 * repository must stay whole, and the next push must succeed.
 */
import { access, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { lookTimes } from '../../server/backend/local/quarantine.js';
import { openChannel, type Channel } from '../../src/tunnel/client/channel.js';
import { cloneRequest, nullOid, pktLine, pushRequest } from '../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { eventually, noProcessIn, processRunning, processesIn } from '../helpers/processes.js';
import { startProxy, type Proxy } from '../helpers/proxy.js';
import { serveProcess, type ServeProcess } from '../helpers/serve-process.js';
import { watchTaken } from '../helpers/taken.js';
import { temporaryDirectory } from '../helpers/temp.js';

let base: string;
let source: string;
let head: string;
let root: string;
let push: Buffer;
let fetchable: string;
let target: string;
let server: ServeProcess;
let proxy: Proxy;
let number = 0;

beforeAll(async () => {
  base = await temporaryDirectory();
  ({ gitDir: source, head } = await makeRepository(join(base, 'source.git'), {
    commits: 200,
    bigBlobs: { count: 8, bytes: 1024 * 1024 },
  }));
  push = await pushRequest(source, [{ ref: 'refs/heads/main', oldOid: nullOid, newOid: head }]);
});

beforeEach(async () => {
  number += 1;
  root = join(base, `repos-${number}`);
  fetchable = join(root, 'source.git');
  target = join(root, 'target.git');
  await mkdir(root);
  await git(['clone', '-q', '--bare', source, fetchable]);
  await git(['init', '-q', '--bare', target]);
  await startServer();
  return async () => {
    await server.end();
    await proxy.close();
    expect(await processesIn(root)).toEqual([]);
    await rm(root, { recursive: true });
  };
});

async function startServer(): Promise<void> {
  // What becomes of a lost session that waits for its client: resume.test.ts. No maintenance: its
  // lock would look like one that was left behind.
  const options = ['--allow-push', '--resume-time', '0', '--no-maintenance'];
  server = await serveProcess(root, ...options);
  proxy = await startProxy(server.url);
}

/** A clone of which a part has arrived; nothing more is read, so that it stays in the middle. */
async function midClone(): Promise<Channel> {
  const channel = await openChannel(`${proxy.url}/source.git`, {
    service: 'git-upload-pack',
    window: 256 * 1024,
  });
  const writer = channel.writable.getWriter();
  await writer.write(cloneRequest([head]));
  const reader = channel.readable.getReader();
  let seen = 0;
  while (seen < 1024 * 1024) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The clone ended after ${seen} bytes, before its middle.`);
    seen += value.length;
  }
  reader.releaseLock();
  writer.releaseLock();
  return channel;
}

/** A push of which a part has arrived at git, which unpacks it. */
async function midPush(): Promise<Channel> {
  const channel = await openChannel(`${proxy.url}/target.git`, { service: 'git-receive-pack' });
  const writer = channel.writable.getWriter();
  await writer.write(push.subarray(0, push.length / 2));
  writer.releaseLock();
  await processRunning(root, 'index-pack');
  // It has begun to write: there is something that could be left behind.
  await eventually(async () => (await leftIn(target)).length > 0);
  return channel;
}

async function leftIn(gitDir: string): Promise<string[]> {
  const all = await readdir(join(gitDir, 'objects'), { recursive: true });
  return all.filter((path) => path.includes('tmp_'));
}

/** How the channel ended for its user: what reading and `exit` came to. */
async function ending(channel: Channel): Promise<{ read: unknown; exit: unknown }> {
  const reader = channel.readable.getReader();
  const readAll = async (): Promise<string> => {
    for (;;) if ((await reader.read()).done) return 'end';
  };
  const read = readAll().catch((error: unknown) => error);
  const exit = channel.exit.catch((error: unknown) => error);
  return { read: await read, exit: await exit };
}

/** Pushes for real, to the same branch: a lock left behind would refuse it. */
async function expectNextPush(): Promise<void> {
  const channel = await openChannel(`${server.url}/target.git`, { service: 'git-receive-pack' });
  const report = new Response(channel.readable).text();
  const writer = channel.writable.getWriter();
  await writer.write(push);
  await writer.close();
  expect(await report).toContain('unpack ok\n0017ok refs/heads/main');
  expect(await channel.exit).toEqual({ code: 0, signal: null });
  expect(await git(['rev-parse', 'main'], { cwd: target })).toBe(head);
  await expectSoundRepository(target);
}

async function expectNextClone(): Promise<void> {
  const channel = await openChannel(`${server.url}/source.git`, { service: 'git-upload-pack' });
  const writer = channel.writable.getWriter();
  await writer.write(cloneRequest([head]));
  await writer.close();
  const answer = await new Response(channel.readable).arrayBuffer();
  expect(answer.byteLength).toBeGreaterThan(8 * 1024 * 1024);
  expect(await channel.exit).toEqual({ code: 0, signal: null });
}

describe('git is killed', () => {
  it.each(['SIGKILL'] as const)('in the middle of a clone by %s', killMidClone);
  long.each(['SIGTERM'] as const)('in the middle of a clone by %s', killMidClone);

  async function killMidClone(signal: NodeJS.Signals): Promise<void> {
    const channel = await midClone();
    process.kill(await processRunning(root, 'upload-pack'), signal);
    const { exit } = await ending(channel);
    expect(exit).toEqual({ code: null, signal });
    await noProcessIn(root);
    await expectSoundRepository(fetchable);
    await expectNextClone();
  }

  long.each(['SIGTERM', 'SIGKILL'] as const)(
    'in the middle of a push by %s: receive-pack alone',
    async (signal) => {
      const channel = await midPush();
      // Told what becomes of receive-pack by a broken pipe, it might end before the server looks; and
      // then nobody knows any more whose its quarantine was. At SIGTERM receive-pack removes that
      // itself, but not what index-pack writes into it meanwhile.
      process.kill(await processRunning(root, 'git index-pack'), 'SIGSTOP');
      process.kill(await processRunning(root, 'git receive-pack'), signal);
      const { exit } = await ending(channel);
      expect(exit).toEqual({ code: null, signal });
      await noProcessIn(root);
      await expectSoundRepository(target);
      await expectNextPush();
    },
  );

  long('in the middle of a push by SIGKILL: all of it', async () => {
    const channel = await midPush();
    // What is begun and killed between two looks of the server leaves its quarantine behind: only
    // the kernel could tell whose it was.
    await setTimeout(20 * lookTimes[0]);
    process.kill(-(await processRunning(root, 'git receive-pack')), 'SIGKILL');
    const { exit } = await ending(channel);
    expect(exit).toEqual({ code: null, signal: 'SIGKILL' });
    await expectSoundRepository(target);
    await expectNextPush();
  });

  long(
    'in the middle of a push by SIGKILL: index-pack, so that receive-pack says why',
    async () => {
      const channel = await midPush();
      process.kill(await processRunning(root, 'git index-pack'), 'SIGKILL');
      const report = await new Response(channel.readable).text();
      expect(report).toContain('ng refs/heads/main unpacker error');
      expect(await channel.exit).toEqual({ code: 0, signal: null });
      await expectSoundRepository(target);
      await expectNextPush();
    },
  );
});

describe('the connection breaks', () => {
  long('in the middle of a clone', async () => {
    const channel = await midClone();
    proxy.strike('reset');
    const { read, exit } = await ending(channel);
    expect(read).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(exit).toMatchObject({ code: 'CONNECTION_LOST' });
    await noProcessIn(root);
    await expectSoundRepository(fetchable);
    await expectNextClone();
  });

  it('in the middle of a push', async () => {
    const channel = await midPush();
    proxy.strike('reset');
    const { exit } = await ending(channel);
    expect(exit).toMatchObject({ code: 'CONNECTION_LOST' });
    await noProcessIn(root);
    await expectSoundRepository(target);
    await expectNextPush();
  });

  long('by the client’s abort in the middle of a push', async () => {
    const channel = await midPush();
    channel.abort();
    const { exit } = await ending(channel);
    expect(exit).toMatchObject({ code: 'UserCanceledError' });
    await noProcessIn(root);
    await expectSoundRepository(target);
    await expectNextPush();
  });

  it('when a push has said all: it is carried out all the same', async () => {
    const channel = await midPush();
    const writer = channel.writable.getWriter();
    await writer.write(push.subarray(push.length / 2));
    await writer.close();
    await eventually(async () => (await processesIn(root)).length === 0);
    proxy.strike('reset');
    await expectSoundRepository(target);
    expect(await git(['rev-parse', 'main'], { cwd: target })).toBe(head);
  });
});

describe('the server is killed by SIGKILL', () => {
  long('in the middle of a clone', async () => {
    const channel = await midClone();
    server.child.kill('SIGKILL');
    const { read, exit } = await ending(channel);
    expect(read).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(exit).toMatchObject({ code: 'CONNECTION_LOST' });
    await noProcessIn(root);
    await expectSoundRepository(fetchable);
    await startServer();
    await expectNextClone();
  });

  it('in the middle of a push', async () => {
    const channel = await midPush();
    server.child.kill('SIGKILL');
    const { exit } = await ending(channel);
    expect(exit).toMatchObject({ code: 'CONNECTION_LOST' });
    await noProcessIn(root);
    await expectSoundRepository(target);
    await startServer();
    await expectNextPush();
  });
});

describe('the server is killed by SIGKILL when a push has said all', () => {
  it('and the push is carried out all the same, with both its hooks', async () => {
    for (const [name, script] of [
      ['pre-receive', 'while [ ! -e go ]; do sleep 0.02; done; echo before'],
      // Their output meets nobody; it must not end them.
      ['post-receive', 'echo after; echo after >&2; sleep 0.1; echo after; touch done'],
    ] as const) {
      await writeFile(join(target, 'hooks', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    const channel = await openChannel(`${proxy.url}/target.git`, { service: 'git-receive-pack' });
    const writer = channel.writable.getWriter();
    await writer.write(push);
    await writer.close();
    await processRunning(root, 'pre-receive');
    server.child.kill('SIGKILL');
    await expect(channel.exit).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await writeFile(join(target, 'go'), '');
    await noProcessIn(root);
    expect(await git(['rev-parse', 'main'], { cwd: target })).toBe(head);
    await access(join(target, 'done'));
    await expectSoundRepository(target);
    await startServer();
  });
});

describe('the server is ended by SIGTERM', () => {
  it('in the middle of a clone and of a push', async () => {
    const clone = await midClone();
    const half = await midPush();
    const ended = server.end();
    for (const channel of [clone, half]) {
      const { exit } = await ending(channel);
      expect(exit).toMatchObject({ code: 'REFUSED', data: { closeCode: 4503 }, retryable: true });
    }
    expect(await ended).toBe(0);
    expect(await processesIn(root)).toEqual([]);
    await expectSoundRepository(target);
    await startServer();
    await expectNextPush();
  });

  it('after a push has said all: its client learns the outcome', async () => {
    const { WebSocket, taken } = watchTaken();
    const options = { service: 'git-receive-pack', WebSocket } as const;
    const channel = await openChannel(`${server.url}/target.git`, options);
    const report = new Response(channel.readable).text();
    const writer = channel.writable.getWriter();
    await writer.write(push);
    await writer.close();
    // What was said has arrived: a server that ends before is right to say 4503.
    await taken();
    expect(await server.end()).toBe(0);
    expect(await report).toContain('ok refs/heads/main');
    expect(await channel.exit).toEqual({ code: 0, signal: null });
    await startServer();
    await expectSoundRepository(target);
    expect(await git(['rev-parse', 'main'], { cwd: target })).toBe(head);
  });
});

describe('a delete', () => {
  it('that was cut off before its flush changes nothing', async () => {
    await git(['branch', 'doomed', head], { cwd: fetchable });
    const channel = await openChannel(`${proxy.url}/source.git`, { service: 'git-receive-pack' });
    const writer = channel.writable.getWriter();
    await writer.write(pktLine(`${head} ${nullOid} refs/heads/doomed\0 report-status`));
    await processRunning(root, 'receive-pack');
    proxy.strike('reset');
    await noProcessIn(root);
    expect(await git(['rev-parse', 'doomed'], { cwd: fetchable })).toBe(head);
    await expectSoundRepository(fetchable);
  });
});
