/** Resolving conflicts in the demo, in Chromium, with native git's merge as the oracle. */
import type { Browser, Locator } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { beginClash, commitOracle, lines, mergeWinter, text } from './conflict-ground.js';
import type { DemoPage } from './demo-page.js';
import { downloadAll, unpacked } from './unpack.js';

const bar = ({ page }: DemoPage): Locator => page.getByRole('region', { name: 'Merge' });
const progress = (demo: DemoPage, done: number): Locator =>
  bar(demo).getByText(`Merging origin/winter: ${done} of 4 files resolved`);
const conflict = ({ page }: DemoPage, name: string): Locator => page.getByRole('group', { name });

/** Opens what is left of the merge with the bar. */
async function resolveNext(demo: DemoPage, name: string, choice: string): Promise<void> {
  await bar(demo)
    .getByRole('button', { name: `Resolve ${name}` })
    .click();
  await demo.button(choice).click();
}

/** Takes a side of each file that is no text, from the one that follows the text on. */
async function resolveOthers(demo: DemoPage): Promise<void> {
  await resolveNext(demo, 'soundings.bin', 'Use theirs origin/winter');
  await progress(demo, 2).waitFor();
  await resolveNext(demo, 'latest.md', 'Use theirs origin/winter');
  await progress(demo, 3).waitFor();
  await resolveNext(demo, 'visit.html', 'Delete it');
  await progress(demo, 4).waitFor();
}

async function finish(demo: DemoPage): Promise<void> {
  await demo.button('Finish merge…').click();
  await demo.button('Finish merge').waitFor();
  const name = demo.page.getByLabel('Your name');
  if (await name.isVisible()) {
    await name.fill('Grace Hopper');
    await demo.page.getByLabel('Email').fill('grace@example.com');
  }
  await demo.button('Finish merge').click();
  await demo.notice.getByText('Merged origin/winter').waitFor();
}

