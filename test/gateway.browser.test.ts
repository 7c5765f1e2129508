/** A page that works with a repository of a foreign host through `gitws serve --upstream`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ReadInWorker, RunWay } from './gateway-page.js';
import { browserAvailable, launchChromium } from './helpers/chromium.js';
import { startForeignHost, type ForeignHost } from './helpers/foreign-host.js';
import { expectSoundRepository, git, gitBytes, gitStatus, makeRepository } from './helpers/git.js';
import { nativeEnvironment } from './helpers/native.js';
import { bundlePage, servePage } from './helpers/page.js';
import { runCommand, serveProcess, type ServeProcess } from './helpers/serve-process.js';
import { temporaryDirectory } from './helpers/temp.js';

declare const runWay: RunWay;
declare const readInWorker: ReadInWorker;

const credentials = `Basic ${Buffer.from('ada:open sesame').toString('base64')}`;

let base: string;
let repository: string;
let host: ForeignHost;
let gateway: ServeProcess;
let origin: string;
let browser: Browser;

beforeAll(async () => {
  base = await temporaryDirectory();
  const root = join(base, 'upstream');
  ({ gitDir: repository } = await makeRepository(join(root, 'team/site.git')));
  await git(['config', 'http.receivepack', 'true'], { cwd: repository });
  await git(['config', 'uploadpack.allowFilter', 'true'], { cwd: repository });
  host = await startForeignHost(root, { admits: (sent) => sent === credentials });
  ({ url: origin } = await servePage(await bundlePage('./gateway-page.ts', import.meta.url)));
  await mkdir(join(base, 'local'));
  gateway = await serveProcess(
    join(base, 'local'),
    ...['--upstream-private', host.url, '--allow-push', '--origin', origin, '--log-level', 'debug'],
  );
  if (browserAvailable) browser = await launchChromium();
});

const through = (): string => `ws${gateway.url.slice('http'.length)}`;

describe.skipIf(!browserAvailable)('a page signs in, clones, commits and pushes', () => {
  const open = async (): Promise<Page> => {
    const page = await browser.newPage();
    await page.goto(origin);
    return page;
  };

  it.each([
    ['isomorphic-git with the plugin', 'plugin'],
    ['isomorphic-git on a bound repository', 'bound'],
    ['gitws/git', 'own'],
  ] as const)('by %s', async (_, way) => {
    const page = await open();
    const task = {
      url: `${host.url}/team/site.git`,
      way: { gateway: through() },
      password: 'open sesame',
    };
    const { asked, oid } = await page.evaluate(([name, given]) => runWay(name, given), [
      way,
      task,
    ] as const);
    // For the host, and not for the gateway.
    expect(new Set(asked)).toEqual(new Set([task.url]));
    expect(await git(['rev-parse', `by-${way}`], { cwd: repository })).toBe(oid);
    await expectSoundRepository(repository);
    await page.close();
  });

  it('in a worker, and reads what a partial clone has left out', async () => {
    const page = await open();
    const task = {
      url: `${host.url}/team/site.git`,
      way: { gateway: through() },
      password: 'open sesame',
    };
    const { heads, oid, filepath, bytes } = await page.evaluate(
      (given) => readInWorker(given),
      task,
    );
    expect(heads).toContain('refs/heads/main');
    const expected = await gitBytes(['cat-file', 'blob', `${oid}:${filepath}`], {
      cwd: repository,
    });
    expect(Buffer.from(bytes).equals(expected)).toBe(true);
    await page.close();
  });

  it('and is told that its password is wrong', async () => {
    const page = await open();
    const task = {
      url: `${host.url}/team/site.git`,
      way: { gateway: through() },
      password: 'wrong',
    };
    const failing = page.evaluate((given) => runWay('own', given), task);
    await expect(failing).rejects.toThrow(/UserCanceled|canceled/i);
    await page.close();
  });
});

it('native git clones by insteadOf, with the credentials of the host in a header', async () => {
  const env = await nativeEnvironment();
  const dir = join(base, 'native');
  const moved = `url.${through()}/${host.name}/.insteadOf=${host.url}/`;
  const header = `http.${gateway.url}/.extraHeader=Gitws-Upstream-Authorization: ${credentials}`;
  const url = `${host.url}/team/site.git`;
  const without = await gitStatus(['-c', moved, 'clone', url, dir], { env });
  expect(without.code).not.toBe(0);
  expect(without.stderr).toContain(`${host.name} wants credentials.`);
  await git(['-c', moved, '-c', header, 'clone', url, dir], { env });
  const main = ['rev-parse', 'refs/heads/main'];
  expect(await git(main, { cwd: dir })).toBe(await git(main, { cwd: repository }));
  await expectSoundRepository(join(dir, '.git'));
});

it('no credentials of a host are in what the gateway writes, whatever its level', async () => {
  expect(host.seen.some(({ headers }) => headers.authorization === credentials)).toBe(true);
  const { stdout, stderr } = gateway.output;
  const written = stdout + stderr;
  // The log is there: it names the repository.
  expect(written).toContain(`${host.name}/team/site.git`);
  const encoded = [credentials, credentials.slice('Basic '.length), 'open sesame'];
  for (const secret of [...encoded, Buffer.from(credentials).toString('base64url')])
    expect(written).not.toContain(secret);
  expect(await gateway.end()).toBe(0);
});

it.each([
  ['https://git.example/path', 'is not the address of a host'],
  ['ftp://git.example', 'is not the address of a host'],
])('gitws serve says what is wrong with --upstream %s', async (upstream, words) => {
  const { exited, output } = runCommand([
    ...['serve', join(base, 'local'), '--port', '0', '--upstream', upstream],
  ]);
  expect(await exited).not.toBe(0);
  expect(output.stderr).toContain(words);
});
