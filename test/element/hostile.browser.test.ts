/** What a repository must not be able to do to a page that shows it. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { browserAvailable } from '../helpers/chromium.js';
import { makeOf, type Files } from './samples.js';
import { startSite, type Site } from './site.js';

let all: Site;

/** Sets `window.pwned`, should it run. */
const attack = 'globalThis.pwned=true;top.pwned=true';

const markdown = `# Harmless

<script>${attack}</script>
<img src=x onerror="${attack}"><img src="https://tracker.example/pixel.png" alt="A tracker">
<svg><script>${attack}</script><animate onbegin="${attack}" attributeName=x dur=1s></svg>
<iframe srcdoc="<script>${attack}</script>"></iframe><object data="javascript:${attack}"></object>
<form action="https://evil.example/"><input name=password autofocus onfocus="${attack}"><button>Go</button></form>
<a href="javascript:${attack}">one</a>

[two](javascript:${attack}) [three](&#106;avascript:${attack})
<a href="java\tscript:${attack}">four</a> <a href=" data:text/html,<script>${attack}</script>">five</a>
<math><mtext><table><mglyph><style><img src=x onerror="${attack}"></style></mglyph></table></mtext></math>
<div style="position:fixed;inset:0;background:red" class="dialog" id="sign-in" part="dialog">over</div>
<style>*{display:none}</style><template shadowrootmode="open"><script>${attack}</script></template>
<details ontoggle="${attack}" open><summary>six</summary></details>
<video src="https://tracker.example/v.mp4" poster="https://tracker.example/p.png" autoplay></video>
<picture><source srcset="https://tracker.example/s.png"><img src="pictures/evil.svg"></picture>

![up](../../../etc/passwd) ![svg](pictures/evil.svg) [out](../../outside.md)

Harmless end.
`;