describe.skipIf(!browserAvailable)('a conflict in the demo', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('is resolved place by place and file by file, to what git makes of the same choices', async () => {
    const ground = await beginClash(browser);
    const { demo, gitDir, onServer, oracle } = ground;
    const { page } = demo;
    const parents = await onServer('rev-parse', 'main', 'winter');
    await mergeWinter(ground);
    await progress(demo, 0).waitFor();
    const editor = demo.editor(text);
    await editor.getByText('<<<<<<< HEAD').first().waitFor();
    await editor.getByText('>>>>>>> origin/winter').first().waitFor();
    // With the keyboard alone: the first button of the next conflict has the focus.
    await editor.press('Control+Home');
    await page.keyboard.press('F8');
    const first = conflict(demo, 'Conflict 1 of 3').getByRole('button', { name: 'Use ours main' });
    await expect.poll(() => first.evaluate((one) => one === document.activeElement)).toBe(true);
    await page.keyboard.press('F8');
    await page.keyboard.press('F8');
    const last = conflict(demo, 'Conflict 3 of 3').getByRole('button', { name: 'Use ours main' });
    await expect.poll(() => last.evaluate((one) => one === document.activeElement)).toBe(true);
    await page.keyboard.press('Shift+F8');
    const second = conflict(demo, 'Conflict 2 of 3').getByRole('button');
    await expect
      .poll(() => second.first().evaluate((one) => one === document.activeElement))
      .toBe(true);
    await second.filter({ hasText: 'Use both' }).focus();
    await page.keyboard.press('Enter');
    // What is left is numbered anew, and the next one has the focus.
    await conflict(demo, 'Conflict 2 of 2').waitFor();
    await conflict(demo, 'Conflict 1 of 2')
      .getByRole('button', { name: 'Use theirs origin/winter' })
      .click();
    await conflict(demo, 'Conflict 1 of 1').waitFor();
    // Marks that are left are asked about.
    await demo.button('Mark as resolved').click();
    await page.getByRole('dialog', { name: `1 conflict left in ${text}` }).waitFor();
    await demo.button('Go on editing').click();
    await conflict(demo, 'Conflict 1 of 1').getByRole('button', { name: 'Use ours main' }).click();
    await page.getByText('No conflict is left').waitFor();
    // And by hand.
    await editor.press('Control+End');
    await page.keyboard.insertText('by hand\n');
    await demo.button('Mark as resolved').click();
    await progress(demo, 1).waitFor();
    // The button that was pressed is gone: the focus is on the one that leads on.
    const onwards = bar(demo).getByRole('button', { name: 'Resolve soundings.bin' });
    await expect.poll(() => onwards.evaluate((one) => one === document.activeElement)).toBe(true);
    await expect.poll(() => demo.button('Finish merge').isDisabled()).toBe(true);
    await resolveOthers(demo);
    await finish(demo);
    await expect.poll(() => bar(demo).count()).toBe(0);
    await page.getByText('Nothing has changed').waitFor();
    await demo.button(/^Push, \d ahead/).click();
    await demo.notice.getByText(/^Pushed main/).waitFor();
    expect(await onServer('log', '-1', '--format=%P%n%an%n%B', 'main')).toBe(
      `${parents.replace('\n', ' ')}\nGrace Hopper\nMerge remote-tracking branch 'origin/winter'`,
    );
    await expectSoundRepository(gitDir);
    await git(['checkout', '-q', '--theirs', 'data', 'log'], { cwd: oracle });
    await git(['rm', '-q', 'visit.html'], { cwd: oracle });
    const chosen = lines({ 2: 'theirs 1', 14: 'ours 2\ntheirs 2', 27: 'ours 3' });
    const tree = await commitOracle(oracle, `${chosen}by hand\n`);
    expect(await onServer('rev-parse', 'main^{tree}')).toBe(tree);
    await demo.close();
  });

  it('waits over a reload, in another tab, and in the zip file for native git', async () => {
    const ground = await beginClash(browser);
    const { demo, oracle } = ground;
    await mergeWinter(ground);
    await demo.button('Use theirs for all').click();
    await demo.page.keyboard.press('Control+s');
    await demo.button('Saved').waitFor();
    await demo.page.reload();
    await progress(demo, 0).waitFor();
    await demo.page.getByText('No conflict is left').waitFor();
    await demo.button('Mark as resolved').click();
    await progress(demo, 1).waitFor();
    await demo.page.reload();
    await progress(demo, 1).waitFor();
    const other = await demo.another();
    await progress(other, 1).waitFor();
    await resolveNext(other, 'soundings.bin', 'Use ours main');
    await progress(other, 2).waitFor();
    await progress(demo, 2).waitFor();
    await other.close();
    await demo.page.bringToFront();
    const { cwd } = await downloadAll(demo);
    const merging = await git(['rev-parse', 'MERGE_HEAD'], { cwd });
    expect(merging).toBe(await git(['rev-parse', 'MERGE_HEAD'], { cwd: oracle }));
    const unmerged = (where: string) => git(['ls-files', '--unmerged'], { cwd: where });
    const of = async (where: string, path: string) =>
      (await unmerged(where)).split('\n').filter((line) => line.endsWith(path));
    expect(await of(cwd, 'log/latest.md')).toEqual(await of(oracle, 'log/latest.md'));
    expect(await of(cwd, 'soundings.bin')).toEqual([]);
    await git([...unpacked, 'rm', '-q', '--cached', 'log/latest.md', 'visit.html'], { cwd });
    await git([...unpacked, 'commit', '-q', '--no-edit'], { cwd });
    expect(await git(['log', '-1', '--format=%P'], { cwd })).toBe(
      (await git(['rev-parse', 'main', 'origin/winter'], { cwd: oracle })).replace('\n', ' '),
    );
    expect(await git(['show', `HEAD:${text}`], { cwd })).toBe(
      lines({ 2: 'theirs 1', 14: 'theirs 2', 27: 'theirs 3' }).trim(),
    );
    await expectSoundRepository(cwd);
    await demo.close();
  });

  it('is given up, and all is as it was: other changes, saved or not, too', async () => {
    const ground = await beginClash(browser);
    const { demo } = ground;
    await demo.append('robots.txt', '# saved\n');
    const before = await downloadAll(demo);
    await mergeWinter(ground);
    await demo.type('keepers.html', '<!-- not saved -->\n');
    await demo.openFile(text);
    await demo.button('Use ours for all').click();
    await demo.button('Mark as resolved').click();
    await progress(demo, 1).waitFor();
    await demo.type(text, 'edited after it\n');
    await resolveNext(demo, 'soundings.bin', 'Use theirs origin/winter');
    await progress(demo, 2).waitFor();
    await demo.button('Abort merge…').click();
    await demo.button('Go on merging').click();
    await demo.button('Abort merge…').click();
    await demo.button('Abort the merge').click();
    await demo.notice.getByText('The merge was aborted').waitFor();
    await expect.poll(() => bar(demo).count()).toBe(0);
    await demo.row('keepers.html unsaved').waitFor();
    await demo.row('robots.txt modified').waitFor();
    await demo.openFile(text);
    await demo.editor(text).getByText('ours 1').waitFor();
    await expect.poll(() => demo.row('new.md').count()).toBe(0);
    // What is not saved is in no zip file.
    await demo.button('Discard changes in keepers.html').first().click();
    await demo.button('Discard').click();
    await demo.row('keepers.html unsaved').waitFor({ state: 'detached' });
    const after = await downloadAll(demo);
    const state = async ({ cwd }: { cwd: string }) => [
      await git([...unpacked, 'status', '--porcelain', '--branch'], { cwd }),
      await git([...unpacked, 'diff', 'HEAD'], { cwd }),
      await git(['ls-files', '--stage'], { cwd }),
      await git(['rev-parse', 'HEAD'], { cwd }),
    ];
    expect(await state(after)).toEqual(await state(before));
    await demo.close();
  });

  it('lets nothing else begin, and takes other changes along only if they are chosen', async () => {
    const ground = await beginClash(browser);
    const { demo, onServer } = ground;
    await demo.append('robots.txt', '# of its own\n');
    await demo.append('keepers.html', '<!-- along -->\n');
    await mergeWinter(ground);
    await demo.button('Branch main').click();
    await demo.button('Merge origin/redesign into main').click();
    await demo.notice.getByText('A merge waits for its end').waitFor();
    await demo.button('Put this message away').click();
    await demo.button('Branch main').click();
    await demo.button(/^redesign/).click();
    await demo.notice.getByText('A merge waits for its end').waitFor();
    expect(await demo.page.getByLabel('Amend the last commit').count()).toBe(0);
    expect(await demo.page.getByLabel('Commit new.md').isDisabled()).toBe(true);
    expect(await demo.page.getByLabel('Commit robots.txt').isChecked()).toBe(false);
    await demo.page.getByLabel('Commit keepers.html').check();
    await demo.openFile(text);
    await demo.button('Use ours for all').click();
    await demo.button('Mark as resolved').click();
    await progress(demo, 1).waitFor();
    await resolveOthers(demo);
    await demo.page.getByLabel('Message of the merge').fill('Let winter come');
    await finish(demo);
    await demo.row('robots.txt modified').waitFor();
    await demo.button(/^Push, \d ahead/).click();
    await demo.notice.getByText(/^Pushed main/).waitFor();
    expect(await onServer('log', '-1', '--format=%s', 'main')).toBe('Let winter come');
    expect(await onServer('show', 'main:keepers.html')).toContain('along');
    expect(await onServer('show', 'main:robots.txt')).not.toContain('of its own');
    await demo.close();
  });
});
