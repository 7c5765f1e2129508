/**
 * A repository bound to its remote, in a browser: LightningFS that is full, workers that are ended,
 * and pages whose policies forbid what the engine needs.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect } from 'vitest';
import { it, long } from './helpers/long.js';
import { launchChromium } from './helpers/chromium.js';
import type { BindCase, BindPage } from './bind-page.js';
import {
  browserAvailable,
  engine,
  inChromium,
  launchBrowser,
  type TestBrowser,
} from './helpers/engines.js';
import { makeRepository } from './helpers/git.js';
import { listen } from './helpers/listen.js';
import { workersOf } from './helpers/engines/workers.js';
import { bundlePage } from './helpers/page.js';
import { startServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';

const dist = async (path: string): Promise<Buffer> =>
  readFile(fileURLToPath(new URL(`../dist/${path}`, import.meta.url)));

/** The page's addresses, and its policies there. */
const policies: Record<string, string> = {
  '/': '',
  '/no-blob-worker': "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
  '/apart': '',
  '/service': '',
  '/no-wasm': "script-src 'self'; worker-src blob:",
  '/trusted-types': "require-trusted-types-for 'script'",
};

let url: string;
/** Paths that a browser asked for; how often the engine's script is not to be had from now on. */
let asked: string[] = [];
let broken = 0;
let repository: string;
let head: string;
let browser: TestBrowser;
let sizes: { readonly simd: number; readonly plain: number };

beforeAll(async () => {
  if (!browserAvailable) return;
  const root = await temporaryDirectory();
  const sample = { commits: 40, bigBlobs: { count: 3, bytes: 700_000 } };
  ({ head } = await makeRepository(join(root, 'site.git'), sample));
  const scripts: Record<string, Buffer | string> = {
    '/page.js': await bundlePage('./bind-page.ts', import.meta.url),
    '/page-apart.js': await bundlePage('./bind-page.ts', import.meta.url, true),
    '/gitws.min.js': await dist('gitws.min.js'),
    '/gitws-pack.min.js': await dist('gitws-pack.min.js'),
    '/service-worker.js': await bundlePage('./bind-service-worker.ts', import.meta.url),
    '/worker.js': await dist('pack/worker.js'),
    '/engine-plain.wasm': await dist('pack/engine-plain.wasm'),
  };
  const simd = (await dist('pack/engine.wasm')).length;
  sizes = { simd, plain: scripts['/engine-plain.wasm']?.length ?? 0 };
  const served = await listen(
    createServer((request, response) => {
      const [path = ''] = (request.url ?? '').split('?');
      asked.push(path);
      if (path === '/gitws-pack.min.js' && broken-- > 0) return void response.writeHead(503).end();
      const script = scripts[path];
      if (script !== undefined) {
        const type = path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
        return void response.setHeader('content-type', type).end(script);
      }
      const policy = policies[path];
      response.statusCode = policy === undefined ? 404 : 200;
      response.setHeader('content-type', 'text/html');
      if (policy) response.setHeader('content-security-policy', policy);
      const tag =
        path === '/apart'
          ? '<script type="module" src="/page-apart.js"></script>'
          : '<script src="/page.js"></script>';
      response.end(`<!doctype html><meta charset="utf-8">${tag}`);
    }),
  );
  ({ url } = served);
  repository = `${(await startServer({ root, origins: [url] })).url}/site.git`;
  browser = await launchBrowser();
});

beforeEach(() => {
  asked = [];
  broken = 0;
});

/** Opens a page with a new, empty repository, and counts the workers that it starts. */
async function openPage(path = '/', from: Pick<TestBrowser, 'newPage'> = browser) {
  const page = await from.newPage();
  const workers = workersOf(page);
  await page.goto(url + path);
  const fetchOnce = (test: Omit<BindCase, 'url'> = {}) =>
    page.evaluate((given) => (window as unknown as BindPage).fetchOnce(given), {
      url: repository,
      ...test,
    });
  return { page, fetchOnce, workers };
}

const packAndIndex = [
  expect.stringMatching(/^pack-[0-9a-f]{40}\.idx$/) as unknown,
  expect.stringMatching(/^pack-[0-9a-f]{40}\.pack$/) as unknown,
];
const whole = () => ({
  warnings: [],
  packs: expect.arrayContaining(packAndIndex) as unknown,
  oid: head,
  commits: expect.any(Number) as unknown,
});

