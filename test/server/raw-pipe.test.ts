/**
 * Clients that offer no subprotocol: git's bytes and nothing else. Real git goes through
 * examples/raw-pipe.mjs, by its ext:: transport.
 */
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { cloneRequest, nullOid, packOf, pktLine, pushRequest } from '../helpers/git-stream.js';
import { expectSoundRepository, git, gitStatus, makeRepository } from '../helpers/git.js';
import { writeHook } from '../helpers/hooks.js';
import { eventually, noProcessIn, processRunning } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { serveProcess, type ServeProcess } from '../helpers/serve-process.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const MiB = 1024 * 1024;
const example = fileURLToPath(new URL('../../examples/raw-pipe.mjs', import.meta.url));
const uploadPack = '/site.git/git-upload-pack';
const receivePack = '/empty.git/git-receive-pack';
let root: string;
let gitDir: string;
let head: string;
let server: TestServer;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git')));
  server = await startServer({
    root,
    allowPush: true,
    authenticate: ({ credentials }) =>
      credentials?.scheme === 'basic' && credentials.password === 'right' ? { name: 'me' } : null,
    authorize: ({ user, repository, access }) =>
      !repository.startsWith('private') || (user !== null && access === 'read'),
  });
  await makeRepository(join(root, 'private.git'), { commits: 5 });
  await git(['init', '-q', '--bare', join(root, 'empty.git')]);
});

function connect(target: string, headers: Record<string, string> = {}): RawClient {
  return new RawClient(server.url, { target, protocols: [], headers });
}

function extUrl(url: string, name: string): string {
  return `ext::${process.execPath} ${example} ${url.replace(/^http/, 'ws')}/${name} %S`;
}

const ext = ['-c', 'protocol.ext.allow=always', '-c', 'protocol.version=0'];

describe('real git through the raw pipe', () => {
  it('clones, fetches and pushes', async () => {
    const clone = join(await temporaryDirectory(), 'clone');
    await git([...ext, 'clone', '-q', extUrl(server.url, 'site.git'), clone]);
    expect(await git(['rev-parse', 'HEAD'], { cwd: clone })).toBe(head);
    const other = join(await temporaryDirectory(), 'other');
    await git([...ext, 'clone', '-q', extUrl(server.url, 'site.git'), other]);
    await git(['commit', '-q', '--allow-empty', '-m', 'one more'], { cwd: clone });
    const pushed = await gitStatus([...ext, 'push', 'origin', 'HEAD:raw'], { cwd: clone });
    expect(pushed.stderr).toContain('[new branch]');
    expect(pushed.code).toBe(0);
    await git([...ext, 'fetch', '-q'], { cwd: other });
    expect(await git(['rev-parse', 'origin/raw'], { cwd: other })).toBe(
      await git(['rev-parse', 'HEAD'], { cwd: clone }),
    );
    for (const repository of [clone, other, gitDir]) await expectSoundRepository(repository);
  });

  it('shows what a hook says, and that it refused', async () => {
    const clone = join(await temporaryDirectory(), 'clone');
    await git(['clone', '-q', gitDir, clone]);
    await git(['init', '-q', '--bare', join(root, 'hooked.git')]);
    await writeHook(join(root, 'hooked.git'), 'pre-receive', 'echo "not on Fridays"; exit 1');
    const url = extUrl(server.url, 'hooked.git');
    const { code, stderr } = await gitStatus([...ext, 'push', url, 'main'], { cwd: clone });
    expect(code).toBe(1);
    expect(stderr).toContain('remote: not on Fridays');
    await expectSoundRepository(join(root, 'hooked.git'));
  });

  it('tells in a sentence why there is nothing', async () => {
    const { code, stderr } = await gitStatus([
      ...[...ext, 'ls-remote', extUrl(server.url, 'nothing.git')],
    ]);
    expect(code).toBe(128);
    expect(stderr).toContain('raw-pipe: 404: There is no such repository.');
  });
});

