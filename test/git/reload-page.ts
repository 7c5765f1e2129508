/** What runs in the pages of the tests of clones that survive a reload: one clone, and what is stored then. */
import LightningFS from '@isomorphic-git/lightning-fs';
import git from '../../src/git/index.js';
import { createLightningFS } from '../../src/storage.js';
import { startGit } from '../../src/worker/index.js';
import { provideBuffer } from '../contract/provide-buffer.js';

provideBuffer();

export interface ReloadOptions {
  readonly name: string;
  readonly url: string;
  readonly options?: object;
  /** What `onAuth` answers. */
  readonly password?: string;
}

const dir = '/site';

/** Clones. @returns the states of its connection, and what it failed with. */
async function clone({ name, url, options, password }: ReloadOptions) {
  const states: string[] = [];
  const how = {
    ...{ dir, url, ...options },
    onConnection: ({ state }: { state: string }) => void states.push(state),
    onAuth: () => (password === undefined ? { cancel: true } : { username: 'me', password }),
    onAuthFailure: () => ({ cancel: true }),
  };
  const fs = open(name);
  const failed = await git.clone({ ...how, fs }).then(
    () => undefined,
    ({ code }: { code?: string }) => String(code),
  );
  return { states, failed };
}

let opened: LightningFS | undefined;

function open(name: string): LightningFS {
  return (opened ??= createLightningFS(name, { LightningFS }));
}

/** The same in a worker of the library's. */
async function cloneInWorker({ name, url }: ReloadOptions) {
  const states: string[] = [];
  const worker = await startGit({ storage: name });
  await worker.clone({
    ...{ dir, url },
    onConnection: ({ state }) => void states.push(state),
  });
  await worker.close();
  return { states, failed: undefined };
}

/** Sends the git directory to a server, a file a request. */
async function copyOut(name: string, server: string): Promise<void> {
  const { promises } = open(name);
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await promises.readdir(folder)) {
      const path = `${folder}/${entry}`;
      const stat = await promises.lstat(path);
      if (stat.isDirectory()) {
        await walk(path);
        continue;
      }
      const body = (await promises.readFile(path)) as Uint8Array<ArrayBuffer>;
      const about = new URLSearchParams({ path: path.slice(dir.length + 1) });
      await fetch(`${server}/?${about}`, { method: 'POST', mode: 'no-cors', body });
    }
  };
  await walk(`${dir}/.git`);
}

/** Files that are not as HEAD has them. */
async function unclean(name: string): Promise<string[]> {
  const matrix = await git.statusMatrix({ fs: open(name), dir });
  return matrix.filter(([, ...sides]) => sides.join() !== '1,1,1').map(([path]) => path);
}

/** What a folder of the page's storage holds; undefined where there is none. */
function list(name: string, path: string): Promise<string[] | undefined> {
  return open(name)
    .promises.readdir(path)
    .catch(() => undefined);
}

const offered = { clone, cloneInWorker, copyOut, unclean, list };

/** What the page offers, as `reload` of its global object. */
export type ReloadPage = typeof offered;

Object.assign(globalThis, { reload: offered });
