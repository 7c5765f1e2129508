// A stranger's page, bundled as it stands: each of its ways clones the repository at `url`.
import { Buffer } from 'buffer';
import LightningFS from '@isomorphic-git/lightning-fs';
import { bindRepository, http } from 'gitws';
import 'gitws/element';
import ours from 'gitws/git';
import { createLightningFS } from 'gitws/storage';
import { startGit } from 'gitws/worker';
import git from 'isomorphic-git';
import { ownWorker } from './own-worker.js';

globalThis.Buffer = Buffer;

const dir = '/site';
const author = { name: 'A Stranger', email: 'stranger@example.com' };

/** Clones, commits and pushes with the plugin. @returns the commit. */
async function plugin(url) {
  const fs = new LightningFS('plugin');
  await git.clone({ fs, http, dir, url });
  await fs.promises.writeFile(`${dir}/mine.txt`, 'mine\n');
  await git.add({ fs, dir, filepath: 'mine.txt' });
  const oid = await git.commit({ fs, dir, message: 'From a page', author });
  await git.push({ fs, http, dir });
  return oid;
}

/** Has the engine index the packs; a warning says that it could not. */
async function bound(url) {
  const fs = createLightningFS('bound', { LightningFS });
  const warnings = [];
  const onWarning = (warning) => warnings.push(String(warning));
  const site = bindRepository({ fs, dir, url, onWarning });
  await git.clone({ ...site });
  if (warnings.length > 0) throw new Error(warnings.join());
  return git.resolveRef({ fs: site.fs, dir, ref: 'HEAD' });
}

async function own(url) {
  const fs = new LightningFS('own');
  await ours.clone({ fs, dir, url });
  return ours.resolveRef({ fs, dir, ref: 'HEAD' });
}

async function inWorker(url, storage, worker) {
  const started = await startGit({ storage, ...(worker === undefined ? {} : { worker }) });
  await started.clone({ dir, url });
  const oid = await started.resolveRef({ dir, ref: 'HEAD' });
  // Commands of one's own are in a worker of one's own alone.
  const files = (await started.countFiles?.({ dir })) ?? 1;
  await started.close();
  return files > 0 ? oid : undefined;
}

const myWorker = () => new Worker(new URL('./my-worker.js', import.meta.url), { type: 'module' });

async function element(url) {
  const shown = new Promise((resolve, reject) => {
    addEventListener('gitws-load', ({ detail }) => resolve(detail.oid));
    addEventListener('gitws-error', ({ detail }) => reject(detail.error));
  });
  const repository = document.createElement('git-repository');
  repository.setAttribute('src', url);
  document.body.append(repository);
  return shown;
}

async function inServiceWorker(url) {
  const address = new URL('service-worker.js', location.href);
  await navigator.serviceWorker.register(address, { type: 'module' });
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
  });
  active.postMessage(url, [port2]);
  return answer;
}

globalThis.ways = {
  ...{ plugin, bound, own, element, inServiceWorker },
  inlinedWorker: (url) => inWorker(url, 'inlined'),
  ownWorker: (url) => inWorker(url, 'own', ownWorker),
  myWorker: (url) => inWorker(url, 'my', myWorker),
};
