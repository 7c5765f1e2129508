/** What clones in a page: isomorphic-git with LightningFS, gitws/git in the page and in its worker, and wasm-git. */
import LightningFS from '@isomorphic-git/lightning-fs';
import * as gitws from 'gitws';
import gitwsGit from 'gitws/git';
import { createLightningFS } from 'gitws/storage';
import { startGit } from 'gitws/worker';
import * as git from 'isomorphic-git';
import httpWeb from 'isomorphic-git/http/web';
import {
  inspectClone,
  timeClone,
  type ClonedFiles,
  type CloneFs,
  type CloneOptions,
  type CloneTimes,
} from '../clone.js';
import { timeFirstFile, timeOwnClone, type Commands } from '../own-clone.js';
import { LibraryCommands, type Commands as SmallCommands } from '../library-commands.js';
import type { FirstFileTask, FirstFileTimes, PageCloneTask, PageCommandsTask } from '../tasks.js';
import { timedSocket } from '../timed-socket.js';
import { startWasmGit } from './wasm-git.js';

/** A client that has started: what it takes to load it is nobody's time. */
export interface PageClient {
  readonly clone: (options: CloneOptions) => Promise<CloneTimes>;
  readonly inspect: (options: CloneOptions) => Promise<ClonedFiles>;
  /** Left out where nobody asks. */
  readonly firstFile?: (task: FirstFileTask) => Promise<FirstFileTimes>;
}

/** @returns one with a storage of its own. */
export async function startClient({ transport, ...options }: PageCloneTask): Promise<PageClient> {
  const storage = `bench-${crypto.randomUUID()}`;
  switch (transport) {
    case 'wasm-git':
      return startWasmGit();
    case 'gitws-worker': {
      const own = await startGit({ storage, worker: '/gitws-worker.js' });
      const commands = own as unknown as Commands;
      return {
        clone: (what) => timeOwnClone(commands, {}, what),
        inspect: (what) => inspectClone(own.fs, what),
        firstFile: (what) => timeFirstFile(commands, {}, what),
      };
    }
    case 'gitws-git': {
      const fs = createLightningFS(storage, { LightningFS }) as unknown as CloneFs;
      return {
        clone: (what) => timeOwnClone(gitwsGit, { fs }, what),
        inspect: (what) => inspectClone(fs, what),
      };
    }
    default: {
      const fs = new LightningFS(storage) as unknown as CloneFs;
      const timed = timedSocket(WebSocket);
      const http = {
        gitws: () => gitws.http,
        'gitws-engine': () =>
          gitws.bindRepository({ ...options, fs, WebSocket: timed.WebSocket }).http,
        http: () => httpWeb,
      }[transport]();
      return {
        clone: (what) => timeClone(fs, http, what, timed.lastBytes),
        inspect: (what) => inspectClone(fs, what),
        firstFile: (what) => timeFirstFile(git, { fs, http }, what),
      };
    }
  }
}

/** @returns small operations, with a storage of their own. */
export async function commandsOf({ client, url, dir }: PageCommandsTask): Promise<SmallCommands> {
  const storage = `bench-${crypto.randomUUID()}`;
  if (client === 'gitws-worker') {
    const own = await startGit({ storage, worker: '/gitws-worker.js' });
    return new LibraryCommands({ git: own, fs: own.fs, common: {}, dir, url });
  }
  const library = client === 'http' ? git : gitwsGit;
  const fs =
    client === 'http' ? new LightningFS(storage) : createLightningFS(storage, { LightningFS });
  const common = { fs, cache: {}, ...(client === 'http' ? { http: httpWeb } : {}) };
  return new LibraryCommands({ git: library, fs, common, dir, url });
}
