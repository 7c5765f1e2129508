import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { zeroOid } from '../../src/wire/oid.js';
import { encodePushRequest, PushRequestParser } from '../../src/wire/v0/push-request.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { encodeText } from '../../src/wire/text.js';
import { message, oidA, oidB, thrownBy } from './wire-bytes.js';

const parse = (...pieces: readonly Uint8Array[]) => {
  const parser = new PushRequestParser();
  return pieces.map((piece) => parser.push(piece)).at(-1);
};

describe('the head of a push', () => {
  it('reads commands and capabilities as isomorphic-git writes them', () => {
    const head = message(
      `${oidA} ${oidB} refs/heads/main\0 report-status side-band-64k agent=git/x`,
      '0000',
    );
    expect(parse(concatBytes([head, encodeText('PACK')]))).toEqual({
      done: true,
      end: head.byteLength,
      value: {
        commands: [{ oldOid: oidA, newOid: oidB, ref: 'refs/heads/main' }],
        capabilities: new Map([
          ['report-status', []],
          ['side-band-64k', []],
          ['agent', ['git/x']],
        ]),
        shallow: [],
      },
    });
  });

  it('reads several commands behind shallow lines', () => {
    const bytes = message(
      `shallow ${oidA}\n`,
      `${zeroOid} ${oidA} refs/heads/new\0report-status\n`,
      `${oidB} ${zeroOid} refs/heads/old\n`,
      '0000',
    );
    expect(parse(bytes)).toMatchObject({
      done: true,
      end: bytes.byteLength,
      value: {
        commands: [
          { oldOid: zeroOid, newOid: oidA, ref: 'refs/heads/new' },
          { oldOid: oidB, newOid: zeroOid, ref: 'refs/heads/old' },
        ],
        shallow: [oidA],
      },
    });
  });

  it('reads a push of nothing', () => {
    expect(parse(message('0000'))).toMatchObject({ done: true, value: { commands: [] } });
  });

  it('is the same wherever it is cut, and takes nothing that is behind it', () => {
    const head = message(`${oidA} ${oidB} refs/heads/main\0 x`, `${oidA} ${oidB} refs/x`, '0000');
    const bytes = concatBytes([head, encodeText('PACK')]);
    for (let length = 0; length < head.byteLength; length += 1) {
      expect(parse(bytes.subarray(0, length))).toEqual({ done: false });
      expect(parse(bytes.subarray(0, length), bytes.subarray(length))).toMatchObject({
        ...{ done: true, end: head.byteLength - length },
        value: { commands: [{ ref: 'refs/heads/main' }, { ref: 'refs/x' }] },
      });
    }
  });

  it('is decoded once, however large it is and however it comes', () => {
    const commands = Array.from({ length: 5000 }, (_, at) => ({
      ...{ oldOid: zeroOid, newOid: oidA, ref: `refs/heads/${at}` },
    }));
    const head = encodePushRequest({ commands, capabilities: new Map(), shallow: [] });
    const decode = vi.spyOn(TextDecoder.prototype, 'decode');
    const parser = new PushRequestParser();
    for (let at = 0; at < head.length; at += 1000) parser.push(head.subarray(at, at + 1000));
    const decoded = decode.mock.calls.map(([bytes]) => bytes?.byteLength ?? 0);
    decode.mockRestore();
    expect(parser.push(encodeText('PACK'))).toMatchObject({
      done: true,
      end: 0,
      value: { commands },
    });
    expect(decoded).toHaveLength(commands.length);
    expect(decoded.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(head.length);
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
    expect(thrownBy(() => parse(bytes))).toMatchObject({ code: 'MALFORMED_PKT_LINE' });
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
        expect(parse(concatBytes([head, behind]))).toEqual({
          ...{ done: true, end: head.byteLength, value: expected },
        });
      }),
    );
  });
});
