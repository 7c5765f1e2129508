/**
 * How often a clone crosses the wire before the first byte of its pack arrives, gitws beside smart
 * HTTP, in a page of another origin: there HTTP needs leave before it may POST.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openClonePage } from './contract/clone-page.js';
import { browserAvailable, launchChromium } from './helpers/chromium.js';
import { countCrossings, describeCrossings, type Crossings } from './helpers/crossings.js';
import { makeRepository } from './helpers/git.js';
import { startHttpBackend } from './helpers/http-backend.js';
import { startServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';

it.skipIf(!browserAvailable)(
  'in a page, a clone crosses the wire three times before its pack; over HTTP it is more often',
  async () => {
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'repo.git'));
    const page = await openClonePage(await launchChromium());
    const clone = (target: string, over: 'gitws' | 'http'): Promise<Crossings> =>
      countCrossings(
        target,
        (address) => page.clone(over, `${address}/repo.git`),
        over === 'gitws' ? 3 : 4,
      );
    const gitws = await clone((await startServer({ root, origins: [page.origin] })).url, 'gitws');
    const smartHttp = await clone((await startHttpBackend(root)).url, 'http');
    console.log(describeCrossings('Chromium', { gitws, 'isomorphic-git over HTTP': smartHttp }));
    expect(gitws).toMatchObject({ roundTrips: 3, connections: 1 });
    expect(smartHttp.roundTrips).toBeGreaterThan(gitws.roundTrips);
  },
);
