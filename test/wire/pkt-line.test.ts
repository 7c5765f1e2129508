import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodePktLine,
  delimPkt,
  encodePktLine,
  flushPkt,
  maxPktLinePayload,
  responseEndPkt,
} from '../../src/wire/pkt-line.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { decodeText, encodeText } from '../../src/wire/text.js';
import { thrownBy } from './wire-bytes.js';

describe('encodePktLine', () => {
  it('writes the examples of gitprotocol-common', () => {
    expect(decodeText(encodePktLine('a\n'))).toBe('0006a\n');
    expect(decodeText(encodePktLine('a'))).toBe('0005a');
    expect(decodeText(encodePktLine('foobar\n'))).toBe('000bfoobar\n');
  });

  it('counts bytes, not characters', () => {
    expect(encodePktLine('größe')).toEqual(encodeText('000bgröße'));
  });

  it('writes the longest line that git reads, and refuses a longer one', () => {
    const line = encodePktLine(new Uint8Array(maxPktLinePayload));
    expect(line.byteLength).toBe(65520);
    expect(decodeText(line.subarray(0, 4))).toBe('fff0');
    expect(thrownBy(() => encodePktLine(new Uint8Array(maxPktLinePayload + 1)))).toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('never sends 0004', () => {
    expect(thrownBy(() => encodePktLine(''))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('decodePktLine', () => {
  it('tells the three lines without a payload apart', () => {
    expect(decodePktLine(flushPkt)).toEqual({ type: 'flush', end: 4 });
    expect(decodePktLine(delimPkt)).toEqual({ type: 'delim', end: 4 });
    expect(decodePktLine(responseEndPkt)).toEqual({ type: 'response-end', end: 4 });
  });

  it('reads a line behind another one, as a view of the same bytes', () => {
    const bytes = encodeText('0006a\n000bfoobar\n');
    const line = decodePktLine(bytes, 6);
    expect(line).toEqual({ type: 'data', payload: encodeText('foobar\n'), end: 17 });
    expect(line.type === 'data' && line.payload.buffer).toBe(bytes.buffer);
  });

  it('accepts 0004, which is an empty payload', () => {
    expect(decodePktLine(encodeText('0004'))).toEqual({
      type: 'data',
      payload: new Uint8Array(0),
      end: 4,
    });
  });

  it('reads digits of either case, as git does', () => {
    expect(decodePktLine(encodeText('000Bfoobar\n'))).toMatchObject({ type: 'data', end: 11 });
  });

  it('says at every split point how many bytes it waits for', () => {
    const whole = encodeText('000bfoobar\n');
    for (let length = 0; length < whole.byteLength; length += 1) {
      const bytesNeeded = length < 4 ? 4 - length : whole.byteLength - length;
      expect(decodePktLine(whole.subarray(0, length))).toEqual({ type: 'incomplete', bytesNeeded });
    }
  });

  it.each([
    ['0003', 'a length that does not count its own digits'],
    ['fff1', 'one byte more than git sends'],
    ['ffff', 'the largest number'],
    ['00zz', 'digits that parseInt would read as 0'],
    ['0x1a', 'a prefix that Number would read'],
    [' 12 ', 'spaces that Number would skip'],
    ['+001', 'a sign that parseInt would take'],
    ['-001', 'a minus sign'],
    ['1e3\n', 'a newline'],
    ['000g', 'a letter behind f'],
    ['000G', 'a letter behind F'],
    ['000/', 'what stands before 0'],
    ['000:', 'what stands behind 9'],
    ['000@', 'what stands before A'],
    ['000`', 'what stands before a'],
    ['PACK', 'a packfile'],
    ['HTTP', 'an answer of another protocol'],
    ['\0\0\0\0', 'zero bytes'],
    ['０00', 'a digit of another script'],
  ])('refuses %j: %s', (digits) => {
    const bytes = encodeText(`0005a${digits}${'x'.repeat(40)}`);
    expect(thrownBy(() => decodePktLine(bytes, 5))).toMatchObject({
      code: 'MALFORMED_PKT_LINE',
      data: { offset: 5 },
    });
  });

  it('gives back what encodePktLine was given', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const length = fc.integer({ min: 1, max: maxPktLinePayload });
    fc.assert(
      fc.property(length, byte, fc.uint8Array({ maxLength: 20 }), (size, first, behind) => {
        const payload = Uint8Array.from({ length: size }, (_, at) => first + at);
        const line = encodePktLine(payload);
        const decoded = decodePktLine(concatBytes([line, behind]));
        expect(decoded).toMatchObject({ type: 'data', end: size + 4 });
        // toEqual looks at 65,516 numbers one by one.
        const found = decoded.type === 'data' ? decoded.payload : line;
        expect(Buffer.compare(found, payload)).toBe(0);
      }),
    );
  });

  it('throws nothing but MALFORMED_PKT_LINE, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        try {
          decodePktLine(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'MALFORMED_PKT_LINE' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});
