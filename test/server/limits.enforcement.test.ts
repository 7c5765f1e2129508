/**
 * Each limit that no other test of the server meets: what happens above it. Each case fails where
 * the line that enforces its limit is taken away.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { GitServerOptions, Limits, SessionReport } from '../../server/index.js';
import { nullOid, pushRequest } from '../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import {
  eventually,
  killAllIn,
  noProcessIn,
  processesIn,
  processRunning,
} from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { upgradeText } from '../load/clients.js';

const target = '/site/git-upload-pack';
let root: string;
let gitDir: string;
let head: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git')));
});

async function limited(
  limits: Partial<Limits>,
  options: Partial<GitServerOptions> = {},
): Promise<TestServer> {
  return startServer({ root, limits, ...options });
}

async function opened(server: TestServer, headers: Record<string, string> = {}) {
  const client = new RawClient(server.url, { target, headers }).keepUp();
  await client.advertisement();
  return client;
}

async function refused(server: TestServer, headers: Record<string, string> = {}): Promise<string> {
  const { code, reason } = await new RawClient(server.url, { target, headers }).closed;
  return `${code} ${reason}`;
}

/** A git in front of the real one for what is started until it has been. */
async function withGit<T>(script: string, work: () => Promise<T>): Promise<T> {
  const bin = join(await temporaryDirectory(), 'bin');
  await mkdir(bin);
  const path = process.env['PATH'] ?? '';
  // What the repository's owner has set is asked of the real one, before a service is started.
  const ask = `[ "$1" != config ] || PATH='${path}' exec git "$@"`;
  await writeFile(join(bin, 'git'), `#!/bin/sh\n${ask}\n${script}\n`, { mode: 0o755 });
  process.env['PATH'] = `${bin}:${path}`;
  try {
    return await work();
  } finally {
    process.env['PATH'] = path;
  }
}

describe('sessions', () => {
  const from = (address: string) => ({ 'X-Forwarded-For': address });

  it('of one address are limited, those of others are not: 4429', async () => {
    const server = await limited(
      { maxSessionsPerAddress: 2 },
      { trustedProxies: ['127.0.0.0/8', '::1'] },
    );
    const first = await opened(server, from('192.0.2.1'));
    await opened(server, from('192.0.2.1'));
    expect(await refused(server, from('192.0.2.1'))).toBe(
      '4429 There are too many sessions from your address. Try again later.',
    );
    await opened(server, from('192.0.2.2'));
    first.socket.close(1000);
    await eventually(() => server.server.sessions === 2);
    await opened(server, from('192.0.2.1'));
    await server.close();
  });

  it('of one /64 of IPv6 are those of one address', async () => {
    const server = await limited(
      { maxSessionsPerAddress: 1 },
      { trustedProxies: ['127.0.0.0/8', '::1'] },
    );
    await opened(server, from('2001:db8:0:1::1'));
    expect(await refused(server, from('2001:db8:0:1:ffff::2'))).toMatch(/^4429 /);
    await opened(server, from('2001:db8:0:2::1'));
    await server.close();
  });

  it('of an address that a client only claims are those of the client', async () => {
    const server = await limited({ maxSessionsPerAddress: 1 });
    await opened(server, from('192.0.2.1'));
    expect(await refused(server, from('192.0.2.2'))).toMatch(/^4429 /);
    await server.close();
  });

  it('of one user are limited, wherever from; those without a user are not: 4429', async () => {
    const server = await limited(
      { maxSessionsPerUser: 1 },
      {
        authenticate: ({ credentials }) =>
          credentials?.scheme === 'bearer' ? { name: credentials.token } : null,
      },
    );
    const as = (name: string) => ({ Authorization: `Bearer ${name}` });
    const ada = await opened(server, as('ada'));
    expect(await refused(server, as('ada'))).toBe(
      '4429 There are too many sessions of yours. Try again later.',
    );
    await opened(server, as('bob'));
    await opened(server);
    await opened(server);
    ada.socket.close(1000);
    await eventually(() => server.server.sessions === 3);
    await opened(server, as('ada'));
    await server.close();
  });
});

describe('git processes', () => {
  it('are limited: a session waits for one to end, and then opens', async () => {
    const server = await limited({ maxChildren: 1, queueTime: 60_000 });
    const first = await opened(server);
    const second = new RawClient(server.url, { target });
    // In the queue, since a third one finds no place in it.
    const full = await limited({ maxChildren: 1, maxQueue: 0 });
    await opened(full);
    expect(await refused(full)).toBe('4429 The server has too much to do. Try again later.');
    expect(server.server.sessions).toBe(1);
    first.socket.close(1000);
    await second.advertisement();
    await Promise.all([server.close(), full.close()]);
  });

  it('are waited for in a queue that is short: 4429', async () => {
    const server = await limited({ maxChildren: 1, maxQueue: 1, queueTime: 60_000 });
    const first = await opened(server);
    const others = [1, 2].map(() => new RawClient(server.url, { target }));
    // Whichever came last finds the queue full.
    const { code } = await Promise.race(others.map((client) => client.closed));
    expect(code).toBe(4429);
    first.socket.close(1000);
    await Promise.any(others.map((client) => client.advertisement()));
    await server.close();
  });

  it('are not waited for longer than queueTime: 4429', async () => {
    const server = await limited({ maxChildren: 1, queueTime: 50 });
    await opened(server);
    expect(await refused(server)).toMatch(/^4429 /);
    await server.close();
  });

  it('are not waited for by a server that closes: 4503', async () => {
    const server = await limited({ maxChildren: 1, queueTime: 60_000, maxSessions: 2 });
    await opened(server);
    const waiting = new RawClient(server.url, { target });
    // It is under way once there is no room for another one.
    while (!(await refused(server)).startsWith('4503 ')) await Promise.resolve();
    await server.server.close();
    const { code, reason } = await waiting.closed;
    expect(`${code} ${reason}`).toBe('4503 The server is shutting down.');
    await server.close();
  });
});

