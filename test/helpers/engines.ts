/**
 * The browser that the tests of pages run in: Chromium, or in the projects of that name of the long
 * run Firefox or WebKit. Every browser launched is closed when the file ends.
 */
import { it as vitestIt } from 'vitest';
import { findFirefox, findWebKit } from '../../scripts/engines.mjs';
import { atEnd } from './at-end.js';
import { browserAvailable as hasChromium, launchChromium } from './chromium.js';
import type { TestBrowser } from './engines/browser.js';
import { launchFirefox } from './engines/firefox.js';
import { launchWebKit } from './engines/webkit.js';
import { absent, it } from './long.js';

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

/** For tests of what an engine other than Chromium does differently. */
export const only = (name: keyof typeof titles): typeof vitestIt =>
  engine === name ? vitestIt : (absent as typeof vitestIt);

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
