/** What runs in the pages of the test of `gitws/worker`: git in a worker, and beside it git in the page. */
import LightningFS from '@isomorphic-git/lightning-fs';
import * as isomorphicGit from 'isomorphic-git';
import pageGit from '../../src/git/index.js';
import { createLightningFS } from '../../src/storage.js';
import { isGitWsError, startGit } from '../../src/worker/index.js';
import { provideBuffer } from '../contract/provide-buffer.js';

provideBuffer();

/** What a rejection says. */
async function failure(work: Promise<unknown>) {
  try {
    await work;
  } catch (reason) {
    const { name, code, data, message } = reason as Record<string, unknown>;
    const isOwn = isGitWsError(reason);
    return { isError: reason instanceof Error, isOwn, name, code, data, message };
  }
  return undefined;
}

/** Does something, and counts how long the page's longest task was meanwhile, in ms. */
async function longestTask(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const channel = new MessageChannel();
  let isOver = false;
  channel.port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setTimeout(() => channel.port2.postMessage(0), 1);
  };
  channel.port2.postMessage(0);
  try {
    await work();
  } finally {
    isOver = true;
  }
  return longest;
}

const author = { name: 'Ann', email: 'ann@example.com' };

const offered = {
  startGit,
  isGitWsError,
  isomorphicGit,
  pageGit,
  failure,
  longestTask,
  author,
  makeFs: (name: string) => createLightningFS(name, { LightningFS }),
};

/** What the page offers, as `inPage` of its global object. */
export type WorkerPage = typeof offered;

Object.assign(globalThis, { inPage: offered });
