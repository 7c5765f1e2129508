/** How tabs of files are told apart that have one name. */
import { expect, it } from 'vitest';
import { foldersToTell } from '../../demo/components/tab-names.js';

it('names as much of a folder as tells two of one name apart, and nothing of others', () => {
  const told = foldersToTell([
    'index.html',
    'log/index.html',
    'a/src/main.ts',
    'b/src/main.ts',
    'lib/main.ts',
    'css/base.css',
  ]);
  expect(Object.fromEntries(told)).toEqual({
    'index.html': '',
    'log/index.html': 'log',
    'a/src/main.ts': 'a/src',
    'b/src/main.ts': 'b/src',
    'lib/main.ts': 'lib',
    'css/base.css': '',
  });
});

it('names the whole folder where it is the end of another one', () => {
  const told = foldersToTell(['notes/robots.txt', 'other/notes/robots.txt']);
  expect([...told.values()]).toEqual(['notes', 'other/notes']);
});
