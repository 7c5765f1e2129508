/** A page in a network that lets no WebSocket pass, and a server that speaks plain HTTP as well. */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ReadInWorker, RunWay } from './gateway-page.js';
import { browserAvailable, launchChromium } from './helpers/chromium.js';
import { expectSoundRepository, git, gitBytes, makeRepository } from './helpers/git.js';
import { startWithoutWebSockets } from './helpers/no-websockets.js';
import { bundlePage, servePage } from './helpers/page.js';
import { startServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';

declare const runWay: RunWay;
declare const readInWorker: ReadInWorker;

let url: string;
let repository: string;
let origin: string;
let browser: Browser;

beforeAll(async () => {
  const root = await temporaryDirectory();
  ({ gitDir: repository } = await makeRepository(join(root, 'site.git')));
  ({ url: origin } = await servePage(await bundlePage('./gateway-page.ts', import.meta.url)));
  const server = await startServer({
    ...{ root, allowPush: true, smartHttp: true, origins: [origin] },
    authenticate: ({ credentials }) =>
      credentials?.scheme === 'basic' && credentials.password === 'open sesame'
        ? { name: 'ada' }
        : null,
    authorize: ({ user }) => user !== null,
  });
  const before = await startWithoutWebSockets(server.url, 'refused');
  url = `${before.url}/site.git`;
  if (browserAvailable) browser = await launchChromium();
});

describe.skipIf(!browserAvailable)('where no WebSocket passes, a page', () => {
  const open = async (): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(origin);
    return page;
  };
  const task = () => ({ url, way: { fallback: 'http' } as const, password: 'open sesame' });

  it.each([
    ['isomorphic-git with the plugin', 'plugin'],
    ['isomorphic-git on a bound repository', 'bound'],
    ['gitws/git', 'own'],
  ] as const)('signs in, clones, commits and pushes by %s', async (_, way) => {
    const page = await open();
    const { asked, oid } = await page.evaluate(([name, given]) => runWay(name, given), [
      way,
      task(),
    ] as const);
    expect(new Set(asked)).toEqual(new Set([url]));
    expect(await git(['rev-parse', `by-${way}`], { cwd: repository })).toBe(oid);
    await expectSoundRepository(repository);
    await page.close();
  });

  it('reads in its worker what a partial clone has left out', async () => {
    const page = await open();
    const { oid, filepath, bytes } = await page.evaluate((given) => readInWorker(given), task());
    const blob = ['cat-file', 'blob', `${oid}:${filepath}`];
    const expected = await gitBytes(blob, { cwd: repository });
    expect(Buffer.from(bytes).equals(expected)).toBe(true);
    await page.close();
  });
});
