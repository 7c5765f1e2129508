import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReportStatusParser, encodeReportStatus } from '../../src/wire/v0/report-status.js';
import type { RefStatus } from '../../src/wire/v0/report-status.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { decodeText, encodeText } from '../../src/wire/text.js';
import {
  anyPlaces,
  cutAt,
  everySplit,
  message,
  oidA,
  oidB,
  parseAll,
  thrownBy,
  thrownByPushing,
} from './wire-bytes.js';

describe('ReportStatusParser', () => {
  it('reads what became of each ref, with and without newlines', () => {
    const bytes = message(
      'unpack ok\n',
      'ok refs/heads/main\n',
      'ng refs/heads/a non-fast-forward\n',
      'ng refs/heads/b pre-receive hook declined',
      'ng refs/heads/c\n',
      '0000',
    );
    const rest = encodeText('behind');
    for (const pieces of everySplit(concatBytes([bytes, rest]))) {
      expect(parseAll(new ReportStatusParser(), pieces)).toEqual({
        value: {
          unpack: 'ok',
          refs: [
            { ref: 'refs/heads/main', ok: true },
            { ref: 'refs/heads/a', ok: false, reason: 'non-fast-forward' },
            { ref: 'refs/heads/b', ok: false, reason: 'pre-receive hook declined' },
            { ref: 'refs/heads/c', ok: false, reason: '' },
          ],
        },
        rest,
      });
    }
  });

  it('reads why a packfile was not taken', () => {
    const bytes = message('unpack index-pack abnormal exit\n', 'ng refs/heads/a unpacker error\n');
    expect(parseAll(new ReportStatusParser(), [bytes, message('0000')]).value).toEqual({
      unpack: 'index-pack abnormal exit',
      refs: [{ ref: 'refs/heads/a', ok: false, reason: 'unpacker error' }],
    });
  });

  it('reads the options of report-status-v2, and leaves out those it does not know', () => {
    const bytes = message(
      'unpack ok\n',
      'ok refs/for/main/topic\n',
      'option refname refs/changes/1/head\n',
      `option old-oid ${oidA}\n`,
      `option new-oid ${oidB}\n`,
      'option forced-update\n',
      'option mood good\n',
      'ok refs/for/main/topic\n',
      'ng refs/heads/a no\n',
      'option refname refs/heads/b\n',
      '0000',
    );
    expect(parseAll(new ReportStatusParser(), [bytes]).value).toEqual({
      unpack: 'ok',
      refs: [
        {
          ref: 'refs/for/main/topic',
          ok: true,
          refName: 'refs/changes/1/head',
          oldOid: oidA,
          newOid: oidB,
          forcedUpdate: true,
        },
        { ref: 'refs/for/main/topic', ok: true },
        { ref: 'refs/heads/a', ok: false, reason: 'no' },
      ],
    });
  });

  it.each([
    ['no unpack line', message('ok refs/heads/a\n', '0000')],
    ['nothing but a flush-pkt', message('0000')],
    ['an unpack line that says nothing', message('unpack\n', '0000')],
    ['a second unpack line', message('unpack ok\n', 'unpack ok\n', '0000')],
    ['an ok without a ref', message('unpack ok\n', 'ok \n', '0000')],
    ['an ng without a ref', message('unpack ok\n', 'ng\n', '0000')],
    ['an ng with a reason alone', message('unpack ok\n', 'ng  because\n', '0000')],
    ['a word it does not know', message('unpack ok\n', 'maybe refs/heads/a\n', '0000')],
    ['an option of no ref', message('unpack ok\n', 'option refname a\n', '0000')],
    ['an empty line', message('unpack ok\n', '\n', '0000')],
    ['a delim-pkt', message('unpack ok\n', '0001', '0000')],
  ])('refuses %s', (_, bytes) => {
    for (const pieces of everySplit(bytes)) {
      expect(thrownByPushing(new ReportStatusParser(), pieces)).toMatchObject({
        code: 'MALFORMED_PKT_LINE',
        data: { offset: expect.any(Number) as number },
      });
    }
  });

  it('says at every point where the stream may end that it is incomplete', () => {
    const bytes = message('unpack ok\n', 'ok refs/heads/a\n', '0000');
    for (let length = 0; length < bytes.byteLength; length += 1) {
      const parser = new ReportStatusParser();
      expect(parser.push(bytes.subarray(0, length))).toEqual({ done: false });
      expect(thrownBy(() => parser.end())).toMatchObject({ code: 'MALFORMED_PKT_LINE' });
    }
  });

  it('throws the words of an ERR line', () => {
    expect(thrownBy(() => new ReportStatusParser().push(message('ERR no\n')))).toMatchObject({
      code: 'REMOTE_ERROR',
      data: { message: 'no' },
    });
  });

  it('keeps to its limit', () => {
    const bytes = message('unpack ok\n', 'ok refs/heads/a\n', '0000');
    const maxBytes = bytes.byteLength;
    expect(new ReportStatusParser({ maxBytes }).push(bytes)).toMatchObject({ done: true });
    const parser = new ReportStatusParser({ maxBytes: maxBytes - 1 });
    expect(thrownBy(() => parser.push(bytes))).toMatchObject({ code: 'MALFORMED_PKT_LINE' });
  });
});

describe('encodeReportStatus', () => {
  it('writes pkt-lines as receive-pack does', () => {
    const bytes = encodeReportStatus({
      unpack: 'ok',
      refs: [
        { ref: 'refs/heads/a', ok: true, refName: 'refs/heads/b', forcedUpdate: true },
        { ref: 'refs/heads/c', ok: false, reason: 'no' },
        { ref: 'refs/heads/d', ok: false, reason: '' },
      ],
    });
    expect(decodeText(bytes)).toBe(
      '000eunpack ok\n0014ok refs/heads/a\n' +
        '0020option refname refs/heads/b\n0019option forced-update\n' +
        '0017ng refs/heads/c no\n0014ng refs/heads/d\n0000',
    );
  });

  it('is undone by the parser, cut anywhere', () => {
    const ref = fc.stringMatching(/^refs\/heads\/[a-z]{1,5}$/);
    const reason = fc.stringMatching(/^([a-z]+ )*[a-z]+$/);
    const oid = fc.stringMatching(/^[0-9a-f]{40}$/);
    const status: fc.Arbitrary<RefStatus> = fc.oneof(
      fc.record({ ref, ok: fc.constant(false as const), reason }),
      fc.record(
        {
          ref,
          ok: fc.constant(true as const),
          refName: ref,
          oldOid: oid,
          newOid: oid,
          forcedUpdate: fc.constant(true),
        },
        { requiredKeys: ['ref', 'ok'] },
      ),
    );
    const report = fc.record({ unpack: reason, refs: fc.array(status) });
    fc.assert(
      fc.property(report, anyPlaces, (expected, places) => {
        const pieces = cutAt(encodeReportStatus(expected), places);
        const { value, rest } = parseAll(new ReportStatusParser(), pieces);
        expect(value).toEqual(expected);
        expect(rest.byteLength).toBe(0);
      }),
    );
  });
});
