/**
 * Takes a picture of each state of the demo at three widths, light and dark, to be looked at:
 * `npm run build && node scripts/screenshot-states.mjs FOLDER`.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useDemo } from './demo-process.mjs';

const folder = process.argv[2];
if (folder === undefined) throw new Error('Name a folder to write to.');
await mkdir(folder, { recursive: true });

const looks = [1280, 820, 390].flatMap((width) =>
  /** @type {const} */ (['light', 'dark']).map((colorScheme) => ({ width, colorScheme })),
);

/** @param {import('playwright-core').Page} page @param {string} state */
async function take(page, state) {
  for (const { width, colorScheme } of looks) {
    await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: join(folder ?? '', `${state}-${width}-${colorScheme}.png`) });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** @param {string} cwd @param {string[]} args */
function git(cwd, ...args) {
  const author = ['-c', 'user.name=Maren Holt', '-c', 'user.email=maren@ternisland.example'];
  execFileSync('git', [...author, ...args], { cwd });
}

/** Somebody else pushes to the sample. @param {string} data */
async function commitOnServer(data) {
  const copy = join(data, '.copy');
  git(data, 'clone', '-q', 'sample.git', copy);
  await writeFile(join(copy, 'robots.txt'), 'User-agent: *\nDisallow: /\n');
  git(copy, 'commit', '-q', '-a', '-m', 'Keep robots out');
  git(copy, 'push', '-q');
}

/** @param {import('playwright-core').Page} page @param {string} data */
async function walk(page, data) {
  const { keyboard } = page;
  /** @param {string | RegExp} name */
  const button = (name) => page.getByRole('button', { name });
  /** @param {string} path */
  const open = async (path) => {
    await page.locator(`[role=treeitem][title="${path}"]`).click();
    await page.getByRole('textbox', { name: `Contents of ${path}`, exact: true }).click();
    await keyboard.press('Control+End');
  };
  const save = async () => {
    await keyboard.press('Control+s');
    await button('Saved').waitFor();
  };
  await button('Clone another.git').waitFor();
  await take(page, 'start');
  await page.getByLabel('Repository address').fill('git@github.com:owner/repository.git');
  await button(/^Clone$/).click();
  await page.getByRole('alert').waitFor();
  await take(page, 'start-error');
  await button('Clone sample.git').click();
  await page.getByText(/^Cloned sample/).waitFor();
  await take(page, 'cloned');
  await commitOnServer(data);
  await open('robots.txt');
  await keyboard.insertText('Allow: /visit.html\n');
  await save();
  await page.getByLabel('Commit message').fill('Let robots visit');
  await button(/^Commit 1/).click();
  await page.getByText(/^Committed/).waitFor();
  await open('index.html');
  await keyboard.insertText('<!-- modified -->\n');
  await save();
  await open('visit.html');
  await keyboard.insertText('<!-- not saved -->\n');
  await take(page, 'changes');
  await button('Repository sample').click();
  await take(page, 'menu');
  await keyboard.press('Escape');
  await button('Discard changes in visit.html').first().click();
  await page.getByRole('dialog').waitFor();
  await take(page, 'question');
  await button('Discard').last().click();
  await button('History').click();
  await button(/^Let robots visit|Let robots visit/).click();
  await take(page, 'history');
  await button('Changes').click();
  await page.getByRole('button', { name: 'Pull' }).click();
  await button('Choose file by file').waitFor();
  await take(page, 'conflict');
  await button('Choose file by file').click();
  await page.getByRole('dialog').waitFor();
  await take(page, 'conflict-files');
  await keyboard.press('Escape');
  await button('Set my commits aside').click();
  await page.getByRole('dialog').waitFor();
  await take(page, 'conflict-aside');
  await keyboard.press('Enter');
  await page.getByText('main is now what the server has').waitFor();
  await take(page, 'set-aside');
}

await useDemo(walk, { prepare: (data) => git(data, 'init', '-q', '--bare', 'another.git') });
