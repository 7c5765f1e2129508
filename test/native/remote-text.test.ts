import { describe, expect, it } from 'vitest';
import { RemoteText } from '../../native/remote-text.js';

function shown(...pieces: string[]): string {
  let all = '';
  const text = new RemoteText((line) => (all += `${line}\n`));
  for (const piece of pieces) text.push(piece);
  text.end();
  return all;
}

describe('what the server’s git wrote to stderr', () => {
  it('is shown line by line as the remote’s', () => {
    expect(shown('warning: one\nfatal: two\n')).toBe('remote: warning: one\nremote: fatal: two\n');
  });

  it('is put together again where it comes in pieces', () => {
    expect(shown('fa', 'tal: o', 'ne\ntwo')).toBe('remote: fatal: one\nremote: two\n');
  });

  it('cannot move the cursor, clear the screen, set a title or turn text around', () => {
    const all = shown('a\u001b[2J\u001b]0;title\u0007b\u202ec\u009bd\u2028e\n');
    expect(all).toBe('remote: a[2J]0;titlebcde\n');
  });

  it('cannot pass for git’s own words by a carriage return', () => {
    expect(shown('50%\rfatal: 100%\n')).toBe('remote: 50%\nremote: fatal: 100%\n');
  });

  it('is not kept without end where no line ends', () => {
    let lines = 0;
    const text = new RemoteText(() => (lines += 1));
    for (let count = 0; count < 30; count += 1) text.push('x'.repeat(1_000));
    expect(lines).toBe(2);
  });
});
