import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FetchResponseParser } from '../../src/wire/fetch-response.js';
import type { FetchResponseEvent } from '../../src/wire/fetch-response.js';
import { encodeSideBand } from '../../src/wire/side-band.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { encodeText } from '../../src/wire/text.js';
import {
  anyPlaces,
  cutAt,
  everySplit,
  joinBytes,
  message,
  oidA,
  oidB,
  thrownBy,
  thrownByPushing,
} from './wire-bytes.js';

/** All that pieces say, the end of the stream included. */
function readAll(pieces: readonly Uint8Array[]): unknown[] {
  const parser = new FetchResponseParser();
  const events: FetchResponseEvent[] = pieces.flatMap((piece) => parser.push(piece));
  parser.end();
  return joinBytes(events);
}

function expectAtEverySplit(bytes: Uint8Array, events: readonly unknown[]): void {
  for (const pieces of everySplit(bytes)) expect(readAll(pieces)).toEqual(events);
}

const pack = encodeText('PACK\0\0\0\x02 and so on');

describe('FetchResponseParser', () => {
  it('reads a clone: NAK, progress and packfile, end', () => {
    const bytes = message(
      'NAK\n',
      '\x02Counting objects\r',
      `\x01PACK`,
      '\x01',
      '\x01 and so on',
      '\x02done\n',
      '0000',
    );
    expectAtEverySplit(bytes, [
      { type: 'nak' },
      { type: 'progress', bytes: encodeText('Counting objects\r') },
      { type: 'pack', bytes: encodeText('PACK and so on') },
      { type: 'progress', bytes: encodeText('done\n') },
      { type: 'end' },
    ]);
  });

  it('reads a new shallow boundary in front of it', () => {
    const bytes = message(
      `shallow ${oidA}\n`,
      `unshallow ${oidB}`,
      '0000',
      'NAK\n',
      '\x01PACK',
      '0000',
    );
    expectAtEverySplit(bytes, [
      { type: 'shallow', oid: oidA },
      { type: 'unshallow', oid: oidB },
      { type: 'shallow-end' },
      { type: 'nak' },
      { type: 'pack', bytes: encodeText('PACK') },
      { type: 'end' },
    ]);
  });

  it('reads a boundary that did not move', () => {
    expectAtEverySplit(message('0000', 'NAK\n', '\x01PACK', '0000'), [
      { type: 'shallow-end' },
      { type: 'nak' },
      { type: 'pack', bytes: encodeText('PACK') },
      { type: 'end' },
    ]);
  });

  it('reads every kind of ACK', () => {
    const bytes = message(
      `ACK ${oidA} common\n`,
      `ACK ${oidA} continue\n`,
      `ACK ${oidB} ready\n`,
      'NAK\n',
      `ACK ${oidB}\n`,
      '\x01PACK',
      '0000',
    );
    expectAtEverySplit(bytes, [
      { type: 'ack', oid: oidA, status: 'common' },
      { type: 'ack', oid: oidA, status: 'continue' },
      { type: 'ack', oid: oidB, status: 'ready' },
      { type: 'nak' },
      { type: 'ack', oid: oidB, status: undefined },
      { type: 'pack', bytes: encodeText('PACK') },
      { type: 'end' },
    ]);
  });

  it('reads a packfile without a side-band, whose bytes look like nothing else', () => {
    const bytes = concatBytes([message('NAK\n'), pack]);
    expectAtEverySplit(bytes, [{ type: 'nak' }, { type: 'pack', bytes: pack }]);
  });

  it('knows whether there is a side-band once the packfile begins', () => {
    const parser = new FetchResponseParser();
    parser.push(message('NAK\n'));
    expect(parser.sideBand).toBeUndefined();
    parser.push(message('\x02hello'));
    expect(parser.sideBand).toBe(true);
    const bare = new FetchResponseParser();
    bare.push(concatBytes([message('NAK\n'), encodeText('PACK')]));
    expect(bare.sideBand).toBe(false);
  });

  it('gives the words of band 3, and nothing behind them', () => {
    const bytes = message('NAK\n', '\x02hm\n', '\x03aborting\n', '\x01PACK', 'what?', '0000');
    expectAtEverySplit(bytes, [
      { type: 'nak' },
      { type: 'progress', bytes: encodeText('hm\n') },
      { type: 'error', message: 'aborting' },
    ]);
  });

  it('gives the words of an ERR line', () => {
    const bytes = message(`ERR upload-pack: not our ref ${oidA}\n`);
    expectAtEverySplit(bytes, [{ type: 'error', message: `upload-pack: not our ref ${oidA}` }]);
  });

  it('is not upset by what follows an error', () => {
    const parser = new FetchResponseParser();
    expect(parser.push(message('ERR no\n'))).toHaveLength(1);
    expect(parser.push(encodeText('zzzz'))).toEqual([]);
    expect(() => parser.end()).not.toThrow();
  });

  const tail = message('NAK\n', '\x01PACK', '0000');

  it.each([
    ['a text that is none of its lines', message('hello\n', tail)],
    ['an ACK without an oid', message('ACK\n', tail)],
    ['an ACK with a short oid', message('ACK abc\n', tail)],
    ['an ACK with a status that is none', message(`ACK ${oidA} maybe\n`, tail)],
    ['a shallow line without an oid', message('shallow \n', tail)],
    ['a shallow line with two', message(`shallow ${oidA} ${oidB}\n`, tail)],
    ['a shallow line behind the boundary’s end', message('0000', `shallow ${oidA}\n`, tail)],
    ['a shallow line behind a NAK', message('NAK\n', `shallow ${oidA}\n`, tail)],
    ['a shallow line behind an ACK', message(`ACK ${oidA}\n`, `shallow ${oidA}\n`, tail)],
    ['a second boundary', message('0000', '0000', tail)],
    ['a flush-pkt behind a NAK', message('NAK\n', '0000', tail)],
    ['an empty line', message('NAK\n', encodeText('0004'), tail)],
    ['a line of a band that is none', message('NAK\n', '\x00x', tail)],
    ['a text line within the side-band', message('NAK\n', '\x01PACK', tail)],
    ['an empty line within the side-band', message('NAK\n', '\x01PACK', encodeText('0004'))],
    ['a delim-pkt', message('NAK\n', '0001', tail)],
    ['a response-end-pkt', message('NAK\n', '\x01PACK', '0002', '0000')],
    ['a bare packfile within the side-band', message('NAK\n', '\x01PACK', pack)],
    ['a line behind the end', message(tail, '\x01more')],
    ['a flush-pkt behind the end', message(tail, '0000')],
    ['an HTML page', encodeText('<!doctype html>')],
  ])('refuses %s', (_, bytes) => {
    for (const pieces of everySplit(bytes)) {
      expect(thrownByPushing(new FetchResponseParser(), pieces)).toMatchObject({
        code: 'MALFORMED_PKT_LINE',
        data: { offset: expect.any(Number) as number },
      });
    }
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['no packfile', message('NAK\n')],
    ['a packfile without the end of its side-band', message('NAK\n', '\x01PACK')],
    ['a cut line', message('NAK\n', encodeText('0010\x01PACK'))],
    ['the first bytes of a bare packfile', message('NAK\n', encodeText('PAC'))],
    ['half a line behind the end', message(tail, encodeText('00'))],
  ])('says at the end of the stream that %s is not an answer', (_, bytes) => {
    for (const pieces of everySplit(bytes)) {
      const parser = new FetchResponseParser();
      for (const piece of pieces) parser.push(piece);
      expect(thrownBy(() => parser.end())).toMatchObject({
        code: 'MALFORMED_PKT_LINE',
        data: { offset: expect.any(Number) as number },
      });
    }
  });

  it('makes no event of a line that only keeps the connection open', () => {
    const parser = new FetchResponseParser();
    parser.push(message('NAK\n'));
    expect(parser.push(message('\x01', '\x02'))).toEqual([]);
    expect(parser.sideBand).toBe(true);
  });

  it('gives back any packfile, cut anywhere, with or without a side-band', () => {
    const body = fc.uint8Array({ maxLength: 5000 });
    const capability = fc.constantFrom('side-band' as const, 'side-band-64k' as const, undefined);
    fc.assert(
      fc.property(body, capability, anyPlaces, (random, sideBand, places) => {
        const file = concatBytes([encodeText('PACK'), random]);
        const lines =
          sideBand === undefined
            ? [file]
            : [...encodeSideBand(1, file, sideBand), encodeText('0000')];
        const bytes = concatBytes([message('NAK\n'), ...lines]);
        const end = sideBand === undefined ? [] : [{ type: 'end' }];
        expect(readAll(cutAt(bytes, places))).toEqual([
          { type: 'nak' },
          { type: 'pack', bytes: file },
          ...end,
        ]);
      }),
    );
  });
});
