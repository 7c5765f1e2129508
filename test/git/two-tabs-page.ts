/** What runs in two tabs that have one partial clone: each reads what it lacks. */
import LightningFS from '@isomorphic-git/lightning-fs';
import { bindRepository } from 'gitws';
import git from '../../src/git/index.js';
import { createLightningFS } from '../../src/storage.js';
import { provideBuffer } from '../contract/provide-buffer.js';
import { exportStorage } from './export-storage.js';

provideBuffer();

const dir = '/site';
const fs = createLightningFS('two tabs', { LightningFS });
let reading: Promise<string[]> | undefined;

const tabs = {
  clone: (url: string) => git.clone({ fs, dir, url, filter: 'blob:none', noCheckout: true }),
  /** Begins to read. */
  begin: (url: string, oids: readonly string[]): void => {
    const bound = bindRepository({ fs, dir, url });
    const read = async (oid: string): Promise<string> => {
      try {
        return (await git.readBlob({ ...bound, oid, cache: {} })).oid;
      } catch (error) {
        return String(error);
      }
    };
    reading = Promise.all(oids.map(read));
  },
  /** @returns what was read, or why it was not. */
  end: () => reading,
  /** Whether another tab is waited for. */
  isWaiting: async () => {
    const { pending = [] } = await navigator.locks.query();
    return pending.some(({ name }) => name?.endsWith('objects/promised'));
  },
  exportAll: () => exportStorage(fs),
};
Object.assign(globalThis, { tabs });

/** Of the page's global object. */
export type Tabs = typeof tabs;
