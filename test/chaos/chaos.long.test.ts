/** Some of what `npm run chaos` does for as long as one likes. */
import { expect, it } from 'vitest';
import { runChaos } from './chaos.js';

// Another one each time; a failure names it, and how to have it again.
const seed = Math.floor(Math.random() * 2 ** 31);
const sessions = 12;

it('transfers are right, or fail clearly and harm nothing, under whatever faults', async () => {
  const { succeeded, failed, faults } = await runChaos({ sessions, seed, print: () => undefined });
  expect(succeeded + failed).toBe(sessions);
  expect(faults).toBeGreaterThan(0);
}, 240_000);
