/** A few seconds of what `npm run fuzz -- --only packs` does for as long as one likes. */
import { expect, it } from 'vitest';
import { fuzz } from '../fuzz/fuzzer.js';
import { packs } from '../fuzz/packs.js';

// Another one each time; a failure names it, and how to have it again.
const seed = Math.floor(Math.random() * 2 ** 31);

it('rubbish in place of a pack is refused, and costs no more memory than is promised', async () => {
  expect(await fuzz(packs, { seed, cases: 100 })).toBe(100);
});
