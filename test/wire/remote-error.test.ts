import { describe, expect, it } from 'vitest';
import { remoteError } from '../../src/wire/remote-error.js';

describe('what a server’s git reports', () => {
  it.each([
    ['aborting due to possible repository corruption on the remote side.\n\u0000', 'side.'],
    ['\u001b[31mred\u001b[0m and\u0007 loud', '[31mred[0m and loud'],
    ['two\nlines\r\n', 'two\nlines'],
  ])('has nothing that a terminal would obey, and no end of C: %j', (words, end) => {
    const { message, data } = remoteError(words);
    expect(message.endsWith(end)).toBe(true);
    expect(data['message']).toBe(message.replace("The server's git reports: ", ''));
  });
});
