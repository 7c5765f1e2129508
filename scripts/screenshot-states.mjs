/**
 * Takes a picture of each state of the demo at three widths, light and dark, to be looked at:
 * `npm run build && node scripts/screenshot-states.mjs FOLDER`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
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
  /** @param {(text: string) => string} change */
  const lamp = (change) => {
    const path = join(copy, 'data/lamp.json');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  };
  git(copy, 'checkout', '-q', '-b', 'winter');
  lamp((text) =>
    text.replace(/^\{/, '{\n  "season": "winter",').replace(/\n\}/, ',\n  "ice": true\n}'),
  );
  await writeFile(join(copy, 'data/soundings.bin'), Uint8Array.of(0, 7, 7, 7));
  await rm(join(copy, 'visit.html'));
  git(copy, 'commit', '-q', '-a', '-m', 'Close for the winter');
  git(copy, 'checkout', '-q', 'main');
  lamp((text) =>
    text.replace(/^\{/, '{\n  "season": "summer",').replace(/\n\}/, ',\n  "guests": 12\n}'),
  );
  await writeFile(join(copy, 'data/soundings.bin'), Uint8Array.of(0, 3, 3, 3));
  await appendFile(join(copy, 'visit.html'), '<!-- Bring a coat. -->\n');
  await writeFile(join(copy, 'robots.txt'), 'User-agent: *\nDisallow: /\n');
  git(copy, 'commit', '-q', '-a', '-m', 'Keep robots out');
  git(copy, 'push', '-q', 'origin', 'main', 'winter');
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
  await button('Stage index.html').click();
  await button('Unstage index.html').waitFor();
  await page.getByRole('button', { name: 'index.html', exact: true }).first().click();
  await take(page, 'staged');
  await button('Unstage index.html').click();
  await button('Stage index.html').waitFor();
  await button('Repository sample').click();
  await take(page, 'menu');
  await keyboard.press('Escape');
  await button('Discard changes in visit.html').first().click();
  await page.getByRole('dialog').waitFor();
  await take(page, 'question');
  await button('Discard').last().click();
  await takeTabs(page, open);
  await button(/^History$/).click();
  await button(/^Let robots visit|Let robots visit/).click();
  await take(page, 'history');
  await button(/^Changes/)
    .last()
    .click();
  await button('Set aside…').click();
  await page.getByRole('dialog').waitFor();
  await take(page, 'aside-question');
  await keyboard.insertText('A longer front page');
  await keyboard.press('Enter');
  await button('Bring back A longer').waitFor();
  await open('keepers.html');
  await keyboard.insertText('<!-- modified -->\n');
  await save();
  await button('Set aside…').click();
  await page.getByRole('dialog').waitFor();
  await keyboard.press('Enter');
  await button('Bring back Changes').waitFor();
  await page.getByRole('navigation').getByRole('button', { name: 'Changes' }).click();
  await take(page, 'aside');
  await open('visit.html');
  await keyboard.insertText('<!-- in the way -->\n');
  await save();
  await page.getByRole('button', { name: 'Pull' }).click();
  await button('Set aside and pull').waitFor();
  await take(page, 'aside-offer');
  await button('Discard changes in visit.html').first().click();
  await page.getByRole('dialog').waitFor();
  await button('Discard').last().click();
  await button('Put this message away').click();
  await open('index.html');
  await keyboard.insertText('<!-- otherwise -->\n');
  await save();
  await page.getByLabel('Commit message').fill('Greet the guests otherwise');
  await button(/^Commit 1/).click();
  await page.getByText(/^Committed/).waitFor();
  await button('Bring back A longer').click();
  await button('Bring back and resolve').waitFor();
  await take(page, 'aside-clash');
  await button('Bring back and resolve').click();
  await button('Next conflict').click();
  await page.getByRole('group', { name: 'Conflict 1 of 1' }).waitFor();
  await take(page, 'aside-conflict');
  await button('Put this message away').click();
  await take(page, 'aside-conflict-alone');
  await button('Give up…').click();
  await page.getByRole('dialog').waitFor();
  await take(page, 'aside-give-up');
  await button('Go on resolving').click();
  await button('Use both').click();
  await button('Mark as resolved').click();
  await page.getByText('All conflicts are resolved').waitFor();
  await take(page, 'aside-resolved');
  await button('Discard what is set aside').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  await page.getByText(/^Discarded/).waitFor();
  await button(/^Commit 1/).waitFor();
  await page.getByLabel('Commit message').fill('Greet the guests both ways');
  await button(/^Commit 1/).click();
  await page.getByText(/^Committed/).waitFor();
  const pull = async () => {
    await page.getByRole('button', { name: 'Pull' }).click();
    await page.getByText('Both sides changed the same lines').waitFor();
    await page.getByRole('group', { name: 'Conflict 1 of 1' }).waitFor();
  };
  await pull();
  await take(page, 'conflict');
  await button('Abort merge…').click();
  await page.getByRole('dialog').waitFor();
  await take(page, 'merge-abort');
  await button('Abort the merge').click();
  await page.getByText('The merge was aborted').waitFor();
  await pull();
  await button('Set my commits aside').click();
  await page.getByRole('dialog').waitFor();
  await take(page, 'conflict-aside');
  await keyboard.press('Enter');
  await page.getByText('main is now what the server has').waitFor();
  await take(page, 'set-aside');
  await button('Branch main').click();
  await button('Merge origin/winter into main').click();
  await button('Put this message away').click();
  await page.getByRole('group', { name: 'Conflict 2 of 2' }).waitFor();
  await take(page, 'merge-text');
  await keyboard.press('F8');
  await button('Use both').first().click();
  await button('Use theirs origin/winter').last().click();
  await take(page, 'merge-text-done');
  await button('Mark as resolved').click();
  await button('Resolve soundings.bin').click();
  await page.getByRole('heading', { name: 'Theirs: origin/winter' }).waitFor();
  await take(page, 'merge-binary');
  await button('Use theirs').click();
  await button('Resolve visit.html').click();
  await page.getByRole('button', { name: 'Keep it' }).waitFor();
  await take(page, 'merge-deleted');
  await button('Delete it').click();
  await button('Finish merge…').click();
  await take(page, 'merge-finish');
  await page.getByRole('button', { name: 'Finish merge', exact: true }).click();
  await page.getByText('Merged origin/winter').waitFor();
  await take(page, 'merged');
  await button(/^History$/).click();
  await button('All branches').click();
  await take(page, 'graph');
}

