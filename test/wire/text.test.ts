import { describe, expect, it } from 'vitest';
import { parseOid } from '../../src/wire/oid.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { decodeText, decodeTextLine, quoteText } from '../../src/wire/text.js';

describe('text in git’s bytes', () => {
  it('keeps a byte order mark, which is no part of any keyword', () => {
    expect(decodeText(new Uint8Array([0xef, 0xbb, 0xbf, 0x4e]))).toBe('\ufeffN');
  });

  it('never makes ASCII of bytes that are not UTF-8', () => {
    // An overlong slash, a lone surrogate, a cut sequence in front of a real slash.
    const bytes = new Uint8Array([0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xe2, 0x82, 0x2f]);
    expect(decodeText(bytes)).toMatch(/^\ufffd+\/$/);
  });

  it('loses one newline at the end of a line, and nothing else', () => {
    const line = (text: string): string => decodeTextLine(new TextEncoder().encode(text));
    expect(line('NAK\n')).toBe('NAK');
    expect(line('NAK')).toBe('NAK');
    expect(line('NAK \r\n')).toBe('NAK \r');
    expect(line('\n\n')).toBe('\n');
  });

  it('is quoted on one line, and cut', () => {
    expect(quoteText('a\n"b"\x1b[31m')).toBe('"a\\n\\"b\\"\\u001b[31m"');
    expect(quoteText('x'.repeat(1000))).toBe(`"${'x'.repeat(100)}…"`);
  });

  it('is joined in order', () => {
    expect(concatBytes([new Uint8Array([1]), new Uint8Array(0), new Uint8Array([2, 3])])).toEqual(
      new Uint8Array([1, 2, 3]),
    );
    expect(concatBytes([])).toEqual(new Uint8Array(0));
  });
});

describe('parseOid', () => {
  it('reads digits of either case, as git does, and gives lower case', () => {
    expect(parseOid('0123456789ABCDEFabcdef0123456789abcdef01')).toBe(
      '0123456789abcdefabcdef0123456789abcdef01',
    );
  });

  it.each(['', 'a'.repeat(39), 'a'.repeat(41), 'a'.repeat(64), 'g'.repeat(40)])(
    'does not take %j for an oid',
    (text) => {
      expect(parseOid(text)).toBeUndefined();
      expect(parseOid(` ${text}`)).toBeUndefined();
    },
  );

  it('does not take an oid with a newline behind it for one', () => {
    expect(parseOid(`${'a'.repeat(40)}\n`)).toBeUndefined();
  });
});
