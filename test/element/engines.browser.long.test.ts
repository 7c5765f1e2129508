/** What a person does in `<git-repository>` in every engine, with its own mouse and keyboard. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  browserAvailable,
  engineTitle,
  launchBrowser,
  openPage,
  type TestBrowser,
} from '../helpers/engines.js';
import { Person } from '../helpers/engines/person.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { makeBook } from './samples.js';
import { serveSite, strictPolicy, type ServedSite } from './site.js';

describe.skipIf(!browserAvailable)(`<git-repository> in ${engineTitle}`, () => {
  let browser: TestBrowser;
  let all: ServedSite;

  beforeAll(async () => {
    browser = await launchBrowser();
    all = await serveSite();
  });

  it('shows a README, files and history under the policy of its documentation', async () => {
    await makeBook(all.root, 'book');
    const body = `<git-repository src="${all.url}/book.git" worker="/worker/script.js"></git-repository>`;
    const { page, wrong } = await openPage(browser, all.add({ body, policy: policyOf(all.url) }));
    const person = await Person.at(page);
    await person.find('heading', 'The book');
    await person.find('img', 'A dot');
    await person.click('link', 'guide');
    await person.find('heading', 'Guide');
    await person.click('treeitem', 'src');
    await person.click('treeitem', 'main.ts');
    await person.click('button', 'History of this file');
    await person.click('button', /^Answer right/);
    await person.click('button', 'Commits');
    await person.find('button', /^Begin/);
    await page.close();
    expect(wrong).toEqual([]);
  });

  it('edits a file, asks for a password and pushes', async () => {
    const gitDir = await makeBook(all.root, 'edited');
    const before = await git(['rev-parse', 'main'], { cwd: gitDir });
    const body = `<git-repository src="${all.url}/edited.git" path="notes.txt" editable></git-repository>`;
    const { page, wrong } = await openPage(browser, all.add({ body }));
    const person = await Person.at(page);
    await person.click('button', 'Edit');
    await person.click('textbox', /^The text of/);
    await person.press('Control+End');
    await person.type('four\n');
    await person.fill('What did you change?', 'Count further');
    await person.fill('Your name', 'Ann');
    await person.fill('Your e-mail address', 'ann@example.com');
    await person.click('button', 'Commit and push to main');
    await person.fill('User', 'ann');
    await person.press('Tab');
    await person.type('right');
    await person.click('button', 'Sign in');
    await person.read('status', '', /^Pushed to main as/);
    expect(await git(['show', 'main:notes.txt'], { cwd: gitDir })).toBe('one\ntwo\nthree\nfour');
    expect(await git(['log', '-1', '--format=%P %an %ae %s', 'main'], { cwd: gitDir })).toBe(
      `${before} Ann ann@example.com Count further`,
    );
    await expectSoundRepository(gitDir);
    await page.close();
    expect(wrong).toEqual([]);
  });
});

/** Lets through what the driver posts, and the icon of the test's own page, as well. */
function policyOf(server: string): string {
  return strictPolicy(server)
    .replace("connect-src 'self'", "connect-src 'self' http://127.0.0.1:*")
    .replace("img-src 'self'", "img-src 'self' data:");
}