describe('a raw pipe', () => {
  it('carries git’s bytes and no messages of gitws.v1, and closes with 1000', async () => {
    const client = connect(uploadPack);
    const advertisement = await client.advertisement();
    expect(advertisement).toMatch(/^[0-9a-f]{4}[0-9a-f]{40} HEAD\0/);
    client.send(cloneRequest([head]));
    expect(await client.closed).toMatchObject({ code: 1000, reason: '' });
    expect(client.texts).toEqual([]);
    expect(client.protocol).toBe('');
    const clone = await temporaryDirectory();
    await git(['init', '-q', '--bare', clone]);
    const input = packOf(Buffer.concat(client.data));
    await git(['index-pack', '--stdin', '--strict'], { cwd: clone, input });
  });

  it('passes the protocol version of the query on', async () => {
    const client = connect(`${uploadPack}?git-protocol=version%3D2`);
    expect(await client.advertisement()).toContain('version 2');
    client.send(Buffer.from('0000'));
    expect((await client.closed).code).toBe(1000);
  });

  it('closes with 4500 and git’s last words, without the server’s paths, where git fails', async () => {
    const client = connect(uploadPack);
    await client.advertisement();
    client.send(pktLine(`want ${'1'.repeat(40)}\n`));
    client.send(Buffer.from('00000009done\n'));
    const { code, reason } = await client.closed;
    expect(code).toBe(4500);
    expect(reason).toMatch(/^git ended with 128: .*not our ref/);
    expect(reason).not.toContain(root);
  });

  it('closes with 4400 for a text message', async () => {
    const client = connect(uploadPack);
    await client.advertisement();
    client.send({ type: 'ack', consumed: 0 });
    expect((await client.closed).code).toBe(4400);
  });

  it('closes with 4408 where nothing happens for too long', async () => {
    const idle = await startServer({ root, limits: { idleTime: 100 } });
    const client = new RawClient(idle.url, { target: uploadPack, protocols: [] });
    expect((await client.closed).code).toBe(4408);
    await idle.close();
  });

  it('closes with 4503 where the server closes', async () => {
    const closing = await startServer({ root });
    const client = new RawClient(closing.url, { target: uploadPack, protocols: [] });
    await client.advertisement();
    await closing.close();
    expect((await client.closed).code).toBe(4503);
  });

  it('counts as a session', async () => {
    const one = await startServer({ root, limits: { maxSessions: 1 } });
    const client = new RawClient(one.url, { target: uploadPack, protocols: [] });
    await client.advertisement();
    expect(one.server.sessions).toBe(1);
    const second = new RawClient(one.url, { target: uploadPack, protocols: [] });
    expect(await second.closed).toMatchObject({ status: 503 });
    await one.close();
  });

  it('leaves no process behind when its client leaves in the middle', async () => {
    const client = connect(uploadPack);
    await client.advertisement();
    await processRunning(root, 'upload-pack');
    client.socket.terminate();
    await noProcessIn(root);
  });
});

describe('a push through a raw pipe', () => {
  it('that broke off leaves no lock and nothing half, and the next one succeeds', async () => {
    const push = await pushRequest(gitDir, [
      { ref: 'refs/heads/main', oldOid: nullOid, newOid: head },
    ]);
    const broken = connect(receivePack);
    await broken.advertisement();
    broken.send(push.subarray(0, push.length / 2));
    await processRunning(root, 'receive-pack');
    broken.socket.terminate();
    await noProcessIn(root);
    await expectSoundRepository(join(root, 'empty.git'));
    const whole = connect(receivePack);
    await whole.advertisement();
    whole.send(push);
    expect((await whole.closed).code).toBe(1000);
    expect(Buffer.concat(whole.data).toString('latin1')).toContain('ok refs/heads/main');
    await expectSoundRepository(join(root, 'empty.git'));
  });

  it('that was whole finishes although its client left while a hook was at work', async () => {
    const repository = join(root, 'slow.git');
    await git(['init', '-q', '--bare', repository]);
    // Longer at work than an unfinished push would be given.
    await writeHook(repository, 'pre-receive', 'touch started; sleep 3');
    const push = await pushRequest(gitDir, [
      { ref: 'refs/heads/main', oldOid: nullOid, newOid: head },
    ]);
    const client = connect('/slow.git/git-receive-pack');
    await client.advertisement();
    client.send(push);
    await processRunning(root, 'sleep 3');
    client.socket.terminate();
    await noProcessIn(root);
    expect(await git(['rev-parse', 'main'], { cwd: repository })).toBe(head);
    await expectSoundRepository(repository);
  });
});