describe('the request', () => {
  it('has a target of at most maxTargetLength: 4413, a raw pipe HTTP 413', async () => {
    const server = await limited({ maxTargetLength: 100 });
    const long = `${target}?x=${'y'.repeat(100)}`;
    const { code, reason } = await new RawClient(server.url, { target: long }).closed;
    expect(`${code} ${reason}`).toBe('4413 The path of the request is too long.');
    const raw = await new RawClient(server.url, { target: long, protocols: [] }).closed;
    expect(raw.status).toBe(413);
    await opened(server);
    await server.close();
  });

  it('has headers of at most maxHeaderLength: 4413', async () => {
    const server = await limited({ maxHeaderLength: 1_024 });
    expect(await refused(server, { Cookie: 'x'.repeat(1_000) })).toBe(
      '4413 The headers of the request are too long.',
    );
    await opened(server);
    await server.close();
  });
});

describe('refused clients', () => {
  const [v1, none] = ['Sec-WebSocket-Protocol: gitws.v1', '/none/git-upload-pack'];

  /** Neither closes nor reads on. @returns the first line of the answer, and whether it is over. */
  async function rudeSocket(server: TestServer, ...headers: string[]) {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.write(upgradeText(none, v1, ...headers));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return { socket, status: answer.toString('latin1').split('\r\n')[0] ?? '' };
  }

  const rude = async (server: TestServer): Promise<string> => (await rudeSocket(server)).status;

  it('that keep their half of the handshake to themselves are at most maxRefusals: HTTP 503', async () => {
    const server = await limited({ maxRefusals: 2, closeTime: 600_000 });
    const accepted = 'HTTP/1.1 101 Switching Protocols';
    expect([await rude(server), await rude(server)]).toEqual([accepted, accepted]);
    expect(await rude(server)).toBe('HTTP/1.1 503 Service Unavailable');
    const { status, body } = await new RawClient(server.url, { target: none }).closed;
    expect(`${status} ${body}`).toBe('503 There is no such repository.\n');
  });

  it('from one address leave the others theirs: one more than maxRefusalsPerAddress ends its oldest', async () => {
    const server = await limited(
      { maxRefusals: 3, maxRefusalsPerAddress: 2, closeTime: 600_000 },
      { trustedProxies: ['127.0.0.0/8', '::1'] },
    );
    const from = (address: string) => rudeSocket(server, `X-Forwarded-For: ${address}`);
    // Each is told why, by a close code; a /64 is one address.
    const oldest = await from('2001:db8::1');
    const gone = once(oldest.socket, 'close');
    const rest = await Promise.all([2, 3, 4, 5, 6].map((last) => from(`2001:db8::${last}`)));
    const other = await from('192.0.2.1');
    const accepted = 'HTTP/1.1 101 Switching Protocols';
    const statuses = [oldest, ...rest, other].map(({ status }) => status);
    expect(statuses).toEqual(statuses.map(() => accepted));
    await gone;
    const open = (): number => rest.filter(({ socket }) => socket.readyState === 'open').length;
    await eventually(() => open() === 2);
    expect(other.socket.readyState).toBe('open');
  });

  it('are waited for no longer than closeTime', async () => {
    const server = await limited({ maxRefusals: 1, closeTime: 100 });
    await rude(server);
    await eventually(async () =>
      (await refused(server, { Host: 'evil.example' })).startsWith('4403'),
    );
    await server.close();
  });
});

