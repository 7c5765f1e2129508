/** Globs of protected refs, as operators may write them. */
import { describe, expect, it } from 'vitest';
import { refGlobFault } from '../../server/hooks/ref-rules.js';
import { readCorpus } from './corpus.js';

describe('a glob of the corpus', () => {
  it.each(readCorpus<string, string | null>('ref-globs'))('$name', ({ input, expected }) => {
    expect(refGlobFault(input) ?? null).toBe(expected);
  });
});
