/** The engine's own inflate beside zlib: what one takes the other takes, and it comes to the same. */
import { deflateSync, inflateSync, type ZlibOptions } from 'node:zlib';
import { expect } from 'vitest';
import { describeLong, it, long } from '../helpers/long.js';
import { indexPack } from '../../src/pack/index/index-pack.js';
import { plainEngine, simdEngine } from '../../src/pack/inlined/wasm.js';
import { entryHead, gitVerifies, inPieces, makePack, oidOf } from './packs.js';

let state = 1;
/** @returns a number from 0 to `below` - 1, the same in every run. */
function random(below: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return (state >>> 8) % below;
}

/** @returns bytes of any kind: few or many values, with and without repetitions. */
function makeContent(): Buffer {
  const content = Buffer.alloc(random(4) === 0 ? random(40_000) : random(400));
  const values = 1 + random(random(2) === 0 ? 12 : 255);
  for (let at = 0; at < content.length; at += 1) content[at] = random(values);
  if (random(2) === 0) return content;
  for (let at = 20; at < content.length; at += 1 + random(60)) {
    const from = random(at);
    content.copyWithin(at, from, from + Math.min(random(40), content.length - at));
  }
  return content;
}

/** @returns what zlib makes of a stream that has to end exactly where it does. */
function judge(stream: Buffer, length: number): Buffer | undefined {
  try {
    const { buffer, engine } = inflateSync(stream, { info: true }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return engine.bytesWritten === stream.length && buffer.length === length ? buffer : undefined;
  } catch {
    return undefined;
  }
}

describeLong.each([
  ['with SIMD', simdEngine],
  ['without SIMD', plainEngine],
])('%s', (_, base64) => {
  long('changed streams of every setting of zlib are judged as zlib does', async () => {
    const wasm = await WebAssembly.compile(Buffer.from(base64, 'base64'));
    let taken = 0;
    for (let round = 0; round < 300; round += 1) {
      const content = makeContent();
      const options: ZlibOptions = {
        level: random(10),
        strategy: random(5),
        memLevel: 1 + random(9),
        windowBits: 9 + random(7),
      };
      const stream = deflateSync(content, options);
      for (let changes = random(4); changes > 0; changes -= 1) {
        // Mostly near the beginning, where the codes are.
        const at = random(random(2) === 0 ? Math.min(stream.length, 80) : stream.length);
        stream[at]! ^= 1 << random(8);
      }
      const expected = judge(stream, content.length);
      const pack = makePack([Buffer.concat([entryHead('blob', content.length), stream])]);
      const pieces = random(5) === 0 ? [1 + random(9)] : [];
      const result = await indexPack({ source: inPieces(pack, ...pieces), wasm }).catch(
        () => undefined,
      );
      const oid = result && Buffer.from(result.idx.subarray(1032, 1052)).toString('hex');
      const which = `round ${round}: ${JSON.stringify(options)}`;
      expect(oid, which).toBe(expected && oidOf('blob', expected));
      if (oid !== undefined) taken += 1;
    }
    expect(taken).toBeGreaterThan(50);
  });
});

it('git reads what was indexed', async () => {
  const pack = makePack([Buffer.concat([entryHead('blob', 3), deflateSync(Buffer.from('abc'))])]);
  const { idx } = await indexPack({ source: inPieces(pack) });
  expect(await gitVerifies(pack, idx)).toBe(true);
});
