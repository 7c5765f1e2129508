/** The pack engine in a browser: in its worker, in others, and where policies forbid them. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import {
  browserAvailable,
  inChromium,
  launchBrowser,
  type TestBrowser,
} from '../helpers/engines.js';
import { makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { workersOf } from '../helpers/engines/workers.js';
import { bundlePage } from '../helpers/page.js';
import { temporaryDirectory } from '../helpers/temp.js';
import type { PackPage, PageCase } from './page.js';
import {
  appending,
  gitIndex,
  makePack,
  ofsDelta,
  oidOf,
  packAll,
  plain,
  pseudoText,
  refDelta,
} from './packs.js';

const dist = (path: string): string =>
  fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

const packs = new Map<string, Uint8Array>();
const expected = new Map<string, { idx: string; pack: string }>();
const policies: Record<string, string> = {
  '/': '',
  '/blob-worker': "script-src 'self' 'wasm-unsafe-eval'; worker-src blob:",
  '/no-worker': "script-src 'self' 'wasm-unsafe-eval'; worker-src 'none'",
  '/no-wasm': "script-src 'self'; worker-src blob:",
};
/** Answers, and dies when there is work. */
const dying = `onmessage = ({ data }) => {
  if (data !== 'gitws.pack-worker') throw new Error('out of memory');
  postMessage({ type: data });
};`;

let url: string;
let browser: TestBrowser;

async function add(name: string, pack: Uint8Array): Promise<void> {
  packs.set(`/${name}`, pack);
  const idx = await gitIndex(pack);
  if (idx !== undefined) expected.set(`/${name}`, { idx: sha1(idx), pack: sha1(pack) });
}

beforeAll(async () => {
  if (!browserAvailable) return;
  const { gitDir } = await makeRepository(join(await temporaryDirectory(), 'sample.git'), {
    commits: 200,
    files: 40,
    seed: 2,
    bigBlobs: { count: 6, bytes: 3_000_000 },
  });
  await add('by-offset', await packAll(gitDir, ['--delta-base-offset']));
  await add('by-oid', await packAll(gitDir, ['--no-reuse-delta']));
  await add(
    'corrupt',
    makePack([plain('blob', 'x'), ofsDelta(5, appending(Buffer.from('x'), 'y'))]),
  );
  await add('small', makePack([plain('blob', 'x')]));
  const base = pseudoText(300);
  await add('thin', makePack([refDelta(oidOf('blob', base), appending(base, '!'))]));
  const script = await bundlePage('./page.ts', import.meta.url);
  const worker = await readFile(dist('pack/worker.js'));
  const served = await listen(
    createServer((request, response) => {
      const path = request.url ?? '';
      const pack = packs.get(path);
      if (pack !== undefined) return void response.end(pack);
      if (path === '/page.js' || path === '/worker.js' || path === '/dying.js') {
        response.setHeader('content-type', 'text/javascript');
        return void response.end(
          path === '/page.js' ? script : path === '/worker.js' ? worker : dying,
        );
      }
      const policy = policies[path];
      response.statusCode = policy === undefined ? 404 : 200;
      response.setHeader('content-type', 'text/html');
      if (policy) response.setHeader('content-security-policy', policy);
      response.end('<!doctype html><meta charset="utf-8"><script src="/page.js"></script>');
    }),
  );
  ({ url } = served);
  browser = await launchBrowser();
});

/** Opens a page and counts the workers that it starts. */
async function openPage(path = '/') {
  const page = await browser.newPage();
  const workers = workersOf(page);
  await page.goto(url + path);
  const run = (test: PageCase) =>
    page.evaluate((given) => (window as unknown as PackPage).run(given), test);
  return { run, workers };
}

