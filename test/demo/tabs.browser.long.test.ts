/** The demo beside itself: one repository in two tabs, and one whose data somebody took away. */
import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { begin } from './begin.js';

describe.skipIf(!browserAvailable)('the demo in two tabs', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('shows in one what was done in the other, and saves over nothing', async () => {
    const { demo } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await demo.type('robots.txt', '# in the first\n');
    await demo.type('.editorconfig', '# in the first\n');
    const other = await demo.another();
    await other.opened('sample');
    await other.append('robots.txt', '# in the second\n');
    await other.openFile('.editorconfig');
    await other.button('Delete .editorconfig').click();
    await other.append('index.html', '# in the second\n');
    await demo.row('index.html modified').waitFor();

    // Behind another tab a page is drawn once a second, and cannot be clicked sooner.
    await demo.page.bringToFront();
    await demo.openFile('robots.txt');
    await demo.page.keyboard.press('Control+s');
    await demo.page
      .getByRole('dialog', { name: 'robots.txt has changed under your edits' })
      .waitFor();
    await demo.button('Keep both').click();
    await demo.notice.getByText('Your edits are in robots (mine).txt').waitFor();
    await demo.editor('robots.txt').getByText('in the second').waitFor();
    await demo.openFile('robots (mine).txt');
    await demo.editor('robots (mine).txt').getByText('in the first').waitFor();
    // What was deleted under its edits is there as long as they are, and comes back with them.
    await demo.openFile('.editorconfig');
    await demo.editor('.editorconfig').getByText('in the first').waitFor();
    await demo.page.keyboard.press('Control+s');
    await demo.button('Saved').waitFor();
    await demo.row('.editorconfig modified').waitFor();
    await other.row('.editorconfig modified').waitFor();
    await demo.button('Branch main').click();
    await demo.button('New branch…').click();
    await demo.page.getByLabel('Name', { exact: true }).fill('second');
    await demo.button('Create and switch').click();
    await other.button('Branch second').waitFor();
    await other.close();
    await demo.close();
  });

  it('leaves a repository that was removed in the other, and gives back what was not saved', async () => {
    const { demo } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await demo.type('robots.txt', '# not saved\n');
    const other = await demo.another();
    await other.opened('sample');
    await other.button('Repository sample').click();
    await other.button('Remove from this browser…').click();
    await other.button('Remove').click();
    await other.page.getByText('Nothing yet').waitFor();

    await demo.notice.getByText('sample is no longer in this browser').waitFor();
    await demo.notice
      .getByText('It was removed in another tab. 1 file had', { exact: false })
      .waitFor();
    await demo.page.bringToFront();
    const download = demo.page.waitForEvent('download');
    await demo.notice.getByRole('button', { name: 'Download these edits' }).click();
    const kept = await download;
    expect(kept.suggestedFilename()).toBe('robots.txt');
    expect(await readFile(await kept.path(), 'utf8')).toMatch(/# not saved\n$/);
    await demo.page.getByText('Nothing yet').waitFor();
    await expect.poll(() => demo.databases()).toEqual([]);
    await other.close();
    await demo.close();
  });

  it('says that the browser’s data was cleared, and leaves nothing', async () => {
    const { demo } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    const [name = ''] = await demo.databases();
    await demo.page.evaluate(async (database) => {
      localStorage.clear();
      const request = indexedDB.deleteDatabase(database);
      await new Promise((resolve) => (request.onsuccess = resolve));
    }, name);
    await demo.openFile('robots.txt');
    await demo.notice
      .getByText('The browser’s data for it was cleared.', { exact: false })
      .waitFor();
    await demo.page.getByText('Nothing yet').waitFor();
    await expect.poll(() => demo.databases()).toEqual([]);
    await demo.clone();
    await demo.opened('sample');
    await demo.close();
  });
});
