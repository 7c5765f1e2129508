/** What runs in the pages of the tests of gateways and of plain HTTP: each way in which a page may use them. */
import LightningFS from '@isomorphic-git/lightning-fs';
import { bindRepository, createHttpClient } from 'gitws';
import * as isomorphic from 'isomorphic-git';
import git from '../src/git/index.js';
import { startGit } from '../src/worker/index.js';
import { provideBuffer } from './contract/provide-buffer.js';

provideBuffer();

/** What a page is given. */
export interface GatewayTask {
  readonly url: string;
  readonly password: string;
  /** How the repository is reached. */
  readonly way: { readonly gateway?: string; readonly fallback?: 'http' };
}

const author = { name: 'Test Author', email: 'author@example.com' };

const ways = {
  plugin: ({ way }: GatewayTask) => ({
    ...isomorphic,
    bound: () => ({ http: createHttpClient(way) }),
  }),
  bound: ({ url, way }: GatewayTask) => ({
    ...isomorphic,
    bound: (fs: LightningFS) => bindRepository({ fs, dir: '/clone', url, ...way }),
  }),
  own: ({ way }: GatewayTask) => ({
    ...(git as unknown as typeof isomorphic),
    bound: () => way as unknown as { http: isomorphic.HttpClient },
  }),
} as const;

/** Clones, commits and pushes. @returns the URLs for which it was asked to sign in, and the new commit. */
async function runWay(way: keyof typeof ways, task: GatewayTask) {
  const { bound, ...commands } = ways[way](task);
  const fs = new LightningFS(`gateway-${crypto.randomUUID()}`);
  const asked: string[] = [];
  const common = {
    ...{ fs, dir: '/clone', url: task.url },
    onAuth: (url: string) => {
      asked.push(url);
      return { username: 'ada', password: task.password };
    },
    onAuthFailure: () => ({ cancel: true }),
    ...bound(fs),
  };
  await commands.clone(common);
  await fs.promises.writeFile('/clone/mine.txt', `by ${way}\n`);
  await commands.add({ fs, dir: '/clone', filepath: 'mine.txt' });
  const oid = await commands.commit({ fs, dir: '/clone', message: `by ${way}`, author });
  await commands.push({ ...common, ref: 'HEAD', remoteRef: `refs/heads/by-${way}` });
  return { asked, oid };
}

/**
 * Clones a part in a worker, and reads what it left out: the worker itself goes that way then.
 *
 * @returns the heads that the host lists, and the bytes of a file of the commit before the last.
 */
async function readInWorker({ url, way: how, password }: GatewayTask) {
  const onAuth = () => ({ username: 'ada', password });
  const promisor = { onAuth, ...how };
  const worker = await startGit({ storage: `gateway-${crypto.randomUUID()}`, promisor });
  const dir = '/clone';
  const way = { url, onAuth, ...how };
  await worker.clone({ dir, ...way, filter: 'blob:none', noCheckout: true });
  const listed = await worker.listServerRefs({ ...way, prefix: 'refs/heads/' });
  const [, before] = await worker.log({ dir });
  const oid = before?.oid ?? '';
  const [filepath = ''] = await worker.listFiles({ dir, ref: oid });
  const { blob } = await worker.readBlob({ dir, oid, filepath });
  await worker.close();
  return { heads: listed.map(({ ref }) => ref), oid, filepath, bytes: [...blob] };
}

/** As the test calls them. */
export type RunWay = typeof runWay;
export type ReadInWorker = typeof readInWorker;

Object.assign(window, { runWay, readInWorker });
