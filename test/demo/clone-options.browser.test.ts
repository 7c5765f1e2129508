/** What the demo's clone can be told: a branch, how much of the history, which files, and a gateway. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { startForeignHost } from '../helpers/foreign-host.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { makeSample } from '../../demo/sample/make.js';
import { begin } from './begin.js';
import type { DemoPage } from './demo-page.js';

async function signIn(demo: DemoPage): Promise<void> {
  const dialog = demo.page.getByRole('dialog', { name: 'Sign in' });
  await dialog.getByLabel('User name').fill('ada');
  await dialog.getByLabel('Password', { exact: true }).fill('open sesame');
  await demo.page.keyboard.press('Enter');
}

/** Looks at what the commit of a title changed in the README. */
async function showChange(demo: DemoPage, title: RegExp): Promise<void> {
  await demo.button('History').click();
  await demo.button(title).click();
  const list = demo.page.getByRole('list', { name: /^Files of [0-9a-f]{7}$/ });
  await list.getByRole('button', { name: 'README.md modified' }).click();
}

describe.skipIf(!browserAvailable)('a clone in the demo', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('begins with a branch, and has no more of the history than was asked for', async () => {
    const { demo, onServer } = await begin(browser);
    const { page } = demo;
    await demo.addressField();
    await page.getByText('Options').click();
    await page.getByLabel('Branch').fill('redesign');
    await page.getByLabel('History').selectOption('The newest commit of each branch');
    await demo.button('Clone').click();
    await demo.opened('sample');
    await demo.button('Branch redesign').waitFor();
    await demo.button('History').click();
    const title = await onServer('log', '-1', '--format=%s', 'redesign');
    await page.getByText(title).first().waitFor();
    await page.getByText('1 commit, down to the first one').waitFor();
    await demo.close();
  });

  it('of a branch that is not there says so, and leaves nothing', async () => {
    const { demo } = await begin(browser);
    await demo.addressField();
    await demo.page.getByText('Options').click();
    await demo.page.getByLabel('Branch').fill('nowhere');
    await demo.button('Clone').click();
    await demo.page.getByRole('alert').getByText('NotFoundError', { exact: true }).waitFor();
    expect(await demo.databases()).toEqual([]);
    await demo.close();
  });

  it('through a gateway signs in at the other host, and so does what is looked at later', async () => {
    const root = await temporaryDirectory();
    await mkdir(join(root, 'team'));
    const gitDir = join(root, 'team', 'site.git');
    await makeSample(gitDir);
    for (const setting of ['http.receivepack', 'uploadpack.allowFilter']) {
      await git(['config', setting, 'true'], { cwd: gitDir });
    }
    const ada = `Basic ${Buffer.from('ada:open sesame').toString('base64')}`;
    const host = await startForeignHost(root, { admits: (sent) => sent === ada });
    const { demo, url } = await begin(browser, { width: 1280 });
    const { page } = demo;
    const gateway = await startServer({
      ...{ root: await temporaryDirectory(), allowPush: true, origins: [new URL(url).origin] },
      upstreams: [{ url: host.url, private: true }],
    });
    await (await demo.addressField()).fill(`${host.url}/team/site.git`);
    await page.getByText('Options').click();
    await page.getByLabel('Gateway').fill(gateway.url.replace('http', 'ws'));
    await page.getByLabel(/^Leave older versions/).check();
    await demo.button('Clone').click();
    await signIn(demo);
    await demo.opened('site');
    // Of this page nothing but the storage is left: neither the password nor the clone's options.
    await page.reload();
    await demo.opened('site');
    await showChange(demo, /^Explain in the README/);
    await signIn(demo);
    const shown = page.getByRole('textbox', { name: 'Changes in README.md' });
    await shown.getByText('## Layout').waitFor();
    await demo.button('Leave the commit').click();
    await demo.append('visit.html', '<!-- through the gateway -->\n');
    const views = page.getByRole('navigation', { name: 'Views' });
    await views.getByRole('button', { name: /^Changes/ }).click();
    await demo.commit('Through the gateway');
    await demo.button('Push, 1 ahead').click();
    await demo.notice.getByText(/^Pushed main/).waitFor();
    expect(await git(['log', '-1', '--format=%s', 'main'], { cwd: gitDir })).toBe(
      'Through the gateway',
    );
    await expectSoundRepository(gitDir);
    await demo.close();
  });
});
