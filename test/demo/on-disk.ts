/** What the demo's worker works on, on Node's own file system, where real git can look at it. */
import * as nodeFs from 'node:fs';
import type { Repository } from '../../demo/worker/repository.js';

/** Node's file system in the storage's place: it has what the demo uses. */
export function onDisk(dir: string): Repository {
  const fs = { promises: nodeFs.promises } as unknown as Repository['fs'];
  return { fs, dir, cache: {}, signal: new AbortController().signal };
}
