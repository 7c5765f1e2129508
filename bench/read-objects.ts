/** Commands of isomorphic-git that read objects, over the plain file system and over gitws's. */
import * as fs from 'node:fs';
import { bindRepository } from 'gitws';
import * as gitwsGit from 'gitws/git';
import * as git from 'isomorphic-git';
import type { ReadResult, ReadTask } from './tasks.js';

/** @returns what it took, from the first object on: nothing was read before. */
export async function readOnce(task: ReadTask): Promise<ReadResult> {
  const { gitDir: gitdir, dir, over } = task;
  const url = 'http://localhost/none.git';
  const bound = bindRepository({ fs, dir, gitdir, url });
  const common = { fs: over === 'plain' ? fs : bound.fs, dir, gitdir, cache: {} };
  // The engine's scripts are loaded when a repository is bound: that is not measured here.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const start = performance.now();
  const count = await read(common, task);
  return { total: performance.now() - start, count };
}

type Common = Pick<Parameters<typeof git.log>[0], 'fs' | 'gitdir' | 'cache'> & { dir: string };

async function read(common: Common, { what, over, file }: ReadTask): Promise<number> {
  if (what === 'log') return (await git.log({ ...common, depth: 1_000 })).length;
  if (what === 'checkout') {
    const { checkout } = over === 'plain' ? git : gitwsGit;
    await checkout({ ...common, force: over === 'plain' });
    return (await git.listFiles(common)).length;
  }
  if (what === 'readBlob') {
    const oid = await git.resolveRef({ ...common, ref: 'HEAD' });
    return (await git.readBlob({ ...common, oid, filepath: file })).blob.length;
  }
  let count = 0;
  await git.walk({
    ...common,
    trees: [git.TREE({ ref: 'HEAD' })],
    map: async (path, [entry]) => {
      if ((await entry?.type()) !== 'blob') return path;
      const content = what === 'contents' ? await entry?.content() : undefined;
      count += content?.length ?? 1;
      return path;
    },
  });
  return count;
}
