/** Whether a picture of the demo that is not as approved is told from one that is: see scripts/look.mjs. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { tolerance } from '../../scripts/look.mjs';
import { compare, decode, type Picture } from '../../scripts/pictures.mjs';

const approved = decode(await readFile(new URL('approved/staged-1280-light.png', import.meta.url)));

it('is the same as itself', () => {
  expect(compare(approved, approved).pixels).toBe(0);
});

it('is not the same without a button', () => {
  // The one that pushes, at the right of the bar at the top.
  const bare = painted((x, y) => (x > 292 && x < 318 && y < 10 ? 255 : undefined));
  expect(compare(approved, bare).pixels).toBeGreaterThan(tolerance);
});

it('is not the same where a panel has moved', () => {
  // That of changes, two pixels to the left, which are eight of the page.
  const moved = painted((x, y) => (x > 240 ? approved.greys[y * 320 + x + 2] : undefined));
  expect(compare(approved, moved).pixels).toBeGreaterThan(tolerance);
});

/** @returns the approved picture with other greys where `paint` says one. */
function painted(paint: (x: number, y: number) => number | undefined): Picture {
  const { width, height, greys } = approved;
  const now = greys.map((grey, at) => paint(at % width, Math.floor(at / width)) ?? grey);
  return { width, height, greys: now };
}
