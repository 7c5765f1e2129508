/**
 * How often a clone crosses the wire before the first byte of its pack arrives, gitws beside smart
 * HTTP, in Node: counted by what had to be seen before what was sent, not by a clock.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import * as nodeHttp from 'isomorphic-git/http/node';
import { expect, it } from 'vitest';
import { http } from '../src/index.js';
import { countCrossings, describeCrossings, type Crossings } from './helpers/crossings.js';
import { makeRepository } from './helpers/git.js';
import { startHttpBackend } from './helpers/http-backend.js';
import { startServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';

it('in Node, a clone crosses the wire three times before its pack, over one connection', async () => {
  const directory = await temporaryDirectory();
  await makeRepository(join(directory, 'repo.git'));
  let count = 0;
  const clone = (target: string, client: git.HttpClient): Promise<Crossings> =>
    countCrossings(
      target,
      (origin) => {
        const dir = join(directory, `clone-${(count += 1)}`);
        const wish = { depth: 1, singleBranch: true, noCheckout: true };
        return git.clone({ fs, http: client, dir, url: `${origin}/repo.git`, ...wish });
      },
      3,
    );
  const gitws = await clone((await startServer({ root: directory })).url, http);
  const smartHttp = await clone((await startHttpBackend(directory)).url, nodeHttp);
  console.log(describeCrossings('Node', { gitws, 'isomorphic-git over HTTP': smartHttp }));
  // TCP; the upgrade, with the advertisement behind it; the wants, with the pack behind them.
  expect(gitws).toMatchObject({ roundTrips: 3, connections: 1 });
  expect(smartHttp.roundTrips).toBeGreaterThanOrEqual(gitws.roundTrips);
});
