/**
 * isomorphic-git expects Node's Buffer as a global. Imported before anything that imports it.
 */
import { Buffer } from 'buffer';

(globalThis as { Buffer?: typeof Buffer }).Buffer ??= Buffer;
