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

const put = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')
  ?.value as IDBObjectStore['put'];

/** Lets the database find no room for values that a function knows, until it is given none. */
function refuse(isRefused: ((value: unknown) => boolean) | undefined): void {
  IDBObjectStore.prototype.put = function (...given) {
    if (isRefused?.(given[0]) === true) throw new DOMException('', 'QuotaExceededError');
    return put.apply(this, given);
  };
}

/** Does something when the next transaction has begun. */
function atNextTransaction(run: () => void): void {
  const begin = Object.getOwnPropertyDescriptor(IDBDatabase.prototype, 'transaction')
    ?.value as IDBDatabase['transaction'];
  IDBDatabase.prototype.transaction = function (...given) {
    IDBDatabase.prototype.transaction = begin;
    const transaction = begin.apply(this, given);
    run();
    return transaction;
  };
}

/** Counts the page's transactions from now on. @returns what ends that, and says how many there were. */
function countTransactions(): () => Record<'readonly' | 'readwrite', number> {
  const begin = Object.getOwnPropertyDescriptor(IDBDatabase.prototype, 'transaction')
    ?.value as IDBDatabase['transaction'];
  const counts = { readonly: 0, readwrite: 0 };
  IDBDatabase.prototype.transaction = function (...given) {
    counts[given[1] === 'readwrite' ? 'readwrite' : 'readonly'] += 1;
    return begin.apply(this, given);
  };
  return () => {
    IDBDatabase.prototype.transaction = begin;
    return counts;
  };
}

/**
 * Has every slice of work be over at once.
 *
 * @param pause is called in the place of the pause after it.
 * @returns what ends that.
 */
function pauseSlices(pause: (goOn: () => void) => void): () => void {
  const { MessageChannel: Channel } = globalThis;
  const now = performance.now.bind(performance);
  let late = 0;
  performance.now = () => now() + (late += 10);
  globalThis.MessageChannel = class {
    readonly port1 = { onmessage: () => undefined, close: () => undefined };
    readonly port2 = { postMessage: () => pause(() => this.port1.onmessage()) };
  } as never;
  return () => {
    performance.now = now;
    globalThis.MessageChannel = Channel;
  };
}

const offered = {
  refuse,
  atNextTransaction,
  countTransactions,
  pauseSlices,
  codeOf: (error: unknown): string => (error as { code?: string }).code ?? String(error),
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
