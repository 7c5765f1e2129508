/** Clones of the demo that meet trouble: what the page says, and that nothing is left behind. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import type { Limits } from '../../server/index.js';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { startProxy } from '../helpers/proxy.js';
import { git, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { eventually } from '../helpers/processes.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { begin } from './begin.js';

let large: string;

/** A server with a repository that takes its time, for pages of one origin. @returns its address. */
async function serveLarge(page: string, limits: Partial<Limits> = {}): Promise<string> {
  const { origin } = new URL(page);
  return (await startServer({ root: large, limits, origins: [origin] })).url;
}

describe.skipIf(!browserAvailable)('clones of the demo in trouble', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
    large = await temporaryDirectory();
    await makeRepository(join(large, 'large.git'), { bigBlobs: { count: 2, bytes: 1_000_000 } });
    await makeRepository(join(large, 'larger.git'), { bigBlobs: { count: 6, bytes: 2_000_000 } });
  });

  /** Begins a clone that stops in the middle of its pack. */
  async function beginStalled() {
    const { demo, url } = await begin(browser);
    const stalling = await startProxy(await serveLarge(url), {
      strike: { direction: 'down', after: 800_000, how: 'mute' },
    });
    await demo.clone(`${stalling.url}/large.git`);
    await demo.page.getByText('Receiving…').waitFor();
    return { demo, url };
  }

  const mistakes = [
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
  ] as const;
  const told = 'says clearly what is wrong with %s, and leaves nothing';
  it.each(mistakes.slice(0, 1))(told, expectTold);
  long.each(mistakes.slice(1))(told, expectTold);

  async function expectTold(_: string, address: string, title: string, code: string) {
    const { demo } = await begin(browser);
    await demo.clone(address);
    const alert = demo.page.getByRole('alert');
    await alert.getByText(title).waitFor();
    await alert.getByText(code, { exact: true }).waitFor();
    expect(await demo.databases()).toEqual([]);
    await demo.page.getByText('Nothing yet').waitFor();
    expect(await demo.page.getByLabel('Repository address').inputValue()).toBe(address);
    await demo.close();
  }

  long(
    'says that there is no network, that a server is none of gitws, and that one has ended',
    async () => {
      const { demo, url, endServer } = await begin(browser);
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
      await endServer();
      await demo.button(/^Fetch/).click();
      await alert.getByText(`No server answers at ${new URL(url).host}`).waitFor();
      await alert
        .getByText('The server that this page came from has ended', { exact: false })
        .waitFor();
      await demo.close();
    },
  );

  it('leaves nothing of a clone that is cancelled while it receives', async () => {
    const { demo, url } = await beginStalled();
    expect(await demo.databases()).toHaveLength(1);
    await demo.button('Cancel').click();
    await demo.notice.getByText('The clone was cancelled. Nothing of it was kept.').waitFor();
    expect(await demo.databases()).toEqual([]);
    await demo.page.getByText('Nothing yet').waitFor();
    await demo.clone(`${url}sample.git`);
    await demo.opened('sample');
    await demo.close();
  });

  describe('a clone whose page is loaded again', () => {
    /** Begins one, until the first connection has carried most of it: the next are mute until they are let go. */
    async function beginHalf(limits?: Partial<Limits>) {
      const { demo, url } = await begin(browser);
      let after = 8_000_000;
      const proxy = await startProxy(await serveLarge(url, limits), () =>
        after === Infinity ? {} : { strike: { direction: 'down', after, how: 'mute' } },
      );
      await demo.clone(`${proxy.url}/larger.git`);
      // The server sends 4 MiB, at most, of what is not acknowledged, and that is what is stored.
      await eventually(() => proxy.connections[0]?.down === after);
      after = 0;
      return { demo, proxy, letGo: () => (after = Infinity) };
    }

    it('goes on where it was, and says so', async () => {
      const { demo, proxy, letGo } = await beginHalf();
      letGo();
      await demo.page.reload();
      await demo.opened('larger');
      await demo.notice.getByText(/It went on where it was when the page was left\.$/).waitFor();
      expect(proxy.connections[1]?.down).toBeLessThan(8_600_000);
      expect(await demo.databases()).toHaveLength(1);
      await demo.close();
    });

    it('is cancelled there, and nothing of it is left', async () => {
      const { demo } = await beginHalf();
      await demo.page.reload();
      await demo.page.getByText('Going on with the clone of larger').waitFor();
      await demo.button('Cancel').click();
      await demo.notice.getByText('The clone was cancelled. Nothing of it was kept.').waitFor();
      expect(await demo.databases()).toEqual([]);
      await demo.page.reload();
      await demo.page.getByText('Nothing yet').waitFor();
      await demo.close();
    });

    long('begins anew where the server has forgotten it', async () => {
      const { demo, letGo } = await beginHalf({ resumeTime: 0 });
      letGo();
      await demo.page.reload();
      await demo.opened('larger');
      await demo.notice.getByText(/received\.$/).waitFor();
      await demo.close();
    });
  });

  long('says that the connection was lost, and leaves nothing', async () => {
    const { demo, url } = await begin(browser);
    const target = await serveLarge(url, { resumeTime: 0 });
    const proxy = await startProxy(target, {
      strike: { direction: 'down', after: 800_000, how: 'reset' },
    });
    await demo.clone(`${proxy.url}/large.git`);
    await demo.page.getByRole('alert').getByText('The connection was lost').waitFor();
    expect(await demo.databases()).toEqual([]);
    await demo.close();
  });

  it('says that the connection is lost, and goes on where it was when there is one again', async () => {
    const { demo, url } = await begin(browser);
    const target = await serveLarge(url);
    let received = 0;
    let gone = false;
    // As in a tunnel: cut off in the middle, and so is whoever tries again.
    const proxy = await startProxy(target, undefined, {
      onDelivery({ direction, bytes }) {
        if (direction === 'down') received += bytes.length;
        if (received < 800_000 || gone) return;
        gone = true;
        proxy.away = true;
        proxy.strike('reset');
      },
    });
    await demo.clone(`${proxy.url}/large.git`);
    // A reset takes away what the browser has not read yet: it may be little that has come.
    await demo.page.getByText(/^Connection lost, going on at [\d.]+ k?B/).waitFor();
    proxy.away = false;
    // As when the tab is shown again: else the next attempt may be ten seconds away.
    await demo.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
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
    // Its clock is not the world's.
    await demo.close({ keep: false });
  });

  long('gives up where nobody signs in, and leaves nothing', async () => {
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
});
