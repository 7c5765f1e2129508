/**
 * The demo, whole and as built, in real Chromium with real LightningFS, against the server that
 * `npm start` runs, in process: what a person does there, and what the server's own git says of it.
 */
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from './helpers/long.js';
import { begin } from './demo/begin.js';
import { browserAvailable, launchChromium } from './helpers/chromium.js';
import { expectSoundRepository, git } from './helpers/git.js';
import { startServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';

describe.skipIf(!browserAvailable)('the demo in Chromium', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('clones the sample, and shows what is special about its files', async () => {
    const { demo } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await demo.notice.getByText(/^39 files, .* received\.$/).waitFor();

    await demo.row('notes').click();
    await demo.row('notes/Überfahrt und Fähre.md'.slice(6)).waitFor();
    await demo.openFile('notes/灯台のご案内.md');
    await demo.editor('notes/灯台のご案内.md').getByText('灯台のご案内').first().waitFor();
    await demo.row('scripts').click();
    await demo.row('build.sh executable').waitFor();
    await demo.openFile('log/latest.md');
    await demo.button('Open log/2025-05-18-first-guests.md').click();
    await demo.editor('log/2025-05-18-first-guests.md').getByText('First guests').waitFor();
    await demo.openFile('images/café.png');
    await demo.page.getByText(/^160 × 120, /).waitFor();
    await demo.openFile('data/soundings.bin');
    await demo.page.getByText('Binary file').waitFor();
    await demo.close();
  });

  it('commits an edit, a new file and a deletion, and pushes them', async () => {
    const { demo, gitDir, onServer } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    const before = await onServer('rev-parse', 'main');
    await demo.append('scripts/build.sh', '# edited in a browser\n');
    await demo.row('build.sh executable modified').waitFor();
    await demo.button('New file').click();
    await demo.page.getByLabel('Path').fill('notes/für morgen.md');
    await demo.button('Create').click();
    await demo.editor('notes/für morgen.md').waitFor();
    await demo.append('notes/für morgen.md', '# Tomorrow\n');
    await demo.openFile('robots.txt');
    await demo.button('Delete robots.txt').click();
    await demo.row('robots.txt deleted').waitFor();
    await demo.commit('Change three things\n\nEach in its own way.');
    await demo.page.getByText('1 commit not pushed yet.').waitFor();
    await demo.button('Push main').click();
    await demo.notice.getByText(/^Pushed main to /).waitFor();
    await demo.notice.getByText(/^Tern Island Light: refs\/heads\/main is now at /).waitFor();

    const raw = await onServer('-c', 'core.quotePath=false', 'diff', '--raw', before, 'main');
    expect(raw).toMatch(/^:000000 100644 .* A\tnotes\/für morgen\.md$/m);
    expect(raw).toMatch(/^:100644 000000 .* D\trobots\.txt$/m);
    expect(raw).toMatch(/^:100755 100755 .* M\tscripts\/build\.sh$/m);
    expect(raw.split('\n')).toHaveLength(3);
    expect(await onServer('log', '-1', '--format=%an <%ae>%n%B', 'main')).toBe(
      'Grace Hopper <grace@example.com>\nChange three things\n\nEach in its own way.',
    );
    expect(await onServer('rev-parse', 'main~1')).toBe(before);
    await expectSoundRepository(gitDir);
    await demo.close();
  });

  it('finds the repository again after a reload, with what was changed in it', async () => {
    const { demo } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await demo.append('visit.html', '<!-- kept -->\n');
    await demo.page.reload();
    await demo.opened('sample');
    await demo.row('visit.html modified').waitFor();
    await demo.editor('visit.html').waitFor();
    await demo.button('Repository sample').click();
    await demo.button('Clone or open another…').click();
    await demo.button(/^sample/).click();
    await demo.opened('sample');
    await demo.close();
  });

  long('asks before edits are lost, and commits none that are not staged', async () => {
    const { demo, onServer } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await demo.append('index.html', '<!-- not yet -->\n');
    await demo.openFile('visit.html');
    await demo.editor('visit.html').click();
    await demo.page.keyboard.type('unsaved');
    await demo.row('visit.html unsaved').waitFor();
    await demo.button('Branch main').click();
    await demo.button(/^redesign/).click();
    await demo.page.getByRole('dialog', { name: 'One file has unsaved edits' }).waitFor();
    await demo.button('Cancel').click();
    await demo.button('Branch main').waitFor();
    await demo.button('Stage visit.html').click();
    await demo.button('Unstage visit.html').waitFor();
    await demo.page.getByLabel('Your name').fill('Grace Hopper');
    await demo.page.getByLabel('Email').fill('grace@example.com');
    await demo.page.getByLabel('Commit message').fill('Only the visit page');
    await demo.button('Commit 1 file to main').click();
    await demo.notice.getByText(/^Committed /).waitFor();
    await demo.row('index.html modified').waitFor();
    await demo.button('Push, 1 ahead').click();
    await demo.notice.getByText(/^Pushed main/).waitFor();
    expect(await onServer('diff', '--name-only', 'main~1', 'main')).toBe('visit.html');
    await demo.button('Discard changes in index.html').first().click();
    await demo.button('Discard').click();
    await demo.page.getByText('Nothing has changed').waitFor();
    await demo.close();
  });

  it('goes to another branch and makes a new one, which the server gets', async () => {
    const { demo, gitDir, onServer } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await demo.button('Branch main').click();
    await demo.button(/^redesign/).click();
    await demo.notice.getByText('On branch redesign').waitFor();
    await demo.openFile('js/lamp.js');
    await demo.editor('js/lamp.js').getByText('Dims the page at night').waitFor();
    await demo.button('Branch redesign').click();
    await demo.button('New branch…').click();
    await demo.page.getByLabel('Name').fill('not..allowed');
    await demo.button('Create and switch').click();
    await demo.page.getByText(/^git does not allow this name/).waitFor();
    await demo.page.getByLabel('Name').fill('lamp/brighter');
    await demo.button('Create and switch').click();
    await demo.button('Branch lamp/brighter').waitFor();
    await demo.append('js/lamp.js', '// brighter\n');
    await demo.commit('Turn the lamp up');
    await demo.button('Push lamp/brighter').click();
    await demo.notice.getByText(/^Pushed lamp\/brighter/).waitFor();
    expect(await onServer('rev-list', '--count', 'redesign..lamp/brighter')).toBe('1');
    await expectSoundRepository(gitDir);
    await demo.close();
  });

  long('shows the history with its branches and tags, a page at a time', async () => {
    const { demo, onServer } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await demo.button('History').click();
    const commits = demo.page.getByRole('list', { name: 'Commits' }).getByRole('listitem');
    await commits.first().waitFor();
    const oids = (await onServer('rev-list', '--date-order', '--abbrev-commit', 'main')).split(
      '\n',
    );
    expect(await commits.count()).toBeLessThan(oids.length);
    await demo.button('Load more').click();
    await demo.page.getByText(`${oids.length} commits, down to the first one`).waitFor();
    const shown = await commits.locator('code').allInnerTexts();
    expect(shown.map((oid) => oid.slice(0, 7)).sort()).toEqual(
      oids.map((oid) => oid.slice(0, 7)).sort(),
    );
    expect(await commits.first().innerText()).toMatch(/main\s+origin\/main\s+Ring the bell/);
    expect(await commits.filter({ hasText: 'season-2025' }).innerText()).toContain(
      'Open for the season',
    );
    await demo.button(/Open for the season/).click();
    await demo.page.getByText('The café is back, and pages print').waitFor();
    await demo.close();
  });

  it('works with the keyboard alone', async () => {
    const { demo } = await begin(browser);
    const { keyboard } = demo.page;
    await (await demo.addressField()).focus();
    await keyboard.press('Enter');
    await demo.opened('sample');
    await demo.row('css').focus();
    await keyboard.press('ArrowRight');
    await demo.row('base.css').waitFor();
    await keyboard.press('ArrowRight');
    await keyboard.press('Enter');
    await demo.editor('css/base.css').waitFor();
    await keyboard.press('ArrowLeft');
    await keyboard.press('ArrowLeft');
    await expect.poll(() => demo.row('base.css').count()).toBe(0);
    await keyboard.press('End');
    await keyboard.press('Enter');
    await demo.editor('visit.html').waitFor();
    await demo.close();
  });

  long('has all of it on a telephone, one pane at a time', async () => {
    const { demo } = await begin(browser, { width: 390, height: 844 });
    await demo.clone();
    await demo.opened('sample');
    await demo.append('index.html', '<!-- from a telephone -->\n');
    await demo.page
      .getByRole('navigation')
      .getByRole('button', { name: /^Changes/ })
      .click();
    await demo.commit('Edit on the way');
    await demo.button('Push main').click();
    await demo.notice.getByText(/^Pushed main/).waitFor();
    await demo.button('History').click();
    await demo.button(/Edit on the way/).waitFor();
    const width = await demo.page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
    await demo.close();
  });

  long('begins a repository that is empty', async () => {
    const { demo, url } = await begin(browser);
    const root = await temporaryDirectory();
    const gitDir = join(root, 'fresh.git');
    await git(['init', '-q', '--bare', '--initial-branch=master', gitDir]);
    const origins = [new URL(url).origin];
    const { url: target } = await startServer({ root, allowPush: true, origins });
    await demo.clone(`${target}/fresh.git`);
    await demo.button('Repository fresh').waitFor();
    await demo.page.getByText('No files yet').waitFor();
    await demo.button('New file').click();
    await demo.page.getByLabel('Path').fill('README.md');
    await demo.button('Create').click();
    await demo.append('README.md', '# Fresh\n');
    await demo.commit('Begin');
    await demo.button('Push master').click();
    await demo.notice.getByText(/^Pushed master/).waitFor();
    expect(await git(['-C', gitDir, 'cat-file', '-p', 'HEAD:README.md'])).toBe('# Fresh');
    await expectSoundRepository(gitDir);
    await demo.close();
  });

  it('removes a repository from the browser, and asks before', async () => {
    const { demo } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await demo.button('Repository sample').click();
    await demo.button('Remove from this browser…').click();
    await demo.page.getByRole('dialog', { name: 'Remove sample from this browser?' }).waitFor();
    await demo.button('Remove').click();
    await demo.page.getByText('Nothing yet').waitFor();
    await expect.poll(() => demo.databases()).toEqual([]);
    await demo.page.reload();
    await demo.page.getByText('Nothing yet').waitFor();
    await demo.close();
  });
});
