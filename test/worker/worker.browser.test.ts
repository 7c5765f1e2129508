/** `gitws/worker` in Chromium against a real server; native git says what is right. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { bundlePage } from '../helpers/page.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import type { WorkerPage } from './worker-page.js';

declare const inPage: WorkerPage;

let browser: Browser;
let site: string;
let root: string;
let server: TestServer;

const scripts: Record<string, string> = {
  '/not-ours.js': 'onmessage = () => undefined;',
  '/broken.js': 'this is no script',
  '/old.js': `
    onmessage = ({ data }) => postMessage({ id: data.id, type: 'RAW', value: { protocol: 0 } });`,
};

beforeAll(async () => {
  if (!browserAvailable) return;
  root = await temporaryDirectory();
  scripts['/page.js'] = await bundlePage('./worker-page.ts', import.meta.url);
  const script = new URL('../../dist/worker/script.js', import.meta.url);
  scripts['/script.js'] = await readFile(script, 'utf8');
  const html = '<!doctype html><meta charset="utf-8"><title>gitws</title>';
  const served = await listen(
    createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const script = scripts[pathname];
      const isPage = pathname === '/' || pathname === '/strict';
      if (pathname === '/strict') {
        const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
        response.setHeader('content-security-policy', `${policy}; connect-src *`);
      }
      response.setHeader('content-type', isPage ? 'text/html' : 'text/javascript; charset=utf-8');
      if (isPage) response.end(`${html}<script src="/page.js"></script>`);
      else response.writeHead(script === undefined ? 404 : 200).end(script ?? '');
    }),
  );
  site = served.url;
  server = await startServer({
    ...{ root, allowPush: true, origins: [site] },
    authenticate: ({ credentials }) =>
      credentials?.scheme === 'basic' && credentials.password === 'right' ? { name: 'Ann' } : null,
    authorize: ({ user, repository }) => user !== null || !repository.startsWith('secret'),
  });
  browser = await launchChromium();
});

async function makeSite(name: string, options?: Parameters<typeof makeRepository>[1]) {
  const { gitDir } = await makeRepository(join(root, `${name}.git`), options);
  return { gitDir, url: `${server.url}/${name}.git` };
}

async function openPage(context?: BrowserContext, path = '/'): Promise<Page> {
  const page = await (context ?? (await browser.newContext())).newPage();
  onTestFinished(() => page.close());
  await page.goto(site + path);
  return page;
}

describe.skipIf(!browserAvailable)('git in a worker', () => {
  it('clones, edits, commits and pushes, and native git finds it right', async () => {
    const { gitDir, url } = await makeSite('whole');
    const page = await openPage();
    const seen = await page.evaluate(async (remote) => {
      const git = await inPage.startGit({ storage: 'whole' });
      const dir = '/site';
      const phases = new Set<string>();
      const onProgress = ({ phase }: { phase: string }): void => void phases.add(phase);
      await git.clone({ dir, url: remote, onProgress });
      await git.fs.promises.writeFile(`${dir}/mine.txt`, 'my words\n');
      await git.add({ dir, filepath: 'mine.txt' });
      const matrix = await git.statusMatrix({ dir, filter: (path) => path.startsWith('mine') });
      const { author } = inPage;
      const oid = await git.commit({ dir, message: 'Add my words', author });
      const { ok } = await git.push({ dir });
      const { blob } = await git.readBlob({ dir, oid, filepath: 'mine.txt' });
      const stat = await git.fs.promises.stat(`${dir}/mine.txt`);
      const result = {
        ...{ oid, ok, matrix, phases: [...phases], text: new TextDecoder().decode(blob) },
        ...{ isFile: stat.isFile(), size: stat.size, version: await git.version() },
      };
      await git.close();
      return result;
    }, url);
    expect(seen).toMatchObject({
      ...{ ok: true, text: 'my words\n', isFile: true, size: 9 },
      matrix: [['mine.txt', 0, 2, 2]],
    });
    expect(seen.version).toMatch(/^\d+\./);
    expect(seen.phases).toEqual(expect.arrayContaining(['Receiving objects', 'Updating workdir']));
    expect(await git(['log', '-1', '--format=%H %s', 'main'], { cwd: gitDir })).toBe(
      `${seen.oid} Add my words`,
    );
    await expectSoundRepository(gitDir);
  });
});