describe('time', () => {
  it('from SIGTERM to SIGKILL is killDelayUpload for a git that does not listen', async () => {
    const directory = await temporaryDirectory();
    const [heard, listens] = [join(directory, 'heard'), join(directory, 'listens')];
    const script = `trap ': > ${heard}' TERM\n: > ${listens}\nwhile :; do sleep 0.02; done`;
    const leave = async (server: TestServer): Promise<void> => {
      await rm(listens, { force: true });
      const client = await withGit(script, async () => {
        const silent = new RawClient(server.url, { target });
        await silent.text('open');
        await eventually(() => existsSync(listens));
        return silent;
      });
      client.socket.close(1000);
    };
    const patient = await limited({ killDelayUpload: 600_000 });
    await leave(patient);
    await eventually(() => existsSync(heard));
    const survivors = await processesIn(root);
    expect(survivors).not.toEqual([]);
    await killAllIn(root);
    const hasty = await limited({ killDelayUpload: 50 });
    await leave(hasty);
    await noProcessIn(root);
    await Promise.all([patient.close(), hasty.close()]);
  });

  it('until git says its first byte is limited: 4408, and git is ended', async () => {
    const server = await limited({ firstByteTime: 200 });
    const client = await withGit('exec sleep 601', async () => {
      const silent = new RawClient(server.url, { target }).keepUp();
      await silent.text('open');
      return silent;
    });
    const { code, reason } = await client.closed;
    expect(`${code} ${reason}`).toBe('4408 git said nothing for too long.');
    await noProcessIn(root);
    await server.close();
  });

  it('until the first byte is not counted any more once it came', async () => {
    const server = await limited({ firstByteTime: 1_000, idleTime: 1_500 });
    // Closed by the later limit, so the earlier one let it be.
    const client = await opened(server);
    expect((await client.closed).reason).toBe('Nothing happened for too long.');
    await server.close();
  });

  it('of a whole session is limited, whatever goes on in it: 4408', async () => {
    const server = await limited({ totalTime: 200 });
    const client = await opened(server);
    const busy = setInterval(() => {
      client.ack();
    }, 20);
    const { code, reason } = await client.closed;
    clearInterval(busy);
    expect(`${code} ${reason}`).toBe('4408 The session took too long.');
    await noProcessIn(root);
    await server.close();
  });

  it('of a push that has arrived whole ends its connection first, its hooks later', async () => {
    const hook = join(gitDir, 'hooks/pre-receive');
    await writeFile(hook, '#!/bin/sh\ntrap "exit 1" TERM\nsleep 602 &\nwait\n');
    await chmod(hook, 0o755);
    const reports: SessionReport[] = [];
    const server = await limited(
      { totalTime: 1_000 },
      { allowPush: true, onSession: (report) => reports.push(report) },
    );
    const client = new RawClient(server.url, { target: '/site/git-receive-pack' }).keepUp();
    await client.advertisement();
    const update = { ref: 'refs/heads/slow', oldOid: nullOid, newOid: head };
    client.send(await pushRequest(gitDir, [update], [head]));
    client.send({ type: 'end' });
    await processRunning(root, 'sleep 602');
    expect((await client.closed).code).toBe(4408);
    expect(await processesIn(root)).not.toEqual([]);
    await eventually(() => reports.length > 0);
    await noProcessIn(root);
    await writeFile(hook, '#!/bin/sh\n');
    await expectSoundRepository(gitDir);
    await server.close();
  });
});

describe('a push', () => {
  it('of more than maxPushSize is refused by git, and leaves nothing', async () => {
    const { gitDir: big, head: tip } = await makeRepository(
      join(await temporaryDirectory(), 'big.git'),
      { bigBlobs: { count: 1, bytes: 64 * 1024 } },
    );
    const push = async (maxPushSize: number): Promise<string> => {
      const server = await limited({ maxPushSize }, { allowPush: true });
      const client = new RawClient(server.url, { target: '/site/git-receive-pack' }).keepUp();
      await client.advertisement();
      const update = { ref: 'refs/heads/big', oldOid: nullOid, newOid: tip };
      client.send(await pushRequest(big, [update]));
      client.send({ type: 'end' });
      await client.text('exit');
      await server.close();
      return Buffer.concat(client.data).toString('latin1');
    };
    expect(await push(32 * 1024)).toContain('ng refs/heads/big');
    expect(await git(['for-each-ref', 'refs/heads/big'], { cwd: gitDir })).toBe('');
    await expectSoundRepository(gitDir);
    expect(await push(1024 * 1024)).toContain('ok refs/heads/big');
  });

  it('is checked object by object: one with a broken commit is refused', async () => {
    const broken = (await makeRepository(join(await temporaryDirectory(), 'broken.git'))).gitDir;
    const tree = await git(['rev-parse', 'main^{tree}'], { cwd: broken });
    const oid = await git(['hash-object', '-t', 'commit', '--literally', '-w', '--stdin'], {
      cwd: broken,
      // A time that means another one to some readers: fsck's zeroPaddedDate.
      input: `tree ${tree}\nauthor A <a@example.com> 01 +0000\ncommitter A <a@example.com> 1 +0000\n\nx\n`,
    });
    const server = await limited({}, { allowPush: true });
    const client = new RawClient(server.url, { target: '/site/git-receive-pack' }).keepUp();
    await client.advertisement();
    const update = { ref: 'refs/heads/broken', oldOid: nullOid, newOid: oid };
    client.send(await pushRequest(broken, [update]));
    client.send({ type: 'end' });
    await client.text('exit');
    expect(Buffer.concat(client.data).toString('latin1')).toContain('ng refs/heads/broken');
    expect(JSON.stringify(client.texts)).toContain('zeroPaddedDate');
    await server.close();
  });
});
