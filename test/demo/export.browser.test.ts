/** A repository of the demo as a zip file, which git goes on with; and the room that it takes. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { begin } from './begin.js';
import { downloadAll, unpacked } from './unpack.js';

describe.skipIf(!browserAvailable)('a repository of the demo', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  it('is downloaded with its commits and its changes, and git goes on with it', async () => {
    const { demo, gitDir } = await begin(browser);
    await demo.clone();
    await demo.opened('sample');
    await demo.append('robots.txt', 'committed here\n');
    await demo.commit('Of this browser alone');
    await demo.append('index.html', '<!-- saved, not committed -->\n');
    const { bytes, cwd } = await downloadAll(demo);
    expect((await lstat(join(cwd, '.git/HEAD'))).isFile()).toBe(true);
    expect(await git([...unpacked, 'status', '--porcelain'], { cwd })).toBe('M index.html');
    expect(await git(['log', '-1', '--format=%s'], { cwd })).toBe('Of this browser alone');
    expect(await git(['rev-parse', 'HEAD~1'], { cwd })).toBe(
      await git(['rev-parse', 'main'], { cwd: gitDir }),
    );
    await expectSoundRepository(cwd);
    const tree = await git(['ls-tree', '-r', 'HEAD'], { cwd });
    const modeOf = (path: string) => modes(bytes).get(`sample/${path}`)?.toString(8);
    const [, script = ''] = /^100755 .*\t(.*)$/m.exec(tree) ?? [];
    expect(modeOf(script)).toBe('100755');
    expect(modeOf('robots.txt')).toBe('100644');
    const [, link] = /^120000 .*\t(.*)$/m.exec(tree) ?? [];
    if (link !== undefined) expect(modeOf(link)?.slice(0, 3)).toBe('120');
    await demo.close();
  });

  it('takes room, of which the start page tells, and which the browser is asked to keep', async () => {
    const { demo } = await begin(browser);
    const { page } = demo;
    await demo.clone();
    await demo.opened('sample');
    await demo.button('Repository sample').click();
    await demo.button('Clone or open another…').click();
    await page.getByText(/^\d.* of .* in use\. When room is short/).waitFor();
    await page.evaluate(() => {
      // What a browser decides is its own affair.
      Object.assign(navigator.storage, { persist: async () => false });
    });
    await demo.button('Ask it to keep all').click();
    await demo.notice.or(page.getByRole('main')).getByText('did not promise it').first().waitFor();
    await page.evaluate(() => {
      Object.assign(navigator.storage, { persist: async () => true, persisted: async () => true });
    });
    await demo.button('Ask it to keep all').click();
    await page.getByText('The browser has promised to keep all.', { exact: false }).waitFor();
    await demo.close({ keep: false });
  });
});

/** @returns the modes of files by their names, out of the zip's directory (APPNOTE.TXT, 4.3.12). */
function modes(bytes: Buffer): Map<string, number> {
  const found = new Map<string, number>();
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [name, extra, comment] = [28, 30, 32].map((offset) => bytes.readUInt16LE(at + offset));
    const start = at + 46;
    found.set(
      bytes.toString('utf8', start, start + (name ?? 0)),
      bytes.readUInt32LE(at + 38) >>> 16,
    );
    at = start + (name ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return found;
}
