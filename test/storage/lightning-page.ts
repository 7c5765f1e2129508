/**
 * What runs in the pages of the tests of `gitws/storage`, and in their workers: the file system, plain
 * LightningFS, isomorphic-git and the library, for the functions that the tests hand to a page.
 */
import LightningFS from '@isomorphic-git/lightning-fs';
import * as gitws from 'gitws';
import * as git from 'isomorphic-git';
import * as storage from '../../src/storage.js';
import { provideBuffer } from '../contract/provide-buffer.js';
import { fileSystemCases } from './contract.js';

provideBuffer();

type Created = LightningFS & {
  readonly promises: LightningFS['promises'] & storage.StoragePromises;
};

/** Writes files one after the other, renames every second, and says which are done. */
async function writeNamed(fs: Created, prefix: string, count: number): Promise<void> {
  await fs.promises.mkdir('/shared').catch(() => undefined);
  for (let at = 0; at < count; at++) {
    const path = `/shared/${prefix}-${at}`;
    await fs.promises.writeFile(path, `${prefix} ${at}`);
    if (at % 2 === 0) await fs.promises.rename(path, `${path}-renamed`);
    // A pause lets another have the lock.
    if (at % 20 === 19) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const offered = {
  LightningFS,
  git,
  gitws,
  fileSystemCases,
  writeNamed,
  create: (name: string, options: Partial<storage.LightningOptions<LightningFS>> = {}): Created =>
    storage.createLightningFS(name, { LightningFS, ...options }),
};

/** What the page offers, as `lightning` of its global object. */
export type LightningPage = typeof offered;

Object.assign(globalThis, { lightning: offered });

// In a worker: writes when it is told to.
if (typeof document === 'undefined') {
  globalThis.onmessage = ({ data }: MessageEvent<{ name: string; count: number }>) => {
    void writeNamed(offered.create(data.name), 'worker', data.count).then(
      () => globalThis.postMessage('done'),
      (error: unknown) => globalThis.postMessage(String(error)),
    );
  };
}
