/** Setting changes aside in the demo, in Chromium, with native git to say what is in the list. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { beforeAll, describe, expect } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { begin, commitOnServer, type Begun } from './begin.js';
import type { DemoPage } from './demo-page.js';
import { downloadAll, unpacked } from './unpack.js';

const list = ({ page }: DemoPage): Locator => page.getByRole('region', { name: 'Set aside' });

/** Clones, and changes a file. */
async function beginChanged(browser: Browser): Promise<Begun> {
  const begun = await begin(browser);
  const { demo } = begun;
  await demo.clone();
  await demo.opened('sample');
  await demo.append('robots.txt', '# mine\n');
  return begun;
}

async function setAside(demo: DemoPage, words: string): Promise<void> {
  await demo.button('Set aside…').click();
  await demo.page.getByLabel('A few words').fill(words);
  await demo.page.keyboard.press('Enter');
  await demo.notice.getByText(/^Set the changes in \d file/).waitFor();
}

async function pull({ demo }: Begun, way: string): Promise<void> {
  await demo.button(/^Pull/).click();
  await demo.notice.getByText('Changed files are in the way').waitFor();
  await demo.button(way).click();
}

const hasFocus = (button: Locator): Promise<boolean> =>
  button.evaluate((one) => one === document.activeElement);

