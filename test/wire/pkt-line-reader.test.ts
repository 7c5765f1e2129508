import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PktLineReader } from '../../src/wire/pkt-line-reader.js';
import { encodePktLine } from '../../src/wire/pkt-line.js';
import type { PktLine } from '../../src/wire/pkt-line.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { decodeText, encodeText } from '../../src/wire/text.js';
import { anyPlaces, cutAt, everySplit, message, thrownBy } from './wire-bytes.js';

/** All lines that come out, read after each piece. */
function readAll(pieces: readonly Uint8Array[]): PktLine[] {
  const reader = new PktLineReader();
  const lines: PktLine[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let line = reader.read(); line !== undefined; line = reader.read()) lines.push(line);
  }
  reader.end();
  return lines;
}

const data = (text: string): PktLine => ({ type: 'data', payload: encodeText(text) });

describe('PktLineReader', () => {
  const bytes = encodeText('0006a\n00000004000bfoobar\n00010002');
  const lines: PktLine[] = [
    data('a\n'),
    { type: 'flush' },
    data(''),
    data('foobar\n'),
    { type: 'delim' },
    { type: 'response-end' },
  ];

  it('reads the same lines however the stream is cut', () => {
    for (const pieces of everySplit(bytes)) expect(readAll(pieces)).toEqual(lines);
  });

  it('reads the same lines when all pieces are pushed before the first is read', () => {
    for (const pieces of everySplit(bytes)) {
      const reader = new PktLineReader();
      for (const piece of pieces) reader.push(piece);
      expect(reader.buffered).toBe(bytes.byteLength);
      expect(lines.map(() => reader.read())).toEqual(lines);
      expect(reader.read()).toBeUndefined();
      expect(reader.offset).toBe(bytes.byteLength);
      expect(reader.buffered).toBe(0);
    }
  });

  it('reads the same lines whenever it is asked to between pushes', () => {
    const reads = fc.array(fc.nat(3), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(anyPlaces, reads, (places, counts) => {
        const reader = new PktLineReader();
        const found: (PktLine | undefined)[] = [];
        for (const [index, piece] of cutAt(bytes, places).entries()) {
          reader.push(piece);
          for (let count = counts[index] ?? 0; count > 0; count -= 1) found.push(reader.read());
        }
        found.push(...lines.map(() => reader.read()));
        expect(found.filter((line) => line !== undefined)).toEqual(lines);
      }),
      { numRuns: 500 },
    );
  });

  it('gives back any lines, cut anywhere', () => {
    const payloads = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 20 });
    fc.assert(
      fc.property(payloads, anyPlaces, (expected, places) => {
        const pieces = cutAt(
          concatBytes(expected.map((payload) => encodePktLine(payload))),
          places,
        );
        expect(readAll(pieces)).toEqual(expected.map((payload) => ({ type: 'data', payload })));
      }),
    );
  });

  it('hands out views where a line lies within a piece', () => {
    const piece = message('one', 'two');
    const reader = new PktLineReader();
    reader.push(piece);
    for (let line = reader.read(); line !== undefined; line = reader.read()) {
      expect(line.type === 'data' && line.payload.buffer).toBe(piece.buffer);
    }
  });

  it('keeps a line that lay across pieces untouched by what follows', () => {
    const reader = new PktLineReader();
    const first = message('first');
    reader.push(first.subarray(0, 6));
    reader.push(concatBytes([first.subarray(6), message('second').subarray(0, 7)]));
    const line = reader.read();
    reader.push(message('second').subarray(7));
    expect(reader.read()).toEqual(data('second'));
    expect(line).toEqual(data('first'));
  });

  it('knows where each line began', () => {
    const reader = new PktLineReader();
    reader.push(bytes);
    const offsets: number[] = [];
    do offsets.push(reader.offset);
    while (reader.read() !== undefined);
    expect(offsets).toEqual([0, 6, 10, 14, 25, 29, 33]);
  });

  it('names the offset of a malformed line, and refuses it again at each call', () => {
    for (const pieces of everySplit(encodeText('0006a\n00zz'))) {
      const reader = new PktLineReader();
      for (const piece of pieces) reader.push(piece);
      expect(reader.read()).toEqual(data('a\n'));
      const error = { code: 'MALFORMED_PKT_LINE', data: { offset: 6 } };
      expect(thrownBy(() => reader.read())).toMatchObject(error);
      expect(thrownBy(() => reader.read())).toMatchObject(error);
    }
  });

  it('says so when the stream ends within a line', () => {
    for (let length = 1; length < 11; length += 1) {
      const reader = new PktLineReader();
      reader.push(encodeText('000bfoobar\n').subarray(0, length));
      expect(reader.read()).toBeUndefined();
      expect(thrownBy(() => reader.end())).toMatchObject({ code: 'MALFORMED_PKT_LINE' });
    }
  });

  it('looks ahead without reading, and then reads as if it had not', () => {
    for (const pieces of everySplit(bytes)) {
      const reader = new PktLineReader();
      const found: PktLine[] = [];
      let looked = 0;
      for (const piece of pieces) {
        reader.push(piece);
        for (;;) {
          const ahead = reader.peek(4);
          const again = reader.peek(2);
          if (ahead !== undefined) {
            expect(decodeText(ahead)).toMatch(/^[0-9a-f]{4}$/);
            expect(again).toEqual(ahead.subarray(0, 2));
            looked += 1;
          }
          const line = reader.read();
          if (line === undefined) break;
          found.push(line);
        }
      }
      expect(found).toEqual(lines);
      expect(looked).toBeGreaterThanOrEqual(lines.length - 1);
    }
  });

  it('hands over what was not read, wherever it was cut and whether it was looked at', () => {
    const rest = encodeText('PACK and all that');
    for (const look of [false, true]) {
      for (const pieces of everySplit(concatBytes([message('NAK\n'), rest]))) {
        const reader = new PktLineReader();
        let line: PktLine | undefined;
        const behind: Uint8Array[] = [];
        for (const piece of pieces) {
          if (line !== undefined && reader.buffered === 0) {
            behind.push(piece);
            continue;
          }
          reader.push(piece);
          line ??= reader.read();
          if (line !== undefined && look) reader.peek(4);
        }
        expect(line).toEqual(data('NAK\n'));
        const taken = reader.takeRest();
        expect(concatBytes(behind.length > 0 ? behind : [taken])).toEqual(rest);
        expect(reader.buffered).toBe(0);
      }
    }
  });

  it('hands over the begun line as well', () => {
    for (let length = 1; length < 11; length += 1) {
      const reader = new PktLineReader();
      const begun = encodeText('fff0foobar\n').subarray(0, length);
      for (const byte of begun) {
        reader.push(new Uint8Array([byte]));
        expect(reader.read()).toBeUndefined();
      }
      const taken = reader.takeRest();
      expect(reader.offset).toBe(length);
      for (const byte of message('next')) reader.push(new Uint8Array([byte]));
      expect(reader.read()).toEqual(data('next'));
      expect(taken).toEqual(begun);
    }
  });

  it('reads a long line in single bytes with two passes over it, not thousands', () => {
    // Joining all pieces at each byte would copy 2 GB here: the test would not end in time.
    const line = encodePktLine(new Uint8Array(65516).fill(7));
    const reader = new PktLineReader();
    let found: PktLine | undefined;
    for (let at = 0; at < line.byteLength; at += 1) {
      reader.push(line.subarray(at, at + 1));
      found = reader.read();
    }
    expect(found).toEqual({ type: 'data', payload: line.subarray(4) });
  });
});
