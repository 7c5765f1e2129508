import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { browserAvailable, findChromium, launchChromium } from './chromium.js';
import { temporaryDirectory } from './temp.js';

async function makeProgram(name: string): Promise<{ directory: string; path: string }> {
  const directory = await temporaryDirectory();
  const path = join(directory, name);
  await writeFile(path, '#!/bin/sh\n');
  await chmod(path, 0o755);
  return { directory, path };
}

describe('the search for a Chromium', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('takes the one that CHROMIUM_PATH names', async () => {
    const { path } = await makeProgram('my-browser');
    vi.stubEnv('CHROMIUM_PATH', path);
    expect(findChromium()).toBe(path);
  });

  it('does not silently take another one if CHROMIUM_PATH is wrong', () => {
    vi.stubEnv('CHROMIUM_PATH', '/no/such/browser');
    expect(() => findChromium()).toThrow('CHROMIUM_PATH is /no/such/browser');
  });

  it('takes one on PATH, by any of its names', async () => {
    const { directory, path } = await makeProgram('google-chrome-stable');
    vi.stubEnv('CHROMIUM_PATH', '');
    vi.stubEnv('PATH', `/no/such/folder:${directory}`);
    expect(findChromium()).toBe(path);
  });

  it('takes the one without windows where it is preferred, and for want of another', async () => {
    const [whole, shell] = [
      await makeProgram('chromium'),
      await makeProgram('chromium-headless-shell'),
    ];
    vi.stubEnv('CHROMIUM_PATH', '');
    vi.stubEnv('PATH', `${whole.directory}:${shell.directory}`);
    expect(findChromium()).toBe(whole.path);
    expect(findChromium({ preferShell: true })).toBe(shell.path);
    vi.stubEnv('PATH', shell.directory);
    expect(findChromium()).toBe(shell.path);
  });
});

describe.skipIf(!browserAvailable)('a launched Chromium', () => {
  it('runs what a page runs', async () => {
    const browser = await launchChromium();
    const page = await browser.newPage();
    expect(await page.evaluate(() => typeof WebSocket)).toBe('function');
  });
});