describe.skipIf(!browserAvailable)('changes that are set aside in the demo', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('are stashes for native git, over a reload, and are brought back or discarded', async () => {
    const { demo } = await beginChanged(browser);
    const { page, notice } = demo;
    await demo.button('New file').first().click();
    await page.getByLabel('Path').fill('notes/new.md');
    await demo.button('Create').click();
    await demo.row('new.md added').waitFor();
    await demo.button('Stage robots.txt').click();
    // The heading that comes with it moves what is pressed next.
    await demo.button('Unstage robots.txt').waitFor();
    await setAside(demo, 'Half done');
    await page.getByText('Nothing has changed').waitFor();
    await demo.append('keepers.html', '<!-- later -->\n');
    await setAside(demo, '');
    await page.reload();
    await demo.button('Bring back Half done').waitFor();
    const { cwd } = await downloadAll(demo);
    const listed = await git(['stash', 'list', '--format=%gs'], { cwd });
    expect(listed).toMatch(/^WIP on main: .*\nOn main: Half done$/);
    const stashed = ['stash', 'show', '--include-untracked', '--name-only', 'stash@{1}'];
    expect(await git(stashed, { cwd })).toBe('notes/new.md\nrobots.txt');
    expect(await git([...unpacked, 'status', '--porcelain'], { cwd })).toBe('');
    await demo.button('Discard Changes on main').click();
    await demo.button('Keep').click();
    await demo.button('Discard Changes on main').click();
    await demo.button('Discard').click();
    await notice.getByText('Discarded “Changes on main”').waitFor();
    // The row that comes in the place of the one that has gone.
    await expect.poll(() => hasFocus(demo.button('Discard Half done'))).toBe(true);
    await demo.button('Bring back Half done').click();
    await notice.getByText('Your changes are back').waitFor();
    await demo.button('Unstage robots.txt').waitFor();
    await demo.button('Stage notes/new.md').waitFor();
    await expect.poll(() => list(demo).count()).toBe(0);
    await demo.openFile('robots.txt');
    await demo.editor('robots.txt').getByText('# mine').waitFor();
    const after = await downloadAll(demo);
    expect(await git(['stash', 'list'], after)).toBe('');
    expect(await git([...unpacked, 'status', '--porcelain'], after)).toBe(
      'M  robots.txt\n?? notes/new.md',
    );
    await expectSoundRepository(after.cwd);
    await demo.close();
  });

  it('make way for a pull, come back after it, or stay where they do not fit', async () => {
    const begun = await beginChanged(browser);
    const { demo, gitDir, onServer } = begun;
    const { page, notice } = demo;
    const before = await onServer('show', 'main:robots.txt');
    await commitOnServer(gitDir, 'robots.txt', `# theirs\n${before}\n`);
    await pull(begun, 'Set aside and pull');
    await notice.getByText(/^[0-9a-f]{7} → [0-9a-f]{7}\. Your changes are back\.$/).waitFor();
    await demo.editor('robots.txt').getByText('# theirs').waitFor();
    await demo.editor('robots.txt').getByText('# mine').waitFor();
    await expect.poll(() => list(demo).count()).toBe(0);
    const theirs = await commitOnServer(gitDir, 'robots.txt', '# all theirs\n');
    await pull(begun, 'Set aside and pull');
    await notice.getByText('But your changes are set aside still').waitFor();
    await notice.getByText(/^They do not fit here any more\./).waitFor();
    await demo.editor('robots.txt').getByText('# all theirs').waitFor();
    await page.getByText('Nothing has changed').waitFor();
    await demo.button('Bring back Before the pull of main').waitFor();
    await demo.button('Bring back on a branch…').click();
    await demo.button('Create and switch').click();
    await notice.getByText('Your changes are back, on new branch main-aside').waitFor();
    await demo.editor('robots.txt').getByText('# mine').waitFor();
    const { cwd } = await downloadAll(demo);
    expect(await git(['rev-parse', 'main', 'main-aside~0'], { cwd })).toBe(
      `${theirs}\n${await onServer('rev-parse', 'main~1')}`,
    );
    expect(await git(['stash', 'list'], { cwd })).toBe('');
    expect(await git([...unpacked, 'status', '--porcelain'], { cwd })).toBe('M robots.txt');
    await demo.close();
  });

  it('are resolved where they clash, or given up, and stay in the list until they are discarded', async () => {
    const { demo } = await beginChanged(browser);
    const { page, notice } = demo;
    await demo.append('keepers.html', '<!-- mine -->\n');
    await setAside(demo, 'Half done');
    await demo.append('robots.txt', '# other\n');
    await demo.commit('Other');
    const bringBack = async (): Promise<void> => {
      await demo.button('Bring back Half done').click();
      await notice.getByText('They do not fit here any more').waitFor();
      await demo.button('Bring back and resolve').click();
      await notice.getByText('They clash with what is here').waitFor();
      await page.getByText('Bringing back “Half done”: 1 file to be resolved').waitFor();
    };
    await bringBack();
    await demo.row('keepers.html modified').waitFor();
    expect(await demo.button('Bring back Half done').isDisabled()).toBe(true);
    expect(await demo.button('Discard Half done').isDisabled()).toBe(true);
    expect(await demo.button(/^Commit \d/).isDisabled()).toBe(true);
    await demo.button('Give up…').click();
    await demo.button('Go on resolving').click();
    await demo.button('Give up…').click();
    await demo.button('Give up').click();
    await notice.getByText('“Half done” is set aside as before.').waitFor();
    await page.getByText('Nothing has changed').waitFor();
    await bringBack();
    // It is in the repository, and not in the page.
    await page.reload();
    await page.getByText('Bringing back “Half done”: 1 file to be resolved').waitFor();
    await demo.button('Resolve robots.txt').click();
    const conflict = page.getByRole('group', { name: 'Conflict 1 of 1' });
    await conflict.getByRole('button', { name: 'Use theirs what was set aside' }).waitFor();
    await conflict.getByRole('button', { name: 'Use both' }).click();
    await demo.button('Mark as resolved').click();
    await notice.getByText('All conflicts are resolved').waitFor();
    await notice.getByText(/“Half done” is kept in the list/).waitFor();
    await expect.poll(() => hasFocus(page.getByLabel('Commit message'))).toBe(true);
    await demo.button('Discard what is set aside…').click();
    await demo.button('Keep').click();
    const { cwd } = await downloadAll(demo);
    expect(await git(['stash', 'list', '--format=%gs'], { cwd })).toBe('On main: Half done');
    expect(await git([...unpacked, 'status', '--porcelain'], { cwd })).toBe(
      'M  keepers.html\nM  robots.txt',
    );
    expect(await readFile(join(cwd, 'robots.txt'), 'utf8')).toMatch(/# other\n# mine\n$/);
    await demo.button('Discard Half done').click();
    await demo.button('Discard').click();
    await expect.poll(() => list(demo).count()).toBe(0);
    await demo.commit('Both');
    await demo.close();
  });

  long('make way for another branch, and come back there', async () => {
    const { demo, onServer } = await beginChanged(browser);
    await demo.append('index.html', '<!-- mine -->\n');
    await demo.button('Branch main').click();
    await demo.button(/^redesign/).click();
    await demo.notice.getByText('Changed files are in the way').waitFor();
    await demo.button('Set aside and switch').click();
    await demo.notice.getByText('Your changes are back.').waitFor();
    await demo.button('Branch redesign').waitFor();
    const { cwd } = await downloadAll(demo);
    const expected = `${await onServer('show', 'redesign:index.html')}\n<!-- mine -->`;
    expect(await readFile(join(cwd, 'index.html'), 'utf8')).toBe(`${expected}\n`);
    expect(await git([...unpacked, 'status', '--porcelain'], { cwd })).toBe(
      'M index.html\n M robots.txt',
    );
    await demo.close();
  });

  long('stay in the list as long as a merge waits', async () => {
    const begun = await beginChanged(browser);
    const { demo, gitDir } = begun;
    await demo.commit('Mine');
    await demo.append('visit.html', '<!-- mine -->\n');
    await commitOnServer(gitDir, 'robots.txt', 'theirs\n');
    await commitOnServer(gitDir, 'visit.html', 'theirs\n');
    await pull(begun, 'Set aside and pull');
    await demo.notice.getByText('Both sides changed the same lines').waitFor();
    await demo.notice.getByText(/bring them back once the merge is finished\.$/).waitFor();
    const back = demo.button('Bring back Before the pull of main');
    expect(await back.isDisabled()).toBe(true);
    await demo.button('Abort merge…').click();
    await demo.button('Abort the merge').click();
    await demo.notice.getByText('The merge was aborted').waitFor();
    await back.click();
    await demo.notice.getByText('Your changes are back').waitFor();
    await demo.button('Stage visit.html').waitFor();
    await demo.close();
  });

  long('come back where a file that git ignores is in the way all the same', async () => {
    const begun = await beginChanged(browser);
    const { demo, gitDir } = begun;
    const { page, notice } = demo;
    await demo.append('.gitignore', '/hidden.txt\n');
    await demo.commit('Hide a file');
    await demo.button('New file').first().click();
    await page.getByLabel('Path').fill('hidden.txt');
    await demo.button('Create').click();
    await notice.getByText('hidden.txt was made, but .gitignore hides it').waitFor();
    await commitOnServer(gitDir, 'hidden.txt', 'theirs\n');
    await pull(begun, 'Set aside and pull');
    await notice.getByText(/^git ignores these files/).waitFor();
    await expect.poll(() => list(demo).count()).toBe(0);
    await demo.append('index.html', '<!-- mine -->\n');
    await pull(begun, 'Set aside and pull');
    await notice.getByText(/Your changes are back, as before\.$/).waitFor();
    await demo.button('Stage index.html').waitFor();
    await expect.poll(() => list(demo).count()).toBe(0);
    await demo.close();
  });
});
