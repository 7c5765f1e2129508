/** How the demo looks and reads, from a telephone to a wide screen, light and dark. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { searchLimits } from '../../demo/server/repositories.js';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { git, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { begin, commitOnServer, makeSkeleton, serveFolder } from './begin.js';
import { beginClash, mergeWinter } from './conflict-ground.js';
import { DemoPage } from './demo-page.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const looks = [
  { width: 1280, height: 800, colorScheme: 'light' },
  { width: 820, height: 1180, colorScheme: 'dark' },
  { width: 390, height: 844, colorScheme: 'light' },
] as const;

/** Holds what is shown against WCAG 2 AA, contrast above all, and one h1 and one main in it. */
async function expectReadable(page: Page, state: string): Promise<void> {
  await page.evaluate(axe);
  for (const { width, height, colorScheme } of looks) {
    await page.setViewportSize({ width, height });
    // Without motion no colour is on its way to another one.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const found = await page.evaluate(async () => {
      const { axe: tool } = window as unknown as {
        axe: { run: (options: object) => Promise<AxeResults> };
      };
      const values = ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'];
      const { violations } = await tool.run({
        ...{ runOnly: { type: 'tag', values }, resultTypes: ['violations'] },
      });
      const seen = [...document.querySelectorAll('main')].filter((one) => one.checkVisibility());
      return {
        violations: violations.flatMap(({ id, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
        ),
        headings: document.querySelectorAll('h1').length,
        mains: seen.length,
        scrolls: document.documentElement.scrollWidth > innerWidth,
      };
    });
    const expected = { violations: [], headings: 1, mains: 1, scrolls: false };
    expect(found, `${state}, ${width} px, ${colorScheme}`).toEqual(expected);
  }
}

