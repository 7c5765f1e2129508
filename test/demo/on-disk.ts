/** The demo's repositories on Node's own file system, where real git can look at them. */
import * as nodeFs from 'node:fs';
import type { Repository } from '../../demo/repository/repository.js';

/** Node's file system in LightningFS's place: it has what the demo uses, but for `flush`. */
export function onDisk(dir: string): Repository {
  const promises = { ...nodeFs.promises, flush: () => Promise.resolve() };
  const fs = { promises } as unknown as Repository['fs'];
  return { id: 'test', url: 'http://127.0.0.1/test.git', fs, dir, cache: {} };
}
