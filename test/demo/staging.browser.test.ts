/** Staging in the demo, in Chromium, with native git to say what is staged. */
import type { Browser, Locator } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { begin } from './begin.js';
import type { DemoPage } from './demo-page.js';
import { downloadAll, unpacked } from './unpack.js';

/** Puts text at the beginning and at the end of a file, and saves it. */
async function editBothEnds(demo: DemoPage, path: string): Promise<void> {
  const { keyboard } = demo.page;
  await demo.openFile(path);
  await demo.editor(path).click();
  await keyboard.press('Control+Home');
  await keyboard.insertText('# at the beginning\n');
  await demo.append(path, '# at the end\n');
}

/** What native git says of a copy of the page's repository. */
async function natively(demo: DemoPage): Promise<(...args: string[]) => Promise<string>> {
  const { cwd } = await downloadAll(demo);
  return (...args) => git([...unpacked, ...args], { cwd });
}

const list = (demo: DemoPage, name: 'Staged files' | 'Changed files'): Locator =>
  demo.page.getByRole('list', { name });

/** What a diff adds and takes away. */
const lines = (diff: string): string[] =>
  diff.split('\n').filter((line) => /^[+-](?![+-]{2} )/.test(line));

describe.skipIf(!browserAvailable)('staging in the demo', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('takes one of two changes of a file into the commit, as git sees it', async () => {
    const { demo, gitDir, onServer } = await begin(browser);
    const { page } = demo;
    await demo.clone();
    await demo.opened('sample');
    await editBothEnds(demo, 'robots.txt');
    await list(demo, 'Changed files').getByTitle('robots.txt', { exact: true }).click();
    await expect.poll(() => demo.button('Stage').count()).toBe(2);
    await demo.button('Stage').last().click();
    await list(demo, 'Staged files').getByTitle('robots.txt', { exact: true }).waitFor();
    await expect.poll(() => demo.button('Stage').count()).toBe(1);
    // The file is as it was, and the editor has the keyboard.
    expect(await demo.editor('robots.txt').innerText()).toContain('# at the end');
    expect(await demo.editor('robots.txt').evaluate((one) => one === document.activeElement)).toBe(
      true,
    );
    const run = await natively(demo);
    expect(await run('status', '--porcelain')).toBe('MM robots.txt');
    expect(lines(await run('diff', '--cached'))).toEqual(['+# at the end']);
    expect(lines(await run('diff'))).toEqual(['+# at the beginning']);
    await demo.commit('Say it at the end');
    await demo.row('robots.txt modified').waitFor();
    await demo.button('Push, 1 ahead').click();
    await demo.notice.getByText(/^Pushed main/).waitFor();
    expect(lines(await onServer('show', '--format=', 'main'))).toEqual(['+# at the end']);
    await expectSoundRepository(gitDir);
    await page.getByText('Nothing is staged: all changes are taken.').waitFor();
    await demo.commit('And all else');
    await page.getByText('Nothing has changed').waitFor();
    await demo.close();
  });

  it('goes by the keyboard, saves edits first, and takes changes out again', async () => {
    const { demo } = await begin(browser);
    const { page } = demo;
    const { keyboard } = page;
    await demo.clone();
    await demo.opened('sample');
    await editBothEnds(demo, 'robots.txt');
    await demo.type('robots.txt', '# not saved\n');
    await page.getByRole('group', { name: 'What is shown' }).getByText('Changes').click();
    await demo.button('Stage').first().focus();
    await keyboard.press('Enter');
    await demo.button('Saved').waitFor();
    await expect.poll(() => demo.button('Stage').count()).toBe(1);
    await demo.button('Stage').focus();
    await keyboard.press('Enter');
    // Nothing is left to be shown of what is not staged.
    await expect.poll(() => list(demo, 'Changed files').count()).toBe(0);
    await list(demo, 'Staged files').getByTitle('robots.txt', { exact: true }).click();
    await expect.poll(() => demo.button('Unstage').count()).toBe(2);
    await demo.button('Unstage').first().focus();
    await keyboard.press(' ');
    await expect.poll(() => demo.button('Unstage').count()).toBe(1);
    await demo.button('Side by side').click();
    await page.getByRole('textbox', { name: 'Before: robots.txt' }).waitFor();
    await page.getByRole('group', { name: 'What is shown' }).getByText('Changes').click();
    await demo.button('Stage').click();
    await expect.poll(() => list(demo, 'Changed files').count()).toBe(0);
    await demo.button('Side by side').waitFor({ state: 'detached' });
    const run = await natively(demo);
    expect(await run('status', '--porcelain')).toBe('M  robots.txt');
    await demo.button('Unstage all').click();
    await expect.poll(() => list(demo, 'Staged files').count()).toBe(0);
    expect(await (await natively(demo))('status', '--porcelain')).toBe('M robots.txt');
    await demo.close();
  });

  it('takes whole files, new and deleted ones, and discards down to what is staged', async () => {
    const { demo } = await begin(browser);
    const { page } = demo;
    await demo.clone();
    await demo.opened('sample');
    await demo.append('index.html', '<!-- staged -->\n');
    await demo.openFile('robots.txt');
    await demo.button('Delete robots.txt').click();
    await demo.button('New file').click();
    await page.getByLabel('Path').fill('notes/new.md');
    await demo.button('Create').click();
    await demo.editor('notes/new.md').waitFor();
    await demo.button('Stage index.html').focus();
    await page.keyboard.press('Enter');
    await list(demo, 'Staged files').getByTitle('index.html', { exact: true }).waitFor();
    // The focus stays in the list.
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.ariaLabel))
      .toBe('Stage notes/new.md');
    await demo.button('Stage all').click();
    await expect.poll(() => list(demo, 'Changed files').count()).toBe(0);
    await demo.append('index.html', '<!-- not staged -->\n');
    await demo.button('Discard changes in index.html').first().click();
    await page.getByText('The file becomes what is staged of it.', { exact: false }).waitFor();
    await demo.button('Discard').last().click();
    await expect.poll(() => list(demo, 'Changed files').count()).toBe(0);
    await demo.button('Unstage robots.txt').click();
    await demo.button('Bring robots.txt back').first().waitFor();
    const run = await natively(demo);
    expect((await run('status', '--porcelain')).split('\n')).toEqual([
      ...['M  index.html', 'A  notes/new.md', ' D robots.txt'],
    ]);
    expect(await run('show', ':index.html')).toContain('<!-- staged -->');
    expect(await run('diff', '--name-only')).toBe('robots.txt');
    await demo.close();
  });
});
