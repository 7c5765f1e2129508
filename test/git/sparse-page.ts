/** What runs in the page of the test of sparse checkouts: over two file systems, and in a worker. */
import LightningFS from '@isomorphic-git/lightning-fs';
import git from '../../src/git/index.js';
import { createLightningFS } from '../../src/storage.js';
import { startGit, type WorkerGit } from '../../src/worker/index.js';
import { provideBuffer } from '../contract/provide-buffer.js';

provideBuffer();

const dir = '/site';
const author = { name: 'Ann', email: 'ann@example.com' };

/** @returns git in the page or in a worker, its files, and what its commands take besides. */
async function startedFor(kind: 'plain' | 'ours' | 'worker') {
  const storage = `sparse-${kind}-${Math.random()}`;
  if (kind === 'worker') {
    const started = await startGit({ storage });
    return { run: started, files: started.fs.promises, common: { dir } };
  }
  const fs =
    kind === 'plain' ? new LightningFS(storage) : createLightningFS(storage, { LightningFS });
  // The same commands, but that the worker has an `fs` of its own.
  const run = git as unknown as WorkerGit;
  return { run, files: fs.promises, common: { fs, dir, cache: {} } };
}

/** Clones, widens, changes branch, commits and pushes. @returns what was there meanwhile. */
async function runSparse(kind: 'plain' | 'ours' | 'worker', url: string) {
  const { run, files, common } = await startedFor(kind);
  const list = async (folder = ''): Promise<string[]> => {
    const found: string[] = [];
    for (const name of await files.readdir(`${dir}${folder}`)) {
      const path = `${folder}/${name}`;
      if (path === '/.git') continue;
      const isFolder = (await files.lstat(dir + path)).isDirectory();
      found.push(...(isFolder ? await list(path) : [path.slice(1)]));
    }
    return found.sort();
  };
  const state = async () => {
    const index = await files.readFile(`${dir}/.git/index`);
    const rows = await run.statusMatrix(common);
    return {
      files: await list(),
      version: index[7],
      unclean: rows.filter(([, ...sides]) => sides.join() !== '1,1,1'),
      patterns: await files.readFile(`${dir}/.git/info/sparse-checkout`, 'utf8'),
    };
  };
  await run.clone({ ...common, url, sparse: ['docs/a/'], filter: 'blob:none' });
  const cloned = await state();
  const { folders } = await run.sparseCheckout({ ...common, add: ['lib/x'] });
  const widened = await state();
  await run.checkout({ ...common, ref: 'other' });
  const other = await state();
  await files.writeFile(`${dir}/docs/d.md`, `from ${kind}\n`);
  const { left } = await run.sparseCheckout({ ...common, set: ['lib'] });
  for (const [filepath, , workdir] of await run.statusMatrix(common)) {
    await (workdir === 0 ? run.remove : run.add)({ ...common, filepath });
  }
  const head = await run.commit({ ...common, message: 'In a page', author });
  const { ok } = await run.push({ ...common, remoteRef: `from-${kind}` });
  const refused = await run.remove({ ...common, filepath: 'docs/a/1' }).then(
    () => undefined,
    ({ code, data }: { code: string; data: unknown }) => ({ code, data }),
  );
  await run.sparseCheckout({ ...common, disable: true });
  const whole = await state();
  if (kind === 'worker') await run.close();
  return { cloned, folders, widened, other, left, head, ok, refused, whole };
}

Object.assign(globalThis, { runSparse });

/** Of the page's global object. */
export type RunSparse = typeof runSparse;
