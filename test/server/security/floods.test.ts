/**
 * Attacks that would have the server keep what somebody does not take: a clone whose client reads
 * nothing, a hook that never stops talking. In backpressure.test.ts: that both go on when it reads
 * again, and the memory of a server process.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { long, test } from '../../helpers/long.js';
import type { SessionReport } from '../../../server/index.js';
import { cloneRequest, nullOid, pktLine, pushRequest } from '../../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../../helpers/git.js';
import { writeHook } from '../../helpers/hooks.js';
import { eventually, noProcessIn, processRunning } from '../../helpers/processes.js';
import { RawClient } from '../../helpers/raw-client.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { answerOf, openSession, said, targetOf } from './attempts.js';

const KiB = 1024;
const MiB = 1024 * KiB;
let root: string;
let gitDir: string;
let head: string;
let server: TestServer;
const reports: SessionReport[] = [];

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git'), {
    commits: 3,
    files: 3,
    bigBlobs: { count: 12, bytes: MiB },
  }));
});

beforeEach(() => {
  reports.length = 0;
});

afterEach(async () => {
  await server.close();
  await noProcessIn(root);
});

async function start(totalTime: number): Promise<void> {
  server = await startServer({
    root,
    allowPush: true,
    limits: { maxReplay: 128 * KiB, totalTime, lingerTime: 200, closeTime: 200 },
    onSession: (report) => reports.push(report),
  });
}

/** Bytes that a process has written so far (proc(5)). */
async function written(pid: number): Promise<number> {
  return Number(/^wchar: (\d+)/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

/** Waits until a process writes no more: what it writes to is full. @returns how much it was. */
async function blocked(pid: number): Promise<number> {
  let before = -1;
  for (;;) {
    const now = await written(pid);
    if (now === before) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

describe('a client that never acknowledges', () => {
  test('is refused where it asks for a window of 1 GiB, or of half of it', async () => {
    await start(60_000);
    for (const window of [1024 * MiB, 512 * MiB]) {
      const protocols = ['gitws.v1', `gitws.window.${window}`];
      const answer = await answerOf(server, { target: targetOf('site.git', 'upload'), protocols });
      expect(answer).toMatch(/^4400 /);
    }
  });

  test('has git wait for it, whatever window it may ask for', async () => {
    await start(60_000);
    const client = new RawClient(server.url, {
      target: targetOf('site.git', 'upload'),
      protocols: ['gitws.v1', `gitws.window.${16 * MiB}`],
    });
    await client.advertisement();
    client.send({ type: 'ack', consumed: 0 });
    client.send(cloneRequest([head]));
    const pid = await processRunning(gitDir, 'pack-objects');
    // The server's own bound, a message being gathered, and pipes: not the 12 MiB of the pack.
    expect(await blocked(pid)).toBeLessThan(MiB);
    expect(client.dataBytes).toBeLessThanOrEqual(128 * KiB);
    client.socket.close(1000);
    await noProcessIn(root);
  });
});

describe('a hook that writes to stderr without end', () => {
  const push = async (name: string): Promise<Buffer> => {
    const update = { ref: `refs/heads/${name}`, oldOid: nullOid, newOid: head };
    return pushRequest(gitDir, [update], [head]);
  };
  /** As every real client asks for it: hooks speak through git's own side-band then. */
  const bandedPush = async (name: string): Promise<Buffer> => {
    const plain = await push(name);
    const words = `${nullOid} ${head} refs/heads/${name}\0 report-status`;
    return Buffer.concat([
      pktLine(`${words} side-band-64k`),
      plain.subarray(pktLine(words).length),
    ]);
  };

  beforeAll(async () => {
    await writeHook(gitDir, 'post-receive', 'exec yes no end to it >&2');
  });

  test.each([
    ['its stderr', 'plain', push],
    ['the side-band', 'banded', bandedPush],
  ])('is held up by a client that never acknowledges: %s', async (_way, name, request) => {
    await start(600_000);
    const client = new RawClient(server.url, { target: targetOf('site.git', 'receive') });
    await client.advertisement();
    client.send({ type: 'ack', consumed: 0 });
    client.send(await request(name));
    client.send({ type: 'end' });
    const pid = await processRunning(gitDir, 'yes');
    expect(await blocked(pid)).toBeLessThan(MiB);
    expect(client.dataBytes + Buffer.byteLength(said(client))).toBeLessThan(128 * KiB);
    await server.server.close({ drainTime: 0 });
    // The push itself was carried out, before its hook, and left nothing half.
    expect(await git(['rev-parse', name], { cwd: gitDir })).toBe(head);
    await expectSoundRepository(gitDir);
  });

  long('is ended with the session where all of it is taken', async () => {
    // Long enough for a busy machine to start git and the hook in.
    await start(5_000);
    const client = await openSession(server, targetOf('site.git', 'receive'));
    client.send(await push('taken'));
    client.send({ type: 'end' });
    const pid = await processRunning(gitDir, 'yes');
    await eventually(async () => (await written(pid)) > 4 * MiB);
    expect((await client.closed).code).toBe(4408);
    // A push that is whole has as long again, for its hooks; nobody reads them any more.
    await noProcessIn(root);
    await eventually(() => reports.length > 0);
    expect(reports[0]?.outcome).toEqual({ kind: 'closed', closeCode: 4408 });
    expect(await git(['rev-parse', 'taken'], { cwd: gitDir })).toBe(head);
    await expectSoundRepository(gitDir);
  });
});
