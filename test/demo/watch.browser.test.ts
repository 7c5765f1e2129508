/** The demo beside a server that goes on: what others push, and no network. */
import { dirname } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { lookInterval } from '../../demo/state/look-interval.js';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { startServer } from '../helpers/server.js';
import { begin, commitOnServer } from './begin.js';

describe.skipIf(!browserAvailable)('a repository that is open in the demo', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('is told what others have pushed, and says nothing where it cannot ask', async () => {
    const { demo, gitDir, url } = await begin(browser);
    const { page, notice } = demo;
    let mayRead = true;
    let refused = 0;
    const { url: server } = await startServer({
      ...{ root: dirname(gitDir), origins: [new URL(url).origin] },
      authorize: () => {
        if (!mayRead) refused += 1;
        return mayRead;
      },
    });
    await page.clock.install();
    await page.reload();
    await demo.clone(`${server}/sample.git`);
    await demo.opened('sample');
    await commitOnServer(gitDir, 'theirs.txt', 'theirs\n');
    await page.clock.fastForward(lookInterval);
    await notice.getByText('1 new commit on main').waitFor();
    await demo.button('Pull, 1 behind').waitFor();
    await notice.getByRole('button', { name: 'Pull' }).click();
    await demo.row('theirs.txt').waitFor();
    await notice.getByText('main is now what the server has').waitFor();
    await notice.getByRole('button').first().click();
    mayRead = false;
    await page.clock.fastForward(lookInterval);
    await expect.poll(() => refused).toBeGreaterThan(0);
    await demo.openFile('theirs.txt');
    await demo.editor('theirs.txt').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect((await notice.allInnerTexts()).join('')).toBe('');
    expect(await page.getByRole('dialog').count()).toBe(0);
    // Its clock is not the world's.
    await demo.close({ keep: false });
  });

  it('is edited and committed without a network, says so, and looks when there is one', async () => {
    const { demo, gitDir } = await begin(browser);
    const { page, notice } = demo;
    await demo.clone();
    await demo.opened('sample');
    await commitOnServer(gitDir, 'theirs.txt', 'theirs\n');
    await page.context().setOffline(true);
    await page.getByText('Offline', { exact: false }).first().waitFor();
    await demo.append('robots.txt', 'written without a network\n');
    await demo.commit('Without a network');
    await demo.button('Push, 1 ahead').waitFor();
    await page.context().setOffline(false);
    await notice.getByText('1 new commit on main').waitFor();
    await expect.poll(() => page.getByText('Offline', { exact: false }).count()).toBe(0);
    await demo.button('Pull, 1 behind').click();
    await notice.getByText('Joined the server’s commits with yours').waitFor();
    await demo.button(/^Push, 2 ahead/).waitFor();
    await demo.close();
  });
});
