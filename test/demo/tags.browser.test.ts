/** Tagging a commit in the demo, in Chromium. */
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository } from '../helpers/git.js';
import { begin } from './begin.js';

describe.skipIf(!browserAvailable)('a tag in the demo', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('names a commit of the history, is pushed, and deleted here', async () => {
    const { demo, gitDir, onServer } = await begin(browser);
    const { page, notice } = demo;
    const tagged = await onServer('rev-parse', 'main~1');
    const [taken = ''] = (await onServer('tag')).split('\n');
    await demo.clone();
    await demo.opened('sample');
    await demo.button('History').click();
    await demo.button(new RegExp(`${tagged.slice(0, 7)}$`)).click();
    await demo.button('Tag this commit…').click();
    const name = page.getByLabel('Name', { exact: true });
    for (const [line, complaint] of [
      ['not a name', 'git does not allow this name'],
      [taken, 'There is something of that name already'],
    ] as const) {
      await name.fill(line);
      await demo.button('Tag').click();
      await page.getByText(complaint, { exact: false }).waitFor();
    }
    await name.fill('seen/2026');
    await demo.button('Tag').click();
    await notice.getByText(`Tagged ${tagged.slice(0, 7)} as seen/2026`).waitFor();
    const label = page.getByTitle('tag seen/2026', { exact: true });
    await expect.poll(() => label.count()).toBe(1);
    expect(await onServer('tag', '--list', 'seen/*')).toBe('');
    await demo.button('Push tag seen/2026').click();
    await notice.getByText(/^Pushed tag seen\/2026 to/).waitFor();
    expect(await onServer('rev-parse', 'refs/tags/seen/2026')).toBe(tagged);
    expect(await onServer('tag', '--points-at', tagged)).toBe('seen/2026');
    await demo.button('Delete tag seen/2026').click();
    await demo.button('Delete').click();
    await notice.getByText('Deleted the tag seen/2026').waitFor();
    await expect.poll(() => label.count()).toBe(0);
    // The server has it still.
    await demo.button(/^Fetch/).click();
    await expect.poll(() => label.count()).toBe(1);
    await expectSoundRepository(gitDir);
    await demo.close();
  });
});
