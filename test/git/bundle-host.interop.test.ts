/** Bundles on a real nginx, configured as docs/bundles.md says, through a network that cuts. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../bench/find-program.js';
import { fencedBlocks, fillIn } from '../helpers/fenced.js';
import { startProxy } from '../helpers/proxy.js';
import { startReverseProxy } from '../helpers/reverse-proxy.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { cloneBundled, makeBundleGround, type BundleGround } from './bundle-ground.js';

const document = new URL('../../docs/bundles.md', import.meta.url);

let ground: BundleGround;
let files: string;

beforeAll(async () => {
  ground = await makeBundleGround();
  files = await temporaryDirectory();
  const file = ground.host.files.get('/all.bundle') ?? Buffer.alloc(0);
  await writeFile(join(files, 'all.bundle'), file);
  const [list = ''] = await fencedBlocks(document, 'ini');
  await writeFile(
    join(files, 'list'),
    fillIn(list, { 'site-2025.bundle': 'all.bundle', 'site-2026.bundle': 'nowhere.bundle' }),
  );
});

async function nginx(changes: Readonly<Record<string, string>> = {}) {
  const [text = ''] = await fencedBlocks(document, 'nginx');
  const host = await startReverseProxy('nginx', (own) =>
    fillIn(text, {
      'listen 443 ssl': `listen 127.0.0.1:${own}`,
      '  ssl_certificate /etc/ssl/cdn.example/fullchain.pem;\n': '',
      '  ssl_certificate_key /etc/ssl/cdn.example/privkey.pem;\n': '',
      '/var/www/bundles': files,
      ...changes,
    }),
  );
  return { url: `http://127.0.0.1:${host.port}`, log: () => host.log() };
}

/** Clones over connections of which the first two are cut. */
async function cloneCut(host: string, path: string) {
  const strike = { direction: 'down', after: 100_000, how: 'reset' } as const;
  const proxy = await startProxy(host, (connection) => (connection < 2 ? { strike } : {}));
  const cloned = await cloneBundled(ground, { bundleUri: `${proxy.url}${path}` });
  return cloned;
}

describe.skipIf(findProgram('nginx') === undefined)('a bundle on nginx', () => {
  it('comes in the end, by ranges, where connections are cut', async () => {
    const { url, log } = await nginx();
    const { warnings, down } = await cloneCut(url, '/all.bundle');
    expect(warnings).toEqual([]);
    expect(down).toBeLessThan(ground.whole / 20);
    expect(await log()).toMatch(/GET \/all\.bundle HTTP\/1\.1" 206 /);
  });

  it('comes in the end where nginx compresses it, against all advice', async () => {
    const compressed = 'gzip on; gzip_types application/octet-stream; gzip_min_length 1';
    const { url } = await nginx({ 'gzip off': compressed });
    const { warnings, down } = await cloneCut(url, '/all.bundle');
    expect(warnings).toEqual([]);
    expect(down).toBeLessThan(ground.whole / 20);
  });

  it('is found by the list that the document shows', async () => {
    const bundleUri = `${(await nginx()).url}/list`;
    const { warnings, down } = await cloneBundled(ground, { bundleUri });
    expect(warnings).toHaveLength(1);
    expect(down).toBeLessThan(ground.whole / 20);
  });
});
