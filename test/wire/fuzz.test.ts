/** A few seconds of what `npm run fuzz` does for as long as one likes: rubbish for the client. */
import { expect, it } from 'vitest';
import { fuzz } from '../fuzz/fuzzer.js';
import { paths } from '../fuzz/paths.js';
import { tunnel } from '../fuzz/tunnel.js';
import { wire } from '../fuzz/wire.js';

// Another one each time; a failure names it, and how to have it again.
const seed = Math.floor(Math.random() * 2 ** 31);

it.each([
  ['the parsers of git’s bytes, wherever they are cut', wire, 4_000],
  ['the machine of gitws.v1, at both ends', tunnel, 1_000],
  ['request targets and stderr, which must not lead or tell anywhere', paths, 8_000],
])('rubbish does not harm %s', async (_what, fuzzer, cases) => {
  expect(await fuzz(fuzzer, { seed, cases })).toBe(cases);
});
