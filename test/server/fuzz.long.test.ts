/** A few seconds of what `npm run fuzz` does for as long as one likes: rubbish for the server. */
import { expect, it } from 'vitest';
import { fuzz } from '../fuzz/fuzzer.js';
import { gitStreams, messages } from '../fuzz/sessions.js';
import { upgrades } from '../fuzz/upgrades.js';

// Another one each time; a failure names it, and how to have it again.
const seed = Math.floor(Math.random() * 2 ** 31);

it.each([
  ['upgrade requests, byte by byte', upgrades, 100],
  ['messages and frames in live sessions', messages, 60],
  ['what git itself is told, by clients that keep to gitws.v1', gitStreams, 40],
])('survives %s', async (_what, fuzzer, cases) => {
  expect(await fuzz(fuzzer, { seed, cases })).toBe(cases);
});
