/** A page whose operations go over one WebSocket, as the server counts them. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { browserAvailable, launchBrowser } from './helpers/engines.js';
import { makeRepository } from './helpers/git.js';
import { bundlePage, servePage } from './helpers/page.js';
import { startServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';

interface RoundTripWindow {
  clone(over: 'gitws' | 'http', url: string): Promise<void>;
}

it.skipIf(!browserAvailable)(
  'a page clones twice over one WebSocket, which is gone with it',
  async () => {
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'repo.git'));
    const { url } = await servePage(
      await bundlePage('./contract/roundtrip-page.ts', import.meta.url),
    );
    let sessions = 0;
    const server = await startServer({ root, origins: [url], onSession: () => (sessions += 1) });
    let connected = 0;
    server.httpServer.on('connection', () => (connected += 1));
    const page = await (await launchBrowser()).newPage();
    await page.goto(url);
    for (let run = 0; run < 2; run += 1) {
      await page.evaluate(
        (repository) => (window as unknown as RoundTripWindow).clone('gitws', repository),
        `${server.url}/repo.git`,
      );
    }
    expect(connected).toBe(1);
    const connections = (): Promise<number> =>
      new Promise((resolve) => server.httpServer.getConnections((_, count) => resolve(count)));
    expect(await connections()).toBe(1);
    await page.close();
    await expect.poll(connections).toBe(0);
    expect(sessions).toBe(2);
  },
);
