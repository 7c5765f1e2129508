/** A few seconds of what `npm run fuzz` does for as long as one likes: rubbish for the client. */
import { expect, it } from 'vitest';
import { clients } from '../fuzz/clients.js';
import { fuzz } from '../fuzz/fuzzer.js';

// Another one each time; a failure names it, and how to have it again.
const seed = Math.floor(Math.random() * 2 ** 31);
const cases = 160;

it('rejects with an error of its own, whatever a server says, and takes no wrong packfile', async () => {
  expect(await fuzz(clients, { seed, cases })).toBe(cases);
});