describe.skipIf(!browserAvailable)('the look of the demo', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('has every repository of the server to choose from, and an error, in sight', async () => {
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'team', 'größer & schöner.git'), { commits: 3 });
    await git(['init', '-q', '--bare', join(root, 'another.git')]);
    const { url } = await serveFolder(root);
    const demo = await DemoPage.open(browser, url);
    await demo.button('Clone another.git').waitFor();
    await demo.clone('git@example.com:x.git');
    await demo.page.getByRole('alert').waitFor();
    await demo.page.getByText('Options').click();
    await expectReadable(demo.page, 'the start');
    await demo.button('Clone team/größer & schöner.git').click();
    await demo.opened('größer & schöner');
    await demo.close();
  });

  it('says that a list of repositories is cut off', async () => {
    const root = await temporaryDirectory();
    const count = searchLimits.repositories;
    for (let index = 0; index <= count; index++) await makeSkeleton(join(root, `${index}.git`));
    const demo = await DemoPage.open(browser, (await serveFolder(root)).url);
    await demo.page.getByText('There may be more than these.', { exact: false }).waitFor();
    await demo.page.getByText(`the first ${count} repositories`).waitFor();
    expect(await demo.button(/^Clone \d+\.git/).count()).toBe(count);
    await demo.close();
  });

  it('is readable in the menu, the tree, the changes and the history', async () => {
    const { demo } = await begin(browser);
    const { page } = demo;
    await demo.clone();
    await demo.opened('sample');
    await demo.append('index.html', '<!-- modified -->\n');
    await demo.openFile('robots.txt');
    await demo.button('Delete robots.txt').click();
    await demo.row('robots.txt deleted').waitFor();
    await demo.append('visit.html', '<!-- staged -->\n');
    await demo.button('Stage visit.html').click();
    await demo.button('Staged').click();
    await demo.button('Unstage').waitFor();
    await expectReadable(page, 'what is staged');
    await page.setViewportSize(looks[0]);
    await demo.button('Side by side').click();
    await page.getByRole('textbox', { name: 'Before: visit.html' }).waitFor();
    await expectReadable(page, 'what is staged, side by side');
    await page.setViewportSize(looks[0]);
    await demo.button('Side by side').click();
    await demo.type('keepers.html', '<!-- unsaved -->\n');
    await demo.button('Repository sample').click();
    await expectReadable(page, 'the menu');
    await page.keyboard.press('Escape');
    await demo.button('History').click();
    await demo.button('All branches').click();
    await page.getByTitle('branch on the server origin/redesign').waitFor();
    await demo.button(/Ring the bell/).click();
    await expectReadable(page, 'the history');
    await demo.close();
  });

  it('is readable with many tabs on both sides, and among commands', async () => {
    const { demo } = await begin(browser);
    const { page } = demo;
    await demo.clone();
    await demo.opened('sample');
    for (const path of ['index.html', 'log/index.html', 'css/base.css', 'robots.txt']) {
      await demo.openFile(path);
      await page.locator(`[role=treeitem][title="${path}"]`).dblclick();
    }
    await demo.button('Delete robots.txt').click();
    await demo.row('robots.txt deleted').waitFor();
    await demo.type('keepers.html', '<!-- unsaved -->\n');
    await demo.openFile('visit.html');
    await expectReadable(page, 'many tabs');
    await page.setViewportSize(looks[0]);
    await demo.button('Split editor (Ctrl+\\)').click();
    await page.getByRole('region', { name: 'Side 2' }).getByRole('textbox').waitFor();
    await demo.openFile('favicon.ico');
    await page.getByRole('figure').waitFor();
    await expectReadable(page, 'both sides');
    await page.setViewportSize(looks[0]);
    await page.keyboard.press('F1');
    await page.getByRole('combobox', { name: 'Name of a command' }).waitFor();
    await expectReadable(page, 'commands');
    await page.setViewportSize(looks[0]);
    await page.keyboard.press('Escape');
    await demo.button('Close keepers.html').click();
    await page.getByRole('dialog', { name: 'Save the edits in keepers.html?' }).waitFor();
    await expectReadable(page, 'the question before a tab is closed');
    await demo.button('Cancel').click();
    await demo.close();
  });

  it('is readable where changes are set aside, and in the way', async () => {
    const { demo, gitDir } = await begin(browser);
    const { page } = demo;
    await demo.clone();
    await demo.opened('sample');
    await demo.append('index.html', '<!-- modified -->\n');
    await demo.button('Set aside…').click();
    await page
      .getByLabel('A few words')
      .fill('A front page that takes more than a line of the list');
    await expectReadable(page, 'the question for words');
    await page.setViewportSize(looks[0]);
    await page.keyboard.press('Enter');
    await demo.button(/^Bring back A front page/).waitFor();
    await commitOnServer(gitDir, 'robots.txt', 'theirs\n');
    await demo.append('robots.txt', 'mine\n');
    await demo.button('Pull').click();
    await demo.button('Set aside and pull').waitFor();
    await page
      .getByRole('navigation')
      .getByRole('button', { name: /^Changes/ })
      .click();
    await expectReadable(page, 'what is set aside, and what is in the way');
    await demo.close();
  });

  it('is readable where both sides clash, and no message covers the editor', async () => {
    const { demo, gitDir } = await begin(browser);
    const { page } = demo;
    await demo.clone();
    await demo.opened('sample');
    await commitOnServer(gitDir, 'robots.txt', 'theirs\n');
    await demo.append('robots.txt', 'mine\n');
    await demo.commit('Mine');
    await demo.button('Pull').click();
    await page.getByRole('group', { name: 'Conflict 1 of 1' }).waitFor();
    await demo.notice.getByText('Both sides changed the same lines').waitFor();
    for (const { width, height } of looks) {
      await page.setViewportSize({ width, height });
      // Both are measured in one frame: a page takes its new size a moment after the call.
      await page.waitForFunction((shown) => window.innerWidth === shown, width);
      const [editor, notice] = await page.evaluate(() =>
        ['.file-body', '.notice'].map((part) => {
          const box = document.querySelector(part)?.getBoundingClientRect();
          return { top: box?.top ?? NaN, bottom: box?.bottom ?? NaN, height: box?.height ?? NaN };
        }),
      );
      if (editor === undefined || notice === undefined) throw new Error('Two parts are measured.');
      const isBelow = editor.bottom <= notice.top + 0.5;
      expect(isBelow, `the editor at ${width} px ends above the message`).toBe(true);
      expect(editor.height, `the editor at ${width} px`).toBeGreaterThan(200);
    }
    await expectReadable(page, 'the editor and a message');
    await demo.close();
  });

  it('is readable where what was set aside clashes, and is to be resolved', async () => {
    const { demo } = await begin(browser);
    const { page } = demo;
    await demo.clone();
    await demo.opened('sample');
    await demo.append('robots.txt', 'mine\n');
    await demo.append('visit.html', '<!-- mine -->\n');
    await demo.button('Set aside…').click();
    await page
      .getByLabel('A few words')
      .fill('A front page that takes more than a line of the list');
    await page.keyboard.press('Enter');
    await demo.button(/^Bring back A front page/).waitFor();
    await demo.append('robots.txt', 'other\n');
    await demo.openFile('visit.html');
    await demo.button('Delete visit.html').click();
    await demo.row('visit.html deleted').waitFor();
    await demo.commit('Other');
    await demo.button(/^Bring back A front page/).click();
    await demo.button('Bring back and resolve').waitFor();
    await expectReadable(page, 'what does not fit');
    await page.setViewportSize(looks[0]);
    await demo.button('Bring back and resolve').click();
    await page.getByRole('group', { name: 'Conflict 1 of 1' }).waitFor();
    await expectReadable(page, 'a stash that is to be resolved');
    await page.setViewportSize(looks[0]);
    await demo.button('Use both').click();
    await demo.button('Mark as resolved').click();
    await demo.button('Resolve visit.html').click();
    await demo.button('Keep it').waitFor();
    await expectReadable(page, 'a file of a stash that is deleted here');
    await page.setViewportSize(looks[0]);
    await demo.button('Give up…').click();
    await page.getByRole('dialog').waitFor();
    await expectReadable(page, 'the question before a stash is given up');
    await demo.button('Go on resolving').click();
    await page.setViewportSize(looks[0]);
    await demo.button('Keep it').click();
    await demo.notice.getByText('All conflicts are resolved').waitFor();
    await expectReadable(page, 'a stash that is resolved');
    await demo.close();
  });

  it('is readable while a merge waits, whatever clashes, and up to its end', async () => {
    const ground = await beginClash(browser);
    const { demo } = ground;
    const { page } = demo;
    await mergeWinter(ground);
    await page.getByRole('group', { name: 'Conflict 3 of 3' }).waitFor();
    await expectReadable(page, 'conflicts in a text');
    await page.setViewportSize(looks[0]);
    await demo.button('Use ours for all').click();
    await demo.button('Mark as resolved').click();
    await demo.button('Resolve soundings.bin').click();
    await page.getByRole('heading', { name: 'Theirs: origin/winter' }).waitFor();
    await expectReadable(page, 'both sides of what is no text');
    await page.setViewportSize(looks[0]);
    await demo.button('Use theirs origin/winter').click();
    await demo.button('Resolve latest.md').click();
    await expectReadable(page, 'both sides of a link');
    await page.setViewportSize(looks[0]);
    await demo.button('Use theirs origin/winter').click();
    await demo.button('Resolve visit.html').click();
    await demo.button('Keep it').waitFor();
    await expectReadable(page, 'a file that one side has deleted');
    await page.setViewportSize(looks[0]);
    await demo.button('Keep it').click();
    await demo.button('Finish merge…').click();
    await expectReadable(page, 'the end of a merge');
    await demo.button('Abort merge…').click();
    await page.getByRole('dialog').waitFor();
    await expectReadable(page, 'the question before it is given up');
    await demo.close();
  });
});
