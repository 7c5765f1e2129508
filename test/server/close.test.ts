import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openChannel } from '../../src/tunnel/client/channel.js';
import type { SessionReport, User } from '../../server/index.js';
import { nullOid, pushRequest } from '../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { eventually, processRunning, processesIn } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { startServer } from '../helpers/server.js';
import { watchTaken } from '../helpers/taken.js';
import { temporaryDirectory } from '../helpers/temp.js';

const target = '/site.git/git-upload-pack';
let root: string;
let gitDir: string;
let head: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git')));
});

beforeEach(() => {
  return async () => {
    expect(await processesIn(root)).toEqual([]);
  };
});

async function withHook(script: string): Promise<void> {
  const path = join(gitDir, 'hooks/pre-receive');
  await writeFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** A push whose every byte has arrived, and whose hook is at work. */
async function completePush(url: string, branch: string): Promise<{ exit: Promise<unknown> }> {
  const { WebSocket, taken } = watchTaken();
  const options = { service: 'git-receive-pack', WebSocket } as const;
  const channel = await openChannel(`${url}/site.git`, options);
  const update = { ref: `refs/heads/${branch}`, oldOid: nullOid, newOid: head };
  const writer = channel.writable.getWriter();
  await writer.write(await pushRequest(gitDir, [update], [head]));
  await writer.close();
  void new Response(channel.readable).text().catch(() => undefined);
  await processRunning(root, 'hooks/pre-receive');
  // The hook needs the pack alone: that it is the end may still be on its way.
  await taken();
  return { exit: channel.exit.catch((error: unknown) => error) };
}

/** Asks for what is not there, and then neither says nor closes anything. @returns the answer. */
async function rudeClient(url: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  const lines = [
    ...['GET /none.git/git-upload-pack HTTP/1.1', `Host: ${new URL(url).host}`],
    ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    ...['Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol: gitws.v1'],
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  return answer;
}

describe('closing the server', () => {
  it('closes clients with 4503 and leaves no process', async () => {
    const running = await startServer({ root });
    const { url, server } = running;
    const clients = [1, 2, 3].map(() => new RawClient(url, { target }));
    await Promise.all(clients.map((client) => client.advertisement()));
    expect(await processesIn(root)).toHaveLength(3);
    await server.close();
    expect(server.sessions).toBe(0);
    expect(await processesIn(root)).toEqual([]);
    for (const client of clients) expect((await client.closed).code).toBe(4503);
    await running.close();
  });

  it('does not wait for ever for a peer that does not close its half', async () => {
    const { url, server } = await startServer({ root, limits: { closeTime: 100 } });
    const client = new RawClient(url, { target });
    await client.advertisement();
    const { _socket: tcp } = client.socket as unknown as { _socket: { pause(): void } };
    tcp.pause();
    await server.close();
    client.socket.terminate();
  });

  it('refuses whom it is still asking about, and whoever comes now', async () => {
    let answer: ((user: User | null) => void) | undefined;
    const { url, server } = await startServer({
      root,
      allowPush: true,
      authenticate: ({ service }) =>
        service === 'git-receive-pack'
          ? null
          : new Promise((resolve) => {
              answer = resolve;
            }),
      authorize: () => true,
    });
    await withHook('while [ ! -e go ]; do sleep 0.02; done');
    const { exit } = await completePush(url, 'meanwhile');
    const asked = new RawClient(url, { target });
    await eventually(() => answer !== undefined);
    const closed = server.close();
    expect((await asked.closed).code).toBe(4503);
    expect((await new RawClient(url, { target }).closed).code).toBe(4503);
    await writeFile(join(gitDir, 'go'), '');
    expect(await exit).toEqual({ code: 0, signal: null });
    await closed;
    answer?.(null);
    expect(server.sessions).toBe(0);
  });

  it('leaves nobody behind whom it refused in its last moment', async () => {
    const { url, server, httpServer } = await startServer({ root, limits: { closeTime: 1_500 } });
    let closing = true;
    const sockets = new Set<Duplex>();
    httpServer.on('upgrade', (_request, socket) => {
      if (closing) sockets.add(socket);
      // Once it has closed, nobody answers any more.
      else socket.destroy();
    });
    // It is refused, and keeps its half of the closing handshake to itself.
    await rudeClient(url);
    const closed = server.close().then(() => {
      closing = false;
      return [...sockets].filter(({ destroyed }) => !destroyed);
    });
    let answers = 0;
    while (closing) answers += (await rudeClient(url)) === '' ? 0 : 1;
    expect(answers).toBeGreaterThan(0);
    expect(await closed).toHaveLength(0);
  });

  it('gives a complete push its time, and its client the outcome', async () => {
    const reports: SessionReport[] = [];
    const { url, server } = await startServer({
      root,
      allowPush: true,
      onSession: (report) => reports.push(report),
    });
    await withHook('sleep 0.5');
    const { exit } = await completePush(url, 'drained');
    await server.close();
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(reports[0]?.outcome).toEqual({ kind: 'exit', code: 0, signal: null });
    expect(await git(['rev-parse', 'drained'], { cwd: gitDir })).toBe(head);
    await expectSoundRepository(gitDir);
  });

  it('ends a complete push that takes longer, and leaves the repository sound', async () => {
    const { url, server } = await startServer({
      root,
      allowPush: true,
      limits: { drainTime: 200, killDelayReceive: 1_000 },
    });
    await withHook('sleep 604');
    const { exit } = await completePush(url, 'too-slow');
    await server.close();
    expect(await exit).toMatchObject({ code: 'REFUSED', data: { closeCode: 4503 } });
    expect(await git(['for-each-ref', 'refs/heads/too-slow'], { cwd: gitDir })).toBe('');
    await expectSoundRepository(gitDir);
  });

  it('can be hastened by asking again', async () => {
    const { url, server } = await startServer({ root, allowPush: true });
    await withHook('sleep 605');
    await completePush(url, 'hastened');
    const closed = server.close();
    expect(server.close({ drainTime: 0 })).toBe(closed);
    await closed;
    await expectSoundRepository(gitDir);
  });

  it.each([-1, NaN, '5s' as unknown as number])('takes no %s for a time', async (time) => {
    const { server } = await startServer({ root });
    for (const times of [{ drainTime: time }, { killTime: time }]) {
      expect(() => server.close(times)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTION' }),
      );
    }
    await server.close();
  });

  it('is done at once where there is nothing', async () => {
    const { server } = await startServer({ root });
    await server.close();
    await server.close();
  });
});