describe.skipIf(!browserAvailable)(
  'a fetch that fails leaves nothing, and the next succeeds',
  () => {
    inChromium.each(['tmp_pack_', 'tmp_idx_'])(
      'because a file is over the quota (%s)',
      async (full) => {
        const { fetchOnce } = await openPage();
        const failed = await fetchOnce({ full });
        expect(failed.failed).toMatch(/QUOTA/);
        expect(failed).toMatchObject({ packs: [], commits: 0 });
        expect(failed.oid).toBeUndefined();
        const fetched = await fetchOnce();
        expect(fetched).toMatchObject(whole());
        expect(fetched.packs).toHaveLength(2);
      },
    );

    inChromium.each(['tmp_pack_', 'tmp_idx_'])(
      'because the database is deleted (%s)',
      async (full) => {
        const { fetchOnce } = await openPage();
        const failed = await fetchOnce({ full, deleted: true });
        expect(failed).toMatchObject({
          failed: expect.stringMatching(/InvalidState|FS/),
          packs: [],
          commits: 0,
        });
        expect(await fetchOnce()).toMatchObject(whole());
      },
    );

    inChromium('because the browser itself has no room for the pack', async () => {
      const { page, fetchOnce } = await openPage();
      const chromium = page as Page;
      const devtools = await chromium.context().newCDPSession(chromium);
      await devtools.send('Storage.overrideQuotaForOrigin', { origin: url, quotaSize: 1_000_000 });
      const failed = await fetchOnce();
      expect(failed.failed).toMatch(/quota/i);
      expect(failed).toMatchObject({ packs: [], commits: 0 });
      await devtools.send('Storage.overrideQuotaForOrigin', { origin: url });
      const fetched = await fetchOnce();
      expect(fetched).toMatchObject(whole());
      expect(fetched.packs).toHaveLength(2);
    });

    it('because its worker is ended in the middle', async () => {
      const { fetchOnce, workers } = await openPage();
      const failed = await fetchOnce({ worker: 'killed' });
      expect(failed).toMatchObject({ failed: 'PACK_ENGINE_FAILED', packs: [], commits: 0 });
      await workers.expectRunning(0);
      expect(await fetchOnce({ worker: 'own' })).toMatchObject(whole());
      await workers.expectRunning(1);
    });
  },
);

describe.skipIf(!browserAvailable)('the pack is indexed', () => {
  long('in a worker of the page’s script, of a file, of the page’s own, or in none', async () => {
    const cases = [
      [{}, 1],
      [{ worker: { url: '/worker.js' } }, 1],
      [{ worker: 'own' }, 1],
      [{ worker: 'here' }, 0],
    ] as const;
    for (const [test, count] of cases) {
      const { fetchOnce, workers } = await openPage();
      expect(await fetchOnce(test)).toMatchObject({ ...whole(), compiled: [sizes.simd] });
      await workers.expectStarted(count);
    }
  });

  it('by a WebAssembly file that the page names', async () => {
    const { fetchOnce } = await openPage();
    const wasm = '/engine-plain.wasm';
    expect(await fetchOnce({ wasm })).toMatchObject({ ...whole(), compiled: [sizes.plain] });
  });

  long('by the engine without SIMD where the processor has none', async () => {
    const args = ['--js-flags=--no-enable-sse4-1 --no-enable-ssse3'];
    const { fetchOnce } = await openPage('/', await launchChromium({ args }));
    expect(await fetchOnce()).toMatchObject({ ...whole(), compiled: [sizes.plain] });
  });

  it('on the page’s thread where its policy allows no Blob as a worker', async () => {
    const { fetchOnce, workers } = await openPage('/no-blob-worker');
    expect(await fetchOnce()).toMatchObject({ ...whole(), compiled: [sizes.simd] });
    // Firefox tells of a worker, and then refuses its script.
    await workers.expectStarted(engine === 'firefox' ? 1 : 0);
    await workers.expectRunning(0);
  });

  it.each([
    ['where only trusted scripts may be loaded', '/trusted-types', {}],
    ['where there are no workers', '/', { without: 'Worker' }],
    ['where there are no Blobs', '/', { without: 'Blob' }],
  ] as const)('on the page’s thread %s', async (_, path, test) => {
    const { fetchOnce, workers } = await openPage(path);
    expect(await fetchOnce(test)).toMatchObject({ ...whole(), compiled: [sizes.simd] });
    await workers.expectStarted(0);
  });

  it('there in a worker all the same, if it is a file', async () => {
    const { fetchOnce, workers } = await openPage('/no-blob-worker');
    expect(await fetchOnce({ worker: { url: '/worker.js' } })).toMatchObject(whole());
    await workers.expectStarted(1);
  });

  it('by isomorphic-git, with a warning, where the policy allows no WebAssembly', async () => {
    const { fetchOnce, workers } = await openPage('/no-wasm');
    const warnings = ['PACK_ENGINE_UNAVAILABLE'];
    const fetched = await fetchOnce();
    expect(fetched).toMatchObject({ ...whole(), warnings, compiled: [sizes.simd] });
    expect(fetched.packs).toHaveLength(2);
    await workers.expectStarted(0);
  });

  it('by isomorphic-git, with a warning, where there is no WebAssembly', async () => {
    const { fetchOnce } = await openPage();
    const warnings = ['PACK_ENGINE_UNAVAILABLE'];
    const sentences = ['There is no WebAssembly here, which the pack engine needs.'];
    const fetched = await fetchOnce({ without: 'WebAssembly' });
    expect(fetched).toMatchObject({ ...whole(), warnings, sentences });
  });

  it('by isomorphic-git, with a warning, where the named worker is not there', async () => {
    const { fetchOnce } = await openPage();
    const warnings = ['PACK_ENGINE_UNAVAILABLE'];
    const missing = { worker: { url: '/missing.js' } };
    expect(await fetchOnce(missing)).toMatchObject({ ...whole(), warnings });
  });
});

