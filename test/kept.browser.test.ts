/** A page whose operations go over one WebSocket, as the server counts them. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openClonePage } from './contract/clone-page.js';
import { browserAvailable, launchBrowser } from './helpers/engines.js';
import { makeRepository } from './helpers/git.js';
import { countConnections } from './helpers/listen.js';
import { startServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';

it.skipIf(!browserAvailable)(
  'a page clones twice over one WebSocket, which is gone with it',
  async () => {
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'repo.git'));
    const { page, origin, clone } = await openClonePage(await launchBrowser());
    let sessions = 0;
    const server = await startServer({ root, origins: [origin], onSession: () => (sessions += 1) });
    let connected = 0;
    server.httpServer.on('connection', () => (connected += 1));
    for (let run = 0; run < 2; run += 1) await clone('gitws', `${server.url}/repo.git`);
    expect(connected).toBe(1);
    const connections = (): Promise<number> => countConnections(server.httpServer);
    expect(await connections()).toBe(1);
    await page.close();
    await expect.poll(connections).toBe(0);
    expect(sessions).toBe(2);
  },
);
