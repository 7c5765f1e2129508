/** Runs before each test file: see at-end.ts. */
import { afterAll, expect } from 'vitest';
import { closeAll } from './at-end.js';
import { sameBytes } from './same-bytes.js';

expect.addEqualityTesters([sameBytes]);

// Hooks run last-registered first: what a file closes in its own afterAll is closed by then.
afterAll(closeAll);
