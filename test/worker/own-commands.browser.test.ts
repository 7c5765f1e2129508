/** `gitws/in-worker`: commands of one's own in the worker, in Chromium. */
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { bundlePage } from '../helpers/page.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import type { OwnCommandsPage } from './own-commands-page.js';

declare const inPage: OwnCommandsPage;

let browser: Browser;
let site: string;
let remote: string;

beforeAll(async () => {
  if (!browserAvailable) return;
  const bundled = async (name: string): Promise<[string, string]> => [
    `/${name.replace('own-commands-', '')}.js`,
    await bundlePage(`./${name}.ts`, import.meta.url),
  ];
  const names = ['own-commands-page', 'own-commands-worker', 'wrong-name-worker'];
  const scripts = Object.fromEntries(await Promise.all(names.map(bundled)));
  const served = await listen(
    createServer((request, response) => {
      const script = scripts[request.url ?? ''];
      response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
      response.end(script ?? '<!doctype html><script src="/page.js"></script>');
    }),
  );
  site = served.url;
  const root = await temporaryDirectory();
  await makeRepository(join(root, 'site.git'));
  const server = await startServer({ root, origins: [site] });
  remote = `${server.url}/site.git`;
  browser = await launchChromium();
});

async function openPage(): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  onTestFinished(() => context.close());
  await page.goto(site);
  return page;
}

describe.skipIf(!browserAvailable)('commands of one’s own in the worker', () => {
  it('get the storage, read objects out of packs, and call functions of the page', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async (url) => {
      const git = await inPage.start('counted');
      const dir = '/site';
      await git.clone({ dir, url });
      const files: string[] = [];
      const lines = await git.countLines({ dir, onFile: (path) => void files.push(path) });
      const listed = await git.listFiles({ dir, ref: 'HEAD' });
      let expected = 0;
      const oid = await git.resolveRef({ dir, ref: 'HEAD' });
      for (const filepath of listed) {
        const { blob } = await git.readBlob({ dir, oid, filepath });
        expected += new TextDecoder().decode(blob).split('\n').length - 1;
      }
      await git.close();
      return { lines, expected, files, listed };
    }, remote);
    expect(seen.lines).toBeGreaterThan(0);
    expect(seen.lines).toBe(seen.expected);
    expect(seen.files).toEqual(seen.listed);
  });

  it('run one after the other in all tabs, where they may change the repository', async () => {
    const first = await openPage();
    const second = await first.context().newPage();
    await second.goto(site);
    await first.evaluate(async (url) => {
      const git = await inPage.start('shared');
      await git.clone({ dir: '/site', url, depth: 1 });
      await git.fs.promises.writeFile('/site/count', '1');
    }, remote);
    const increase = (by: number) => async (page: Page) =>
      page.evaluate(async (step) => {
        const git = await inPage.start('shared');
        return git.increase({ dir: '/site', by: step });
      }, by);
    const sums = await Promise.all([increase(10)(first), increase(100)(second)]);
    expect(Math.max(...sums)).toBe(111);
  });

  it('end when the signal fires, and with the page’s own reason', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const git = await inPage.start('waiting');
      const controller = new AbortController();
      const reason = new Error('enough');
      const onWaiting = (): void => controller.abort(reason);
      const failed: unknown = await git
        .wait({ signal: controller.signal, onWaiting })
        .catch((error: unknown) => error);
      return { isSame: failed === reason, message: String(failed) };
    });
    expect(seen).toEqual({ isSame: true, message: 'Error: enough' });
  });

  it('reject with an error, whatever they reject with', async () => {
    const page = await openPage();
    const seen = await page.evaluate(async () => {
      const git = await inPage.start('failing');
      const failed: unknown = await git.failWithNothing({}).catch((error: unknown) => error);
      return inPage.isGitWsError(failed) && failed.code;
    });
    expect(seen).toBe('FILE_SYSTEM_FAILED');
  });

  it('cannot have the name of one of git’s', async () => {
    const page = await openPage();
    const code = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const worker = new Worker('/wrong-name-worker.js');
          worker.onmessage = ({ data }) => {
            worker.terminate();
            resolve(data);
          };
        }),
    );
    expect(code).toBe('INVALID_OPTION');
  });
});
