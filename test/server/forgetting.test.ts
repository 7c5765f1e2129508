/** That a server forgets what is over: a flood must not be remembered piece by piece. */
import type { IncomingMessage } from 'node:http';
import { Duplex, finished } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { createGitServer } from '../../server/index.js';
import { temporaryDirectory } from '../helpers/temp.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes in use after garbage was collected. */
async function heapUsed(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}

it('keeps no trace of an upgrade that was refused', async () => {
  const errors: unknown[] = [];
  const server = createGitServer({
    root: await temporaryDirectory(),
    onError: (error) => errors.push(error),
  });
  const request = {
    url: '/site.git/git-upload-pack',
    rawHeaders: [],
    headers: { 'sec-websocket-protocol': 'gitws.v9', upgrade: 'websocket' },
    socket: { remoteAddress: '127.0.0.1' },
  } as unknown as IncomingMessage;
  const refuse = async (count: number): Promise<void> => {
    for (let number = 0; number < count; number += 1) {
      const socket = new Duplex({
        read: () => undefined,
        write: (_chunk, _encoding, done) => {
          done();
        },
      });
      const over = new Promise<void>((resolve) => finished(socket, () => resolve()));
      server.handleUpgrade(request, socket, Buffer.alloc(0));
      await over;
    }
  };
  await refuse(2_000);
  const before = await heapUsed();
  const count = 10_000;
  await refuse(count);
  // One object would be more than this.
  expect(((await heapUsed()) - before) / count).toBeLessThan(50);
  expect(errors).toEqual([]);
  await server.close();
});
