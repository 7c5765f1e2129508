/** The page of own-commands.browser.test.ts. */
import { isGitWsError, startGit } from '../../src/worker/index.js';
import type { Commands } from './own-commands-worker.js';

const offered = {
  isGitWsError,
  start: (storage: string) => startGit<Commands>({ storage, worker: '/worker.js' }),
};

/** What the page offers, as `inPage` of its global object. */
export type OwnCommandsPage = typeof offered;

Object.assign(globalThis, { inPage: offered });
