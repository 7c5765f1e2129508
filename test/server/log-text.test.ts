import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoteForLog } from '../../server/text/log-text.js';

describe("a stranger's word in a log", () => {
  it('is printable ASCII between quotes that it cannot end, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint16Array({ maxLength: 200 }), (units) => {
        expect(quoteForLog(String.fromCharCode(...units))).toMatch(/^"(?:[ !#-[\]-~]|\\[ -~])*"$/);
      }),
    );
  });

  it('cannot begin a line of its own, colour a terminal, or turn the direction of writing', () => {
    expect(quoteForLog('a\r\nb')).toBe('"a\\r\\nb"');
    expect(quoteForLog('\u001b[31m')).toBe('"\\u001b[31m"');
    expect(quoteForLog('\u202etxet\u2028\u007f')).toBe('"\\u202etxet\\u2028\\u007f"');
  });

  it('is cut, so that it cannot fill the disk', () => {
    expect(quoteForLog('x'.repeat(5_000)).length).toBeLessThan(130);
  });
});
