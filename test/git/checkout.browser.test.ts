/** `gitws/git` in a browser, over plain LightningFS and over createLightningFS; native git says what is right. */
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { browserAvailable, launchBrowser, type TestBrowser } from '../helpers/engines.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { bundlePage, servePage } from '../helpers/page.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import type { CloneModules, CountTransactions, PullAll, RunAll } from './git-page.js';

declare const runAll: RunAll;
declare const pullAll: PullAll;
declare const cloneModules: CloneModules;
declare const countTransactions: CountTransactions;

const mostTransactions = { clone: 48, fetch: 10, commit: 13, checkout: 21 };

let browser: TestBrowser;
let page: string;
let url: string;
let gitDir: string;

beforeAll(async () => {
  if (!browserAvailable) return;
  const root = await temporaryDirectory();
  const work = join(root, 'work');
  gitDir = join(root, 'site.git');
  await git(['init', '-q', '-b', 'main', work]);
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(join(work, path, '..'), { recursive: true });
    await writeFile(join(work, path), text);
  };
  const commit = async (message: string): Promise<void> => {
    await git(['add', '-A'], { cwd: work });
    await git(['commit', '-q', '-m', message], { cwd: work });
  };
  for (let at = 0; at < 600; at += 1)
    await put(`many/${at % 7}/${at}.txt`, `${at}\n`.repeat(at % 50));
  await put('docs/ä ö.md', 'text\n');
  await put('run', '#!\n');
  await chmod(join(work, 'run'), 0o755);
  await symlink('docs/ä ö.md', join(work, 'link'));
  await commit('One');
  await git(['branch', 'older'], { cwd: work });
  await rm(join(work, 'docs'), { recursive: true });
  await put('docs', 'a file now\n');
  await put('run', '#!2\n');
  await put('many/0/0.txt', 'changed\n');
  await commit('Two');
  await git(['clone', '-q', '--bare', work, gitDir]);
  for (const kind of ['plain', 'ours'])
    await git(['branch', `gone-${kind}`, 'older'], { cwd: gitDir });
  const served = await servePage(await bundlePage('./git-page.ts', import.meta.url));
  page = served.url;
  url = `${(await startServer({ root, allowPush: true, origins: [page] })).url}/site.git`;
  browser = await launchBrowser();
});

const listed = async (ref: string): Promise<string[]> => {
  const lines = await git(['--git-dir', gitDir, 'ls-tree', '-r', '-z', ref]);
  return lines
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => line.replace(/ blob /, ' ').replace('\t', ' '))
    .sort();
};

describe.skipIf(!browserAvailable)('gitws/git in a page', () => {
  for (const kind of ['plain', 'ours'] as const) {
    const test = kind === 'plain' ? long : it;
    test(`clones, checks out and pushes what git has, over ${kind === 'plain' ? 'LightningFS' : 'createLightningFS'}`, async () => {
      const tab = await browser.newPage();
      await tab.goto(page);
      const seen = await tab.evaluate(([fs, remote]) => runAll(fs, remote), [kind, url] as const);
      const [main, older] = await Promise.all([listed('main'), listed('older')]);
      expect(main.length).toBeGreaterThan(600);
      expect(seen.cloned).toEqual({ files: main, unclean: [] });
      // Locks that a killed page has left are no more in the way; that of one that lives is.
      expect(seen.locked).toBe(kind === 'ours' ? 'INDEX_LOCKED' : undefined);
      expect(seen.older).toEqual({ files: older, unclean: [] });
      expect(seen.refused).toEqual({ code: 'CheckoutConflictError', data: { filepaths: ['run'] } });
      expect(seen.branch).toBe('older');
      expect(seen.forced).toEqual({ files: main, unclean: [] });
      const { before, between, after, list, left } = seen.stashed;
      expect([before, between, list, left]).toEqual([
        ...[after, [main, []]],
        ...[['stash@{0}: On main: In a page'], []],
      ]);
      expect(before).not.toEqual(between);

      const run = (...args: string[]) => git(['--git-dir', gitDir, ...args]);
      const next = await run('commit-tree', '-m', kind, '-p', 'main', 'main~1^{tree}');
      await run('update-ref', 'refs/heads/main', next);
      await run('tag', kind, next);
      const pulled = await tab.evaluate(() => pullAll());
      const files = await listed('main');
      expect(pulled?.oid).toBe(next);
      expect(pulled?.tags).toContain(kind);
      expect(pulled?.files.filter((file) => !file.endsWith(' staged'))).toEqual(files);
      expect(pulled?.files).toHaveLength(files.length + 1);
      expect(pulled?.unclean).toEqual([['staged', 0, 2, 2]]);
      await run('update-ref', 'refs/heads/main', 'main~1');
      const head = await git(['rev-parse', `from-${kind}`], { cwd: gitDir });
      // The commit, its tree, two more on the way, and three files.
      const pushed = { head, ok: true, again: true, tracked: head, sent: 7, gone: true };
      expect(pulled?.pushed).toEqual(pushed);
      expect(await git(['branch', '--list', `gone-${kind}`], { cwd: gitDir })).toBe('');
      await expectSoundRepository(gitDir);
      const clashed = pulled?.clashed;
      expect(clashed?.refused).toEqual(['MergeConflictError', 'MergeConflictError']);
      expect(clashed?.marked).toBe('<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> older\n');
      expect(clashed?.before).toEqual({ text: 'ours\n', unclean: [] });
      expect(clashed?.after).toEqual(clashed?.before);
      expect(clashed?.end).toEqual({ text: 'both\n', unclean: [] });
      expect(clashed?.parent).toEqual(clashed?.sides);
      await tab.close();
    });
  }

  it('takes few transactions for each command', async () => {
    const tab = await browser.newPage();
    await tab.goto(page);
    const counts = await tab.evaluate((remote) => countTransactions(remote), url);
    console.log('transactions:', counts);
    // What it took at the time of writing, and a tenth for what a browser gathers otherwise.
    for (const [name, most] of Object.entries(mostTransactions))
      expect([name, counts[name]]).toEqual([name, expect.toSatisfy((n) => Number(n) <= most)]);
    await tab.close();
  });

  it('clones submodules', async () => {
    const work = await temporaryDirectory();
    const run = (...args: string[]) => git(args, { cwd: work });
    await run('clone', '-q', '-b', 'older', gitDir, '.');
    const lib = await run('rev-parse', 'HEAD');
    await run('update-index', '--add', '--cacheinfo', `160000,${lib},parts/lib`);
    const [name, source] = ['submodule.lib', './../site.git'];
    await run('config', '-f', '.gitmodules', `${name}.path`, 'parts/lib');
    await run('config', '-f', '.gitmodules', `${name}.url`, source);
    await run('add', '.gitmodules');
    await run('commit', '-q', '-m', 'With a part');
    await run('clone', '-q', '--bare', '.', join(gitDir, '../super.git'));
    const tab = await browser.newPage();
    await tab.goto(page);
    const address = url.replace('site.git', 'super.git');
    const seen = await tab.evaluate((remote) => cloneModules(remote), address);
    const files = (await run('ls-files', '-z')).split('\0').filter((path) => path !== '');
    expect(seen).toEqual({
      gitFile: 'gitdir: ../../.git/modules/lib\n',
      ...{ head: lib, status: 'unmodified', files },
    });
    await tab.close();
  });
});
