/** What the page says of errors. */
import { expect, it } from 'vitest';
import { explain } from '../../demo/words.js';
import { GitWsError } from '../../src/index.js';

it.each([
  ['of a fetch', new GitWsError('QUOTA', 'There is no room left for what was fetched.')],
  ['of the browser', new DOMException('No.', 'QuotaExceededError')],
])('says what to do where there is no room, by an error %s', (_, error) => {
  const { title, text } = explain(error);
  expect(title).toBe('The browser has no room left');
  expect(text).toMatch(/^Remove a repository/);
});

it('says that nothing has changed where a server sends less than was asked for', () => {
  const { title, text, code } = explain(new GitWsError('MISSING_OBJECTS', 'It lacks 1234.'));
  expect(title).toBe('The server did not send all of it');
  expect(text).toContain('nothing has changed here');
  expect(code).toBe('MISSING_OBJECTS');
});
