/** Several files that are open in the demo: tabs, and both sides of the editor. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Locator, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { begin, commitOnServer } from './begin.js';
import type { DemoPage } from './demo-page.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(!browserAvailable)('tabs in the demo', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('take the place of what was only looked at, and keep what was edited or kept', async () => {
    const { demo } = await beginTabs(browser);
    await expect.poll(() => names(demo.page)).toEqual(['README.md']);
    await demo.openFile('robots.txt');
    await demo.editor('robots.txt').waitFor();
    await demo.openFile('index.html');
    await demo.editor('index.html').waitFor();
    expect(await names(demo.page)).toEqual(['index.html']);
    await demo.type('index.html', '<!-- edited -->');
    await demo.openFile('robots.txt');
    await expect.poll(() => names(demo.page)).toEqual(['index.html unsaved', 'robots.txt']);
    await demo.page.locator('[role=treeitem][title="robots.txt"]').dblclick();
    await demo.openFile('visit.html');
    await demo.editor('visit.html').waitFor();
    expect(await names(demo.page)).toEqual(['index.html unsaved', 'robots.txt', 'visit.html']);
    // What is open is so again when the page was left: but for what was not saved.
    await tab(demo.page, 'index.html unsaved').click();
    await demo.page.keyboard.press('Control+s');
    await demo.button('Saved').waitFor();
    await demo.page.reload();
    await demo.editor('index.html').waitFor();
    expect(await names(demo.page)).toEqual(['index.html', 'robots.txt', 'visit.html']);
    await demo.openFile('keepers.html');
    await expect.poll(() => names(demo.page)).toEqual(['index.html', 'robots.txt', 'keepers.html']);
    expect(await shifts(demo.page)).toBeLessThan(0.05);
    await demo.close();
  });

  it('keep text, history, selection and place while others are shown, and ask before it is lost', async () => {
    const { demo } = await beginTabs(browser);
    const { page } = demo;
    const { keyboard } = page;
    const lines = Array.from({ length: 200 }, (_, at) => `# ${at}\n`).join('');
    await demo.type('robots.txt', lines);
    await keyboard.insertText('# the last');
    const editor = demo.editor('robots.txt');
    const top = () => page.locator('.cm-scroller').evaluate(({ scrollTop }) => scrollTop);
    await expect.poll(top).toBeGreaterThan(1_000);
    const before = await top();
    await demo.openFile('visit.html');
    await demo.editor('visit.html').waitFor();
    await tab(page, 'robots.txt unsaved').click();
    await editor.getByText('# the last').waitFor();
    await expect.poll(async () => Math.abs((await top()) - before)).toBeLessThan(2);
    // What is typed anew is one step of the history, and what was typed before is another.
    await editor.focus();
    await keyboard.press('Control+Home');
    await keyboard.insertText('# the first\n');
    await editor.getByText('# the first').waitFor();
    await keyboard.press('Control+z');
    await expect.poll(() => editor.getByText('# the first').count()).toBe(0);
    await tab(page, 'robots.txt unsaved').waitFor();
    await keyboard.press('Control+z');
    await tab(page, 'robots.txt').waitFor();
    await keyboard.press('Control+y');
    await tab(page, 'robots.txt unsaved').waitFor();

    await keyboard.press('Alt+w');
    const dialog = page.getByRole('dialog', { name: 'Save the edits in robots.txt?' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await editor.waitFor();
    expect(await names(page)).toContain('robots.txt unsaved');
    await page.getByRole('button', { name: 'Close robots.txt' }).click();
    await dialog.getByRole('button', { name: 'Save', exact: true }).click();
    await expect.poll(() => names(page)).toEqual(['visit.html']);
    await demo.row('robots.txt modified').waitFor();
    await demo.type('robots.txt', '# not to be kept');
    await tab(page, 'robots.txt unsaved').click({ button: 'middle' });
    await dialog.getByRole('button', { name: 'Do not save' }).click();
    await page.getByText('No file is open').waitFor();
    await demo.openFile('robots.txt');
    await editor.press('Control+End');
    await editor.getByText('# 199').waitFor();
    expect(await editor.innerText()).not.toContain('not to be kept');
    await demo.close();
  });

  it('are told apart, gone through with keys, and read anew or closed by a switch', async () => {
    const { demo, gitDir } = await beginTabs(browser);
    const { page } = demo;
    const { keyboard } = page;
    await demo.button('Branch main').click();
    await demo.button('New branch…').click();
    await page.getByLabel('Name', { exact: true }).fill('second');
    await demo.button('Create and switch').click();
    await demo.button('Branch second').waitFor();
    for (const path of ['notes/robots.txt', 'other/notes/robots.txt']) {
      await demo.button('New file').click();
      await page.getByLabel('Path').fill(path);
      await demo.button('Create').click();
      await demo.editor(path).waitFor();
    }
    await demo.append('robots.txt', '# on the second branch\n');
    const all = ['robots.txt', 'robots.txt notes', 'robots.txt other/notes'];
    await expect.poll(async () => (await names(page)).sort()).toEqual(all);
    await demo.commit('Robots everywhere');

    const shown = page.getByRole('tab', { selected: true });
    await shown.focus();
    await keyboard.press('Home');
    const [first] = await names(page);
    await expect.poll(() => shown.innerText()).toBe(first?.replace(' ', '\n'));
    await keyboard.press('ArrowLeft');
    await expect.poll(() => shown.getAttribute('title')).not.toBe('notes/robots.txt');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-selected'))).toBe(
      'true',
    );
    await keyboard.press('Delete');
    await expect.poll(async () => (await names(page)).length).toBe(2);
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('role')))
      .toBe('tab');
    await demo.openFile('robots.txt');
    await demo.page.locator('[role=treeitem][title="robots.txt"]').dblclick();
    for (const folder of ['other', 'other/notes']) {
      const row = page.locator(`[role=treeitem][title="${folder}"]`);
      if ((await row.getAttribute('aria-expanded')) === 'false') await row.click();
    }
    await demo.page.locator('[role=treeitem][title="other/notes/robots.txt"]').dblclick();

    await demo.button('Branch second').click();
    await demo.button('main').click();
    await demo.notice.getByText('On branch main').waitFor();
    await expect.poll(() => names(page)).toEqual(['robots.txt']);
    await tab(page, 'robots.txt').click();
    await demo.editor('robots.txt').waitFor();
    expect(await demo.editor('robots.txt').innerText()).not.toContain('on the second branch');
    await commitOnServer(gitDir, 'robots.txt', '# from elsewhere\n');
    await demo.button('Pull').click();
    await demo.editor('robots.txt').getByText('from elsewhere').waitFor();
    await demo.close();
  });

  it('stand on both sides, which share a text and its history', async () => {
    const { demo } = await beginTabs(browser);
    const { page } = demo;
    const { keyboard } = page;
    await demo.type('robots.txt', 'one\n');
    await keyboard.press('Control+\\');
    const [left, right] = [1, 2].map((at) => page.getByRole('region', { name: `Side ${at}` })) as [
      Locator,
      Locator,
    ];
    const editors = [left, right].map((side) => side.getByRole('textbox')) as [Locator, Locator];
    await editors[1].waitFor();
    await expect.poll(() => focusedIn(right)).toBe(true);
    await keyboard.press('Control+End');
    await keyboard.type('two');
    await editors[0].getByText('two').waitFor();
    await keyboard.press('Alt+o');
    await expect.poll(() => focusedIn(left)).toBe(true);
    await keyboard.press('Control+Home');
    await keyboard.type('three');
    await editors[1].getByText('three').waitFor();
    const both = () => Promise.all(editors.map((editor) => editor.innerText()));
    // What was typed last is undone first, on either side, and once.
    await editors[1].focus();
    await keyboard.press('Control+z');
    await expect
      .poll(async () => (await both()).some((text) => text.includes('three')))
      .toBe(false);
    expect(await both()).toEqual([expect.stringContaining('two'), expect.stringContaining('two')]);
    await editors[0].focus();
    await keyboard.press('Control+z');
    await expect.poll(async () => (await both()).some((text) => text.includes('two'))).toBe(false);
    await keyboard.press('Control+y');
    await editors[1].getByText('two').waitFor();
    await expectFine(page);

    // What has no key, or one that nobody knows, is found by its name.
    await keyboard.press('F1');
    await page.getByRole('combobox', { name: 'Name of a command' }).fill('othr side');
    await page.getByRole('option', { name: 'Go to the other side Alt+O' }).waitFor();
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await expect.poll(() => focusedIn(right)).toBe(true);

    // Files open on the side that was used last.
    await editors[1].focus();
    await demo.openFile('index.html');
    await right.getByRole('textbox', { name: 'Contents of index.html' }).waitFor();
    expect(await names(left)).toEqual(['robots.txt unsaved']);
    // On the other side its edits are still: nothing is lost, and nothing is asked.
    await right.getByRole('button', { name: 'Close robots.txt' }).click();
    await expect.poll(() => names(right)).toEqual(['index.html']);
    await right.getByRole('tab').focus();
    await keyboard.press('Delete');
    await expect.poll(() => right.count()).toBe(0);
    await demo.editor('robots.txt').getByText('two').waitFor();
    expect(await shifts(page)).toBeLessThan(0.05);
    await demo.close();
  });
});

/** The sample, with its first file open. */
async function beginTabs(browser: Browser): Promise<Awaited<ReturnType<typeof begin>>> {
  const begun = await begin(browser);
  await begun.demo.clone();
  await begun.demo.opened('sample');
  await begun.demo.editor('README.md').waitFor();
  return begun;
}

