/** The demo where something goes wrong: what it says, and that nothing is lost or left behind. */
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { startFaultProxy } from '../helpers/fault-proxy.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { startProxy } from '../helpers/proxy.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { begin, commitOnServer } from './begin.js';
import { startStallingProxy } from './stalling-proxy.js';

describe.skipIf(!browserAvailable)('the demo in trouble', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('says why a push is rejected, and joins both sides by a pull', async () => {
    const { demo, gitDir, onServer } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    const theirs = await commitOnServer(gitDir, 'news.md', 'News\n');
    await demo.append('visit.html', '<!-- mine -->\n');
    await demo.commit('My commit');
    await demo.button('Push main').click();
    await demo.notice.getByText('The push was rejected').waitFor();
    await demo.notice.getByText('the server has commits', { exact: false }).first().waitFor();
    expect(await onServer('rev-parse', 'main')).toBe(theirs);
    await demo.notice.getByRole('button', { name: 'Pull' }).click();
    await demo.notice.getByText('Joined the server’s commits with yours').waitFor();
    await demo.row('news.md').waitFor();
    await demo.button(/^Push, 2 ahead/).click();
    await demo.notice.getByText(/^Pushed main/).waitFor();
    expect(await onServer('log', '-1', '--format=%P', 'main')).toContain(theirs);
    expect(await onServer('cat-file', '-p', 'main:news.md')).toBe('News');
    expect(await onServer('cat-file', '-p', 'main:visit.html')).toContain('<!-- mine -->');
    await expectSoundRepository(gitDir);
    await demo.close();
  });

  it('does not pull over changes that are not committed', async () => {
    const { demo, gitDir } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await commitOnServer(gitDir, 'robots.txt', 'theirs\n');
    await demo.append('robots.txt', 'mine\n');
    await demo.button('Pull').click();
    await demo.notice.getByText('Changed files are in the way').waitFor();
    await demo.editor('robots.txt').getByText('mine').waitFor();
    await demo.row('robots.txt modified').waitFor();
    await demo.button('Pull, 1 behind').waitFor();
    await demo.button('Discard changes in robots.txt').first().click();
    await demo.button('Discard').click();
    await demo.page.getByText('Nothing has changed').waitFor();
    await demo.button('Pull, 1 behind').click();
    await demo.notice.getByText('main is now what the server has').waitFor();
    await demo.editor('robots.txt').getByText('theirs').waitFor();
    await demo.close();
  });

  it('passes on the words of a hook that rejects a push', async () => {
    const { demo, gitDir, onServer } = await begin(browser);
    const before = await onServer('rev-parse', 'main');
    const hook = join(gitDir, 'hooks', 'pre-receive');
    await writeFile(hook, '#!/bin/sh\necho "The island is closed on Mondays." >&2\nexit 1\n');
    await chmod(hook, 0o755);
    await demo.clone();
    await demo.opened('sample');
    await demo.append('index.html', '<!-- Monday -->\n');
    await demo.commit('Work on a Monday');
    await demo.button('Push main').click();
    await demo.notice.getByText('The push was rejected').waitFor();
    await demo.notice.getByText('pre-receive hook declined').waitFor();
    await demo.notice.getByText('The island is closed on Mondays.').waitFor();
    expect(await onServer('rev-parse', 'main')).toBe(before);
    await demo.button('Push, 1 ahead').waitFor();
    await expectSoundRepository(gitDir);
    await demo.close();
  });

  it.each([
    [
      'a repository that is not there',
      '/nothing.git',
      'There is no repository at this',
      'HttpError',
    ],
    [
      'a server that is not there',
      'http://127.0.0.1:9/x.git',
      'No server answers at 127.0.0.1:9',
      'CONNECTION_FAILED',
    ],
    ['a host that has no gitws', 'https://github.com/a/b', 'github.com does', 'CONNECTION_FAILED'],
    ['an address for ssh', 'git@127.0.0.1:a/b.git', 'no address of a repo', 'INVALID_URL'],
    ['a server without a path', 'https://git.example.com', 'no address of a repo', 'INVALID_URL'],
    ['a scheme that is no use', 'ssh://git@example.com/x', 'no address of a repo', 'INVALID_URL'],
  ])('says clearly what is wrong with %s, and leaves nothing', async (_, address, title, code) => {
    const { demo } = await begin(browser);
    await demo.clone(address);
    const alert = demo.page.getByRole('alert');
    await alert.getByText(title).waitFor();
    await alert.getByText(code, { exact: true }).waitFor();
    expect(await demo.databases()).toEqual([]);
    await demo.page.getByText('Nothing yet').waitFor();
    expect(await demo.page.getByLabel('Repository address').inputValue()).toBe(address);
    await demo.close();
  });

  it('says that there is no network, that a server is none of gitws, and that one has ended', async () => {
    const { demo, url, child } = await begin(browser);
    const alert = demo.page.getByRole('alert');
    const other = createServer((_, response) => response.end('Hello'));
    await listen(other);
    const { port } = other.address() as AddressInfo;
    await demo.clone(`http://127.0.0.1:${port}/x.git`);
    await alert.getByText(`127.0.0.1:${port} does not speak gitws`).waitFor();
    await demo.page.context().setOffline(true);
    await demo.button('Clone').click();
    await alert.getByText('You are offline').waitFor();
    await demo.page.context().setOffline(false);
    await demo.clone(`${url}sample.git`);
    await demo.opened('sample');
    child.kill('SIGTERM');
    await once(child, 'exit');
    await demo.button(/^Fetch/).click();
    await alert.getByText(`No server answers at ${new URL(url).host}`).waitFor();
    await alert
      .getByText('The server that this page came from has ended', { exact: false })
      .waitFor();
    await demo.close();
  });

  it('says that the server has no branch of the name, and can make it again', async () => {
    const { demo, onServer } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await demo.button('Branch main').click();
    await demo.button(/^redesign/).click();
    await demo.notice.getByText('On branch redesign').waitFor();
    await onServer('branch', '-D', 'redesign');
    await demo.button('Pull').click();
    await demo.notice.getByText('The server has no branch redesign', { exact: true }).waitFor();
    await demo.button('Push redesign').click();
    await demo.notice.getByText(/^Pushed redesign/).waitFor();
    expect(await onServer('log', '-1', '--format=%s', 'redesign')).not.toBe('');
    await demo.close();
  });

  it('leaves nothing of a clone that is cancelled while it receives', async () => {
    const { demo, url } = await begin(browser);
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'large.git'), { bigBlobs: { count: 2, bytes: 1_000_000 } });
    const { url: target } = await startServer({ root, origins: [new URL(url).origin] });
    const stalling = await startStallingProxy(target, 800_000);
    await demo.clone(`${stalling}/large.git`);
    await demo.page.getByText('Receiving…').waitFor();
    expect(await demo.databases()).toHaveLength(1);
    await demo.button('Cancel').click();
    await demo.notice.getByText('The clone was cancelled. Nothing of it was kept.').waitFor();
    expect(await demo.databases()).toEqual([]);
    await demo.page.getByText('Nothing yet').waitFor();
    await demo.clone(`${url}sample.git`);
    await demo.opened('sample');
    await demo.close();
  });

  it('leaves nothing of a clone whose page was closed, once the page is opened again', async () => {
    const { demo, url } = await begin(browser);
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'large.git'), { bigBlobs: { count: 2, bytes: 1_000_000 } });
    const { url: target } = await startServer({ root, origins: [new URL(url).origin] });
    const stalling = await startStallingProxy(target, 800_000);
    await demo.clone(`${stalling}/large.git`);
    await demo.page.getByText('Receiving…').waitFor();
    await demo.page.reload();
    await demo.page.getByText('Nothing yet').waitFor();
    await expect.poll(() => demo.databases()).toEqual([]);
    await demo.close();
  });

  it('says that the connection was lost, and leaves nothing', async () => {
    const { demo, url } = await begin(browser);
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'large.git'), { bigBlobs: { count: 2, bytes: 1_000_000 } });
    const limits = { resumeTime: 0 };
    const { url: target } = await startServer({ root, limits, origins: [new URL(url).origin] });
    const proxy = await startProxy(target, { cutAfterDown: 800_000 });
    await demo.clone(`${proxy.url}/large.git`);
    await demo.page.getByRole('alert').getByText('The connection was lost').waitFor();
    expect(await demo.databases()).toEqual([]);
    await demo.close();
  });

  it('says that the connection is lost, and goes on where it was when there is one again', async () => {
    const { demo, url } = await begin(browser);
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'large.git'), { bigBlobs: { count: 2, bytes: 1_000_000 } });
    const { url: target } = await startServer({ root, origins: [new URL(url).origin] });
    let received = 0;
    let gone = false;
    // As in a tunnel: cut off in the middle, and so is whoever tries again.
    const proxy = await startFaultProxy(target, undefined, (direction, bytes) => {
      if (direction === 'down') received += bytes.length;
      if (received < 800_000 || gone) return;
      gone = true;
      proxy.away = true;
      proxy.strike('reset');
    });
    await demo.clone(`${proxy.url}/large.git`);
    await demo.page.getByText(/^Connection lost, going on at \d+ kB/).waitFor();
    proxy.away = false;
    await demo.opened('large');
    await demo.close();
    await proxy.close();
  });

  it('asks to sign in, again if it was wrong, and not a second time', async () => {
    const { demo, url } = await begin(browser);
    await demo.page.clock.install();
    const root = await temporaryDirectory();
    const { gitDir } = await makeRepository(join(root, 'private.git'), { commits: 5 });
    const { url: target } = await startServer({
      root,
      allowPush: true,
      origins: [new URL(url).origin],
      authenticate: ({ credentials }) =>
        credentials?.scheme === 'basic' &&
        credentials.username === 'ada' &&
        credentials.password === 'öffne dich'
          ? { name: 'ada' }
          : null,
      authorize: ({ user }) => user !== null,
    });
    await demo.clone(`${target}/private.git`);
    const dialog = demo.page.getByRole('dialog', { name: 'Sign in' });
    await dialog.waitFor();
    // The clock stands still while a person thinks: a day passes.
    await demo.page.getByText('Waiting for you to sign in…').waitFor();
    await demo.page.clock.fastForward('24:00:00');
    await dialog.getByLabel('User name').fill('ada');
    await dialog.getByLabel('Password', { exact: true }).fill('open sesame');
    await demo.page.keyboard.press('Enter');
    await dialog.getByText('The server did not accept that. Try again.').waitFor();
    expect(await dialog.getByLabel('User name').inputValue()).toBe('ada');
    // The name was right: what is typed next is the password.
    await demo.page.keyboard.insertText('öffne dich');
    expect(await dialog.getByLabel('Password', { exact: true }).inputValue()).toBe('öffne dich');
    await demo.page.keyboard.press('Enter');
    await demo.opened('private');
    await demo.notice.getByText(/^Cloned private in \d{1,2}\.\d s$/).waitFor();
    await demo.button('New file').click();
    await demo.page.getByLabel('Path').fill('signed.txt');
    await demo.button('Create').click();
    await demo.editor('signed.txt').waitFor();
    await demo.commit('Signed in');
    await demo.button('Push main').click();
    await demo.notice.getByText(/^Pushed main/).waitFor();
    expect(await git(['-C', gitDir, 'log', '-1', '--format=%s', 'main'])).toBe('Signed in');
    // Nothing that is kept may hold the password.
    expect(await demo.page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain(
      'dich',
    );
    await demo.close();
  });

  it('gives up where nobody signs in, and leaves nothing', async () => {
    const { demo, url } = await begin(browser);
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'private.git'), { commits: 2 });
    const { url: target } = await startServer({
      root,
      origins: [new URL(url).origin],
      authenticate: () => null,
      authorize: ({ user }) => user !== null,
    });
    await demo.clone(`${target}/private.git`);
    await demo.page.getByRole('dialog', { name: 'Sign in' }).waitFor();
    await demo.page.keyboard.press('Escape');
    await demo.notice.getByText(/cancelled/).waitFor();
    expect(await demo.databases()).toEqual([]);
    await demo.close();
  });

  it('begins a repository that is empty', async () => {
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
