/** The streams of a channel: what they hand on is theirs, whatever its maker does with its memory. */
import { expect, it } from 'vitest';
import { ChannelStreams } from '../../src/tunnel/client/streams.js';

it.each([
  ['a Buffer', Buffer.from('first')],
  ['a Uint8Array', new TextEncoder().encode('first')],
  ['shared memory', Object.assign(new Uint8Array(new SharedArrayBuffer(5)), Buffer.from('first'))],
])('keep what was written, also where %s is used again', async (_what, chunk) => {
  const written: Uint8Array[] = [];
  const nothing = (): void => undefined;
  const { writable } = new ChannelStreams({
    write: (bytes) => {
      written.push(bytes);
      return bytes.length;
    },
    credit: () => 3,
    ...{ end: nothing, consume: nothing, flush: nothing, abort: nothing },
  });
  const writer = writable.getWriter();
  await writer.write(chunk);
  chunk.fill(0);
  expect(written.map((bytes) => Buffer.from(bytes).toString())).toEqual(['fir', 'st']);
});

it('acknowledge what is read again, once nothing of it is to be stored any more', async () => {
  const nothing = (): void => undefined;
  let consumed = 0;
  const streams = new ChannelStreams({
    ...{ write: () => 0, credit: () => 0, end: nothing, flush: nothing, abort: nothing },
    consume: () => (consumed += 1),
  });
  const reader = streams.readable.getReader();
  streams.keep();
  streams.push(Uint8Array.of(1));
  await reader.read();
  expect(consumed).toBe(0);
  streams.settle(Infinity);
  expect(consumed).toBe(1);
  streams.push(Uint8Array.of(2));
  await reader.read();
  expect(consumed).toBe(2);
});
