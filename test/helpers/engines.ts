/**
 * The browser that the tests of pages run in: Chromium, or in the projects of that name of the long
 * run Firefox or WebKit. Every browser launched is closed when the file ends.
 */
import { describe, it as vitestIt } from 'vitest';
import { findFirefox, findWebKit } from '../../scripts/engines.mjs';
import { atEnd } from './at-end.js';
import { browserAvailable as hasChromium, launchChromium } from './chromium.js';
import type { TestBrowser, TestPage } from './engines/browser.js';
import { launchFirefox } from './engines/firefox.js';
import { launchWebKit } from './engines/webkit.js';
import { absent, it, long } from './long.js';

export type { TestBrowser, TestContext, TestPage } from './engines/browser.js';

const titles = { chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKit' } as const;

/** Its name in the settings. */
export const engine = (process.env['ENGINE'] ?? 'chromium') as keyof typeof titles;

/** Its name in sentences. */
export const engineTitle = titles[engine];

const firefox = engine === 'firefox' ? findFirefox() : undefined;
const webkit = engine === 'webkit' ? findWebKit() : undefined;

/** For `describe.skipIf(!browserAvailable)`. The scripts that look for browsers say what is missing. */
export const browserAvailable: boolean =
  engine === 'chromium' ? hasChromium : (firefox ?? webkit) !== undefined;

/** For tests of what the drivers of other engines cannot do, or what is Chromium's own. */
export const inChromium = engine === 'chromium' ? it : (absent as typeof it);

/** The same of suites. */
export const describeInChromium = engine === 'chromium' ? describe : (absent as typeof describe);

/** For tests that the long run alone has in Chromium, and that say more of the others. */
export const longInChromium = engine === 'chromium' ? long : it;

/** For tests of what one engine alone does, in either run. */
export const itIn = (name: keyof typeof titles): typeof vitestIt =>
  engine === name ? vitestIt : (absent as typeof vitestIt);

/** What Firefox writes down of connections that nobody answers, or that are lost, beside errors. */
const written = /^Firefox can’t establish a connection|^The connection to \S+ was interrupted/;

/** Whether an error is one that the page did not catch, and not what the browser itself says. */
export function isPageError({ message }: Error): boolean {
  return !written.test(message);
}

const browsers: TestBrowser[] = [];

atEnd(async () => {
  for (const browser of browsers.splice(0)) await browser.close();
});

/** Starts the engine. */
export async function launchBrowser(): Promise<TestBrowser> {
  if (engine === 'chromium') return launchChromium();
  const browser = await (firefox !== undefined
    ? launchFirefox(firefox)
    : webkit !== undefined
      ? launchWebKit(webkit)
      : Promise.reject(new Error(`There is no ${engineTitle} on this machine.`)));
  browsers.push(browser);
  return browser;
}

/**
 * Opens a page in a tab of its own.
 *
 * @returns it, and what nobody caught in it.
 */
export async function openPage(
  browser: TestBrowser,
  url: string,
): Promise<{ page: TestPage; wrong: string[] }> {
  const page = await (await browser.newContext()).newPage();
  const wrong: string[] = [];
  page.on('pageerror', (error) => {
    if (isPageError(error)) wrong.push(String(error.stack ?? error));
  });
  await page.goto(url);
  return { page, wrong };
}
