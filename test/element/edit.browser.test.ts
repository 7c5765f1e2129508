/** Editing in `<git-repository>`: what was pushed, real git says. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {} from '../../src/element/events.js';
import { browserAvailable } from '../helpers/chromium.js';
import { startForeignHost } from '../helpers/foreign-host.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { makeBook } from './samples.js';
import { startSite, told, type Site } from './site.js';

let all: Site;

beforeAll(async () => {
  if (!browserAvailable) return;
  all = await startSite();
});

/** Opens a file in an editor, and puts a text into it. */
async function edit(page: Page, text: string): Promise<void> {
  await page.getByRole('button', { name: /^(Edit|Go on editing)$/ }).click();
  await page.getByRole('textbox', { name: /^The text of/ }).fill(text);
  await page.getByRole('textbox', { name: 'What did you change?' }).fill('Count further');
  await page.getByRole('textbox', { name: 'Your name' }).fill('Ann');
  await page.getByRole('textbox', { name: 'Your e-mail address' }).fill('ann@example.com');
}

const commit = (page: Page): Promise<void> =>
  page.getByRole('button', { name: 'Commit and push' }).click();

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByRole('textbox', { name: 'User' }).fill('ann');
  await page.getByLabel('Password or token').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** @returns how many packs of a partial clone the element has stored. */
async function promisedPacks(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open('git-repository');
        opening.onerror = () => reject(new Error('It cannot be opened.'));
        opening.onsuccess = () => {
          const names = [...opening.result.objectStoreNames];
          const reading = opening.result.transaction(names);
          // Names stand in the rows of folders.
          const got = names.map((name) => reading.objectStore(name).getAll());
          const keys = names.map((name) => reading.objectStore(name).getAllKeys());
          reading.oncomplete = () => {
            opening.result.close();
            const rows = JSON.stringify([...got, ...keys].map(({ result }) => result));
            resolve(rows.split('.promisor').length - 1);
          };
        };
      }),
  );
}

const element = (name: string, attributes = ''): string =>
  `<git-repository src="${all.url}/${name}.git" path="notes.txt" editable ${attributes}></git-repository>`;

/** A push of somebody else. */
async function pushOther(gitDir: string, path: string, text: string): Promise<void> {
  const work = await temporaryDirectory();
  await git(['clone', '-q', gitDir, work]);
  await writeFile(join(work, path), text);
  await git(['commit', '-qam', 'Somebody else'], { cwd: work });
  await git(['push', '-q', 'origin', 'main'], { cwd: work });
}

const allowed = /401|WebSocket/;

