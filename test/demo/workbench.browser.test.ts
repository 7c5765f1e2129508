/** The workbench of the demo in Chromium: what has changed, in files and in commits, and finding things. */
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { begin, serveFolder } from './begin.js';
import { DemoPage } from './demo-page.js';

let browser: Browser;

beforeAll(async () => {
  if (browserAvailable) browser = await launchChromium();
});

describe.skipIf(!browserAvailable)('changes in the demo', () => {
  it('are shown in the editor, and one of them is taken back', async () => {
    const { demo } = await begin(browser);
    const { page } = demo;
    await demo.clone();
    await demo.opened('sample');
    await demo.openFile('robots.txt');
    const editor = demo.editor('robots.txt');
    await editor.click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.insertText('# at the beginning\n');
    await demo.append('robots.txt', '# at the end\n');
    await page
      .getByRole('list', { name: 'Changed files' })
      .getByTitle('robots.txt', { exact: true })
      .click();
    await expect.poll(() => page.locator('.cm-insertedLine').count()).toBe(2);
    await demo.button('Discard').first().click();
    await expect.poll(() => page.locator('.cm-insertedLine').count()).toBe(1);
    await page.keyboard.press('Control+s');
    await demo.button('Saved').waitFor();
    const text = await editor.innerText();
    expect(text).not.toContain('# at the beginning');
    expect(text).toContain('# at the end');
    // Side by side they are to be read; the file as it is stands behind the other button.
    await demo.button('Side by side').click();
    await page.getByRole('textbox', { name: 'Before: robots.txt' }).waitFor();
    await demo.button('Side by side').click();
    await demo.button('File').click();
    await expect.poll(() => page.locator('.cm-insertedLine').count()).toBe(0);
    // The editor was made anew: it has what was saved, not what was there when the file was opened.
    await expect.poll(() => editor.innerText()).toBe(text.replace(/^Stage\nDiscard\n/m, ''));
    await demo.commit('Say something at the end');
    await demo.close();
  });

  it('of a commit are listed in the history, and shown', async () => {
    const { demo, onServer } = await begin(browser, { width: 1280 });
    const { page } = demo;
    await demo.clone();
    await demo.opened('sample');
    await demo.button('History').click();
    await demo.button(/^Explain in the README/).click();
    const list = page.getByRole('list', { name: /^Files of [0-9a-f]{7}$/ });
    await list.getByRole('button', { name: 'README.md modified' }).click();
    const shown = page.getByRole('textbox', { name: 'Changes in README.md' });
    await shown.getByText('## Layout').waitFor();
    await expect.poll(() => page.locator('.cm-insertedLine').count()).toBeGreaterThan(5);
    await demo.button('Leave the commit').click();
    await demo.editor('README.md').waitFor();
    const commits = page.getByRole('list', { name: 'Commits' }).getByRole('listitem');
    await demo.button('History of README.md').click();
    const titles = await onServer('log', '--format=%s', 'main', '--', 'README.md');
    await page.getByText('Commits that changed README.md').waitFor();
    await expect
      .poll(() => commits.locator('.commit-title').allInnerTexts())
      .toEqual(titles.split('\n'));
    await demo.button('Show all commits').click();
    await expect.poll(() => commits.count()).toBeGreaterThan(titles.split('\n').length + 5);
    await demo.close();
  });
});

describe.skipIf(!browserAvailable)('what is looked for in the demo', () => {
  it('is found by its name, and by the words that are in it', async () => {
    const { demo } = await begin(browser);
    const { page } = demo;
    await demo.clone();
    await demo.opened('sample');
    const found = page.getByRole('listbox', { name: 'Found' }).getByRole('option');
    await page.keyboard.press('Control+p');
    await page.getByRole('combobox', { name: 'Name of a file' }).fill('chklnk');
    await expect.poll(() => found.allInnerTexts()).toEqual(['scripts/check-links.mjs']);
    await page.keyboard.press('Enter');
    await demo.editor('scripts/check-links.mjs').waitFor();
    await page.keyboard.press('Control+Shift+F');
    await page.getByRole('combobox', { name: 'Words in files' }).fill('DOES NOT exist');
    await expect.poll(() => found.count()).toBeGreaterThan(0);
    const [first = ''] = await found.allInnerTexts();
    await page.keyboard.press('Enter');
    const [, path = '', line = ''] = /(\S+):(\d+)$/.exec(first) ?? [];
    const editor = demo.editor(path);
    await editor.waitFor();
    // The editor stands in that line.
    await expect
      .poll(() => page.locator('.cm-activeLineGutter').first().innerText())
      .toContain(line);
    expect((await page.locator('.cm-activeLine').innerText()).toLowerCase()).toContain(
      'does not exist',
    );
    await page.keyboard.press('Control+Shift+F');
    await page.getByRole('combobox').fill('no such words anywhere');
    await page.getByText('0 places').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('combobox').count()).toBe(0);
    await demo.close();
  });
});

describe.skipIf(!browserAvailable)('thousands of files in the demo', () => {
  it('are in the page as far as they are in sight, and reached with the keyboard', async () => {
    const root = await temporaryDirectory();
    const names = Array.from({ length: 3_000 }, (_, at) => `file-${at}.txt`);
    await git(['init', '-q', '--bare', '-b', 'main', join(root, 'many.git')]);
    await git(['fast-import', '--quiet'], {
      cwd: join(root, 'many.git'),
      input: [
        'commit refs/heads/main\ncommitter Ann <ann@example.com> 0 +0000\ndata 4\nMany\n',
        ...names.map((name) => `M 644 inline ${name}\ndata ${name.length}\n${name}\n`),
      ].join(''),
    });
    const { url } = await serveFolder(root);
    const demo = await DemoPage.open(browser, url);
    await demo.clone();
    await demo.opened('many');
    const rows = demo.page.getByRole('treeitem');
    expect(await rows.count()).toBeLessThan(200);
    await rows.first().focus();
    await demo.page.keyboard.press('End');
    await expect
      .poll(() => demo.page.evaluate(() => document.activeElement?.getAttribute('title')))
      .toBe('file-2999.txt');
    await demo.page.keyboard.press('Enter');
    await demo.editor('file-2999.txt').waitFor();
    await demo.close();
  });
});
