/**
 * What a stalled end costs the server: measured on a server in a process of its own, with a
 * repository of more than 50 MB.
 */
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { describeLong, it, long } from '../helpers/long.js';
import { openChannel } from '../../src/tunnel/client/channel.js';
import { cloneRequest, nullOid, packOf, pushRequest } from '../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { eventually, noProcessIn, processRunning } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { serveProcess, type ServeProcess } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

const MiB = 1024 * 1024;
const target = '/big.git/git-upload-pack';
let root: string;
let gitDir: string;
let head: string;
let packBytes: number;
let server: ServeProcess;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'big.git'), {
    commits: 20,
    bigBlobs: { count: 30, bytes: 2 * MiB },
  }));
  const counts = await git(['count-objects', '-v'], { cwd: gitDir });
  packBytes = Number(/size-pack: (\d+)/.exec(counts)?.[1]) * 1024;
  server = await serveProcess(root, '--allow-push');
});

/** Nothing more arrives: what may be sent has been sent. The time only makes the check stricter. */
async function stalled(client: RawClient): Promise<void> {
  let seen = -1;
  while (seen !== client.counted) {
    seen = client.counted;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function startClone(...entries: string[]): Promise<RawClient> {
  const client = new RawClient(server.url, { target, protocols: ['gitws.v1', ...entries] });
  await client.advertisement();
  client.ack(0);
  client.send(cloneRequest([head]));
  return client;
}

describe('a client that stops reading', () => {
  it.each([
    ['its own window', 256 * 1024, 256 * 1024],
    ['the default window', undefined, 4 * MiB],
    ['the server’s bound, whatever window it asks for', 16 * MiB, 4 * MiB],
  ])('is sent no more than %s', async (_what, window, most) => {
    expect(packBytes).toBeGreaterThan(50_000_000);
    const client = await startClone(...(window === undefined ? [] : [`gitws.window.${window}`]));
    await stalled(client);
    expect(client.dataBytes).toBeLessThanOrEqual(most);
    // Not less than it may be, either.
    expect(client.dataBytes).toBeGreaterThan(most * 0.9);
    client.socket.close(1000);
    await noProcessIn(root);
  });

  it('costs the server a window of memory, not the pack, and gets the rest when it goes on', async () => {
    const before = await server.memory();
    const clients = await Promise.all([1, 2, 3, 4, 5, 6].map(() => startClone()));
    await Promise.all(clients.map(stalled));
    const grown = (await server.memory()) - before;
    // Per session: a window, a message being gathered, and what the allocator makes of it. The
    // packs themselves are more than 300 MB.
    expect(grown).toBeLessThan(6 * 4 * MiB * 2);
    const [first, ...others] = clients;
    for (const other of others) other.socket.close(1000);
    first?.keepUp().ack();
    expect(await first?.text('exit')).toEqual({ type: 'exit', code: 0 });
    const pack = packOf(Buffer.concat(first?.data ?? []));
    expect(pack.length).toBeGreaterThan(50_000_000);
    const clone = await temporaryDirectory();
    await git(['init', '-q', '--bare', clone]);
    await git(['index-pack', '--stdin', '--strict'], { cwd: clone, input: pack });
    expect(await git(['cat-file', '-t', head], { cwd: clone })).toBe('commit');
    await noProcessIn(root);
  });
});

describeLong('a child that stops reading its stdin', () => {
  long(
    'holds the client up, costs the server a window of memory, and the push goes on',
    async () => {
      const empty = join(root, 'empty.git');
      await git(['init', '-q', '--bare', empty]);
      const push = await pushRequest(gitDir, [
        { ref: 'refs/heads/main', oldOid: nullOid, newOid: head },
      ]);
      expect(push.length).toBeGreaterThan(50_000_000);
      const channel = await openChannel(`${server.url}/empty.git`, { service: 'git-receive-pack' });
      const answer = new Response(channel.readable).text();
      const writer = channel.writable.getWriter();
      const step = 64 * 1024;
      const before = await server.memory();
      let written = 0;
      const writeUntil = async (end: number): Promise<void> => {
        while (written < end) {
          await writer.write(push.subarray(written, written + step));
          written += step;
        }
      };
      await writeUntil(5 * MiB);
      await processRunning(root, 'index-pack');
      const receivePack = await processRunning(root, 'receive-pack');
      process.kill(-receivePack, 'SIGSTOP');
      const rest = writeUntil(push.length);
      let seen = -1;
      await eventually(async () => {
        const same = seen === written;
        seen = written;
        await new Promise((resolve) => setTimeout(resolve, 300));
        return same;
      });
      // The client's own unacknowledged bytes are the server's window: 4 MiB. Beyond it a pipe's worth
      // has been taken, and a chunk or two wait in the stream.
      expect(written).toBeLessThan(push.length / 2);
      expect((await server.memory()) - before).toBeLessThan(4 * MiB * 4);
      process.kill(-receivePack, 'SIGCONT');
      await rest;
      await writer.close();
      expect(await channel.exit).toEqual({ code: 0, signal: null });
      expect(await answer).toContain('ok refs/heads/main');
      expect(await git(['rev-parse', 'main'], { cwd: empty })).toBe(head);
      await expectSoundRepository(empty);
    },
  );
});

describe('a child that has closed its stdin', () => {
  it('does not hold a client up that still sends: the bytes are taken and dropped', async () => {
    const channel = await openChannel(`${server.url}/big.git`, { service: 'git-upload-pack' });
    const writer = channel.writable.getWriter();
    // git dies of the first pkt-line; the client only learns it when it has said all it had to say.
    await writer.write(Buffer.from('00zz'));
    const chunk = Buffer.alloc(MiB);
    await Promise.all(Array.from({ length: 20 }, () => writer.write(chunk).catch(() => undefined)));
    expect(await channel.exit).toEqual({ code: 128, signal: null });
    await channel.readable.cancel();
    await channel.closed;
  });
});
