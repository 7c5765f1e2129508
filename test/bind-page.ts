/** What runs in the page of bind-repository.browser.test.ts: fetches into LightningFS, and what came of them. */
import LightningFS from '@isomorphic-git/lightning-fs';
import * as gitws from 'gitws';
import type { GitWsError } from 'gitws';
import * as git from 'isomorphic-git';
import { provideBuffer } from './contract/provide-buffer.js';

provideBuffer();

/** One fetch. */
export interface BindCase {
  readonly url: string;
  /** `killed` for a worker of the page that it ends when the first objects have been received. */
  readonly worker?: 'own' | 'killed' | 'here' | { readonly url: string };
  /** WebAssembly that the page loads itself. */
  readonly wasm?: string;
  /** Which write fails: what the path of the file ends with. As one that is over the quota, or: */
  readonly full?: string;
  /** As one of a database that somebody has deleted. */
  readonly deleted?: boolean;
  /** What the page has not, as if the browser had none. */
  readonly without?: 'WebAssembly' | 'Worker' | 'Blob';
  /** Whether the network goes once the server has said its refs, before a script is loaded. */
  readonly offline?: boolean;
}

/** What came of it. */
export interface BindResult {
  /** The error's code, or its name. */
  readonly failed?: string;
  /** Codes of what onWarning heard. */
  readonly warnings: readonly string[];
  /** Its sentences. */
  readonly sentences: readonly string[];
  /** Files in objects/pack. */
  readonly packs: readonly string[];
  /** Of the remote's main branch. */
  readonly oid?: string;
  /** Subjects of the commits that can be read from there. */
  readonly commits: number;
  /** Bytes of what was compiled as WebAssembly. */
  readonly compiled: readonly number[];
}

/** What the page offers. */
export interface BindPage {
  fetchOnce(test: BindCase): Promise<BindResult>;
  /** Binds a repository, and asks for nothing. */
  bindOnly(preload?: boolean): void;
  /** The test's own. */
  goOffline(): Promise<void>;
}

const dir = '/clone';
const lightning = new LightningFS(`bind-${Date.now()}-${Math.random()}`);
let own: Worker | undefined;

/** LightningFS with one write that finds no room; half of it is written before. */
function withFull(full: string | undefined, deleted = false): LightningFS {
  if (full === undefined) return lightning;
  const promises = Object.create(lightning.promises) as LightningFS['promises'];
  promises.writeFile = async (path, data, options) => {
    if (!path.endsWith(full) && !path.includes(`/${full}`))
      return lightning.promises.writeFile(path, data, options);
    await lightning.promises.writeFile(path, data.slice(0, data.length >> 1), options);
    throw deleted
      ? new DOMException('The database connection is closing.', 'InvalidStateError')
      : new DOMException('The quota has been exceeded.', 'QuotaExceededError');
  };
  return { promises } as LightningFS;
}

/** LightningFS that waits for the network to be gone, when it is used after the connection is there. */
function withOffline(isOpen: () => boolean): LightningFS {
  const promises = Object.create(lightning.promises) as LightningFS['promises'];
  let going: Promise<void> | undefined;
  promises.readFile = (async (...read: Parameters<typeof promises.readFile>) => {
    if (isOpen()) await (going ??= (window as unknown as BindPage).goOffline());
    return lightning.promises.readFile(...read);
  }) as typeof promises.readFile;
  return { promises } as LightningFS;
}

const compiled: number[] = [];
if (typeof WebAssembly === 'object') {
  const compile = WebAssembly.compile.bind(WebAssembly);
  WebAssembly.compile = async (bytes) => {
    compiled.push(bytes.byteLength);
    return compile(bytes);
  };
}

const offered: Omit<BindPage, 'goOffline'> = {
  bindOnly(preload) {
    const url = new URL('/nothing.git', location.href).href;
    gitws.bindRepository({
      fs: lightning,
      dir,
      url,
      ...(preload === undefined ? {} : { preload }),
    });
  },
  async fetchOnce({ url, worker, wasm, full, deleted, without, offline = false }) {
    let isOpen = false;
    const fs = offline ? withOffline(() => isOpen) : withFull(full, deleted);
    if (without !== undefined) Object.assign(globalThis, { [without]: undefined });
    const warnings: GitWsError[] = [];
    compiled.length = 0;
    if (worker === 'own' || worker === 'killed') own ??= new Worker('/worker.js');
    const bound = gitws.bindRepository({
      ...{ fs, dir, url, wasm: wasm === undefined ? undefined : new URL(wasm, location.href) },
      packWorker:
        worker === 'here'
          ? false
          : typeof worker === 'object'
            ? new URL(worker.url, location.href)
            : worker && own,
      preload: !offline,
      onConnection: ({ state }) => (isOpen ||= state === 'open'),
      onWarning: (warning) => warnings.push(warning),
      onProgress: ({ phase }) => {
        if (worker !== 'killed' || phase !== 'Receiving objects') return;
        own?.terminate();
        own = undefined;
      },
    });
    const failed = await run({ ...bound, fs: offline ? fs : lightning }).then(
      () => undefined,
      (error: unknown) => {
        const { code, name, message } = error as { code?: unknown; name: string; message: string };
        return typeof code === 'string' ? code : `${name}: ${message}`;
      },
    );
    const ref = 'refs/remotes/origin/main';
    const there = { fs: lightning, dir };
    const oid = await git.resolveRef({ ...there, ref }).catch(() => undefined);
    return {
      ...(failed === undefined ? {} : { failed }),
      warnings: warnings.map(({ code }) => code),
      sentences: warnings.map(({ message }) => message),
      packs: await lightning.promises.readdir(`${dir}/.git/objects/pack`).catch(() => []),
      ...(oid === undefined ? {} : { oid }),
      commits: oid === undefined ? 0 : (await git.log({ ...there, ref })).length,
      compiled: [...compiled],
    };
  },
};

async function run(bound: Parameters<typeof git.fetch>[0] & { url: string }): Promise<void> {
  const { fs, url } = bound;
  await git.init({ fs, dir, defaultBranch: 'main' });
  await git.addRemote({ fs, dir, remote: 'origin', url, force: true });
  await git.fetch({ ...bound, remote: 'origin' });
}

Object.assign(window, offered);
