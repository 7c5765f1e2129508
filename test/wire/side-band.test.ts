import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePktLine } from '../../src/wire/pkt-line.js';
import { decodeSideBand, encodeSideBand, sideBandLineLength } from '../../src/wire/side-band.js';
import type { Band } from '../../src/wire/side-band.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { encodeText } from '../../src/wire/text.js';
import { thrownBy } from './wire-bytes.js';

describe('decodeSideBand', () => {
  it.each([1, 2, 3] as const)('tells band %i', (band) => {
    expect(decodeSideBand(new Uint8Array([band, 104, 105]))).toEqual({
      band,
      bytes: encodeText('hi'),
    });
  });

  it('accepts a band without bytes, which keeps a connection busy', () => {
    expect(decodeSideBand(new Uint8Array([1]))).toEqual({ band: 1, bytes: new Uint8Array(0) });
  });

  it.each([
    ['no band', []],
    ['band 0', [0, 1]],
    ['band 4', [4, 1]],
    ['text', [...encodeText('NAK')]],
    ['band 255', [255]],
  ])('refuses %s', (_, payload) => {
    expect(thrownBy(() => decodeSideBand(new Uint8Array(payload), 17))).toMatchObject({
      code: 'MALFORMED_PKT_LINE',
      data: { offset: 17 },
    });
  });
});

describe('encodeSideBand', () => {
  it('writes a pkt-line with the band in front', () => {
    expect(encodeSideBand(2, encodeText('hi'))).toEqual([encodeText('0007\x02hi')]);
  });

  it('writes no line for no bytes', () => {
    expect(encodeSideBand(1, new Uint8Array(0))).toEqual([]);
  });

  it.each(['side-band', 'side-band-64k'] as const)('cuts to what %s allows', (capability) => {
    const room = sideBandLineLength[capability] - 5;
    const lengthsFor = (length: number): number[] =>
      encodeSideBand(1, new Uint8Array(length), capability).map((line) => line.byteLength);
    expect(lengthsFor(room)).toEqual([room + 5]);
    expect(lengthsFor(room + 1)).toEqual([room + 5, 6]);
  });

  it('refuses a band that is none', () => {
    expect(thrownBy(() => encodeSideBand(4 as Band, encodeText('x')))).toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('is undone by decodeSideBand', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Band>(1, 2, 3),
        fc.uint8Array({ maxLength: 3000 }),
        fc.constantFrom('side-band' as const, 'side-band-64k' as const),
        (band, bytes, capability) => {
          const parts = encodeSideBand(band, bytes, capability).map((encoded) => {
            const line = decodePktLine(encoded);
            if (line.type !== 'data') throw new Error(line.type);
            expect(line.end).toBe(encoded.byteLength);
            const part = decodeSideBand(line.payload);
            expect(part.band).toBe(band);
            return part.bytes;
          });
          expect(concatBytes(parts)).toEqual(bytes);
        },
      ),
    );
  });
});
