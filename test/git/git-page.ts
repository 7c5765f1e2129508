/** What runs in the page of the test of `gitws/git`: clones and checkouts over two file systems. */
import LightningFS from '@isomorphic-git/lightning-fs';
import { bindRepository } from 'gitws';
import git from '../../src/git/index.js';
import { createLightningFS } from '../../src/storage.js';
import { provideBuffer } from '../contract/provide-buffer.js';

provideBuffer();

/** What is in the working tree, as git's trees have it: mode, oid and path. */
async function listTree(fs: LightningFS, dir: string): Promise<string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const name of await fs.promises.readdir(`${dir}${folder}`)) {
      const path = `${folder}/${name}`;
      if (path === '/.git') continue;
      const stat = await fs.promises.lstat(dir + path);
      if (stat.isDirectory()) {
        await walk(path);
        continue;
      }
      const object = stat.isSymbolicLink()
        ? new TextEncoder().encode(await fs.promises.readlink(dir + path))
        : await fs.promises.readFile(dir + path);
      const { oid } = await git.hashBlob({ object });
      const kind = stat.isSymbolicLink()
        ? '120000'
        : (stat.mode & 0o100) === 0
          ? '100644'
          : '100755';
      found.push(`${kind} ${oid} ${path.slice(1)}`);
    }
  };
  await walk('');
  return found.sort();
}

/** Runs clone, checkout, a change and checkout again. @returns what was there after each. */
async function runAll(kind: 'plain' | 'ours', url: string) {
  const name = `${kind}-${Math.random()}`;
  const fs = kind === 'plain' ? new LightningFS(name) : createLightningFS(name, { LightningFS });
  const dir = '/site';
  const bound = bindRepository({ fs, dir, url });
  const common = { fs: bound.fs, dir, cache: {} };
  const unclean = async () =>
    (await git.statusMatrix(common)).filter(([, ...sides]) => sides.join() !== '1,1,1');
  await git.clone({ ...bound, cache: common.cache });
  const cloned = { files: await listTree(fs, dir), unclean: await unclean() };
  await git.checkout({ ...common, ref: 'older' });
  const older = { files: await listTree(fs, dir), unclean: await unclean() };
  await fs.promises.writeFile(`${dir}/run`, 'mine');
  const refused = await git.checkout({ ...common, ref: 'main' }).then(
    () => undefined,
    ({ code, data }: { code: string; data: unknown }) => ({ code, data }),
  );
  const branch = await git.currentBranch(common);
  await git.checkout({ ...common, ref: 'main', force: true });
  const forced = { files: await listTree(fs, dir), unclean: await unclean() };
  pullAgain = async () => {
    await fs.promises.writeFile(`${dir}/staged`, 'mine');
    await git.add({ ...common, filepath: 'staged' });
    const { oid } = await git.pull({ ...bound, cache: common.cache });
    const tags = await git.listTags(common);
    return { oid, tags, files: await listTree(fs, dir), unclean: await unclean() };
  };
  return { cloned, older, refused, branch, forced };
}

interface Pulled {
  files: string[];
  unclean: unknown[];
  tags: string[];
  oid: string | undefined;
}

let pullAgain: (() => Promise<Pulled>) | undefined;

/** Pulls into what {@link runAll} has cloned last. */
async function pullAll(): Promise<Pulled | undefined> {
  return pullAgain?.();
}

Object.assign(globalThis, { runAll, pullAll });

/** Of the page's global object. */
export type RunAll = typeof runAll;
export type PullAll = typeof pullAll;
