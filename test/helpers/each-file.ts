/** Runs before each test file: see at-end.ts. */
import { afterAll } from 'vitest';
import { closeAll } from './at-end.js';

// Hooks run last-registered first: what a file closes in its own afterAll is closed by then.
afterAll(closeAll);
