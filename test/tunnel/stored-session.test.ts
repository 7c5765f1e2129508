/** A session that another page or process goes on with: what is acknowledged, and what a server makes of it. */
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { openChannel, resumeChannel } from '../../src/tunnel/client/channel.js';
import type { ClientChannel } from '../../src/tunnel/client/client-channel.js';
import { TakenMessages } from '../../src/tunnel/client/stored-session.js';
import { parseMessage } from '../../src/tunnel/machine/message.js';
import { makeRepository } from '../helpers/git.js';
import { RawClient } from '../helpers/raw-client.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { openPair } from './pair.js';

let server: TestServer;

beforeAll(async () => {
  const root = await temporaryDirectory();
  await makeRepository(join(root, 'site.git'));
  server = await startServer({ root });
});

it('counts messages as far as they are stored whole, and those without bytes when more follows', () => {
  const taken = new TakenMessages(10);
  for (const bytes of [5, 0, 7]) taken.take(bytes);
  expect(taken.upTo(14)).toEqual({ messages: 0, end: 10 });
  expect(taken.upTo(16)).toEqual({ messages: 1, end: 15 });
  expect(taken.settle(16)).toBe(1);
  expect(taken.upTo(16)).toEqual({ messages: 0, end: 15 });
  expect(taken.upTo(22)).toEqual({ messages: 2, end: 22 });
  expect(taken.settle(Infinity)).toBe(2);
});

it('says with each ack whether what it acknowledges is stored', () => {
  const pair = openPair();
  pair.server.write(new Uint8Array(1));
  pair.settle();
  expect(pair.server.isStored).toBe(false);
  pair.client.store();
  pair.client.consume(pair.now);
  pair.now += 1_000;
  pair.settle();
  expect(pair.server.isStored).toBe(true);
  expect(() => parseMessage('{"type":"ack","consumed":1,"stored":1}')).toThrow('stored');
});

it.each([
  [true, 'keeps the session of a client that goes away with 1001 and has stored what came'],
  [false, 'ends that of one that has not'],
])('a server, with stored %s, %s', async (stored) => {
  const client = new RawClient(server.url, { target: '/site.git/git-upload-pack' });
  const { token } = await client.text('open');
  await client.advertisement();
  // One message, or two: as many as git wrote in.
  const received = client.counted;
  client.socket.send(Buffer.from('0000'));
  client.socket.send(JSON.stringify({ type: 'ack', consumed: received, stored }));
  await client.text('ack');
  client.socket.close(1001);
  await client.closed;
  const again = new RawClient(server.url, {
    target: '/site.git/git-upload-pack',
    protocols: ['gitws.v1', `gitws.resume.${String(token)}.${received}`],
  });
  if (stored) expect(await again.text('open')).toMatchObject({ token, received: 1 });
  else expect((await again.closed).code).toBe(4410);
  again.socket.close(1000);
});

it('goes on in another channel behind what is stored, and with nothing sent again', async () => {
  const url = `${server.url}/site.git`;
  const options = { service: 'git-upload-pack' } as const;
  const first = (await openChannel(url, options)) as ClientChannel;
  expect(first.keep()).toBe(true);
  const advertised = await untilFlush(first.readable.getReader());
  expect(first.stateAt(advertised)).toBeUndefined();
  const writer = first.writable.getWriter();
  await writer.write(new TextEncoder().encode('0000'));
  await writer.close();
  await first.sentAll;
  const stored = first.stateAt(advertised);
  expect(stored).toMatchObject({ sent: 2, position: advertised });
  if (stored === undefined) return;
  const second = await resumeChannel(url, options, stored);
  expect(await new Response(second.readable as BodyInit).text()).toBe('');
  expect(await second.exit).toEqual({ code: 0, signal: null });
  (second as ClientChannel).settle(Infinity, true);
  await second.closed;
  const third = resumeChannel(url, options, stored);
  await expect(third).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
});

/** Reads what a server advertises, in as many messages as it comes. @returns its length in bytes. */
async function untilFlush(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<number> {
  let text = '';
  while (!text.endsWith('0000')) {
    const { value = new Uint8Array(0), done } = await reader.read();
    if (done) throw new Error('the advertisement has no end');
    text += Buffer.from(value).toString('latin1');
  }
  return text.length;
}
