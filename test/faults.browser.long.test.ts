/**
 * A clone in a browser whose connection is cut, whose network goes, and whose page is frozen or busy:
 * it goes on where it was, or does not even notice. The built bundle, LightningFS.
 */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { SessionReport } from '../server/index.js';
import type { FaultsWindow } from './faults/page.js';
import {
  browserAvailable,
  describeInChromium,
  engineTitle,
  itIn,
  launchBrowser,
  type TestPage,
} from './helpers/engines.js';
import { startProxy, type Proxy, type Plan } from './helpers/proxy.js';
import { makeRepository } from './helpers/git.js';
import { bundlePage, servePage } from './helpers/page.js';
import { eventually, noProcessIn } from './helpers/processes.js';
import { startServer, type TestServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';

const mib = 2 ** 20;

/** The window of clients and servers that are not told otherwise, in bytes. */
const window = 4 * mib;

let root: string;
let head: string;
let server: TestServer;
/** One that asks very often whether its clients live. */
let asking: TestServer;
let page: TestPage;
const reports: SessionReport[] = [];

beforeAll(async () => {
  if (!browserAvailable) return;
  root = await temporaryDirectory();
  const bigBlobs = { count: 22, bytes: mib };
  ({ head } = await makeRepository(join(root, 'big.git'), { commits: 5, files: 10, bigBlobs }));
  const { url } = await servePage(await bundlePage('./faults/page.ts', import.meta.url));
  const options = {
    ...{ root, origins: [url] },
    onSession: (report: SessionReport) => reports.push(report),
  };
  server = await startServer(options);
  asking = await startServer({ ...options, limits: { pingInterval: 1_000 } });
  page = await (await launchBrowser()).newPage();
  await page.goto(url);
});

beforeEach(() => {
  reports.length = 0;
});

async function proxyTo({ url }: TestServer, plan?: Plan): Promise<Proxy> {
  const proxy = await startProxy(url, plan);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** Begins a clone through a proxy. */
async function begin(
  plan?: Plan,
  liveness?: { silence: number; answer: number },
  to = server,
): Promise<{ proxy: Proxy; clone: ReturnType<FaultsWindow['clone']> }> {
  const proxy = await proxyTo(to, plan);
  const clone = page.evaluate(
    ([url, times]) => (globalThis as unknown as FaultsWindow).clone(url, times),
    [`${proxy.url}/big.git`, liveness] as const,
  );
  return { proxy, clone };
}

function heard(): Promise<FaultsWindow['heard']> {
  return page.evaluate(() => (globalThis as unknown as FaultsWindow).heard);
}

/** Waits until so many bytes have come down through a proxy's first connection. */
async function received(proxy: Proxy, bytes: number): Promise<void> {
  await eventually(() => (proxy.connections[0]?.down ?? 0) >= bytes);
}

/** The one session that there was. */
async function session(): Promise<SessionReport> {
  await eventually(
    () => server.server.sessions + asking.server.sessions === 0 && reports.length > 0,
  );
  await noProcessIn(root);
  expect(reports).toHaveLength(1);
  const [report] = reports;
  if (report === undefined) throw new Error('no session');
  return report;
}

async function expectWhole(clone: ReturnType<FaultsWindow['clone']>): Promise<void> {
  const { head: cloned, packBytes } = await clone;
  expect(cloned).toBe(head);
  expect(packBytes).toBeGreaterThan(20 * mib);
}

/**
 * In ms: with the second that follows, less than pages are stopped for, and more than a busy machine
 * keeps this process from passing bytes on.
 */
const impatient = { silence: 1_000, answer: 1_000 };

/** How a page comes to do nothing for 4 s. */
const stops: [string, () => Promise<void>][] = [
  [
    'is frozen',
    async () => {
      const devTools = await (page as Page).context().newCDPSession(page as Page);
      await devTools.send('Page.setWebLifecycleState', { state: 'frozen' });
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      await devTools.send('Page.setWebLifecycleState', { state: 'active' });
      await devTools.detach();
    },
  ],
  ['is busy', busy],
];

function busy(): Promise<void> {
  return page.evaluate(() => {
    const end = performance.now() + 4_000;
    while (performance.now() < end);
  });
}

describe.skipIf(!browserAvailable)(`in ${engineTitle}, a clone of more than 20 MB`, () => {
  it('that is cut three times goes on each time, in one session, and little is sent twice', async () => {
    const { proxy, clone } = await begin((connection) =>
      connection < 3 ? { strike: { direction: 'down', after: 5 * mib, how: 'reset' } } : {},
    );
    await expectWhole(clone);
    const { resumes, bytesOut, outcome } = await session();
    expect({ resumes, outcome }).toMatchObject({ resumes: 3, outcome: { kind: 'exit', code: 0 } });
    expect(proxy.connections.map(({ struck }) => struck)).toEqual([true, true, true, false]);
    const carried = proxy.connections.reduce((sum, { down }) => sum + down, 0);
    console.log(`${carried - bytesOut} bytes of ${bytesOut} were sent twice, frames included`);
    expect(carried - bytesOut).toBeLessThan(3 * window + 256 * 1024);
    const states = (await heard()).map(({ state }) => state);
    expect(states.filter((state) => state === 'resumed')).toHaveLength(3);
    expect(states.slice(0, 2)).toEqual(['connecting', 'open']);
  });

  itIn('chromium')('goes on when the network is back, and does not try before', async () => {
    // Chromium does not always tell a page that is offline of a reset: then silence has to.
    const { proxy, clone } = await begin(() => ({ rate: 12 * mib }), impatient);
    await received(proxy, 3 * mib);
    await (page as Page).context().setOffline(true);
    proxy.away = true;
    proxy.strike('reset');
    // The first attempt is made at once, in vain; the next one waits for the network.
    await eventually(async () => {
      const last = (await heard()).at(-1);
      return last?.state === 'interrupted' && last.attempt === 2;
    });
    const { wait } = (await heard()).at(-1) ?? { wait: 0 };
    expect(wait).toBeGreaterThan(30_000);
    const tries = (await heard()).filter(({ state }) => state === 'connecting');
    expect(tries.map(({ attempt }) => attempt)).toEqual([0, 1]);
    proxy.away = false;
    await (page as Page).context().setOffline(false);
    await expectWhole(clone);
    expect(await session()).toMatchObject({ resumes: 1, outcome: { kind: 'exit', code: 0 } });
  });

  itIn('chromium').each(stops)(
    'goes on over the same connection while its page %s',
    async (_what, stop) => {
      const { proxy, clone } = await begin(() => ({ rate: 4 * mib }), impatient);
      await received(proxy, 2 * mib);
      await stop();
      await expectWhole(clone);
      expect(await session()).toMatchObject({ resumes: 0, outcome: { kind: 'exit', code: 0 } });
      expect(proxy.connections).toHaveLength(1);
      expect((await heard()).map(({ state }) => state)).toEqual(['connecting', 'open']);
    },
  );
});

describeInChromium.skipIf(!browserAvailable)(
  'in Chromium, a page that is busy while data comes',
  () => {
    it('goes on, even where the server gave it up meanwhile', async () => {
      // The browser answers no pings that are behind data which its page does not take.
      const { proxy, clone } = await begin(() => ({ rate: 4 * mib }), undefined, asking);
      await received(proxy, 2 * mib);
      await busy();
      await expectWhole(clone);
      const { resumes, outcome } = await session();
      expect(outcome).toMatchObject({ kind: 'exit', code: 0 });
      expect(proxy.connections).toHaveLength(1 + resumes);
    });
  },
);

describeInChromium.skipIf(!browserAvailable)(
  'in Chromium, a connection on which nothing is said',
  () => {
    async function expectAlive(
      proxy: Proxy,
      stop: () => Promise<unknown>,
      busyTime = 0,
    ): Promise<void> {
      await page.evaluate(
        ([url, times, time]) => (globalThis as unknown as FaultsWindow).open(url, times, time),
        [`${proxy.url}/big.git`, impatient, busyTime] as const,
      );
      await stop();
      expect(await page.evaluate(() => (globalThis as unknown as FaultsWindow).leave())).toBe(0);
      expect(await session()).toMatchObject({ resumes: 0, outcome: { kind: 'exit', code: 0 } });
      expect(proxy.connections).toHaveLength(1);
      expect((await heard()).map(({ state }) => state)).toEqual(['connecting', 'open']);
    }

    it.each(stops)('is dead to neither side while its page %s', async (_what, stop) => {
      await expectAlive(await proxyTo(asking), stop);
    });

    it('is not dead because its page was busy when the answer came, too late', async () => {
      // The answer comes behind the time for it. When the page looks at anything again, the timer
      // that would give up is long due, and comes before it.
      const proxy = await proxyTo(server, () => ({ delay: 700 }));
      const afterwards = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 4_000));
      await expectAlive(proxy, afterwards, 2_000);
    });
  },
);
