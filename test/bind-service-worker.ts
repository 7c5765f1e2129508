/** What runs in the service worker of bind-repository.browser.test.ts: one fetch, and what came of it. */
import LightningFS from '@isomorphic-git/lightning-fs';
import * as gitws from 'gitws/service-worker';
import * as git from 'isomorphic-git';
import { provideBuffer } from './contract/provide-buffer.js';

provideBuffer();

const dir = '/clone';

async function fetchOnce(url: string): Promise<object> {
  const fs = new LightningFS('service-worker');
  const warnings: string[] = [];
  const bound = gitws.bindRepository({
    ...{ fs, dir, url },
    onWarning: ({ code }) => warnings.push(code),
  });
  await git.init({ fs, dir, defaultBranch: 'main' });
  await git.addRemote({ fs, dir, remote: 'origin', url });
  await git.fetch({ ...bound, remote: 'origin' });
  const ref = 'refs/remotes/origin/main';
  return {
    warnings,
    packs: await fs.promises.readdir(`${dir}/.git/objects/pack`),
    oid: await git.resolveRef({ fs, dir, ref }),
    commits: (await git.log({ fs, dir, ref })).length,
  };
}

addEventListener('message', ({ data, ports: [port] }: MessageEvent<string>) => {
  void fetchOnce(data)
    .catch((error: unknown) => ({ failed: String(error) }))
    .then((result) => port?.postMessage(result));
});
