/** The demo where the server's commits and one's own cannot be joined: the ways on from there. */
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository } from '../helpers/git.js';
import { begin, commitOnServer, type Begun } from './begin.js';

describe.skipIf(!browserAvailable)('the demo where both sides changed the same lines', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  /** A clone with a commit that clashes with one on the server, and a pull that has said so. */
  async function clash(): Promise<Begun & { theirs: string }> {
    const begun = await begin(browser);
    const { demo, gitDir } = begun;
    await demo.clone();
    await demo.opened('sample');
    const theirs = await commitOnServer(gitDir, 'robots.txt', 'theirs\n');
    await demo.append('robots.txt', 'mine\n');
    await demo.commit('Mine');
    await demo.button('Pull').click();
    await demo.notice.getByText('Both sides changed the same lines').waitFor();
    await demo.notice.getByText('MergeConflictError').waitFor();
    await demo.notice.getByText('robots.txt').waitFor();
    return { ...begun, theirs };
  }

  it('keeps everything as it was, shows what clashes, and joins both with a side of each', async () => {
    const { demo, gitDir, onServer, theirs } = await clash();
    await demo.editor('robots.txt').getByText('mine').waitFor();
    await demo.page.getByText('Nothing has changed').waitFor();
    await demo.button('Push, 1 ahead').waitFor();
    await demo.button('Choose file by file…').click();
    const dialog = demo.page.getByRole('dialog', { name: 'Choose file by file' });
    const file = dialog.getByRole('group', { name: 'robots.txt' });
    await file
      .getByLabel(/^Mine, line \d+$/)
      .getByText('mine')
      .waitFor();
    await file.getByLabel('The server’s', { exact: true }).getByText('theirs').waitFor();
    expect(await dialog.getByRole('button', { name: '1 file to choose' }).isDisabled()).toBe(true);
    await file.getByText('Keep mine').click();
    await dialog.getByRole('button', { name: 'Join both sides' }).click();
    await demo.notice.getByText('Joined the server’s commits with yours').waitFor();
    await demo.button('Push, 2 ahead').click();
    await demo.notice.getByText(/^Pushed main/).waitFor();
    expect(await onServer('log', '-1', '--format=%P', 'main')).toContain(theirs);
    expect(await onServer('cat-file', '-p', 'main:robots.txt')).toMatch(/User-agent[^]*\nmine$/);
    await expectSoundRepository(gitDir);
    await demo.close();
  });

  it('sets my commits aside as a branch, which can be pushed', async () => {
    const { demo, onServer, theirs } = await clash();
    await demo.button('Set my commits aside…').click();
    await demo.page.getByText('What you committed stays as it is', { exact: false }).waitFor();
    await demo.button('Set aside').click();
    await demo.notice.getByText('main is now what the server has').waitFor();
    await demo.editor('robots.txt').getByText('theirs').waitFor();
    await demo.button('Branch main').waitFor();
    await demo.notice.getByRole('button', { name: 'Push main-mine' }).click();
    await demo.notice.getByText(/^Pushed main-mine/).waitFor();
    expect(await onServer('rev-parse', 'main')).toBe(theirs);
    expect(await onServer('log', '-1', '--format=%s', 'main-mine')).toBe('Mine');
    await demo.button('Branch main').click();
    await demo.button('main-mine').click();
    await demo.editor('robots.txt').getByText('mine').waitFor();
    await demo.close();
  });
});
