/**
 * Runs the cases of the contract inside a page: the built bundle, isomorphic-git, LightningFS. The
 * oracle is a function of the page that calls back into the test.
 */
import LightningFS from '@isomorphic-git/lightning-fs';
import * as gitws from 'gitws';
import * as git from 'isomorphic-git';
import { bound } from './bound.js';
import { contractCases } from './cases.js';
import type { ContractFs, Oracle } from './context.js';
import { provideBuffer } from './provide-buffer.js';
import { runCase } from './run-case.js';

provideBuffer();

/** What the test put into the page, and what it finds there. */
interface ContractWindow {
  callOracle(method: string, args: readonly unknown[]): Promise<unknown>;
  /** Makes a copy of a repository anew, of directories and files. */
  keepCopy(dir: string, entries: readonly CopyEntry[]): Promise<void>;
  runCase(topic: string, name: string, way: 'plain' | 'bound'): Promise<void>;
}

/**
 * Below the repository's directory; directories, which have no content, before what is in them. A
 * file's content is in base64, `null` where it is the same as in the copy before.
 */
export type CopyEntry = readonly [path: string, content?: string | null];

const page = window as unknown as ContractWindow;

page.runCase = async (topic, name, way) => {
  const found = contractCases[topic]?.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`there is no case "${name}"`);
  const database = `contract-${crypto.randomUUID()}`;
  const fs = new LightningFS(database) as unknown as ContractFs;
  const dir = '/clone';
  const context = { git, gitws, http: gitws.http, fs, dir, oracle: oracleFor(fs) };
  await runCase(found, way === 'bound' ? bound(context) : context);
};

function oracleFor(fs: ContractFs): Oracle {
  const copied = new Set<string>();
  return new Proxy({} as Oracle, {
    get: (_target, method: string) => {
      return async (...args: unknown[]) => {
        // Real git cannot look into IndexedDB: it gets a copy.
        if (method === 'expectSoundClient' || method === 'clientGit')
          await copy(fs, String(args[0]), copied);
        return page.callOracle(method, args);
      };
    },
  });
}

/** @param copied names files that were copied before and that never change: objects. */
async function copy(fs: ContractFs, dir: string, copied: Set<string>): Promise<void> {
  const entries: CopyEntry[] = [];
  const visit = async (path: string): Promise<void> => {
    const stats = await fs.promises.stat(`${dir}/${path}`);
    if (!stats.isDirectory()) {
      const file = `${dir}/${path}`;
      const isKnown = copied.has(`${file} ${stats.size}`);
      entries.push([path, isKnown ? null : encodeBase64(await fs.promises.readFile(file))]);
      if (path.startsWith('.git/objects/')) copied.add(`${file} ${stats.size}`);
      return;
    }
    entries.push([path]);
    for (const name of await fs.promises.readdir(`${dir}/${path}`)) await visit(`${path}/${name}`);
  };
  await visit('.git');
  // Each call of the test's own functions is a message to another process.
  await page.keepCopy(dir, entries);
}

function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  // As many arguments as every engine takes.
  const step = 0x8000;
  for (let at = 0; at < bytes.length; at += step) {
    binary += String.fromCharCode(...bytes.subarray(at, at + step));
  }
  return btoa(binary);
}
