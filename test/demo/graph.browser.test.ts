/** The drawing of the history in the demo, in Chromium. */
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { begin } from './begin.js';

describe.skipIf(!browserAvailable)('the graph of the history', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('has the commits of the branch, or of all, with their merges, and goes by arrows', async () => {
    const { demo, onServer } = await begin(browser);
    const { page } = demo;
    const list = page.getByRole('list', { name: 'Commits' });
    const count = async (...of: string[]): Promise<number> =>
      Number(await onServer('rev-list', '--count', ...of));
    /** Goes down to the last commit, and reads of each what is asked for. */
    const readAll = async (part: string): Promise<string[]> => {
      const heads = list.locator('.commit-head');
      const more = demo.button('Load more');
      const found = new Map<string, string>();
      await heads.first().waitFor();
      await heads.first().focus();
      await page.keyboard.press('Home');
      for (let last = ''; ;) {
        const rows = await list
          .locator(':scope > li')
          .evaluateAll(
            (all, of) =>
              all.map((row) => [
                row.getAttribute('aria-posinset') ?? '',
                row.querySelector(of)?.textContent ?? '',
              ]),
            part,
          );
        for (const [at = '', text = ''] of rows) found.set(at, text);
        const end = await page.locator('.history-end').count();
        const at = String(found.size);
        if (at === last && end === 1) break;
        if (at === last) {
          // The button is gone then, and the focus with it.
          await more.click();
          await page.locator('.history-end').waitFor();
          await heads.last().focus();
        }
        last = at;
        await page.keyboard.press('End');
        await list.locator('li:last-child .commit-head:focus').waitFor();
      }
      return [...found.values()];
    };
    await demo.clone();
    await demo.opened('sample');
    await demo.button('History').click();
    await list.waitFor();
    const short = (oids: string): string[] => oids.split('\n').map((oid) => oid.slice(0, 7));
    const oidsOf = async (...of: string[]): Promise<string[]> =>
      short(await onServer('log', '--format=%H', ...of)).sort();
    expect((await readAll('.commit-meta code')).sort()).toEqual(await oidsOf('main'));
    const merges = await count('--merges', 'main');
    expect(merges).toBeGreaterThan(0);
    const titles = await readAll('.commit-title');
    expect(titles.filter((title) => title.endsWith('(a merge)'))).toHaveLength(merges);
    await demo.button('All branches').click();
    // As many as were shown before: these are more.
    await demo.button('Load more').waitFor();
    const oids = await readAll('.commit-meta code');
    expect([...oids].sort()).toEqual(await oidsOf('--all'));
    const row = list.locator('li', { has: page.getByTitle(/ origin\/redesign$/) });
    await page.keyboard.press('Home');
    await expect.poll(() => row.locator('circle').count()).toBe(1);
    const heads = list.locator('.commit-head');
    await heads.first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const focused = (at: number) =>
      list.locator(`[aria-posinset="${at}"] .commit-head:focus`).waitFor();
    await focused(3);
    await page.keyboard.press('ArrowUp');
    await focused(2);
    await page.keyboard.press('End');
    await focused(oids.length);
    await page.keyboard.press('Enter');
    await expect.poll(() => heads.last().getAttribute('aria-expanded')).toBe('true');
    await demo.button('This branch').click();
    await page.getByText(`${await count('main')} commits, down to the first one`).waitFor();
    await demo.close();
  });
});
