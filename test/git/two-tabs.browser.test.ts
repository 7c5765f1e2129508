/** Two tabs that have one partial clone, and miss the same in it at once: both get it, and it comes once. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { bundlePage, servePage } from '../helpers/page.js';
import { startProxy } from '../helpers/proxy.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { copyStorage } from './copy-storage.js';
import type { Tabs } from './two-tabs-page.js';

declare const tabs: Tabs;

let browser: Browser;
let pageUrl: string;
let server: TestServer;
let url: string;
let oids: string[];
/** Told of each connection; what it waits for holds it up. */
let onConnection = (): Promise<void> => Promise.resolve();

beforeAll(async () => {
  if (!browserAvailable) return;
  const root = await temporaryDirectory();
  const work = join(root, 'work');
  await mkdir(work);
  await git(['init', '-q', '-b', 'main', work]);
  for (let number = 0; number < 60; number += 1) {
    await writeFile(join(work, `${number}.txt`), `File ${number}\n`.repeat(number));
  }
  await git(['add', '.'], { cwd: work });
  await git(['commit', '-q', '-m', 'All'], { cwd: work });
  const bare = join(root, 'site.git');
  await git(['clone', '-q', '--bare', work, bare]);
  await git(['--git-dir', bare, 'config', 'uploadpack.allowFilter', 'true']);
  const tree = await git(['--git-dir', bare, 'ls-tree', 'main']);
  oids = tree.split('\n').map((line) => line.split(/[\t ]/)[2] ?? '');
  pageUrl = (await servePage(await bundlePage('./two-tabs-page.ts', import.meta.url))).url;
  const authorize = async (): Promise<boolean> => {
    await onConnection();
    return true;
  };
  server = await startServer({ root, origins: [pageUrl], authorize });
  url = `${server.url}/site.git`;
  browser = await launchChromium();
});

/** @returns two pages with one storage, in which a partial clone is. */
async function openTabs(): Promise<readonly [Page, Page]> {
  onConnection = () => Promise.resolve();
  const context = await browser.newContext();
  const [one, other] = [await context.newPage(), await context.newPage()];
  for (const page of [one, other]) await page.goto(pageUrl);
  await one.evaluate((from) => tabs.clone(from), url);
  return [one, other];
}

/** Holds the first connection up. */
function holdFirst(): { readonly came: Promise<void>; readonly goOn: () => void; count: number } {
  let [come, goOn] = [(): void => undefined, (): void => undefined];
  const came = new Promise<void>((resolve) => (come = resolve));
  const going = new Promise<void>((resolve) => (goOn = resolve));
  const held = { came, goOn, count: 0 };
  onConnection = () => {
    held.count += 1;
    come();
    return held.count === 1 ? going : Promise.resolve();
  };
  return held;
}

const begin = (page: Page, some: readonly string[], at = url) =>
  page.evaluate(([from, which]) => tabs.begin(from, which), [at, some] as const);
const end = (page: Page) => page.evaluate(() => tabs.end());
const isWaiting = (page: Page) => page.evaluate(() => tabs.isWaiting());

/** @returns how many copies there are of each object, the most first. */
async function copies(page: Page): Promise<number[]> {
  const dir = await copyStorage(await page.evaluate(() => tabs.exportAll()));
  await git(['config', 'remote.origin.url', '/nowhere'], { cwd: dir });
  await expectSoundRepository(dir);
  const packs = join(dir, '.git/objects/pack');
  const names = (await readdir(packs)).filter((name) => name.endsWith('.idx'));
  const found = new Map<string, number>();
  for (const name of names) {
    const lines = await git(['verify-pack', '-v', join(packs, name)], { cwd: dir });
    for (const [, oid = ''] of lines.matchAll(/^([0-9a-f]{40}) blob/gm)) {
      found.set(oid, (found.get(oid) ?? 0) + 1);
    }
  }
  return [...found.values()].sort((a, b) => b - a);
}

describe.skipIf(!browserAvailable)('two tabs with one partial clone', () => {
  it('miss the same at once: both have it, and it is fetched once', async () => {
    const [one, other] = await openTabs();
    const held = holdFirst();
    const [first, second] = [oids.slice(0, 40), oids.slice(20)];
    await begin(one, first);
    await held.came;
    await begin(other, second);
    await expect.poll(() => isWaiting(other)).toBe(true);
    held.goOn();
    expect(await Promise.all([end(one), end(other)])).toEqual([first, second]);
    expect(await copies(one)).toEqual(oids.map(() => 1));
    await one.context().close();
  });

  it('read on where one of them is closed meanwhile', async () => {
    const [one, other] = await openTabs();
    const held = holdFirst();
    await begin(one, oids);
    await held.came;
    await begin(other, oids);
    await expect.poll(() => isWaiting(other)).toBe(true);
    await one.close();
    expect(await end(other)).toEqual(oids);
    held.goOn();
    expect(await copies(other)).toEqual(oids.map(() => 1));
    await other.context().close();
  });

  it('read on where one of them gets no answer, and both are right in the end', async () => {
    const [one, other] = await openTabs();
    // It is made: Chromium has no other one made to a host before that.
    const proxy = await startProxy(server.url, (connection) =>
      connection === 0
        ? { strike: { direction: 'down', behind: '"resumeFor"', after: 100, how: 'mute' } }
        : {},
    );
    const from = `${proxy.url}/site.git`;
    await begin(one, oids, from);
    await expect.poll(() => proxy.connections[0]?.down).toBeGreaterThan(0);
    await begin(other, oids, from);
    expect(await end(other)).toEqual(oids);
    proxy.strike('reset');
    expect(await end(one)).toEqual(oids);
    await copies(one);
    await one.context().close();
  });
});
