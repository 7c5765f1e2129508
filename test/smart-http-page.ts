/** What the page of smart-http.browser.test.ts does: isomorphic-git with its own HTTP client. */
import LightningFS from '@isomorphic-git/lightning-fs';
import * as git from 'isomorphic-git';
import http from 'isomorphic-git/http/web';
import { provideBuffer } from './contract/provide-buffer.js';

provideBuffer();

/** Clones, commits and pushes. @returns the commit. */
export type RunOverHttp = (url: string, username: string, password: string) => Promise<string>;

const runOverHttp: RunOverHttp = async (url, username, password) => {
  const fs = new LightningFS('over-http', { wipe: true });
  const common = { fs, http, dir: '/clone', onAuth: () => ({ username, password }) };
  await git.clone({ ...common, url });
  await fs.promises.writeFile('/clone/mine.txt', 'mine');
  await git.add({ ...common, filepath: 'mine.txt' });
  const author = { name: 'Ada', email: 'ada@example.com' };
  const oid = await git.commit({ ...common, message: 'Mine', author });
  const { ok } = await git.push(common);
  if (!ok) throw new Error('The push was not taken.');
  return oid;
};

Object.assign(globalThis, { runOverHttp });
