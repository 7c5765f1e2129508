/**
 * A client that acknowledges what it has not received: buffers are used again when their messages were
 * acknowledged, and must not be while a socket still has them to send. What it would be sent in their
 * place is another client's.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloneRequest, packOf } from '../../helpers/git-stream.js';
import { makeRepository } from '../../helpers/git.js';
import { noProcessIn } from '../../helpers/processes.js';
import { RawClient } from '../../helpers/raw-client.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';

const MiB = 1024 * 1024;
/** Of no use to a compressor, so that a pack is as large: within the window, and beyond what kernels hold. */
const bigBlobs = { count: 7, bytes: 2 * MiB };
let root: string;
let server: TestServer;
let heads: Readonly<Record<'one' | 'other', string>>;

beforeAll(async () => {
  root = await temporaryDirectory();
  const [one, other] = await Promise.all(
    ['one', 'other'].map((name) =>
      makeRepository(join(root, `${name}.git`), { commits: 2, bigBlobs }),
    ),
  );
  heads = { one: one?.head ?? '', other: other?.head ?? '' };
  server = await startServer({ root, limits: { maxReplay: 16 * MiB } });
});

afterAll(() => server.close());

async function startClone(name: 'one' | 'other'): Promise<RawClient> {
  const client = new RawClient(server.url, {
    target: `/${name}/git-upload-pack`,
    protocols: ['gitws.v1', `gitws.window.${16 * MiB}`],
  });
  await client.advertisement();
  client.ack();
  client.send(cloneRequest([heads[name]]));
  return client;
}

/** The hash at the end of every pack is of all that is before it. */
function expectWholePack(client: RawClient): void {
  const pack = packOf(Buffer.concat(client.data));
  const hash = createHash('sha1').update(pack.subarray(0, -20)).digest('hex');
  expect(pack.subarray(-20).toString('hex')).toBe(hash);
}

describe('a client that acknowledges what it has not received', () => {
  it('gets its own bytes all the same, when others use the buffers', async () => {
    const liar = await startClone('one');
    liar.socket.pause();
    // All is given to its socket, and the kernels hold a part of it.
    await noProcessIn(root);
    // A message is never larger: so many there are.
    liar.ack(Math.floor((bigBlobs.count * bigBlobs.bytes) / (128 * 1024)));
    for (let round = 0; round < 3; round += 1) {
      const other = (await startClone('other')).keepUp();
      await other.text('exit');
      expectWholePack(other);
    }
    liar.socket.resume();
    await liar.text('exit');
    expectWholePack(liar);
  });
});