describe.skipIf(!browserAvailable)('the script of the engine', () => {
  const withoutScript = {
    warnings: ['PACK_ENGINE_UNAVAILABLE'],
    sentences: ['A script of the pack engine cannot be loaded.'],
  };

  it('is loaded when a repository is bound, before there is a pack', async () => {
    const { page } = await openPage('/apart');
    await page.evaluate(() => (window as unknown as BindPage).bindOnly());
    await expect.poll(() => asked).toContain('/gitws-pack.min.js');
  });

  it('is not, where the page says so, but when a pack comes', async () => {
    const { page, fetchOnce } = await openPage('/apart');
    await page.evaluate(() => (window as unknown as BindPage).bindOnly(false));
    expect(asked).not.toContain('/gitws-pack.min.js');
    expect(await fetchOnce()).toMatchObject(whole());
  });

  it('is asked for again where it could not be had, and nobody is warned', async () => {
    broken = 1;
    const { fetchOnce, workers } = await openPage('/apart');
    expect(await fetchOnce()).toMatchObject(whole());
    await workers.expectStarted(1);
    expect(asked.filter((path) => path === '/gitws-pack.min.js')).toHaveLength(2);
  });

  long('that is not there at all is what the warning says', async () => {
    broken = Infinity;
    const { fetchOnce } = await openPage('/apart');
    expect(await fetchOnce()).toMatchObject({ ...whole(), ...withoutScript });
  });

  inChromium('that cannot be had since the page is offline is what the warning says', async () => {
    const context = await (browser as Browser).newContext();
    const { page, fetchOnce } = await openPage('/apart', context);
    const failed: string[] = [];
    (page as Page).on('requestfailed', (request) => {
      failed.push(`${request.url()} ${request.failure()?.errorText}`);
    });
    await page.exposeFunction('goOffline', () => context.setOffline(true));
    const fetching = fetchOnce({ offline: true });
    // The connection is gone with the network, and is taken up again when that is back.
    await expect
      .poll(() => failed, { timeout: 20_000 })
      .toContainEqual(expect.stringMatching(/\?again=2\..* net::ERR_INTERNET_DISCONNECTED$/));
    await context.setOffline(false);
    expect(await fetching).toMatchObject({
      ...{ ...whole(), ...withoutScript, compiled: [] },
    });
    expect(asked).not.toContain('/gitws-pack.min.js');
  });
});

describe.skipIf(!browserAvailable)('a module service worker, which cannot import()', () => {
  it('has its packs indexed by the engine all the same', async () => {
    const { page } = await openPage('/service');
    const fetched = await page.evaluate(async (remote) => {
      const { serviceWorker } = navigator;
      await serviceWorker.register('/service-worker.js', { type: 'module' });
      const { active } = await serviceWorker.ready;
      const { port1, port2 } = new MessageChannel();
      const answer = new Promise((resolve) => {
        port1.onmessage = ({ data }) => resolve(data);
      });
      active?.postMessage(remote, [port2]);
      return answer;
    }, repository);
    expect(fetched).toMatchObject(whole());
    expect(asked).not.toContain('/gitws-pack.min.js');
  });
});
