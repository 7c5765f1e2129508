/** Reading a repository in `<git-repository>`, against a real server; native git says what is right. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { readFile } from 'node:fs/promises';
import { browserAvailable } from '../helpers/chromium.js';
import { git } from '../helpers/git.js';
import { makeBook, makeOf } from './samples.js';
import { startSite, strictPolicy, told, type Site } from './site.js';

let all: Site;
let gitDir: string;
const dark = '<style>:root{color-scheme:light dark}</style>';

beforeAll(async () => {
  if (!browserAvailable) return;
  all = await startSite();
  gitDir = await makeBook(all.root, 'book');
  await makeOf(all.root, 'empty', []);
});

const element = (attributes = '', inside = ''): string =>
  `<git-repository src="${all.url}/book.git" ${attributes}>${inside}</git-repository>`;

/** What a person sees in the element. */
const seen = (page: Page): Promise<string> => page.locator('git-repository .content').innerText();

async function expectAccessible(page: Page): Promise<void> {
  const path = new URL('../../node_modules/axe-core/axe.min.js', import.meta.url);
  await page.evaluate(await readFile(path, 'utf8'));
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run: (at: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run({ include: ['git-repository'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
  expect(found).toEqual([]);
}

describe.skipIf(!browserAvailable)('<git-repository> that is read', () => {
  it('shows the README with links and pictures, under the policy of its documentation', async () => {
    const page = await all.open({
      body: element('worker="/worker/script.js"'),
      policy: strictPolicy(all.url),
      // The page's own icon.
      allowed: /'data:,'/,
    });
    await page.getByRole('heading', { name: 'The book' }).waitFor();
    const images = page.locator('.prose img');
    await expect
      .poll(() =>
        images.evaluateAll((found) => found.map((one) => (one as HTMLImageElement).naturalWidth)),
      )
      .toEqual([10, 40]);
    await page.locator('.hljs-keyword').waitFor();
    await page.getByRole('link', { name: 'guide' }).click();
    await page.getByRole('heading', { name: 'Guide' }).waitFor();
    await page.getByRole('link', { name: 'book' }).click();
    await page.getByRole('heading', { name: 'The book' }).waitFor();
    const outside = page.getByRole('link', { name: 'site' });
    expect(await outside.getAttribute('rel')).toContain('noopener');
    await page.getByRole('link', { name: 'the end' }).click();
    await expect
      .poll(() =>
        page
          .getByRole('heading', { name: 'The end' })
          .evaluate((one) => one.getBoundingClientRect().top < innerHeight),
      )
      .toBe(true);
    const [load] = await told(page, 'load');
    expect(load).toEqual({
      ...{ src: `${all.url}/book.git`, ref: 'main', path: '' },
      oid: await git(['rev-parse', 'main'], { cwd: gitDir }),
    });
    expect((await told(page, 'navigate')).map(({ path }) => path)).toEqual([
      'docs/guide.md',
      'README.md',
    ]);
  });

  it('has history of all and of a file, and what a commit changed, as git tells it', async () => {
    const page = await all.open({ body: element('path="src/main.ts"') });
    await page.getByRole('button', { name: 'History of this file' }).click();
    const titles = page.locator('.commit-title');
    const log = (...args: string[]): Promise<string> =>
      git(['log', '--format=%s', ...args], { cwd: gitDir });
    await expect
      .poll(async () => (await titles.allInnerTexts()).join('\n'))
      .toBe(await log('main', '--', 'src/main.ts'));
    await page.getByRole('button', { name: 'Answer right' }).click();
    await expect.poll(() => page.locator('.diff-line').allInnerTexts()).toHaveLength(2);
    expect(await page.locator('.diff-line.added .words').innerText()).toContain('42');
    expect(await page.locator('.diff-line.removed .words').innerText()).toContain('41');
    await page.getByRole('button', { name: 'Commits', exact: true }).click();
    await expect
      .poll(async () => (await titles.allInnerTexts()).join('\n'))
      .toBe(await log('main'));
    await page.getByRole('button', { name: /^Begin/ }).click();
    await expect.poll(() => page.locator('.mark.added').count()).toBe(3);
    await page.getByRole('button', { name: 'Files at this commit' }).click();
    await expect.poll(() => seen(page)).toContain('Old words.');
  });

  it('changes between branches and tags in its menu', async () => {
    const page = await all.open({ body: element('path="src/main.ts"') });
    await expect.poll(() => seen(page)).toContain('42');
    await page.getByRole('button', { name: 'Version: main' }).click();
    await page.getByRole('button', { name: 'v1' }).click();
    await expect.poll(() => seen(page)).toContain('41');
    await page.getByRole('button', { name: 'Version: v1' }).click();
    await page.keyboard.type('other');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(() => seen(page)).toContain('42');
    expect(await page.evaluate(() => document.querySelector('git-repository')?.ref)).toBe(
      'topic/other',
    );
  });

  it('takes permalinks, writes them, and goes back', async () => {
    const page = await all.open({
      body: element('permalinks'),
      fragment: '#topic%2Fother/notes.txt:2',
    });
    const marked = page.locator('.line.marked');
    await expect.poll(() => marked.allInnerTexts()).toEqual(['two\n']);
    await page.locator('[data-number="3"]').click();
    await expect.poll(() => page.evaluate(() => location.hash)).toBe('#topic%2Fother/notes.txt:3');
    await page.goBack();
    await expect.poll(() => marked.allInnerTexts()).toEqual(['two\n']);
    await page.evaluate(() => (location.hash = '#main/src/main.ts'));
    await expect.poll(() => seen(page)).toContain('42');
  });

  it('follows attributes, and says when a path, a ref or a repository is not there', async () => {
    const page = await all.open({ body: element(), allowed: /404|WebSocket/ });
    await page.getByRole('heading', { name: 'The book' }).waitFor();
    const set = (name: string, value: string): Promise<void> =>
      page.evaluate(
        ([key = '', text = '']) =>
          document.querySelector('git-repository')?.setAttribute(key, text),
        [name, value],
      );
    await set('path', 'none.txt');
    await page.getByText('There is no such file').waitFor();
    await set('ref', 'nothing');
    await page.getByText('There is no such version').waitFor();
    await set('src', `${all.url}/empty.git`);
    await set('ref', '');
    await page.getByText('Nothing here yet').waitFor();
    await set('src', `${all.url}/none.git`);
    await page.getByText('There is no such repository').waitFor();
    await set('path', 'notes.txt');
    await set('src', `${all.url}/book.git`);
    await expect.poll(() => seen(page)).toContain('three');
    const codes = (await told(page, 'error')).map(({ code }) => code);
    expect(codes).toContain('NotFoundError');
  });

  it('reads by an address of scp through a gateway alone, and takes it for no path of the page', async () => {
    // For a client a gateway is a server whose repositories lie below their hosts' names.
    await makeBook(all.root, 'forge.example/team/book');
    const src = 'git@forge.example:team/book.git';
    const page = await all.open({
      body: `<git-repository src="${src}" gateway="${all.url}"></git-repository>`,
    });
    await page.getByRole('heading', { name: 'The book' }).waitFor();
    expect(await told(page, 'load')).toEqual([expect.objectContaining({ src })]);
    const set = (change: (element: Element) => void): Promise<void> =>
      page.locator('git-repository').evaluate(change);
    await set((element) => element.removeAttribute('gateway'));
    await page.getByText('over ssh it needs a gateway').waitFor();
    await set((element) => element.setAttribute('src', 'ssh://git@forge.example/team/book.git'));
    await expect.poll(async () => (await told(page, 'error')).length).toBe(2);
    await page.getByText('over ssh it needs a gateway').waitFor();
  });

  it('has a tree for the keyboard', async () => {
    const page = await all.open({ body: element() });
    const items = page.getByRole('treeitem');
    await expect.poll(() => items.allInnerTexts()).toHaveLength(5);
    await items.first().focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => items.allInnerTexts()).toHaveLength(6);
    for (const key of ['ArrowRight', 'Enter']) await page.keyboard.press(key);
    await page.getByRole('heading', { name: 'Guide' }).waitFor();
    for (const key of ['ArrowLeft', 'ArrowLeft', 'End', 'Home', 's', 'ArrowRight']) {
      await page.keyboard.press(key);
    }
    await page.getByRole('treeitem', { name: 'main.ts' }).waitFor();
    for (const key of ['ArrowDown', ' ']) await page.keyboard.press(key);
    await expect.poll(() => seen(page)).toContain('42');
    const selected = page.getByRole('treeitem', { selected: true });
    await expect.poll(() => selected.getAttribute('aria-level')).toBe('2');
  });

  it('downloads a file byte for byte', async () => {
    const page = await all.open({ body: element('path="images/dot.png"') });
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download this file' }).click();
    const bytes = await readFile(await (await downloading).path());
    const oid = await git(['hash-object', '--stdin'], { cwd: gitDir, input: bytes });
    expect(oid).toBe(await git(['rev-parse', 'main:images/dot.png'], { cwd: gitDir }));
  });

  it('shows what the page has put into it until there is more, and where nothing comes', async () => {
    const off = await all.open({
      body: element('', '<p>Read it elsewhere.</p>'),
      context: { javaScriptEnabled: false },
    });
    expect(await off.getByText('Read it elsewhere.').isVisible()).toBe(true);
    const page = await all.open({
      body: `<git-repository src="ws://127.0.0.1:9/x.git"><p>Read it elsewhere.</p></git-repository>`,
      allowed: /WebSocket|ERR_/,
    });
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    expect(await page.getByText('Read it elsewhere.').isVisible()).toBe(true);
    await page.evaluate(
      (src) => document.querySelector('git-repository')?.setAttribute('src', src),
      `${all.url}/book.git`,
    );
    await page.getByRole('heading', { name: 'The book' }).waitFor();
    await expect.poll(() => page.getByText('Read it elsewhere.').isVisible()).toBe(false);
  });

  it('shares a worker and a clone with another of its address, and is there again after a move', async () => {
    const body = `<p>${element('plain path="notes.txt"')}</p>`;
    const page = await all.open({ body: '' });
    await page.evaluate(
      (html) => (document.body.innerHTML = html + html),
      body.replace(/<\/?p>/g, ''),
    );
    await expect.poll(() => page.getByText('three').count()).toBe(2);
    // Each worker of git holds a lock as long as it lives.
    const alive = (): Promise<number> =>
      page.evaluate(async () => {
        const { held = [] } = await navigator.locks.query();
        return held.filter(({ name = '' }) => name.startsWith('gitws-worker')).length;
      });
    expect(await alive()).toBe(1);
    await page.evaluate(() => {
      const [first] = document.querySelectorAll('git-repository');
      if (first) document.body.append(first);
    });
    await expect.poll(() => page.getByText('three').count()).toBe(2);
    await page.evaluate(() => document.body.replaceChildren());
    await expect.poll(alive).toBe(0);
  });

  it.each(['light', 'dark'] as const)('is accessible, in %s', async (colorScheme) => {
    const page = await all.open({
      head: dark,
      body: element('editable'),
      context: { colorScheme },
    });
    await page.getByRole('heading', { name: 'The book' }).waitFor();
    await page.locator('.hljs-keyword').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Version: main' }).click();
    await page.getByRole('button', { name: 'v1' }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Commits', exact: true }).click();
    await page.getByRole('button', { name: 'Answer right' }).click();
    await page.locator('.diff-line').first().waitFor();
    await expectAccessible(page);
    await page.getByRole('treeitem', { name: 'README.md' }).click();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('textbox', { name: 'The text of README.md' }).waitFor();
    await expectAccessible(page);
  });
});
