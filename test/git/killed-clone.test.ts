/** A clone whose process is killed, and that another process goes on with: Node's file system, native git as judge. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { expectSoundRepository, git as realGit, makeRepository } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { KillingWay } from './killed-clone.js';

const mib = 2 ** 20;
const window = 4 * mib;
const path = '/big.git';
let server: TestServer;
/** Bytes of a clone that nothing happens to. */
let whole: number;

beforeAll(async () => {
  const root = await temporaryDirectory();
  const bigBlobs = { count: 12, bytes: mib };
  await makeRepository(join(root, 'big.git'), { commits: 20, files: 10, bigBlobs });
  server = await startServer({ root });
  const way = await KillingWay.to(server.url, path);
  await way.clone(join(root, 'whole'));
  whole = way.down;
});

/** Kills a clone when a part of it has come, and clones again. */
async function killAt(part: number): Promise<void> {
  const dir = join(await temporaryDirectory(), 'clone');
  const way = await KillingWay.to(server.url, path);
  expect((await way.clone(dir, part * whole)).exit).toBe('SIGKILL');
  const { said } = await way.clone(dir);
  expect(said.at(-1)).toEqual({ done: true });
  expect(way.down - whole, 'sent twice').toBeLessThanOrEqual(window);
  await expectSoundRepository(join(dir, '.git'));
  expect(await realGit(['status', '--porcelain'], { cwd: dir })).toBe('');
  expect(await readdir(join(dir, '.git'))).not.toContain('gitws-clone');
}

// The lease of the one that was killed has to end: all of them wait at the same time.
it.concurrent.each([0.4, 0.97])('at %d of it', killAt);

long.concurrent.each([0.1, 0.25, 0.6, 0.8, 0.9])('at %d of it as well', killAt);
