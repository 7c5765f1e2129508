import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zeroOid } from '../../src/wire/oid.js';
import { decodePushRequest, encodePushRequest } from '../../src/wire/push-request.js';
import { concatBytes, encodeText } from '../../src/wire/text.js';
import { message, oidA, oidB, thrownBy } from './wire-bytes.js';

describe('decodePushRequest', () => {
  it('reads commands and capabilities as isomorphic-git writes them', () => {
    const head = message(
      `${oidA} ${oidB} refs/heads/main\0 report-status side-band-64k agent=git/x`,
      '0000',
    );
    expect(decodePushRequest(concatBytes([head, encodeText('PACK')]))).toEqual({
      type: 'complete',
      end: head.byteLength,
      commands: [{ oldOid: oidA, newOid: oidB, ref: 'refs/heads/main' }],
      capabilities: new Map([
        ['report-status', []],
        ['side-band-64k', []],
        ['agent', ['git/x']],
      ]),
      shallow: [],
    });
  });

  it('reads several commands behind shallow lines, from an offset', () => {
    const bytes = concatBytes([
      encodeText('xyz'),
      message(
        `shallow ${oidA}\n`,
        `${zeroOid} ${oidA} refs/heads/new\0report-status\n`,
        `${oidB} ${zeroOid} refs/heads/old\n`,
        '0000',
      ),
    ]);
    expect(decodePushRequest(bytes, 3)).toMatchObject({
      type: 'complete',
      end: bytes.byteLength,
      commands: [
        { oldOid: zeroOid, newOid: oidA, ref: 'refs/heads/new' },
        { oldOid: oidB, newOid: zeroOid, ref: 'refs/heads/old' },
      ],
      shallow: [oidA],
    });
  });

  it('reads a push of nothing', () => {
    expect(decodePushRequest(message('0000'))).toMatchObject({ type: 'complete', commands: [] });
  });

  it('waits at every split point, for no more bytes than there are to come', () => {
    const bytes = message(`${oidA} ${oidB} refs/heads/main\0 x`, `${oidA} ${oidB} refs/x`, '0000');
    for (let length = 0; length < bytes.byteLength; length += 1) {
      const decoded = decodePushRequest(bytes.subarray(0, length));
      expect(decoded.type).toBe('incomplete');
      const needed = decoded.type === 'incomplete' ? decoded.bytesNeeded : 0;
      expect(needed).toBeGreaterThan(0);
      expect(length + needed).toBeLessThanOrEqual(bytes.byteLength);
    }
  });

  it.each([
    ['one oid', message(`${oidA} refs/heads/a\0 x`, '0000')],
    ['a short new oid', message(`${oidA} abc refs/heads/a\0 x`, '0000')],
    ['a short old oid', message(`abc ${oidA} refs/heads/a\0 x`, '0000')],
    ['no ref', message(`${oidA} ${oidB} \0 x`, '0000')],
    ['capabilities a second time', message(`${oidA} ${oidB} a\0 x`, `${oidA} ${oidB} b\0 x`)],
    ['a shallow line without an oid', message('shallow abc', '0000')],
    ['a shallow line behind a command', message(`${oidA} ${oidB} a\0 x`, `shallow ${oidA}`)],
    ['a signed push', message('push-cert\0 x', '0000')],
    ['an empty line', message('\n', '0000')],
    ['a delim-pkt', message('0001')],
    ['a packfile', encodeText('PACK\0\0\0\x02')],
  ])('refuses %s', (_, bytes) => {
    expect(thrownBy(() => decodePushRequest(bytes))).toMatchObject({ code: 'MALFORMED_PKT_LINE' });
  });

  it('gives back what encodePushRequest was given', () => {
    const oid = fc.stringMatching(/^[0-9a-f]{40}$/);
    const ref = fc.stringMatching(/^refs\/heads\/[a-zö]{1,8}$/);
    const capabilities = fc
      .array(fc.constantFrom('report-status', 'side-band-64k', 'atomic', 'quiet'))
      .map((names) => new Map(names.map((name) => [name, [] as readonly string[]])));
    const request = fc.record({
      commands: fc.array(fc.record({ oldOid: oid, newOid: oid, ref }), { minLength: 1 }),
      capabilities,
      shallow: fc.array(oid),
    });
    fc.assert(
      fc.property(request, fc.uint8Array({ maxLength: 9 }), (expected, behind) => {
        const head = encodePushRequest(expected);
        expect(decodePushRequest(concatBytes([head, behind]))).toEqual({
          type: 'complete',
          end: head.byteLength,
          ...expected,
        });
      }),
    );
  });
});
