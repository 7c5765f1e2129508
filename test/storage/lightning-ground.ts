/** What the browser tests of `gitws/storage` stand on: one browser, and pages with lightning-page.ts. */
import { beforeAll } from 'vitest';
import {
  browserAvailable,
  launchBrowser,
  type TestBrowser,
  type TestContext,
  type TestPage,
} from '../helpers/engines.js';
import { bundlePage, servePage } from '../helpers/page.js';

/** That of one test file, once its tests run. */
export interface LightningGround {
  /** Where the pages are served. */
  readonly url: string;
  readonly browser: TestBrowser;
  /** Opens a page of a new profile, or of one that others have, too. */
  readonly openPage: (context?: TestContext) => Promise<TestPage>;
}

/** To be called by a test file, at its top. */
export function lightningGround(): LightningGround {
  let url: string;
  let browser: TestBrowser;
  beforeAll(async () => {
    if (!browserAvailable) return;
    ({ url } = await servePage(await bundlePage('./lightning-page.ts', import.meta.url)));
    browser = await launchBrowser();
  });
  return {
    get url() {
      return url;
    },
    get browser() {
      return browser;
    },
    openPage: async (context) => {
      const page = await (context ?? (await browser.newContext())).newPage();
      await page.goto(url);
      return page;
    },
  };
}
