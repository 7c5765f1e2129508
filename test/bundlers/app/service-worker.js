// A stranger's service worker, which clones what it is told to and answers with the commit.
import { Buffer } from 'buffer';
import LightningFS from '@isomorphic-git/lightning-fs';
import { bindRepository } from 'gitws/service-worker';
import git from 'isomorphic-git';

globalThis.Buffer = Buffer;

async function clone(url) {
  const fs = new LightningFS('service-worker');
  const warnings = [];
  const onWarning = (warning) => warnings.push(String(warning));
  const site = bindRepository({ fs, dir: '/site', url, onWarning });
  await git.clone({ ...site });
  if (warnings.length > 0) throw new Error(warnings.join());
  return git.resolveRef({ fs: site.fs, dir: '/site', ref: 'HEAD' });
}

addEventListener('message', ({ data, ports: [port] }) => {
  clone(data).then(
    (oid) => port.postMessage(oid),
    (error) => port.postMessage(String(error)),
  );
});
