/** A walk through the demo that brings it into each of its states, one after the other. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { appendFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What is done in each state.
 *
 * @typedef {(state: string) => Promise<void>} Take
 */

/** When others have committed: the sample's own commits are older. */
const date = '2026-01-15T11:00:00Z';

/** @param {string} cwd @param {string[]} args */
function git(cwd, ...args) {
  const author = ['-c', 'user.name=Maren Holt', '-c', 'user.email=maren@ternisland.example'];
  execFileSync('git', [...author, ...args], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date },
  });
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

/**
 * Puts a second repository into the folder that is served, before it is.
 *
 * @param {string} data
 */
export function prepareStates(data) {
  git(data, 'init', '-q', '--bare', 'another.git');
}

/**
 * Walks.
 *
 * @param {import('playwright-core').Page} page that shows the start, 1280 px wide.
 * @param {string} data the folder of repositories.
 * @param {Take} take called in each state; it has to leave the page's size as it was.
 */
export async function showStates(page, data, take) {
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
  /** Of one file. @param {string} message */
  const commit = async (message) => {
    await page.getByLabel('Commit message').fill(message);
    await button(/^Commit 1/).click();
    await page.getByText(/^Committed/).waitFor();
  };
  await button('Clone another.git').waitFor();
  await take('start');
  await page.getByLabel('Repository address').fill('git@github.com:owner/repository.git');
  await button(/^Clone$/).click();
  await page.getByRole('alert').waitFor();
  await take('start-error');
  await button('Clone sample.git').click();
  await page.getByText(/^Cloned sample/).waitFor();
  await take('cloned');
  await commitOnServer(data);
  await open('robots.txt');
  await keyboard.insertText('Allow: /visit.html\n');
  await save();
  await commit('Let robots visit');
  await open('index.html');
  await keyboard.insertText('<!-- modified -->\n');
  await save();
  await open('visit.html');
  await keyboard.insertText('<!-- not saved -->\n');
  await take('changes');
  await button('Stage index.html').click();
  await button('Unstage index.html').waitFor();
  await page.getByRole('button', { name: 'index.html', exact: true }).first().click();
  await take('staged');
  await button('Unstage index.html').click();
  await button('Stage index.html').waitFor();
  await button('Repository sample').click();
  await take('menu');
  await keyboard.press('Escape');
  await button('Discard changes in visit.html').first().click();
  await page.getByRole('dialog').waitFor();
  await take('question');
  await button('Discard').last().click();
  await showTabs(page, open, take);
  await button(/^History$/).click();
  await button(/^Let robots visit|Let robots visit/).click();
  await page.locator('.commit-detail').getByText('robots.txt').waitFor();
  await take('history');
  await button(/^Changes/)
    .last()
    .click();
  await button('Set aside…').click();
  await page.getByRole('dialog').waitFor();
  await take('aside-question');
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
  await take('aside');
  await open('visit.html');
  await keyboard.insertText('<!-- in the way -->\n');
  await save();
  await page.getByRole('button', { name: 'Pull' }).click();
  await button('Set aside and pull').waitFor();
  await take('aside-offer');
  await button('Discard changes in visit.html').first().click();
  await page.getByRole('dialog').waitFor();
  await button('Discard').last().click();
  await button('Put this message away').click();
  await open('index.html');
  await keyboard.insertText('<!-- otherwise -->\n');
  await save();
  await commit('Greet the guests otherwise');
  await button('Bring back A longer').click();
  await button('Bring back and resolve').waitFor();
  await take('aside-clash');
  await button('Bring back and resolve').click();
  await button('Next conflict').click();
  await page.getByRole('group', { name: 'Conflict 1 of 1' }).waitFor();
  await take('aside-conflict');
  await button('Put this message away').click();
  await take('aside-conflict-alone');
  await button('Give up…').click();
  await page.getByRole('dialog').waitFor();
  await take('aside-give-up');
  await button('Go on resolving').click();
  await button('Use both').click();
  await button('Mark as resolved').click();
  await page.getByText('All conflicts are resolved').waitFor();
  await take('aside-resolved');
  await button('Discard what is set aside').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
  await page.getByText(/^Discarded/).waitFor();
  await button(/^Commit 1/).waitFor();
  await commit('Greet the guests both ways');
  const pull = async () => {
    await page.getByRole('button', { name: 'Pull' }).click();
    await page.getByText('Both sides changed the same lines').waitFor();
    await page.getByRole('group', { name: 'Conflict 1 of 1' }).waitFor();
  };
  await pull();
  await take('conflict');
  await button('Abort merge…').click();
  await page.getByRole('dialog').waitFor();
  await take('merge-abort');
  await button('Abort the merge').click();
  await page.getByText('The merge was aborted').waitFor();
  await pull();
  await button('Set my commits aside').click();
  await page.getByRole('dialog').waitFor();
  await take('conflict-aside');
  await keyboard.press('Enter');
  await page.getByText('main is now what the server has').waitFor();
  await take('set-aside');
  await button('Branch main').click();
  await button('Merge origin/winter into main').click();
  await button('Put this message away').click();
  await page.getByRole('group', { name: 'Conflict 2 of 2' }).waitFor();
  await take('merge-text');
  await keyboard.press('F8');
  await button('Use both').first().click();
  await button('Use theirs origin/winter').last().click();
  await take('merge-text-done');
  await button('Mark as resolved').click();
  await button('Resolve soundings.bin').click();
  await page.getByRole('heading', { name: 'Theirs: origin/winter' }).waitFor();
  await take('merge-binary');
  await button('Use theirs').click();
  await button('Resolve visit.html').click();
  await page.getByRole('button', { name: 'Keep it' }).waitFor();
  await take('merge-deleted');
  await button('Delete it').click();
  await button('Finish merge…').click();
  await take('merge-finish');
  await page.getByRole('button', { name: 'Finish merge', exact: true }).click();
  await page.getByText('Merged origin/winter').waitFor();
  await take('merged');
  await button(/^History$/).click();
  await button('All branches').click();
  await take('graph');
}

/**
 * Several files at once.
 *
 * @param {import('playwright-core').Page} page
 * @param {(path: string) => Promise<void>} open
 * @param {Take} take
 */
async function showTabs(page, open, take) {
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
  await take('tabs');
  await keyboard.press('Control+\\');
  await page.getByRole('region', { name: 'Side 2' }).getByRole('textbox').waitFor();
  await open('sitemap.xml');
  await take('tabs-split');
  await keyboard.press('F1');
  await page.getByRole('combobox').waitFor();
  await take('commands');
  await keyboard.press('Escape');
  const beside = page.getByRole('region', { name: 'Side 2' });
  for (const path of ['js/tide.js', 'sitemap.xml']) {
    await beside.getByRole('button', { name: `Close ${path}` }).click();
  }
  await page.getByRole('tab', { name: /^base.css/ }).click();
  await keyboard.press('Alt+w');
  await page.getByRole('dialog').waitFor();
  await take('tabs-close');
  await page.getByRole('button', { name: 'Do not save' }).click();
}
