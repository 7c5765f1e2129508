/** What the page says of errors. */
import { expect, it } from 'vitest';
import { explain } from '../../demo/words.js';
import { explain as explainInElement } from '../../src/element/model/failure.js';
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

it('says what happened and what to do for codes that few people meet', () => {
  const lock = { ref: 'refs/stash', path: '.git/refs/stash.lock' };
  const locked = new GitWsError('REF_LOCKED', 'refs/stash is locked.', { data: lock });
  const { title, text, code } = explain(locked);
  expect(title).toBe('Something else is at work on this repository');
  expect(text).toBe(
    'refs/stash is locked. Try again; if it stays so, close other tabs and load the page again.',
  );
  expect(code).toBe('REF_LOCKED');
  const data = { closeCode: 4429, status: 429, reason: 'Too many sessions.' };
  expect(explain(new GitWsError('REFUSED', 'No.', { data }))).toMatchObject({
    title: 'The server asks for patience',
    text: 'Too many sessions.',
  });
  expect(explain(Object.assign(new Error('No.'), { code: 'constructor' }))).toMatchObject({
    title: 'That did not work',
    text: 'No.',
  });
});

it('groups in an element what ends git, and has the error speak for the rest', () => {
  const of = (error: GitWsError) => explainInElement(error, 'example.com');
  for (const code of ['WORKER_FAILED', 'PACK_ENGINE_FAILED', 'PACK_ENGINE_UNAVAILABLE'] as const) {
    expect(of(new GitWsError(code, 'It died.'))).toMatchObject({ kind: 'blocked' });
  }
  expect(of(new GitWsError('CORRUPT_PACK', 'A pack is damaged.'))).toMatchObject({
    ...{ kind: 'other', text: 'A pack is damaged.' },
  });
});
