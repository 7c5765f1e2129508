/** A session whose connection is lost: its client comes back, or does not. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SessionReport } from '../../server/index.js';
import {
  openChannel,
  type Channel,
  type ConnectionEvent,
} from '../../src/tunnel/client/channel.js';
import { startProxy, type Proxy, type Faults } from '../helpers/proxy.js';
import { cloneRequest, nullOid, packOf, pushRequest } from '../helpers/git-stream.js';
import { expectSoundRepository, git, gitBytes, makeRepository } from '../helpers/git.js';
import { writeHook } from '../helpers/hooks.js';
import { eventually, noProcessIn, processesIn } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const mib = 1024 * 1024;
let root: string;
let gitDir: string;
let head: string;
let server: TestServer;
let reports: SessionReport[];
let told: ConnectionEvent[];

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git'), {
    bigBlobs: { count: 8, bytes: mib },
  }));
});

afterEach(async () => {
  await server.close();
  expect(await processesIn(root)).toEqual([]);
});

async function start(
  limits: Parameters<typeof startServer>[0]['limits'] = {},
  faults: Faults = {},
): Promise<Proxy> {
  reports = [];
  told = [];
  server = await startServer({
    ...{ root, allowPush: true, limits },
    onSession: (report) => reports.push(report),
  });
  return startProxy(server.url, faults);
}

function open(
  url: string,
  service: 'git-upload-pack' | 'git-receive-pack',
  options: Partial<Parameters<typeof openChannel>[1]> = {},
): Promise<Channel> {
  const onConnection = (event: ConnectionEvent): unknown => told.push(event);
  return openChannel(`${url}/site.git`, { service, onConnection, ...options });
}

/** Sends a request and reads everything; `onBytes` hears how much has come. */
async function exchange(
  channel: Channel,
  request: Uint8Array,
  onBytes: (loaded: number) => void = () => undefined,
): Promise<Buffer> {
  const writer = channel.writable.getWriter();
  const sent = writer.write(request).then(() => writer.close());
  const parts: Uint8Array[] = [];
  let loaded = 0;
  for await (const bytes of channel.readable) {
    parts.push(bytes);
    loaded += bytes.length;
    onBytes(loaded);
  }
  await sent;
  return Buffer.concat(parts);
}

const states = (): string[] => told.map(({ state }) => state);
const clone = (channel: Channel, onBytes?: (loaded: number) => void): Promise<Buffer> =>
  exchange(channel, cloneRequest([head]), onBytes);

describe('a clone whose connection is cut', () => {
  it('three times goes on each time, as one session, and is whole', async () => {
    const proxy = await start();
    const channel = await open(proxy.url, 'git-upload-pack');
    const cuts = [1 * mib, 3 * mib, 6 * mib];
    const answer = await clone(channel, (loaded) => {
      if (loaded < (cuts[0] ?? Infinity)) return;
      cuts.shift();
      proxy.strike('reset');
    });
    expect(await channel.exit).toEqual({ code: 0, signal: null });
    await gitBytes(['index-pack', '--stdin', '--strict'], {
      cwd: join(root, 'site.git'),
      input: packOf(answer),
    });
    const resumed = told.filter(({ state }) => state === 'resumed');
    expect(resumed.map(({ received }) => Math.floor(received / mib))).toHaveLength(3);
    expect(states().slice(0, 5)).toEqual([
      ...['connecting', 'open', 'interrupted', 'connecting', 'resumed'],
    ]);
    await eventually(() => reports.length > 0);
    expect(reports).toMatchObject([{ resumes: 3, outcome: { kind: 'exit', code: 0 } }]);
    // What was on its way is sent again, and nothing else.
    const down = proxy.connections.reduce((sum, one) => sum + one.down, 0);
    expect(down).toBeLessThan(answer.length + 3 * (4 * mib));
  });

  it('in the middle of a message is whole all the same', async () => {
    await start();
    // By FIN: a reset takes back what the client has not read yet, and on a busy machine that is all.
    const strike = { direction: 'down', after: 300_000, how: 'end' } as const;
    const proxy = await startProxy(server.url, { strike });
    const channel = await open(proxy.url, 'git-upload-pack');
    const answer = await clone(channel);
    expect(await channel.exit).toEqual({ code: 0, signal: null });
    packOf(answer);
    await eventually(() => reports.length > 0);
    expect(reports[0]?.resumes).toBeGreaterThan(20);
    await proxy.close();
  });

  it('rejects where its client does not want to resume, and git is ended', async () => {
    const proxy = await start({ resumeTime: 1_000 });
    const channel = await open(proxy.url, 'git-upload-pack', { resumeFor: 0 });
    await expect(
      clone(channel, () => {
        proxy.strike('reset');
      }),
    ).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await eventually(() => reports.length > 0);
    expect(reports).toMatchObject([{ resumes: 0, outcome: { kind: 'closed', closeCode: 1006 } }]);
    await noProcessIn(root);
  });

  it('rejects where the server does not resume, and git is ended at once', async () => {
    const proxy = await start({ resumeTime: 0 });
    const channel = await open(proxy.url, 'git-upload-pack');
    await expect(
      clone(channel, () => {
        proxy.strike('reset');
      }),
    ).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await eventually(() => reports.length > 0);
    await noProcessIn(root);
  });

  it('rejects where the server was started anew, and says so', async () => {
    const proxy = await start();
    const channel = await open(proxy.url, 'git-upload-pack');
    const reader = channel.readable.getReader();
    await reader.read();
    await server.close();
    await expect(channel.exit).rejects.toMatchObject({ code: 'REFUSED', data: { status: 503 } });
  });

  it('is asked for credentials anew at each connection', async () => {
    const seen: (string | undefined)[] = [];
    server = await startServer({
      root,
      authenticate: ({ authorization }) => {
        seen.push(authorization);
        return { name: 'ada' };
      },
    });
    const proxy = await startProxy(server.url);
    let count = 0;
    const channel = await open(proxy.url, 'git-upload-pack', {
      authorization: () => `Bearer ${(count += 1)}`,
    });
    let cut = false;
    await clone(channel, () => {
      if (!cut) proxy.strike('reset');
      cut = true;
    });
    expect(seen).toEqual(['Bearer 1', 'Bearer 2']);
  });
});