/** Several files at once. @param {import('playwright-core').Page} page @param {(path: string) => Promise<void>} open */
async function takeTabs(page, open) {
  const { keyboard } = page;
  for (const folder of ['log', 'css', 'js', 'images']) {
    const row = page.locator(`[role=treeitem][title="${folder}"]`);
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.click();
  }
  for (const path of ['log/index.html', 'css/base.css', 'images/lighthouse.png']) {
    await page.locator(`[role=treeitem][title="${path}"]`).dblclick();
  }
  await open('css/base.css');
  await keyboard.insertText('/* not saved */');
  await open('js/tide.js');
  await take(page, 'tabs');
  await keyboard.press('Control+\\');
  await page.getByRole('region', { name: 'Side 2' }).getByRole('textbox').waitFor();
  await open('sitemap.xml');
  await take(page, 'tabs-split');
  await keyboard.press('F1');
  await page.getByRole('combobox').waitFor();
  await take(page, 'commands');
  await keyboard.press('Escape');
  const beside = page.getByRole('region', { name: 'Side 2' });
  for (const path of ['js/tide.js', 'sitemap.xml']) {
    await beside.getByRole('button', { name: `Close ${path}` }).click();
  }
  await page.getByRole('tab', { name: /^base.css/ }).click();
  await keyboard.press('Alt+w');
  await page.getByRole('dialog').waitFor();
  await take(page, 'tabs-close');
  await page.getByRole('button', { name: 'Do not save' }).click();
}

await useDemo(walk, { prepare: (data) => git(data, 'init', '-q', '--bare', 'another.git') });
