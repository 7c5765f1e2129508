/** What isomorphic-git gets of a pack, and when: never the end of one that is not right. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createHttpClient } from '../../src/isomorphic/http.js';
import { encodePktLine, flushPkt } from '../../src/wire/pkt-line.js';
import { startFakeServer } from '../helpers/fake-server.js';
import { advertisement, band, oidOf } from './smart-bytes.js';

const body = Buffer.concat([Buffer.from('PACK\0\0\0\x02\0\0\0\x01'), Buffer.alloc(99, 'x')]);
const pieces = [
  body.subarray(0, 50),
  body.subarray(50),
  createHash('sha1').update(body).digest(),
] as const;
const shallow = Buffer.concat([encodePktLine(`shallow ${oidOf('b')}\n`), flushPkt]);
const nak = encodePktLine('NAK\n');

/** Fetches from a server that sends these pieces of a pack, and ends with this exit code. */
async function fetchPack(
  pack: readonly Uint8Array[],
  { exit = 0, words = 'one word\n', stderr = '' } = {},
): Promise<{ handedOn: Buffer; error: unknown; heard: string[] }> {
  const { url } = await startFakeServer(async (session) => {
    session.write(advertisement({ 'refs/heads/main': oidOf('a') }));
    await session.body;
    if (stderr !== '') session.writeStderr(stderr);
    session.write(Buffer.concat([shallow, nak, band(2, words)]));
    for (const piece of pack) session.write(band(1, piece));
    session.write(flushPkt);
    session.exit(exit);
  });
  const heard: string[] = [];
  const http = createHttpClient({ onMessage: (message) => void heard.push(message) });
  const repository = `${url}/repo.git`;
  const headers = {};
  await http.request({ url: `${repository}/info/refs?service=git-upload-pack`, headers });
  const { body: answer } = await http.request({
    ...{ url: `${repository}/git-upload-pack`, method: 'POST', headers },
    body: [Buffer.from('0032want …')],
  });
  const parts: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const part of answer) parts.push(part);
  } catch (thrown) {
    error = thrown;
  }
  return { handedOn: Buffer.concat(parts), error, heard };
}

it('hands on a pack while it comes, and its last piece behind all that depends on it', async () => {
  const { handedOn, error } = await fetchPack(pieces);
  expect(error).toBeUndefined();
  expect(handedOn).toEqual(
    Buffer.concat([
      ...[band(1, pieces[0]), band(1, pieces[1])],
      ...[shallow, nak, band(2, 'one word\n'), band(1, pieces[2]), flushPkt],
    ]),
  );
});

it.each([
  ['whose checksum is wrong', [pieces[0], pieces[1], Buffer.alloc(20, 'y')], 0, 'CORRUPT_PACK'],
  ['that lacks its checksum', [pieces[0], pieces[1]], 0, 'CORRUPT_PACK'],
  ['that comes in one piece, and is wrong', [Buffer.alloc(99, 'x')], 0, 'CORRUPT_PACK'],
  ['whose git failed afterwards', pieces, 1, 'REMOTE_EXIT'],
] as const)(
  'hands on neither the last piece of a pack %s, nor refs and shallow, which need it',
  async (_what, pack, exit, code) => {
    const { handedOn, error } = await fetchPack(pack, { exit });
    expect(error).toMatchObject({ code });
    expect(handedOn).toEqual(Buffer.concat(pack.slice(0, -1).map((piece) => band(1, piece))));
  },
);

it('hands on the words of a server without what could move a terminal’s cursor', async () => {
  const words = 'one \x1b[2Jword\x07\n';
  const { handedOn, heard } = await fetchPack(pieces, { words, stderr: 'an\x9bother\n' });
  expect(heard).toEqual(['another\n', 'one [2Jword\n']);
  expect(handedOn.includes(Buffer.from(band(2, 'one [2Jword\n')))).toBe(true);
});