describe.skipIf(!browserAvailable)('in a page, the index is the one that git makes', () => {
  it('in a worker made of a Blob, which is ended afterwards', async () => {
    const { run, workers } = await openPage();
    for (const pack of ['/by-offset', '/by-oid']) {
      const { result, idx, pack: whole, phases } = await run({ pack });
      expect({ idx, pack: whole }).toEqual(expected.get(pack));
      expect(result?.['bytes']).toBe(packs.get(pack)?.length);
      expect(phases).toEqual(['Receiving objects', 'Resolving deltas']);
    }
    await workers.expectStarted(2);
    await workers.expectRunning(0);
  });

  it('in one worker for small packs that come one after the other, which is ended in the end', async () => {
    const { run, workers } = await openPage();
    for (let count = 0; count < 3; count += 1) {
      expect(await run({ pack: '/small' })).toMatchObject(expected.get('/small') ?? {});
    }
    // What fails does not leave its worker to the next.
    expect(await run({ pack: '/corrupt' })).toMatchObject({ code: 'CORRUPT_PACK' });
    expect(await run({ pack: '/small' })).toMatchObject(expected.get('/small') ?? {});
    await workers.expectStarted(2);
    await workers.expectRunning(0);
  });

  inChromium('never in a worker that was named for another pack', async () => {
    const { run, workers } = await openPage();
    await run({ pack: '/small', worker: { url: '/worker.js' } });
    expect(await run({ pack: '/small' })).toMatchObject(expected.get('/small') ?? {});
    await workers.expectStarted(2);
  });

  it('in a worker of a file of its own, and in one that the page keeps', async () => {
    const { run, workers } = await openPage();
    const fromFile = await run({ pack: '/by-offset', worker: { url: '/worker.js' } });
    expect(fromFile).toMatchObject(expected.get('/by-offset') ?? {});
    await workers.expectRunning(0);
    for (const pack of ['/by-oid', '/by-offset']) {
      expect(await run({ pack, worker: 'own' })).toMatchObject(expected.get(pack) ?? {});
    }
    await workers.expectStarted(2);
    await workers.expectRunning(1);
  });

  it('on the page’s own thread', async () => {
    const { run, workers } = await openPage();
    expect(await run({ pack: '/by-offset', worker: 'here' })).toMatchObject(
      expected.get('/by-offset') ?? {},
    );
    await workers.expectStarted(0);
  });

  inChromium.each(['reads', 'writes'] as const)(
    'with a sink that %s, from a worker',
    async (sink) => {
      const { run } = await openPage();
      expect(await run({ pack: '/by-oid', sink })).toMatchObject(expected.get('/by-oid') ?? {});
    },
  );

  it('of a thin pack that the page completes, with a sink and without', async () => {
    const { run } = await openPage();
    const content = pseudoText(300);
    const base64 = content.toString('base64');
    const bases = [{ oid: oidOf('blob', content), type: 'blob' as const, base64 }];
    const [held, ...sunk] = [
      await run({ pack: '/thin', bases }),
      await run({ pack: '/thin', bases, sink: 'reads' }),
      await run({ pack: '/thin', bases, sink: 'writes' }),
      await run({ pack: '/thin', bases, worker: 'here' }),
    ];
    expect(held?.result).toMatchObject({ objects: 2, completedWith: 1 });
    for (const { idx, pack } of sunk)
      expect({ idx, pack }).toEqual({ idx: held?.idx, pack: held?.pack });
    expect(await run({ pack: '/thin' })).toMatchObject({ code: 'CORRUPT_PACK' });
  });
});

describe.skipIf(!browserAvailable)('in a page, what fails', () => {
  it('in the worker is the error that it is on the page', async () => {
    const { run } = await openPage();
    const here = await run({ pack: '/corrupt', worker: 'here' });
    expect(here).toMatchObject({
      code: 'CORRUPT_PACK',
      data: { fault: 'BAD_BASE_OFFSET', object: 1 },
    });
    expect(await run({ pack: '/corrupt' })).toEqual(here);
    const limits = { objects: 1 };
    expect(await run({ pack: '/corrupt', limits })).toMatchObject({ code: 'PACK_LIMIT' });
  });

  inChromium('leaves a worker that the page keeps usable, as does a signal', async () => {
    const { run, workers } = await openPage();
    const pack = '/by-offset';
    expect(await run({ pack: '/corrupt', worker: 'own' })).toMatchObject({ code: 'CORRUPT_PACK' });
    expect(await run({ pack, worker: 'own', cancelAt: 0 })).toMatchObject({
      code: 'UserCanceledError',
    });
    expect(await run({ pack, worker: 'own' })).toMatchObject(expected.get(pack) ?? {});
    await workers.expectStarted(1);
  });

  it('a signal ends the worker, and the call', async () => {
    const { run, workers } = await openPage();
    expect(await run({ pack: '/by-offset', cancelAt: 0 })).toMatchObject({
      code: 'UserCanceledError',
    });
    await workers.expectRunning(0);
  });

  it('a worker that dies rejects the call', async () => {
    const { run } = await openPage();
    expect(await run({ pack: '/by-offset', worker: { url: '/dying.js' } })).toMatchObject({
      code: 'PACK_ENGINE_FAILED',
    });
  });

  long.each([0, 300])(
    'a worker that is ended after %s objects rejects the call',
    async (killAt) => {
      const { run, workers } = await openPage();
      const pack = '/by-offset';
      expect(await run({ pack, worker: 'own', killAt })).toMatchObject({
        code: 'PACK_ENGINE_FAILED',
      });
      await workers.expectRunning(0);
      expect(await run({ pack, worker: 'own' })).toMatchObject(expected.get(pack) ?? {});
    },
  );

  it('a worker that cannot be loaded is said to be missing', async () => {
    const { run } = await openPage();
    expect(await run({ pack: '/by-offset', worker: { url: '/missing.js' } })).toMatchObject({
      code: 'PACK_ENGINE_UNAVAILABLE',
    });
  });
});

describe.skipIf(!browserAvailable)('under a Content-Security-Policy', () => {
  it('that allows Blob workers and WebAssembly, the worker works', async () => {
    const { run, workers } = await openPage('/blob-worker');
    expect(await run({ pack: '/by-offset' })).toMatchObject(expected.get('/by-offset') ?? {});
    await workers.expectStarted(1);
  });

  it('that allows no workers, the page’s own thread works', async () => {
    const { run } = await openPage('/no-worker');
    expect(await run({ pack: '/by-offset' })).toMatchObject(expected.get('/by-offset') ?? {});
  });

  it('that forbids WebAssembly, the error says so before anything is read', async () => {
    const { run } = await openPage('/no-wasm');
    expect(await run({ pack: '/by-offset' })).toMatchObject({ code: 'PACK_ENGINE_UNAVAILABLE' });
  });
});
