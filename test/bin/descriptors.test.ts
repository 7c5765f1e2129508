/**
 * A server that runs out of descriptors: whatever it was about to do, its clients are told the truth
 * of it, nothing stays open that nobody needs, and it ends when it is told to.
 */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { isGitWsError } from '../../src/base/errors.js';
import { openChannel } from '../../src/tunnel/client/channel.js';
import { allowDescriptors, leaveDescriptors, openDescriptors } from '../helpers/descriptors.js';
import { nullOid, pushRequest } from '../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { eventually, noProcessIn, processRunning, processesIn } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { serveProcess, type ServeProcess } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let gitDir: string;
let head: string;
const sockets: Socket[] = [];

beforeEach(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git')));
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Pushes a new branch. @returns its exit code; or the close code, or the code of the error. */
async function push(url: string, branch: string): Promise<number | string> {
  try {
    const channel = await openChannel(`${url}/site.git`, { service: 'git-receive-pack' });
    const update = { ref: `refs/heads/${branch}`, oldOid: nullOid, newOid: head };
    const writer = channel.writable.getWriter();
    await writer.write(await pushRequest(gitDir, [update], [head]));
    await writer.close();
    await new Response(channel.readable).arrayBuffer();
    return (await channel.exit).code ?? 'signal';
  } catch (error) {
    if (isGitWsError(error, 'REFUSED')) return Number(error.data['closeCode']);
    return isGitWsError(error) ? error.code : String(error);
  }
}

/** How many are open when it has nothing to do: its greeting reads the repositories. */
async function idleDescriptors(server: ServeProcess): Promise<number> {
  await eventually(() => server.output.stdout.includes('git clone'));
  return openDescriptors(server.pid);
}

/** Connects, and says nothing. */
async function holdSockets(server: ServeProcess, count: number): Promise<void> {
  const { port } = new URL(server.url);
  const held = Array.from({ length: count }, () =>
    connect({ port: Number(port), host: '127.0.0.1', localAddress: '127.0.0.2' }),
  );
  sockets.push(...held);
  for (const socket of held) socket.on('error', () => undefined);
  await Promise.all(held.map((socket) => once(socket, 'connect')));
}

describe('a server with few descriptors left', () => {
  it('says that it has too much to do, and not that a repository is missing', async () => {
    const server = await serveProcess(root);
    const idle = await idleDescriptors(server);
    // One for the connection; reading HEAD takes another.
    await leaveDescriptors(server.pid, 1, idle);
    const target = '/site.git/git-upload-pack';
    const { code, reason } = await new RawClient(server.url, { target }).closed;
    expect(`${code} ${reason}`).toBe('4503 The server has too much to do. Try again later.');
    await allowDescriptors(server.pid, 1024);
    await new RawClient(server.url, { target }).advertisement();
    expect(await server.end()).toBe(0);
  });

  long(
    'carries out a push or refuses it, at whatever step they run out, and keeps nothing open',
    async () => {
      const server = await serveProcess(root, '--allow-push');
      const idle = await idleDescriptors(server);
      expect(await push(server.url, 'first')).toBe(0);
      await eventually(async () => (await openDescriptors(server.pid)) === idle);
      const outcomes = new Set<number | string>();
      let branches = 1;
      for (const free of [0, 1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 19, 20, 21, 22, 24, 28, 36]) {
        await leaveDescriptors(server.pid, free, idle);
        const outcome = await push(server.url, `free-${free}`);
        outcomes.add(outcome);
        if (outcome === 0) branches += 1;
        await eventually(async () => (await openDescriptors(server.pid)) === idle);
      }
      // Without any, the system drops the connection itself.
      expect([...outcomes].sort()).toEqual([0, 4503, 'CONNECTION_FAILED']);
      const refs = await git(['for-each-ref', 'refs/heads/f*'], { cwd: gitDir });
      expect(refs.split('\n')).toHaveLength(branches);
      await noProcessIn(root);
      await expectSoundRepository(gitDir);
      expect(await server.end()).toBe(0);
    },
  );

  it.each([
    [220, 32],
    [1024, 8],
  ])('of %i ends each of %i pushes at once, and itself on SIGTERM', async (limit, count) => {
    const server = await serveProcess(root, '--allow-push', '--max-connections', '2000');
    const idle = await idleDescriptors(server);
    await allowDescriptors(server.pid, limit);
    await holdSockets(server, limit);
    const names = Array.from({ length: count }, (_, index) => `at-once-${index}`);
    const outcomes = await Promise.all(names.map((name) => push(server.url, name)));
    // Of the silent ones there are no more than their share, so that there is room for the few.
    const truths = limit === 1024 ? [0] : [0, 4429, 4503, 'CONNECTION_FAILED'];
    for (const outcome of outcomes) expect(truths).toContain(outcome);
    const refs = await git(['for-each-ref', 'refs/heads/at-once-*'], { cwd: gitDir });
    const branches = refs.split('\n').filter((line) => line !== '');
    expect(branches).toHaveLength(outcomes.filter((outcome) => outcome === 0).length);
    for (const socket of sockets) socket.destroy();
    await eventually(async () => (await openDescriptors(server.pid)) === idle);
    await noProcessIn(root);
    expect(await server.end()).toBe(0);
  });
});

describe('SIGTERM', () => {
  it('ends a server at once whose git does not even start', async () => {
    const bin = join(await temporaryDirectory(), 'bin');
    await mkdir(bin);
    const real = await git(['--exec-path'], { cwd: root });
    // Asked for the repository's hooks, it does not answer.
    const script = `#!/bin/sh\ncase "$*" in *rev-parse*) exec sleep 606;; esac\nexec ${real}/git "$@"\n`;
    await writeFile(join(bin, 'git'), script, { mode: 0o755 });
    const path = process.env['PATH'] ?? '';
    process.env['PATH'] = `${bin}:${path}`;
    const server = await serveProcess(root, '--allow-push', '--start-time', '10m').finally(() => {
      process.env['PATH'] = path;
    });
    const waiting = new RawClient(server.url, { target: '/site.git/git-receive-pack' });
    await processRunning(root, 'sleep 606');
    expect(await server.end()).toBe(0);
    const { code, reason } = await waiting.closed;
    expect(`${code} ${reason}`).toBe('4503 The server is shutting down.');
    expect(await processesIn(root)).toEqual([]);
  });

  long('twice ends a server whose processes do not listen to signals', async () => {
    await writeFile(join(gitDir, 'hooks/pre-receive'), '#!/bin/sh\ntrap "" TERM\nsleep 607\n', {
      mode: 0o755,
    });
    const deaf = ['--kill-delay-receive', '10m', '--kill-delay-upload', '10m'];
    const server = await serveProcess(root, '--allow-push', ...deaf);
    const pushed = push(server.url, 'deaf');
    await processRunning(root, 'sleep 607');
    server.child.kill('SIGTERM');
    await eventually(async () => (await fetch(`${server.url}/healthz`)).status === 503);
    server.child.kill('SIGTERM');
    expect(await server.exited).toBe(1);
    await pushed;
    await noProcessIn(root);
    await expectSoundRepository(gitDir);
  });
});
