/** Clones of servers that keep less for a session than a clone gathers before it stores, and so acknowledges, it. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { clone } from '../../src/git/index.js';
import { createHttpClient, type HttpClientOptions } from '../../src/index.js';
import type { Limits } from '../../server/index.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const kib = 2 ** 10;

let root: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  const bigBlobs = { count: 3, bytes: 2 ** 20 };
  await makeRepository(join(root, 'big.git'), { commits: 5, files: 10, bigBlobs });
});

const sizes = [64, 192, 256, 320];

it.concurrent.each(sizes)('come to their end where the server keeps %d KiB', (size) =>
  expectClone({ maxReplay: size * kib }, {}),
);

it.concurrent.each(sizes)('come to their end where the client has a window of %d KiB', (size) =>
  expectClone({}, { window: size * kib }),
);

async function expectClone(
  limits: Partial<Limits>,
  options: Pick<HttpClientOptions, 'window'>,
): Promise<void> {
  const { url } = await startServer({ root, limits });
  const dir = join(await temporaryDirectory(), 'clone');
  await clone({ fs, http: createHttpClient(options), dir, url: `${url}/big.git` });
  await expectSoundRepository(dir);
  expect(await git(['status', '--porcelain'], { cwd: dir })).toBe('');
  expect(fs.existsSync(join(dir, '.git/gitws-clone'))).toBe(false);
}