describe('a push whose connection is cut', () => {
  const updates = (name: string) => [{ ref: `refs/heads/${name}`, oldOid: nullOid, newOid: head }];

  it('in the middle of its pack goes on', async () => {
    const target = join(root, 'empty.git');
    await git(['init', '-q', '--bare', target]);
    const proxy = await start({}, { strike: { direction: 'up', after: 2 * mib, how: 'reset' } });
    const channel = await openChannel(`${proxy.url}/empty.git`, { service: 'git-receive-pack' });
    const report = await exchange(channel, await pushRequest(gitDir, updates('main')));
    expect(report.toString()).toContain('unpack ok\n0017ok refs/heads/main');
    await expectSoundRepository(target);
    expect(await git(['rev-parse', 'main'], { cwd: target })).toBe(head);
  });

  it('while its hook runs learns the outcome', async () => {
    const proxy = await start();
    await writeHook(
      gitDir,
      'pre-receive',
      'touch started; while [ -e started ]; do sleep 0.1; done',
    );
    const started = join(gitDir, 'started');
    const channel = await open(proxy.url, 'git-receive-pack');
    const answer = exchange(channel, await pushRequest(gitDir, updates('learnt'), [head]));
    await eventually(() => existsSync(started));
    proxy.strike('reset');
    await eventually(() => states().includes('resumed'));
    await rm(started);
    expect((await answer).toString()).toContain('ok refs/heads/learnt');
    expect(await channel.exit).toEqual({ code: 0, signal: null });
    await rm(join(gitDir, 'hooks/pre-receive'));
    await expectSoundRepository(gitDir);
  });
});

