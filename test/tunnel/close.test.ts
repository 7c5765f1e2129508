import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closeError, formatCloseReason, isRetryableClose } from '../../src/tunnel/machine/close.js';

describe('a close reason', () => {
  it('never has more than 123 bytes and never half a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const reason = formatCloseReason(text);
        const bytes = new TextEncoder().encode(reason);
        expect(bytes.length).toBeLessThanOrEqual(123);
        expect(reason).not.toMatch(/[\ud800-\udbff]$/);
      }),
    );
  });

  it('is cut between characters of several bytes', () => {
    expect(formatCloseReason('é'.repeat(100))).toBe('é'.repeat(61));
    expect(formatCloseReason('😀'.repeat(100))).toBe('😀'.repeat(30));
  });

  it('has no control characters, so that a log line stays one line', () => {
    expect(formatCloseReason('no\r\nsuch\u0000 \u001b[31mrepository\u0085')).toBe(
      'no such [31mrepository',
    );
  });
});

describe('a close code', () => {
  it.each([
    [1000, false],
    [1001, false],
    [1006, true],
    [1009, false],
    [1011, true],
    [1014, true],
    [1015, false],
    [4401, false],
    [4410, false],
    [4429, true],
    [4500, false],
    [4503, true],
  ])('%i is worth another try: %s', (code, retryable) => {
    expect(isRetryableClose(code)).toBe(retryable);
    expect(closeError(code, '').retryable).toBe(retryable);
  });

  it('of a refusal gives the HTTP status that says it best', () => {
    expect(closeError(4404, 'There is no such repository.')).toMatchObject({
      code: 'REFUSED',
      message: 'There is no such repository.',
      data: { closeCode: 4404, status: 404, reason: 'There is no such repository.' },
    });
  });

  it('of a broken connection says that the transfer is not whole', () => {
    expect(closeError(1006, '', new Error('reset'))).toMatchObject({
      code: 'CONNECTION_LOST',
      cause: expect.objectContaining({ message: 'reset' }) as unknown,
    });
  });
});
