/** The built demo in a browser, for the scripts that take pictures of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} data folder for the sample. */
async function startServer(data) {
  const child = spawn(process.execPath, [join(root, 'dist/demo-server/start.js'), '--port', '0'], {
    env: { ...process.env, GITWS_DATA: data },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  while (!/^gitws demo at .*\n/m.test(text)) {
    const [chunk] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    if (typeof chunk !== 'object') throw new Error('The demo did not start: is it built?');
    text += String(chunk);
  }
  return { child, url: /^gitws demo at (\S+)/m.exec(text)?.[1] ?? '' };
}

/** @param {Awaited<ReturnType<typeof startServer>>} server */
async function stopServer({ child }) {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/**
 * Opens the demo in a window, and ends both when it was used.
 *
 * @param {(page: import('playwright-core').Page, data: string) => Promise<void>} use given the page,
 *   and the folder of repositories.
 * @param {import('playwright-core').BrowserContextOptions & {
 *   args?: string[],
 *   prepare?: (data: string) => void,
 *   beforePage?: (context: import('playwright-core').BrowserContext) => Promise<void>,
 * }} options of the window; `args` are Chromium's own, `prepare` puts more into the folder first, and
 *   `beforePage` is given the window before the demo is opened in it.
 */
export async function useDemo(use, { args = [], prepare, beforePage, ...options } = {}) {
  const data = await mkdtemp(join(tmpdir(), 'gitws-screenshot-'));
  prepare?.(data);
  const server = await startServer(data);
  const browser = await chromium.launch({
    executablePath: findChromium() ?? '',
    chromiumSandbox: false,
    args,
  });
  try {
    // The page remembers who commits.
    const author = JSON.stringify({ name: 'Maren Holt', email: 'maren@ternisland.example' });
    const localStorage = [{ name: 'gitws.demo.author', value: author }];
    const context = await browser.newContext({
      ...options,
      storageState: {
        cookies: [],
        origins: [{ origin: new URL(server.url).origin, localStorage }],
      },
      viewport: { width: 1280, height: 800 },
    });
    await beforePage?.(context);
    const page = await context.newPage();
    await page.goto(server.url);
    await use(page, data);
  } finally {
    await browser.close();
    await stopServer(server);
    await rm(data, { recursive: true, force: true });
  }
}