describe.skipIf(!browserAvailable)('<git-repository> that is edited', () => {
  it('commits and pushes, after a wrong password, and another element of it follows', async () => {
    const gitDir = await makeBook(all.root, 'edited');
    const page = await all.open({
      body: element('edited') + element('edited', 'plain id="other"'),
      allowed,
    });
    const first = page.locator('git-repository').first();
    await first.getByText('three').waitFor();
    await first.getByRole('button', { name: 'Edit', exact: true }).click();
    await first.getByRole('button', { name: 'Close' }).click();
    await page.evaluate(() => document.querySelector('#other')?.toggleAttribute('editable'));
    await edit(page, 'one\ntwo\nthree\nfour\n');
    await commit(page);
    await signIn(page, 'wrong');
    await page.getByText('is not right').waitFor();
    await signIn(page, 'right');
    await page.getByText(/^Pushed to main as/).waitFor();
    await expect.poll(() => page.locator('#other').getByText('four').count()).toBe(1);
    const shown = await git(['log', '-1', '--format=%an %ae %s', 'main'], { cwd: gitDir });
    expect(shown).toBe('Ann ann@example.com Count further');
    expect(await git(['show', 'main:notes.txt'], { cwd: gitDir })).toBe('one\ntwo\nthree\nfour');
    expect(await git(['diff', '--name-only', 'main~1', 'main'], { cwd: gitDir })).toBe('notes.txt');
    await expectSoundRepository(gitDir);
    const oid = await git(['rev-parse', 'main'], { cwd: gitDir });
    expect(await told(page, 'push')).toEqual([{ oid, ref: 'main', path: 'notes.txt' }]);
    expect(await told(page, 'commit')).toHaveLength(1);
  });

  it('loses nothing where somebody was faster: brings both together, and pushes that', async () => {
    const gitDir = await makeBook(all.root, 'raced');
    const page = await all.open({ body: element('raced'), allowed });
    await page.evaluate(() => {
      const found = document.querySelector('git-repository');
      if (found) found.onauth = () => ({ username: 'ann', password: 'right' });
    });
    await page.getByText('three').waitFor();
    await edit(page, 'one\ntwo\nthree\nfour\n');
    await pushOther(gitDir, 'notes.txt', 'zero\none\ntwo\nthree\n');
    await commit(page);
    await page.getByText('somebody else has pushed').waitFor();
    const text = page.getByRole('textbox', { name: /^The text of/ });
    expect(await text.inputValue()).toBe('one\ntwo\nthree\nfour\n');
    expect(await told(page, 'push')).toEqual([]);
    await page.getByRole('button', { name: 'Get the new version' }).click();
    await expect.poll(() => text.inputValue()).toBe('zero\none\ntwo\nthree\nfour\n');
    await commit(page);
    await page.getByText(/^Pushed to main as/).waitFor();
    expect(await git(['show', 'main:notes.txt'], { cwd: gitDir })).toBe(
      'zero\none\ntwo\nthree\nfour',
    );
    expect(await git(['log', '-2', '--format=%s', 'main'], { cwd: gitDir })).toBe(
      'Count further\nSomebody else',
    );
    await expectSoundRepository(gitDir);
  });

  it('says what a hook of the server says, keeps the text, and tells of no push', async () => {
    const gitDir = await makeBook(all.root, 'hooked');
    const before = await git(['rev-parse', 'main'], { cwd: gitDir });
    const hook = join(gitDir, 'hooks', 'update');
    await writeFile(hook, '#!/bin/sh\necho closed for today >&2\nexit 1\n');
    await chmod(hook, 0o755);
    const page = await all.open({ body: element('hooked'), allowed });
    await page.evaluate(() => {
      addEventListener('gitws-auth', (event) => {
        event.preventDefault();
        const { respond } = event.detail;
        respond({ username: 'ann', password: 'right' });
      });
    });
    await page.getByText('three').waitFor();
    await edit(page, 'mine\n');
    await commit(page);
    await page
      .getByText(/Not pushed. The server says: .*hook declined.* Your text is still here/)
      .waitFor();
    expect(await page.getByRole('textbox', { name: /^The text of/ }).inputValue()).toBe('mine\n');
    expect(await told(page, 'push')).toEqual([]);
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(before);
    // Elsewhere and back: it is still there.
    await page.getByRole('treeitem', { name: 'README.md' }).click();
    await page.getByRole('heading', { name: 'The book' }).waitFor();
    await page.getByRole('treeitem', { name: 'notes.txt' }).click();
    await page.getByRole('button', { name: 'Go on editing' }).click();
    expect(await page.getByRole('textbox', { name: /^The text of/ }).inputValue()).toBe('mine\n');
  });

  it('pushes nothing where the sign-in is canceled', async () => {
    const gitDir = await makeBook(all.root, 'canceled');
    const page = await all.open({ body: element('canceled'), allowed });
    await page.getByText('three').waitFor();
    await edit(page, 'mine\n');
    await commit(page);
    await page.getByRole('textbox', { name: 'User' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Not pushed: nobody signed in.').waitFor();
    expect(await git(['log', '-1', '--format=%s', 'main'], { cwd: gitDir })).toBe('Write the book');
  });

  it('reads a repository that is not for everybody file by file, after one sign-in', async () => {
    const gitDir = await makeBook(all.root, 'secret');
    await git(['config', 'uploadpack.allowFilter', 'true'], { cwd: gitDir });
    const page = await all.open({ body: element('secret'), allowed });
    await signIn(page, 'right');
    await page.getByText('three').waitFor();
    await expect.poll(() => promisedPacks(page)).toBeGreaterThan(0);
    const before = await promisedPacks(page);
    await page.getByRole('treeitem', { name: 'README.md' }).click();
    await page.getByRole('heading', { name: 'The book' }).waitFor();
    await expect.poll(() => promisedPacks(page)).toBeGreaterThan(before);
    await page.getByRole('button', { name: 'Commits' }).click();
    await page.getByRole('button', { name: /^Begin/ }).waitFor();
  });

  it('reads and writes a repository of another host through a gateway', async () => {
    const root = await temporaryDirectory();
    const gitDir = await makeBook(root, 'elsewhere');
    for (const setting of ['http.receivepack', 'uploadpack.allowFilter']) {
      await git(['config', setting, 'true'], { cwd: gitDir });
    }
    const ann = `Basic ${Buffer.from('ann:right').toString('base64')}`;
    const host = await startForeignHost(root, { admits: (sent) => sent === ann });
    const gateway = await startServer({
      ...{ root: await temporaryDirectory(), allowPush: true, origins: [all.site] },
      upstreams: [{ url: host.url, private: true }],
    });
    const attributes = `editable path="notes.txt" gateway="${gateway.url.replace('http', 'ws')}"`;
    const body = `<git-repository src="${host.url}/elsewhere.git" ${attributes}></git-repository>`;
    const page = await all.open({ body, allowed });
    await signIn(page, 'right');
    await page.getByText('three').waitFor();
    await edit(page, 'one\ntwo\nthree\nfour\n');
    await commit(page);
    await page.getByText(/^Pushed to main as/).waitFor();
    expect(await git(['show', 'main:notes.txt'], { cwd: gitDir })).toBe('one\ntwo\nthree\nfour');
    await expectSoundRepository(gitDir);
  });
});