describe('a raw pipe is refused in HTTP', () => {
  it.each([
    ['401 where credentials are needed', '/private.git/git-upload-pack', {}, 401],
    ['401 where they are wrong', '/private.git/git-upload-pack', basic('wrong'), 401],
    ['403 for what this user may not do', '/private.git/git-receive-pack', basic('right'), 403],
    ['403 for a foreign page', uploadPack, { Origin: 'https://evil.example' }, 403],
    ['403 for a rebound name', uploadPack, { Host: 'evil.example' }, 403],
    ['403 for a service that is off', '/site.git/git-upload-archive', {}, 403],
    ['404 for no repository', '/nothing.git/git-upload-pack', {}, 404],
    ['400 for a path that leaves root', '/../site.git/git-upload-pack', {}, 400],
  ])('%s', async (_what, target, headers, status) => {
    const answer = await connect(target, headers).closed;
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(/^\S.*\.\n$/);
    expect(answer.body).not.toContain(root);
  });

  it('with the scheme of credentials that would do', async () => {
    const { port } = new URL(server.url);
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
    const asked = request({
      ...{ host: '127.0.0.1', port, path: '/private.git/git-upload-pack' },
      headers: { ...headers, 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' },
    }).end();
    const [response] = (await once(asked, 'response')) as [
      { statusCode: number; headers: Record<string, string>; resume(): void },
    ];
    expect(response.statusCode).toBe(401);
    expect(response.headers['www-authenticate']).toMatch(/^Basic realm="/);
    response.resume();
  });

  it('and let in by an Authorization header', async () => {
    const client = connect('/private.git/git-upload-pack', basic('right'));
    expect(await client.advertisement()).toContain('HEAD');
    client.socket.terminate();
  });
});

function basic(password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`me:${password}`).toString('base64')}` };
}

describe('the backpressure of TCP', () => {
  let big: string;
  let bigHead: string;
  let process_: ServeProcess;
  beforeAll(async () => {
    const bigRoot = await temporaryDirectory();
    ({ gitDir: big, head: bigHead } = await makeRepository(join(bigRoot, 'big.git'), {
      commits: 10,
      bigBlobs: { count: 30, bytes: 2 * MiB },
    }));
    await git(['init', '-q', '--bare', join(bigRoot, 'empty.git')]);
    process_ = await serveProcess(bigRoot, '--allow-push');
  });

  it('holds git up while the client does not read, and all arrives when it reads on', async () => {
    const before = await process_.memory();
    const client = new RawClient(process_.url, {
      ...{ target: '/big.git/git-upload-pack', protocols: [] },
    });
    await client.advertisement();
    client.socket.pause();
    client.send(cloneRequest([bigHead]));
    await quiet(() => process_.memory());
    // What the kernel holds is not the server's; a MiB and a message are.
    expect((await process_.memory()) - before).toBeLessThan(25 * MiB);
    client.socket.resume();
    expect((await client.closed).code).toBe(1000);
    expect(packOf(Buffer.concat(client.data)).length).toBeGreaterThan(60 * MiB);
  });

  long(
    'holds the client up while git does not read, and the push goes on when it does',
    async () => {
      const push = await pushRequest(big, [
        { ref: 'refs/heads/main', oldOid: nullOid, newOid: bigHead },
      ]);
      const client = new RawClient(process_.url, { target: receivePack, protocols: [] });
      await client.advertisement();
      const pid = await processRunning(join(big, '../empty.git'), 'receive-pack');
      client.send(push.subarray(0, MiB));
      await processRunning(join(big, '../empty.git'), 'index-pack');
      process.kill(-pid, 'SIGSTOP');
      const before = await process_.memory();
      for (let start = MiB; start < push.length; start += MiB) {
        client.send(push.subarray(start, start + MiB));
      }
      await quiet(() => client.socket.bufferedAmount);
      expect(client.socket.bufferedAmount).toBeGreaterThan(30 * MiB);
      expect((await process_.memory()) - before).toBeLessThan(25 * MiB);
      process.kill(-pid, 'SIGCONT');
      expect((await client.closed).code).toBe(1000);
      expect(Buffer.concat(client.data).toString('latin1')).toContain('ok refs/heads/main');
      await expectSoundRepository(join(big, '../empty.git'));
    },
  );
});

/** Waits until a figure stays the same. The time only makes the check stricter. */
async function quiet(figure: () => number | Promise<number>): Promise<void> {
  let seen = -1;
  await eventually(async () => {
    const now = await figure();
    const same = Math.abs(now - seen) < MiB / 4;
    seen = now;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return same;
  });
}
