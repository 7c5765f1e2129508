/** Amending the last commit in the demo, in Chromium. */
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository } from '../helpers/git.js';
import { begin } from './begin.js';

describe.skipIf(!browserAvailable)('the last commit in the demo', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('is amended until it is pushed: with a file, and the message alone', async () => {
    const { demo, gitDir, onServer } = await begin(browser);
    const { page, notice } = demo;
    const amend = page.getByLabel('Amend the last commit');
    const message = page.getByLabel('Commit message');
    const before = await onServer('rev-parse', 'main');
    await demo.clone();
    await demo.opened('sample');
    await demo.append('robots.txt', '# first\n');
    // What the server has is not amended.
    await demo.button(/^Commit 1 file/).waitFor();
    expect(await amend.count()).toBe(0);
    await demo.commit('Say it\n\nWith a reason.');
    await demo.append('index.html', '<!-- forgotten -->\n');
    await message.fill('A commit of its own');
    await amend.check();
    await expect.poll(() => message.inputValue()).toBe('Say it\n\nWith a reason.');
    await demo.button('Amend with 1 file').click();
    await notice.getByText(/^Amended [0-9a-f]{7}$/).waitFor();
    await page.getByText('Nothing has changed').waitFor();
    await amend.check();
    await message.fill('Say it well\n\nWith a reason.');
    await page.getByRole('button', { name: 'Change', exact: true }).click();
    await page.getByLabel('Your name').fill('Ada');
    await demo.button('Amend the message').click();
    await notice.getByText('The message on main', { exact: false }).waitFor();
    // What was begun before is there still.
    await demo.append('visit.html', '<!-- next -->\n');
    await demo.button(/^Commit 1 file/).waitFor();
    await expect.poll(() => message.inputValue()).toBe('A commit of its own');
    await demo.button('Push, 1 ahead').click();
    await notice.getByText(/^Pushed main/).waitFor();
    await expect.poll(() => amend.count()).toBe(0);
    expect(await onServer('log', '-1', '--format=%P %an %cn%n%B', 'main')).toBe(
      `${before} Grace Hopper Ada\nSay it well\n\nWith a reason.`,
    );
    expect(await onServer('diff', '--stat', '--format=', before, 'main')).toContain('2 files');
    expect(await onServer('cat-file', '-p', 'main:index.html')).toContain('<!-- forgotten -->');
    await expectSoundRepository(gitDir);
    await demo.close();
  });
});
