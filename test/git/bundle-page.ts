/** What runs in the page of the test of bundles: a clone over createLightningFS. */
import LightningFS from '@isomorphic-git/lightning-fs';
import git from '../../src/git/index.js';
import { createLightningFS } from '../../src/storage.js';
import { startGit, type WorkerGit } from '../../src/worker/index.js';
import { provideBuffer } from '../contract/provide-buffer.js';

provideBuffer();

const dir = '/site';

/** Clones, in the page or in a worker. @returns what is there then, and what was told. */
async function cloneBundle(kind: 'page' | 'worker', url: string, bundleUri: string) {
  const storage = `bundle-${Math.random()}`;
  const fs = createLightningFS(storage, { LightningFS });
  const started = kind === 'worker' ? await startGit({ storage }) : undefined;
  // The same commands, but that the worker has an `fs` of its own.
  const run = started ?? (git as unknown as WorkerGit);
  const files = started?.fs.promises ?? fs.promises;
  const common = started === undefined ? { fs, dir, cache: {} } : { dir };
  const warnings: string[] = [];
  const phases = new Set<string>();
  await run.clone({
    ...{ ...common, url, bundleUri },
    onMessage: (message: string) => {
      if (message.startsWith('warning: ')) warnings.push(message);
    },
    onProgress: ({ phase }: { phase: string }) => void phases.add(phase),
  });
  const rows = await run.statusMatrix(common);
  return {
    warnings,
    phases: [...phases],
    files: rows.map(([path]) => path),
    unclean: rows.filter(([, ...sides]) => sides.join() !== '1,1,1'),
    head: await run.resolveRef({ ...common, ref: 'HEAD' }),
    branches: (await run.listBranches({ ...common, remote: 'origin' })).sort(),
    tags: (await run.listTags(common)).sort(),
    commits: (await run.log(common)).length,
    packs: (await files.readdir(`${dir}/.git/objects/pack`)).filter((name) => name.endsWith('k')),
  };
}

/** See {@link cloneBundle}. */
export type CloneBundle = typeof cloneBundle;

Object.assign(globalThis, { cloneBundle });