function tab(page: Page, name: string): Locator {
  return page.getByRole('tab', { name, exact: true });
}

/** What the tabs are called, in order. */
async function names(where: Page | Locator): Promise<string[]> {
  const all = await where.getByRole('tab').allInnerTexts();
  return all.map((text) => text.trim().split(/\s+/).join(' '));
}

/** How much has moved since the page was loaded that nobody has moved, as browsers measure it. */
function shifts(page: Page): Promise<number> {
  return page.evaluate(() => {
    interface Shift extends PerformanceEntry {
      readonly value: number;
      readonly hadRecentInput: boolean;
    }
    const observer = new PerformanceObserver(() => undefined);
    observer.observe({ type: 'layout-shift', buffered: true });
    const all = observer.takeRecords() as Shift[];
    observer.disconnect();
    const moved = all.filter(({ hadRecentInput }) => !hadRecentInput);
    return moved.reduce((sum, { value }) => sum + value, 0);
  });
}

function focusedIn(side: Locator): Promise<boolean> {
  return side.evaluate((element) => {
    const focused = document.activeElement;
    return focused?.getAttribute('role') === 'textbox' && element.contains(focused);
  });
}

async function expectFine(page: DemoPage['page']): Promise<void> {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { axe: tool } = window as unknown as {
      axe: { run: (options: object) => Promise<AxeResults> };
    };
    const values = ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'];
    const { violations } = await tool.run({ runOnly: { type: 'tag', values } });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
  expect(found).toEqual([]);
}
