/** What native git finds in ~/.netrc and in a file of cookies; git itself is asked in the long run. */
import { expect, it } from 'vitest';
import { formatCookies } from '../../native/cookies.js';
import { findInNetrc, type NetrcEntry } from '../../native/netrc.js';
import { readCorpus } from './corpus.js';

it.each(readCorpus<{ text: string; login: string }, NetrcEntry | null>('netrc'))(
  'in .netrc: $name',
  ({ input: { text, login }, expected }) => {
    expect(findInNetrc(text, '127.0.0.1', login) ?? null).toEqual(expected);
  },
);

it.each(readCorpus<string, string | null>('cookies'))(
  'among cookies: $name',
  ({ input, expected }) => {
    expect(formatCookies(input, new URL('http://127.0.0.1:8080/a.git')) ?? null).toBe(expected);
  },
);