describe('a session that waits for its client', () => {
  async function lost(url: string, asked = true): Promise<{ token: string; counted: number }> {
    const client = new RawClient(url, { target: '/site.git/git-upload-pack' });
    await client.advertisement();
    client.ack();
    const { token } = await client.text('open');
    // The beginning of a request, which git waits for the rest of.
    if (asked) client.send(Buffer.from('00'));
    client.send({ type: 'ping', id: 1 });
    await client.text('pong');
    client.socket.terminate();
    await client.closed;
    return { token: String(token), counted: client.counted };
  }

  const back = ({ token, counted }: { token: string; counted: number }): RawClient =>
    new RawClient(server.url, {
      target: '/site.git/git-upload-pack',
      protocols: ['gitws.v1', `gitws.resume.${token}.${counted}`],
    });

  it('is counted as detached until it is back', async () => {
    await start();
    const session = await lost(server.url);
    await eventually(() => server.server.detached === 1);
    expect(server.server.sessions).toBe(1);
    const client = back(session);
    await client.text('open');
    expect(server.server.detached).toBe(0);
    expect(server.server.sessions).toBe(1);
    client.socket.close(1000);
    await eventually(() => server.server.sessions === 0);
  });

  it('ends when its time is over, and is gone then', async () => {
    await start({ resumeTime: 1_000 });
    const session = await lost(server.url);
    await eventually(() => server.server.detached === 1);
    await eventually(() => server.server.sessions === 0);
    await noProcessIn(root);
    expect(await back(session).closed).toMatchObject({ code: 4410 });
  });

  it('when git has ended runs no process and has no place for one, only for what is not acknowledged', async () => {
    await start({ maxChildren: 1, maxQueue: 0, resumeTime: 60_000 });
    const client = new RawClient(server.url, { target: '/site.git/git-upload-pack' });
    await client.advertisement();
    client.ack();
    const { token } = await client.text('open');
    const counted = client.counted;
    client.send(Buffer.from('0000'));
    client.send({ type: 'end' });
    await client.text('exit');
    // What it acknowledges of that is lost on the way.
    client.socket.terminate();
    await eventually(() => server.server.detached === 1);
    expect(server.server.sessions).toBe(1);
    await noProcessIn(root);
    const other = new RawClient(server.url, { target: '/site.git/git-upload-pack' });
    await other.advertisement();
    other.socket.close(1000);
    await eventually(() => server.server.sessions === 1);
    // Whoever comes back gets the rest again; acknowledging it is the end.
    const again = back({ token: String(token), counted });
    expect(await again.text('exit')).toMatchObject({ code: 0 });
    expect(server.server.detached).toBe(0);
    again.ack(counted + again.counted);
    expect((await again.closed).code).toBe(1000);
    await eventually(() => server.server.sessions === 0);
    expect(reports.at(-1)).toMatchObject({ resumes: 1, outcome: { kind: 'exit', code: 0 } });
    expect(await back({ token: String(token), counted }).closed).toMatchObject({ code: 4410 });
  });

  it('when git has ended is gone after its time, and counts for nothing then', async () => {
    await start({ resumeTime: 1_000, maxDetachedPerAddress: 1 });
    const client = new RawClient(server.url, { target: '/site.git/git-upload-pack' });
    await client.advertisement();
    client.ack();
    client.send(Buffer.from('0000'));
    client.send({ type: 'end' });
    await client.text('exit');
    client.socket.terminate();
    await eventually(() => server.server.detached === 1);
    await eventually(() => server.server.sessions === 0);
    expect(server.server.detached).toBe(0);
    const next = new RawClient(server.url, { target: '/site.git/git-upload-pack' });
    await next.advertisement();
    next.socket.close(1000);
  });

  it('waits on where its client came back over a connection that carried nothing', async () => {
    await start({ openingTime: 300 });
    const session = await lost(server.url);
    await eventually(() => server.server.detached === 1);
    // Its ack never arrives.
    const silent = back(session);
    await silent.text('open');
    expect(server.server.detached).toBe(0);
    expect(await silent.closed).toMatchObject({ code: 1006 });
    await eventually(() => server.server.detached === 1);
    const client = back(session);
    expect(await client.text('open')).toMatchObject({ received: 1 });
    client.socket.close(1000);
    await eventually(() => reports.length > 0);
    expect(reports).toMatchObject([{ resumes: 2, outcome: { kind: 'closed', closeCode: 1000 } }]);
  });

  it('ends at once where as many wait already, and the next is refused with 4429', async () => {
    await start({ maxDetachedPerAddress: 2 });
    await lost(server.url);
    await lost(server.url);
    await eventually(() => server.server.detached === 2);
    const next = new RawClient(server.url, { target: '/site.git/git-upload-pack' });
    expect(await next.closed).toMatchObject({ code: 4429 });
  });

  it('of which nothing was asked gets nobody refused, and there are few of an address', async () => {
    await start({ maxDetachedPerAddress: 1, maxUnaskedPerAddress: 2 });
    const sessions = [];
    for (let count = 0; count < 5; count += 1) {
      sessions.push(await lost(server.url, false));
      const waiting = Math.min(2, count + 1);
      await eventually(
        () => server.server.detached === waiting && server.server.sessions === waiting,
      );
    }
    // The newest are there for whoever was only cut off.
    const [newest] = sessions.slice(-1);
    await back(newest ?? { token: '', counted: 0 }).text('open');
    const [oldest] = sessions;
    expect((await back(oldest ?? { token: '', counted: 0 }).closed).code).toBe(4410);
    await new RawClient(server.url, { target: '/site.git/git-upload-pack' }).advertisement();
  });

  it('of which nothing was asked is gone after openingTime', async () => {
    await start({ openingTime: 1_000, resumeTime: 600_000 });
    await lost(server.url, false);
    await eventually(() => server.server.detached === 1);
    await eventually(() => server.server.sessions === 0);
    await start({ maxUnaskedPerAddress: 0, resumeTime: 600_000, openingTime: 600_000 });
    await lost(server.url, false);
    await eventually(() => server.server.sessions === 0);
  });

  it('closes the connection that it had when another comes with its token', async () => {
    await start();
    const first = new RawClient(server.url, { target: '/site.git/git-upload-pack' });
    await first.advertisement();
    first.ack();
    const { token } = await first.text('open');
    const second = back({ token: String(token), counted: first.counted });
    expect(await first.closed).toMatchObject({ code: 4409 });
    expect(await second.text('open')).toMatchObject({ received: 0 });
    second.socket.close(1000);
  });

  it('cannot be resumed by who says to have received what was never sent', async () => {
    await start();
    const session = await lost(server.url);
    await eventually(() => server.server.detached === 1);
    const client = back({ ...session, counted: 1_000 });
    expect(await client.closed).toMatchObject({ code: 4400 });
    await eventually(() => server.server.sessions === 0);
  });
});
