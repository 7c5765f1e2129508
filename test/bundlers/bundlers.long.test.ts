/**
 * The packed library in a stranger's page, bundled by others' bundlers and run in Chromium: by the
 * plugin, with the engine, in workers, as an element and in a service worker.
 */
import { cp, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { installProject } from '../helpers/own-project.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { installPackage, packPackage } from '../package/consumer.js';
import {
  bundleByEsbuild,
  bundleByVite,
  bundleByWebpack,
  serveByVite,
  type Bundle,
} from './bundlers.js';

const folder = fileURLToPath(new URL('.', import.meta.url));
const webpack = (await installProject(folder, ['webpack'])).packageOf('webpack');

let consumer: string;

beforeAll(async () => {
  consumer = await temporaryDirectory();
  const { tarball } = await packPackage(await temporaryDirectory());
  const beside = ['isomorphic-git', '@isomorphic-git/lightning-fs', 'buffer'];
  await installPackage(tarball, consumer, beside);
});

const bundlers: readonly {
  readonly name: string;
  /** Where there is none, Vite serves the page as it is written. */
  readonly bundle?: Bundle;
  readonly isThere: boolean;
  /** Files that are others with it. */
  readonly instead?: string;
}[] = [
  { name: 'Vite', bundle: bundleByVite, isThere: true },
  {
    ...{ name: 'webpack', bundle: bundleByWebpack(folder) },
    isThere: webpack !== undefined,
  },
  { name: 'Vite’s dev server', isThere: true },
  { name: 'esbuild', bundle: bundleByEsbuild, instead: 'esbuild', isThere: true },
];

/** What page.js can do. */
const ways = [
  ['clones with the plugin, and pushes', 'plugin'],
  ['has its packs indexed by the engine', 'bound'],
  ['clones with gitws/git', 'own'],
  ['clones in the worker that the library brings', 'inlinedWorker'],
  ['clones in the library’s worker of a file of its own', 'ownWorker'],
  ['clones in a worker with commands of its own', 'myWorker'],
  ['shows a repository as an element', 'element'],
  ['clones in a service worker', 'inServiceWorker'],
] as const;

describe.each(bundlers)('a page by $name', ({ bundle, instead, isThere }) => {
  const possible = isThere && browserAvailable;
  const inPage = it.skipIf(!possible);
  let page: Page;
  let gitDir: string;
  let url: string;
  let warnings: string[];
  const wrong: string[] = [];

  beforeAll(async () => {
    if (!possible) return;
    const base = await temporaryDirectory();
    const [app, out, root] = [join(base, 'app'), join(base, 'out'), join(base, 'repositories')];
    await cp(join(folder, 'app'), app, { recursive: true });
    if (instead !== undefined) await cp(join(folder, instead), app, { recursive: true });
    const [theirs, packages] = [join(consumer, 'node_modules'), join(app, 'node_modules')];
    // The dev server gives nobody what lies outside of the project.
    if (bundle === undefined) await cp(theirs, packages, { recursive: true });
    else await symlink(theirs, packages);
    warnings = (await bundle?.(app, out)) ?? [];
    ({ gitDir } = await makeRepository(join(root, 'site.git')));
    const site =
      bundle === undefined ? await serveByVite(app) : (await listen(createServer(sirv(out)))).url;
    const server = await startServer({ root, allowPush: true, origins: [site] });
    url = `${server.url}/site.git`;
    page = await (await launchChromium()).newPage();
    page.on('pageerror', ({ message }) => wrong.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error') wrong.push(message.text());
    });
    await page.goto(site);
    await page.waitForFunction(() => 'ways' in globalThis);
  });

  if (bundle !== undefined)
    inPage('is built without a warning', () => {
      expect(warnings).toEqual([]);
    });

  // Chromium starts none that Vite serves as it is written.
  const itsWays = ways.filter(([, way]) => bundle !== undefined || way !== 'inServiceWorker');
  it.skipIf(!possible).each(itsWays)('%s', async (_says, way) => {
    const oid = await page.evaluate(
      async ([name, remote]) => {
        type Ways = Record<string, (url: string) => Promise<string>>;
        return (globalThis as unknown as { ways: Ways }).ways[name]?.(remote);
      },
      [way, url] as const,
    );
    expect(oid).toBe(await git(['rev-parse', 'main'], { cwd: gitDir }));
    if (way === 'plugin') {
      expect(await git(['log', '-1', '--format=%s', 'main'], { cwd: gitDir })).toBe('From a page');
      await expectSoundRepository(gitDir);
    }
    expect(wrong).toEqual([]);
  });
});
