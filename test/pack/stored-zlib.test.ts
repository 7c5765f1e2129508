/** Zlib data of blocks that are not compressed, as zlib itself reads it. */
import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { storeZlib } from '../../src/pack/format/stored-zlib.js';
import { inflateWhole } from '../../src/pack/format/inflate.js';

const bytes = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 9)) & 255);

describe('bytes stored as zlib data', () => {
  for (const length of [0, 1, 5_552, 65_534, 65_535, 65_536, 131_070, 131_071, 200_000]) {
    it(`are inflated by zlib, checksum and all: ${length} of them`, () => {
      const content = bytes(length);
      const stored = storeZlib([content]);
      expect(inflateSync(stored)).toEqual(Buffer.from(content));
      expect(inflateWhole(stored)).toEqual(content);
      // The checksum, which zlib compares, is what deflating makes of the same.
      expect(Buffer.from(stored.subarray(-4))).toEqual(deflateSync(content).subarray(-4));
    });
  }

  it('may come in parts, cut anywhere', () => {
    const content = bytes(140_000);
    for (const at of [0, 1, 65_535, 65_536, 139_999, 140_000]) {
      expect(inflateSync(storeZlib([content.subarray(0, at), content.subarray(at)]))).toEqual(
        Buffer.from(content),
      );
    }
  });
});
