/** zlib data whose end nobody says, against zlib itself. */
import { constants, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inflate, inputEnded } from '../../src/pack/format/inflate.js';
import { seededRandom } from '../helpers/random.js';

const random = seededRandom(7);
const texts = [0, 1, 5, 300, 40_000].map((length) =>
  Buffer.from(Array.from({ length }, () => 97 + random.below(random.below(2) === 0 ? 3 : 26))),
);
const noise = Buffer.from(Array.from({ length: 70_000 }, () => random.below(256)));
const contents = [...texts, noise, Buffer.alloc(100_000)];
const { Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = constants;
const strategies = [Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE];

describe('zlib data', () => {
  it('is inflated, and its end is found, whatever wrote it and whatever is behind it', () => {
    for (const content of contents) {
      for (const strategy of strategies) {
        for (const level of [0, 1, 9]) {
          const data = deflateSync(content, { level, strategy });
          const bytes = Buffer.concat([Buffer.from('abc'), data, Buffer.from('behind it')]);
          const into = new Uint8Array(content.length);
          expect(inflate(bytes, 3, into)).toBe(3 + data.length);
          expect(Buffer.compare(into, content)).toBe(0);
          expect(inflate(bytes, 3)).toBe(3 + data.length);
        }
      }
    }
  });

  it('is known to go on wherever it is cut', () => {
    for (const level of [0, 9]) {
      const data = deflateSync(texts[3] ?? '', { level });
      for (let length = 0; length < data.length; length += 1) {
        expect(() => inflate(data.subarray(0, length), 0)).toThrow(inputEnded);
      }
    }
  });

  it('of another length than is said is refused, and so is what is none', () => {
    const data = deflateSync(Buffer.alloc(50, 'x'));
    for (const length of [0, 49, 51]) {
      expect(() => inflate(data, 0, new Uint8Array(length))).toThrow(RangeError);
    }
    expect(() => inflate(Buffer.alloc(50, 'x'), 0)).toThrow(RangeError);
  });
});