const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="30" height="30" onload="${attack}">
<script>${attack}</script><a xlink:href="javascript:${attack}"><rect width="30" height="30" fill="teal"/></a>
<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><img src="x" onerror="${attack}"/></body></foreignObject>
<image href="https://tracker.example/i.png"/><circle r="9" cx="15" cy="15"/></svg>`;

beforeAll(async () => {
  if (!browserAvailable) return;
  all = await startSite();
  const many: Record<string, string> = {};
  for (let index = 0; index < 10_000; index++) many[`many/file ${index}.txt`] = `${index % 7}\n`;
  const files: Files = {
    'README.md': markdown,
    'pictures/evil.svg': svg,
    [`<img src=x onerror=${attack.replaceAll('/', '')}>.txt`]: 'a name\n',
    '"><script>x.md': '# Also a name\n',
    'huge.txt': `${'a line of many words, again and again\n'.repeat(60_000)}`,
    'long-line.js': `x = "${'y'.repeat(1_000_000)}";\n`,
    'binary.dat': Uint8Array.from({ length: 5_000 }, (_, index) => index % 256),
    'latin.txt': Uint8Array.from([0x47, 0x72, 0xfc, 0xdf, 0x65, 0x0a]),
    'link.txt': 'link:../../../etc/passwd',
    sub: 'submodule:1234567890123456789012345678901234567890',
    ...many,
  };
  const author = '<img src=x onerror=alert(1)> <a@b>'.replace('<img', 'img').replace('(1)>', '(1)');
  await makeOf(all.root, 'hostile', [
    { message: `<script>${attack}</script>\n\n<b>body</b>`, files, author },
  ]);
});

async function open(path = ''): Promise<{ page: Page; asked: string[] }> {
  const page = await all.open({ body: '' });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.evaluate(
    ([src = '', at = '']) => {
      const element = Object.assign(document.createElement('git-repository'), { src, path: at });
      document.body.append(element);
    },
    [`${all.url}/hostile.git`, path],
  );
  return { page, asked };
}

/** Nothing of it has run, and nobody else was asked for anything. */
async function expectHarmless(page: Page, asked: readonly string[]): Promise<void> {
  expect(await page.evaluate(() => 'pwned' in globalThis)).toBe(false);
  const own = [all.site, `blob:${all.site}`, all.url, all.url.replace('http', 'ws')];
  expect(asked.filter((url) => !own.some((one) => url.startsWith(one)))).toEqual([]);
}

describe.skipIf(!browserAvailable)('a hostile repository', () => {
  it('runs nothing by its Markdown, and covers nothing of the element', async () => {
    const { page, asked } = await open();
    await page.getByText('Harmless end.').waitFor();
    await expect
      .poll(() =>
        page
          .locator('.prose img')
          .evaluateAll(
            (found) => found.filter((one) => (one as HTMLImageElement).naturalWidth === 30).length,
          ),
      )
      .toBe(2);
    const inside = page.locator('.prose');
    for (const link of await inside.locator('a').all()) await link.click({ trial: true });
    const html = await inside.evaluate((one) => one.innerHTML);
    expect(html).not.toMatch(
      /<(script|style|iframe|object|form|input|button|video|template|svg|math)/i,
    );
    expect(html).not.toMatch(/\son\w+=|="\s*javascript:|style=|part=|srcset|data:text/i);
    expect(await inside.locator('#sign-in, .dialog').count()).toBe(0);
    // A click leads nowhere but into the repository.
    await inside.getByText('out', { exact: true }).click();
    await page.getByText('There is no such file').waitFor();
    await expectHarmless(page, asked);
  });

  it('runs nothing by an SVG, shown or opened by itself', async () => {
    const { page, asked } = await open('pictures/evil.svg');
    const image = page.locator('.picture img');
    await expect
      .poll(() => image.evaluate((one) => (one as HTMLImageElement).naturalWidth))
      .toBe(30);
    const text = await image.evaluate(async (one) =>
      (await fetch((one as HTMLImageElement).src)).text(),
    );
    expect(text).toContain('circle');
    expect(text).not.toMatch(/script|onload|foreignObject|javascript/i);
    await expectHarmless(page, asked);
  });

  it('has names and messages that are text', async () => {
    const { page, asked } = await open('pictures');
    await page.getByRole('treeitem', { name: 'evil.svg' }).waitFor();
    await page.getByRole('treeitem', { name: /onerror/ }).click();
    await page.locator('.code').getByText('a name').waitFor();
    await page.getByRole('button', { name: 'Commits', exact: true }).click();
    await page.getByRole('button', { name: /<script>/ }).click();
    await page.getByText('the first 300 of more').waitFor();
    await expectHarmless(page, asked);
  });

  it.each([
    ['huge.txt', 'Show more: 2,000 of 60,000 lines are here'],
    ['long-line.js', 'characters more'],
    ['binary.dat', 'Not a text'],
    ['latin.txt', 'Grüße'],
    ['link.txt', '../../../etc/passwd'],
    ['sub', 'A submodule'],
  ])('shows %s for what it is', async (path, words) => {
    const { page, asked } = await open(path);
    await page.getByText(words).first().waitFor();
    await expectHarmless(page, asked);
  });

  it('has 10,000 files in a folder, of which those in sight are made', async () => {
    const { page } = await open('many');
    await page.getByText('Show more of 10,000').waitFor();
    const items = page.getByRole('treeitem');
    await page.getByRole('treeitem', { name: 'many' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('treeitem', { name: 'file 0.txt' }).waitFor();
    expect(await items.count()).toBeLessThan(120);
    await page.keyboard.press('ArrowRight');
    for (let index = 0; index < 3; index++) await page.keyboard.press('PageDown');
    const active = page.locator('[role=treeitem]:focus');
    expect(Number(await active.getAttribute('aria-posinset'))).toBeGreaterThan(20);
    expect(await active.getAttribute('aria-setsize')).toBe('10000');
  });
});
