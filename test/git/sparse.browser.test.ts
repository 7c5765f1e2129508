/** Sparse checkouts in a browser, in the page and in a worker; native git says what is right. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { browserAvailable, launchBrowser, type TestBrowser } from '../helpers/engines.js';
import { expectSoundRepository, git } from '../helpers/git.js';
import { it, long } from '../helpers/long.js';
import { bundlePage, servePage } from '../helpers/page.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import type { RunSparse } from './sparse-page.js';
import { makeSparseSample } from './sparse-repository.js';

declare const runSparse: RunSparse;

let browser: TestBrowser;
let page: string;
let base: string;
let root: string;
let work: string;

beforeAll(async () => {
  if (!browserAvailable) return;
  root = await temporaryDirectory();
  work = join(await temporaryDirectory(), 'work');
  await makeSparseSample(work);
  await git(['clone', '-q', '--bare', work, join(root, 'site.git')]);
  await git(['config', 'uploadpack.allowFilter', 'true'], { cwd: join(root, 'site.git') });
  const served = await servePage(await bundlePage('./sparse-page.ts', import.meta.url));
  page = served.url;
  base = (await startServer({ root, allowPush: true, origins: [page] })).url;
  browser = await launchBrowser();
});

const places = { plain: 'over LightningFS', ours: 'over createLightningFS', worker: 'in a worker' };

describe.skipIf(!browserAvailable)('a sparse checkout in a page', () => {
  for (const kind of ['plain', 'ours', 'worker'] as const) {
    const test = kind === 'ours' ? long : it;
    test(`has the files that git has, and pushes what was changed, ${places[kind]}`, async () => {
      const bare = join(root, `${kind}.git`);
      await cp(join(root, 'site.git'), bare, { recursive: true });
      const tab = await browser.newPage();
      await tab.goto(page);
      const seen = await tab.evaluate(([how, url]) => runSparse(how, url), [
        kind,
        `${base}/${kind}.git`,
      ] as const);
      const native = join(await temporaryDirectory(), 'native');
      await git(['clone', '-q', '--sparse', `file://${bare}`, native]);
      const here = async (...folders: string[]) => {
        await git(['sparse-checkout', 'set', '--cone', ...folders], { cwd: native });
        const lines = await git(['-c', 'core.quotePath=false', 'ls-files', '-t'], { cwd: native });
        const files = lines
          .split('\n')
          .filter((line) => line.startsWith('H') && !line.endsWith('module'));
        return files.map((line) => line.slice(2)).sort();
      };
      const clean = { unclean: [], version: 3 };
      expect(seen.cloned).toMatchObject({ ...clean, files: await here('docs/a') });
      expect(seen.cloned.patterns).toBe('/*\n!/*/\n/docs/\n!/docs/*/\n/docs/a/\n');
      expect(seen.folders).toEqual(['docs/a', 'lib/x']);
      expect(seen.widened).toMatchObject({ ...clean, files: await here('docs/a', 'lib/x') });
      await git(['checkout', '-q', 'other'], { cwd: native });
      expect(seen.other).toMatchObject({ ...clean, files: await here('docs/a', 'lib/x') });
      // It had changed: it stays, and is what is committed.
      expect(seen.left).toEqual(['docs/d.md']);
      expect(seen.ok).toBe(true);
      const pushed = await git(['diff-tree', '-r', '--name-status', `other..${seen.head}`], {
        cwd: bare,
      });
      expect(pushed).toBe('M\tdocs/d.md');
      expect(seen.refused).toEqual({
        code: 'OUTSIDE_SPARSE_CHECKOUT',
        data: { filepaths: ['docs/a/1'] },
      });
      const all = await git(['ls-tree', '-r', '-z', '--name-only', seen.head], { cwd: bare });
      const names = all.split('\0').filter((name) => name !== '' && name !== 'lib/module');
      expect(seen.whole).toMatchObject({ version: 2, unclean: [], files: names.sort() });
      await expectSoundRepository(bare);
      await tab.close();
    });
  }
});
