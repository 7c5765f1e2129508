import { Buffer } from 'buffer';

/** isomorphic-git expects Node's Buffer as a global when it is first called; pages have none. */
export function provideBuffer(): void {
  (globalThis as { Buffer: typeof Buffer }).Buffer = Buffer;
}
