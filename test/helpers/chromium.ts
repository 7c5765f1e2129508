/** Real Chromium for the browser tests. Every browser launched is closed when the file ends. */
import { chromium, type Browser, type LaunchOptions } from 'playwright-core';
import { atEnd } from './at-end.js';
import { findChromium } from '../../scripts/chromium.mjs';

export { findChromium };

const found = findChromium({ preferShell: true });

/** For `describe.skipIf(!browserAvailable)`. scripts/chromium.mjs says loudly what is missing. */
export const browserAvailable: boolean = found !== undefined;

const browsers: Browser[] = [];

atEnd(async () => {
  for (const browser of browsers.splice(0)) await browser.close();
});

/**
 * Starts a headless Chromium with a new, empty profile, which Playwright removes at the end.
 *
 * @param options Playwright's own; `args` are put after those given here.
 */
export async function launchChromium(options: LaunchOptions = {}): Promise<Browser> {
  if (found === undefined) throw new Error('There is no Chromium on this machine.');
  const browser = await chromium.launch({
    // As root Chromium starts only without its sandbox. The pages opened are the tests' own.
    chromiumSandbox: false,
    ...options,
    executablePath: found,
    args: [
      '--disable-gpu',
      // The rest keeps Chromium from talking to anybody but the test's own servers.
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(options.args ?? []),
    ],
  });
  browsers.push(browser);
  return browser;
}
