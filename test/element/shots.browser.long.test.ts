/** Pictures of the element's states, narrow in light and wide in dark, into test-results/element/. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, describe, it } from 'vitest';
import { browserAvailable } from '../helpers/chromium.js';
import { makeSample } from '../../demo/sample/make.js';
import { makeBook, makeOf } from './samples.js';
import { startSite, type Site } from './site.js';

const out = new URL('../../test-results/element/', import.meta.url).pathname;
let all: Site;

beforeAll(async () => {
  if (!browserAvailable) return;
  all = await startSite();
  await mkdir(out, { recursive: true });
  await makeSample(join(all.root, 'sample.git'));
  await makeBook(all.root, 'book');
  await makeOf(all.root, 'empty', []);
  await makeBook(all.root, 'secret');
});

const states: Record<
  string,
  { attributes: string; until: string; then?: (page: Page) => unknown }
> = {
  readme: { attributes: 'src="/sample.git"', until: '.prose h1' },
  book: { attributes: 'src="/book.git" editable permalinks', until: '.prose table' },
  code: { attributes: 'src="/book.git" path="src/main.ts" editable', until: '.hljs-keyword' },
  picture: { attributes: 'src="/book.git" path="images/wave.svg"', until: '.picture img' },
  menu: {
    attributes: 'src="/book.git"',
    until: '.prose h1',
    then: (page) => page.click('.menu-button').then(() => page.waitForSelector('.menu-list li')),
  },
  history: {
    attributes: 'src="/sample.git"',
    until: '.prose h1',
    then: (page) => page.click('.quiet-button').then(() => page.waitForSelector('.commit')),
  },
  commit: {
    attributes: 'src="/sample.git"',
    until: '.prose h1',
    then: async (page) => {
      await page.click('.quiet-button');
      await page.click('.commit >> nth=1');
      await page.waitForSelector('.diff-line');
    },
  },
  edit: {
    attributes: 'src="/book.git" path="README.md" editable',
    until: '.prose h1',
    then: (page) => page.click('[part=edit-button]').then(() => page.waitForSelector('textarea')),
  },
  'sign-in': { attributes: 'src="/secret.git"', until: 'dialog' },
  empty: { attributes: 'src="/empty.git"', until: '.statement' },
  missing: { attributes: 'src="/book.git" path="none.md"', until: '.statement' },
  'missing-ref': { attributes: 'src="/book.git" ref="none"', until: '.statement' },
  'no-repository': { attributes: 'src="/none.git"', until: '.statement' },
  plain: { attributes: 'src="/book.git" path="README.md" plain editable', until: '.prose h1' },
};

describe.skipIf(!browserAvailable)('pictures', () => {
  it.each(Object.entries(states))('of %s', async (name, { attributes, until, then }) => {
    for (const [colorScheme, width] of [
      ['light', 320],
      ['dark', 1200],
    ] as const) {
      const page = await all.open({
        head: '<style>:root{color-scheme:light dark;font-family:system-ui}</style>',
        body: `<git-repository ${attributes.replace('src="', `src="${all.url}`)}></git-repository>`,
        context: { colorScheme, viewport: { width, height: 800 } },
        allowed: /40[13]|WebSocket/,
      });
      await page.waitForSelector(until);
      await then?.(page);
      await page.screenshot({ path: join(out, `${name}-${width}-${colorScheme}.png`) });
    }
  });
});
