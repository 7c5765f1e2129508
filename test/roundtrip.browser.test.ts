/**
 * How often a clone crosses the wire before the first byte of its pack arrives, gitws beside smart
 * HTTP, in a page of another origin: there HTTP needs leave before it may POST.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { browserAvailable, launchChromium } from './helpers/chromium.js';
import { countCrossings, describeCrossings, type Crossings } from './helpers/crossings.js';
import { makeRepository } from './helpers/git.js';
import { startHttpBackend } from './helpers/http-backend.js';
import { bundlePage, servePage } from './helpers/page.js';
import { startServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';

interface RoundTripWindow {
  clone(over: 'gitws' | 'http', url: string): Promise<void>;
}

it.skipIf(!browserAvailable)(
  'in a page, a clone crosses the wire three times before its pack; over HTTP it is more often',
  async () => {
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'repo.git'));
    const { url } = await servePage(
      await bundlePage('./contract/roundtrip-page.ts', import.meta.url),
    );
    const page = await (await launchChromium()).newPage();
    await page.goto(url);
    const clone = (target: string, over: 'gitws' | 'http'): Promise<Crossings> =>
      countCrossings(
        target,
        (origin) =>
          page.evaluate(
            ([how, repository]) => (window as unknown as RoundTripWindow).clone(how, repository),
            [over, `${origin}/repo.git`] as const,
          ),
        over === 'gitws' ? 3 : 4,
      );
    const gitws = await clone((await startServer({ root, origins: [url] })).url, 'gitws');
    const smartHttp = await clone((await startHttpBackend(root)).url, 'http');
    console.log(describeCrossings('Chromium', { gitws, 'isomorphic-git over HTTP': smartHttp }));
    expect(gitws).toMatchObject({ roundTrips: 3, connections: 1 });
    expect(smartHttp.roundTrips).toBeGreaterThan(gitws.roundTrips);
  },
);
