import { describe, expect, it } from 'vitest';
import { PushResponseParser } from '../../src/wire/v0/push-response.js';
import { encodeReportStatus } from '../../src/wire/v0/report-status.js';
import type { ReportStatus } from '../../src/wire/v0/report-status.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { encodeText } from '../../src/wire/text.js';
import { encodeSideBand } from '../../src/wire/side-band.js';
import { everySplit, joinBytes, message, thrownBy, thrownByPushing } from './wire-bytes.js';

const report: ReportStatus = {
  unpack: 'ok',
  refs: [
    { ref: 'refs/heads/main', ok: true },
    { ref: 'refs/heads/a', ok: false, reason: 'hook declined' },
  ],
};
const reportBytes = encodeReportStatus(report);
const band = (number: 1 | 2 | 3, bytes: Uint8Array): Uint8Array =>
  concatBytes(encodeSideBand(number, bytes));

function readAll(sideBand: boolean, pieces: readonly Uint8Array[]): unknown[] {
  const parser = new PushResponseParser({ sideBand });
  const events = pieces.flatMap((piece) => parser.push(piece));
  parser.end();
  return joinBytes(events);
}

describe('PushResponseParser with a side-band', () => {
  it('reads the words of hooks and the report, which may lie across side-band lines', () => {
    const bytes = message(
      '\x02hook says hi\n',
      band(1, reportBytes.subarray(0, 7)),
      '\x02',
      '\x01',
      band(1, reportBytes.subarray(7)),
      '0000',
    );
    for (const pieces of everySplit(bytes)) {
      expect(readAll(true, pieces)).toEqual([
        { type: 'progress', bytes: encodeText('hook says hi\n') },
        { type: 'report', report },
        { type: 'end' },
      ]);
    }
  });

  it('reads an answer without a report, to a push that asked for none', () => {
    expect(readAll(true, [message('\x02hi\n', '0000')])).toEqual([
      { type: 'progress', bytes: encodeText('hi\n') },
      { type: 'end' },
    ]);
  });

  it('gives the words of band 3, and nothing behind them', () => {
    const bytes = message('\x02hm\n', '\x03out of disk\n', band(1, reportBytes), 'what?');
    for (const pieces of everySplit(bytes)) {
      expect(readAll(true, pieces)).toEqual([
        { type: 'progress', bytes: encodeText('hm\n') },
        { type: 'error', message: 'out of disk' },
      ]);
    }
  });

  it('does not take a line that only keeps the connection open for a report', () => {
    const parser = new PushResponseParser({ sideBand: true });
    expect(parser.push(message('\x01', '\x02'))).toEqual([]);
    expect(parser.push(message('0000'))).toEqual([{ type: 'end' }]);
    expect(() => parser.end()).not.toThrow();
  });

  const whole = message(band(1, reportBytes), '0000');

  it.each([
    ['a second report', message(band(1, reportBytes), whole)],
    ['bytes behind the report', message(band(1, concatBytes([reportBytes, reportBytes])), '0000')],
    ['a report without a side-band', reportBytes],
    ['a line behind the end', message(whole, '\x02more')],
    ['a delim-pkt', message('0001', whole)],
  ])('refuses %s', (_, bytes) => {
    for (const pieces of everySplit(bytes)) {
      expect(thrownByPushing(new PushResponseParser({ sideBand: true }), pieces)).toMatchObject({
        code: 'MALFORMED_PKT_LINE',
      });
    }
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['an answer without its end', message('\x02hi\n')],
    ['a report without the end of the side-band', band(1, reportBytes)],
    ['a cut report', message(band(1, reportBytes.subarray(0, -4)), '0000')],
    ['a report with a cut line', message(band(1, reportBytes.subarray(0, -6)), '0000')],
    ['a cut line', encodeText('0010\x02hi')],
    ['half a line behind the end', message(whole, encodeText('00'))],
  ])('says at the end of the stream that %s is not an answer', (_, bytes) => {
    for (const pieces of everySplit(bytes)) {
      const parser = new PushResponseParser({ sideBand: true });
      for (const piece of pieces) parser.push(piece);
      expect(thrownBy(() => parser.end())).toMatchObject({ code: 'MALFORMED_PKT_LINE' });
    }
  });
});

describe('PushResponseParser without a side-band', () => {
  it('reads the report alone', () => {
    for (const pieces of everySplit(reportBytes)) {
      expect(readAll(false, pieces)).toEqual([{ type: 'report', report }]);
    }
  });

  it('reads nothing, which answers a push that asked for no report', () => {
    expect(readAll(false, [])).toEqual([]);
  });

  it('throws the words of an ERR line', () => {
    expect(thrownBy(() => readAll(false, [message('ERR no\n')]))).toMatchObject({
      code: 'REMOTE_ERROR',
    });
  });

  it.each([
    ['a cut report', reportBytes.subarray(0, -4)],
    ['a cut line', reportBytes.subarray(0, 9)],
    ['bytes behind the report', concatBytes([reportBytes, encodeText('0')])],
    ['a report in a side-band', message(band(1, reportBytes), '0000')],
  ])('refuses %s', (_, bytes) => {
    for (const pieces of everySplit(bytes)) {
      expect(thrownBy(() => readAll(false, pieces))).toMatchObject({ code: 'MALFORMED_PKT_LINE' });
    }
  });
});
