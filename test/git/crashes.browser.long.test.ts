/**
 * A page that is killed while it clones, checks out, commits or pulls, at moments spread over all that its
 * storage is asked to write: what is there afterwards is sound for native git, and the same command goes on.
 */
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { browserAvailable, launchChromium } from '../helpers/chromium.js';
import { expectSoundRepository, git, gitStatus, makeRepository } from '../helpers/git.js';
import { bundlePage, servePage } from '../helpers/page.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { copyStorage } from './copy-storage.js';
import { expectSoundButLocks, removeLocks } from './left-behind.js';
import type { Crash, Deed } from './crash-page.js';

declare const crash: Crash;

/** How often each command is killed. */
const times = { clone: 40, checkout: 15, commit: 15, pull: 15 } as const;

/** How many are at it at once. */
const lanes = 3;

let browser: Browser;
let pageUrl: string;
let url: string;

beforeAll(async () => {
  if (!browserAvailable) return;
  const root = await temporaryDirectory();
  const sample = { commits: 30, files: 80, bigBlobs: { count: 2, bytes: 400_000 } };
  const { gitDir } = await makeRepository(join(root, 'site.git'), sample);
  await git(['--git-dir', gitDir, 'branch', 'behind', 'main~6']);
  pageUrl = (await servePage(await bundlePage('./crash-page.ts', import.meta.url))).url;
  url = `${(await startServer({ root, origins: [pageUrl] })).url}/site.git`;
  browser = await launchChromium();
});

/** Opens a page on the storage of a context. */
async function openPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(pageUrl);
  return page;
}

/** Writes what is stored to a disk. @returns the directory of the repository. */
async function copyOut(page: Page): Promise<string> {
  return copyStorage(await page.evaluate(() => crash.exportAll()));
}

/**
 * Kills a page at a moment of a command, or at an earlier one where it has fewer: how much is written at a time
 * is a matter of time, and pages beside it make it less often.
 *
 * @returns the context, with what is stored there.
 */
async function kill(deed: Deed, moment: number): Promise<BrowserContext> {
  for (let at = moment; at > 0; at = Math.floor(at * 0.9)) {
    const context = await killAt(deed, at);
    if (context !== undefined) return context;
  }
  throw new Error(`${deed} has no moments`);
}

/** @returns undefined where the command ended before. */
async function killAt(deed: Deed, moment: number): Promise<BrowserContext | undefined> {
  const context = await browser.newContext();
  const first = await openPage(context);
  await first.evaluate(([what, from]) => crash.prepare(what, from), [deed, url] as const);
  await first.close();
  const page = await openPage(context);
  let tellReached: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (tellReached = resolve));
  await page.exposeFunction('reached', () => tellReached());
  const crashed = new Promise((resolve) => page.once('crash', resolve));
  const devtools = await context.newCDPSession(page);
  const performed = page
    .evaluate(([what, from, at]) => crash.perform(what, from, at), [deed, url, moment] as const)
    .then(
      () => 'ended' as const,
      () => undefined,
    );
  if ((await Promise.race([reached, performed])) === 'ended') {
    await context.close();
    return undefined;
  }
  devtools.send('Page.crash').catch(() => undefined);
  await crashed;
  await page.close();
  return context;
}

/** How many moments a command has that nobody interrupts, and what it leaves. */
async function undisturbed(deed: Deed): Promise<{ moments: number; state: string }> {
  const context = await browser.newContext();
  const page = await openPage(context);
  await page.evaluate(([what, from]) => crash.prepare(what, from), [deed, url] as const);
  const moments = await page.evaluate(([what, from]) => crash.perform(what, from, 0), [
    deed,
    url,
  ] as const);
  const dir = await copyOut(page);
  await expectSoundRepository(dir);
  const state = await stateOf(dir);
  await context.close();
  return { moments, state };
}

/** Refs and what native git finds changed. */
async function stateOf(dir: string): Promise<string> {
  const refs = await git(['for-each-ref', '--format=%(refname) %(tree) %(objectname)'], {
    cwd: dir,
  });
  return [refs, await git(['status', '--porcelain', '--branch'], { cwd: dir })].join('\n');
}

/** Kills a command at a moment, looks at what is there, and has the next one end it. */
async function tryAt(deed: Deed, moment: number, expected: string): Promise<void> {
  const context = await kill(deed, moment);
  const page = await openPage(context);
  const left = await copyOut(page);
  // Of a clone that has hardly begun there is nothing to be looked at.
  if ((await gitStatus(['rev-parse', '--git-dir'], { cwd: left })).code === 0) {
    await expectSoundButLocks(left);
    await removeLocks(left);
    await git(['status'], { cwd: left });
  }
  await page.evaluate(([what, from]) => crash.again(what, from), [deed, url] as const);
  const ended = await copyOut(page);
  // An object that was not ended is for `git gc`, as git's own are.
  await expectSoundButLocks(ended, /tmp_obj_/);
  expect(await stateOf(ended)).toBe(expected);
  await context.close();
}

describe.skipIf(!browserAvailable)('a page that is killed', () => {
  for (const deed of ['clone', 'checkout', 'commit', 'pull'] as const) {
    it(`in the middle of a ${deed} leaves what is sound, and the next ${deed} ends it`, async () => {
      const { moments, state } = await undisturbed(deed);
      const each = Array.from(
        { length: times[deed] },
        (_, at) => 1 + Math.floor((at * moments) / times[deed]),
      );
      const lane = async (): Promise<void> => {
        for (let moment = each.shift(); moment !== undefined; moment = each.shift()) {
          await tryAt(deed, moment, state).catch((error: unknown) => {
            throw new Error(`at moment ${moment} of ${moments}`, { cause: error });
          });
        }
      };
      await Promise.all(Array.from({ length: lanes }, lane));
    });
  }
});
