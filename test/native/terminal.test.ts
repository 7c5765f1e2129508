/** What stands on a terminal's line before is removed, and a file gets no trace of that. */
import { expect, it } from 'vitest';
import { lineEnd } from '../../native/terminal.js';

it('removes the rest of git’s progress on a terminal that can', () => {
  expect(lineEnd(true, 'xterm-256color')).toBe('\u001b[K\n');
});

it.each([
  ['a file', false, 'xterm'],
  ['a dumb terminal', true, 'dumb'],
  ['a terminal of no type', true, undefined],
])('ends a line for %s and nothing else', (_what, isTerminal, term) => {
  expect(lineEnd(isTerminal, term)).toBe('\n');
});
