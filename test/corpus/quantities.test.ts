/** Times and sizes as operators wrote them. */
import { describe, expect, it } from 'vitest';
import { parseQuantity, type Unit } from '../../server/limits/quantity-text.js';
import { readCorpus } from './corpus.js';

describe('a quantity of the corpus', () => {
  it.each(readCorpus<{ text: string; unit: Unit }, number | null>('quantities'))(
    '$name',
    ({ input, expected }) => {
      expect(parseQuantity(input.text, input.unit) ?? null).toBe(expected);
    },
  );
});
