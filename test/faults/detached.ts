/**
 * Very many sessions whose clients were cut off in the middle of a clone: what the server holds for
 * them, and that it lets go of it. The server runs in a process of its own and is measured there.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloneRequest } from '../helpers/git-stream.js';
import { makeRepository } from '../helpers/git.js';
import { eventually } from '../helpers/processes.js';
import { RawClient, type Ending } from '../helpers/raw-client.js';
import { LoadServer } from '../load/load-server.js';

const kib = 1024;

/** The clients' window, in bytes: what the server may have sent unacknowledged, and so keeps. */
export const window = 1024 * kib;

/**
 * What a session may cost beside that, in bytes of live memory: what was read of git before there was
 * no credit any more (a message and two pipes full), and its streams, timers and names.
 */
export const sessionCost = 320 * kib;

/**
 * What does not grow with the sessions, in bytes: code that is compiled again when it is used again, which V8
 * lets go of at rest.
 */
export const commonCost = 2 * 1024 * kib;

/** Live memory that a server may hold more than at the beginning, in bytes. */
const nearBase = 6 * 1024 * kib;

/** What was measured, in bytes. */
export interface DetachedResult {
  /** Live memory that the server holds for all sessions together. */
  readonly held: number;
  /** What the process grew by. */
  readonly grown: number;
  /** What the clients had received when they were cut off, together. */
  readonly received: number;
  /** What the next client was told. */
  readonly next: Ending;
  /** Live memory that it held more than at the beginning when all of them were over. */
  readonly left: number;
}

/**
 * Cuts off `count` clones at once.
 *
 * @param resumeTime that the server keeps a session, in s: more than it takes to look at them.
 * @throws Error where something is left in the end.
 */
export async function measureDetached(count: number, resumeTime: number): Promise<DetachedResult> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'gitws-detached-')));
  let server: LoadServer | undefined;
  try {
    // Eight times the window: enough to tell a bounded buffer from one that is not.
    const bigBlobs = { count: 8, bytes: window };
    const { head } = await makeRepository(join(root, 'big.git'), { commits: 5, bigBlobs });
    const most = String(count);
    const [children, all] = [String(count + 20), String(2 * count + 50)];
    server = await LoadServer.start(root, [
      ...['--max-children', children, '--max-queue', all, '--queue-time', '5m'],
      ...['--max-sessions', all, '--max-sessions-per-address', all],
      ...['--max-detached', most, '--max-detached-per-address', most],
      ...['--max-detached-bytes', '10GiB', '--resume-time', `${resumeTime}s`],
    ]);
    const { url } = server;
    // What is compiled and allocated once is not held for a session.
    await cutOff(await Promise.all(Array.from({ length: 4 }, () => stalledClone(url, head))));
    const base = await server.rest({ live: Infinity, files: Infinity });
    const clients: RawClient[] = [];
    // Not all at once: each starts two processes.
    while (clients.length < count) {
      const some = Math.min(10, count - clients.length);
      clients.push(
        ...(await Promise.all(Array.from({ length: some }, () => stalledClone(url, head)))),
      );
    }
    const received = clients.reduce((sum, { dataBytes }) => sum + dataBytes, 0);
    await cutOff(clients);
    const { services } = await server.git();
    if (services !== count) throw new Error(`${services} gits wait for ${count} clients`);
    let next: Ending | undefined;
    await eventually(async () => {
      next = await tryNext(url);
      return next.code !== -1;
    });
    const now = await server.held();
    const afterwards = await server.rest({ files: base.files, live: base.live + nearBase });
    server.checkErrors();
    await server.end();
    return {
      held: now.live - base.live,
      grown: now.rss - base.rss,
      received,
      next: next ?? { code: -1, reason: '', status: 0, body: '' },
      left: afterwards.live - base.live,
    };
  } finally {
    server?.kill();
    await rm(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

/** A clone that takes what its window lets through, and says nothing of it. */
async function stalledClone(url: string, head: string): Promise<RawClient> {
  const client = new RawClient(url, {
    target: '/big.git/git-upload-pack',
    protocols: ['gitws.v1', `gitws.window.${window}`],
  });
  await client.advertisement();
  client.ack();
  const before = client.dataBytes;
  client.send(cloneRequest([head]));
  // As much as the credit allows: the rest of the window is too small for another message.
  await client.until(() => client.dataBytes - before > 0.9 * window);
  client.data.length = 0;
  return client;
}

async function cutOff(clients: readonly RawClient[]): Promise<void> {
  for (const client of clients) client.socket.terminate();
  await Promise.all(clients.map(({ closed }) => closed));
}

/** @returns how it was refused; code -1 where it was not. */
async function tryNext(url: string): Promise<Ending> {
  const client = new RawClient(url, { target: '/big.git/git-upload-pack' });
  const opened = client.text('open').then(
    () => true,
    () => false,
  );
  const refused = client.closed.then(() => false);
  if (!(await Promise.race([opened, refused]))) return client.closed;
  client.socket.close(1000);
  await client.closed;
  return { code: -1, reason: '', status: 101, body: '' };
}
