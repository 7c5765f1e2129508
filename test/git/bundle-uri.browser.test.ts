/** Clones with `bundleUri` in a browser, from a host of another origin. */
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchBrowser, type TestBrowser } from '../helpers/engines.js';
import { bundlePage, servePage } from '../helpers/page.js';
import { downOf, makeBundleGround, type BundleGround } from './bundle-ground.js';
import type { CloneBundle } from './bundle-page.js';

declare const cloneBundle: CloneBundle;

let browser: TestBrowser;
let page: string;
let ground: BundleGround;

beforeAll(async () => {
  if (!browserAvailable) return;
  const served = await servePage(await bundlePage('./bundle-page.ts', import.meta.url));
  page = served.url;
  ground = await makeBundleGround([page]);
  browser = await launchBrowser();
});

async function cloned(kind: 'page' | 'worker') {
  const { url, host, proxy, remote } = ground;
  host.requests.length = 0;
  const before = downOf(proxy);
  const tab = await browser.newPage();
  await tab.goto(page);
  const uri = `${host.url}/all.bundle`;
  const seen = await tab.evaluate(([how, ...at]) => cloneBundle(how, ...at), [
    ...[kind, url, uri],
  ] as const);
  await tab.close();
  const lines = async (...args: string[]) => (await remote(...args)).split('\n').sort();
  expect(seen).toMatchObject({
    unclean: [],
    files: await lines('ls-tree', '-r', '--name-only', 'main'),
    head: await remote('rev-parse', 'main'),
    tags: await lines('tag'),
    commits: (await lines('rev-list', 'main')).length,
  });
  const branches = await lines('for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads');
  expect(seen.branches).toEqual(['HEAD', ...branches].sort());
  return { ...seen, down: downOf(proxy) - before };
}

describe.skipIf(!browserAvailable)('a clone with a bundle, in a page', () => {
  it.each(['page', 'worker'] as const)(
    'takes it from another origin, is cut and goes on, with no request beforehand: in the %s',
    async (kind) => {
      ground.host.fault = (_, count) => (count === 0 ? { cutAfter: 150_000 } : undefined);
      const { warnings, phases, packs, down } = await cloned(kind);
      expect(warnings).toEqual([]);
      expect(phases).toContain('Receiving bundle');
      expect(packs).toHaveLength(2);
      expect(down).toBeLessThan(ground.whole / 20);
      // Where the page was busy, what came before the cut is lost with it, and is asked for again.
      const asked = ground.host.requests.map(({ method }) => method);
      expect(asked).toEqual(['GET', 'GET']);
    },
  );

  it('goes on without it where the host lets no page of another origin read it', async () => {
    ground.host.fault = () => ({ noCors: true });
    const { warnings, packs, down } = await cloned('page');
    expect(warnings).toHaveLength(1);
    expect(packs).toHaveLength(1);
    expect(down).toBeGreaterThan(ground.whole * 0.9);
  });
});
