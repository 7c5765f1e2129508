/** Runs before each test file, of which a worker may take many: see at-end.ts. */
import { afterAll, expect, vi } from 'vitest';
import { closeAll } from './at-end.js';
import { sameBytes } from './same-bytes.js';

expect.addEqualityTesters([sameBytes]);

// Hooks run last-registered first: what a file closes in its own afterAll is closed by then.
afterAll(async () => {
  await closeAll();
  // Vitest itself undoes spies and settings.
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});
