/** What runs in the page of the test of gateways: each way in which a page may go through one. */
import LightningFS from '@isomorphic-git/lightning-fs';
import { bindRepository, createHttpClient } from 'gitws';
import * as isomorphic from 'isomorphic-git';
import git from '../src/git/index.js';
import { provideBuffer } from './contract/provide-buffer.js';

provideBuffer();

/** What a page is given. */
export interface GatewayTask {
  readonly url: string;
  readonly gateway: string;
  readonly password: string;
}

const author = { name: 'Test Author', email: 'author@example.com' };

const ways = {
  plugin: ({ gateway }: GatewayTask) => ({
    ...isomorphic,
    bound: () => ({ http: createHttpClient({ gateway }) }),
  }),
  bound: ({ url, gateway }: GatewayTask) => ({
    ...isomorphic,
    bound: (fs: LightningFS) => bindRepository({ fs, dir: '/clone', url, gateway }),
  }),
  own: ({ gateway }: GatewayTask) => ({
    ...(git as unknown as typeof isomorphic),
    bound: () => ({ gateway }) as unknown as { http: isomorphic.HttpClient },
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

/** As the test calls it. */
export type RunWay = typeof runWay;

Object.assign(window, { runWay });
