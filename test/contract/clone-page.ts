/** A browser's page that clones with depth 1, over gitws or over smart HTTP: it runs roundtrip-page.ts. */
import type { TestBrowser, TestPage } from '../helpers/engines/browser.js';
import { bundlePage, servePage } from '../helpers/page.js';

type Over = 'gitws' | 'http';

interface PageWindow {
  clone(over: Over, url: string): Promise<void>;
}

/** One that is open. */
export interface ClonePage {
  readonly page: TestPage;
  readonly origin: string;
  readonly clone: (over: Over, url: string) => Promise<void>;
}

export async function openClonePage(browser: TestBrowser): Promise<ClonePage> {
  const { url: origin } = await servePage(await bundlePage('./roundtrip-page.ts', import.meta.url));
  const page = await browser.newPage();
  await page.goto(origin);
  const clone = (over: Over, url: string): Promise<void> =>
    page.evaluate(([how, repository]) => (window as unknown as PageWindow).clone(how, repository), [
      over,
      url,
    ] as const);
  return { page, origin, clone };
}
