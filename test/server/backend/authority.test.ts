/** Upstreams whose certificates an authority of their own has signed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '../../../bin/settings/read.js';
import { upstreamsOf } from '../../../bin/upstreams.js';
import type { UpstreamOptions } from '../../../server/index.js';
import { Upstreams } from '../../../server/backend/upstream/upstreams.js';
import { makeAuthority, type Authority } from '../../helpers/certificates.js';
import { git, makeRepository } from '../../helpers/git.js';
import { startHttpsBackend } from '../../helpers/http-backend.js';
import { nativeEnvironment } from '../../helpers/native.js';
import { RawClient } from '../../helpers/raw-client.js';
import { startServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';

let base: string;
let head: string;
let url: string;
let own: Authority;
let others: Authority;

beforeAll(async () => {
  base = await temporaryDirectory();
  const root = join(base, 'upstream');
  ({ head } = await makeRepository(join(root, 'site.git')));
  await mkdir(join(base, 'local'));
  [own, others] = await Promise.all([makeAuthority(), makeAuthority('Others')]);
  ({ url } = await startHttpsBackend(root, await own.serverCertificate()));
});

const gatewayTo = (upstream: UpstreamOptions) =>
  startServer({ root: join(base, 'local'), upstreams: [upstream], onError: () => undefined });

describe('an upstream over https', () => {
  it('is reached where the operator names its authority', async () => {
    const gateway = await gatewayTo({ url, private: true, ca: own.cert });
    const through = `ws${gateway.url.slice('http'.length)}/${new URL(url).host}/site.git`;
    const env = await nativeEnvironment();
    expect(await git(['ls-remote', through, 'HEAD'], { env })).toContain(head);
    await gateway.close();
  });

  it.each([
    ['none is named', () => undefined],
    ['another one is', () => others.cert],
  ])('is not where %s', async (_what, ca) => {
    const gateway = await gatewayTo({ url, private: true, ca: ca() });
    const target = `/${new URL(url).host}/site.git/git-upload-pack`;
    const { code, reason } = await new RawClient(gateway.url, { target }).closed;
    expect(`${code} ${reason}`).toBe(`4503 ${new URL(url).host} could not be reached.`);
    await gateway.close();
  });

  it('is not where its certificate is for another name', async () => {
    const wrong = await own.serverCertificate(['git.example']);
    const other = await startHttpsBackend(join(base, 'upstream'), wrong);
    const gateway = await gatewayTo({ url: other.url, private: true, ca: own.cert });
    const target = `/${new URL(other.url).host}/site.git/git-upload-pack`;
    expect(await new RawClient(gateway.url, { target }).closed).toMatchObject({ code: 4503 });
    await gateway.close();
  });
});

describe('an authority that is refused at the start', () => {
  it.each([
    ['for http', { url: 'http://git.example', ca: 'pem' }, /has no certificate/],
    ['that is none', { url: 'https://git.example', ca: 'nothing' }, /no certificate in PEM/],
  ])('%s', (_what, upstream, why) => {
    expect(() => new Upstreams([upstream])).toThrow(why);
  });

  it('for a host that is no upstream, or from a file that is not there', () => {
    const settings = { upstreams: ['https://git.example'], privateUpstreams: undefined };
    const upstreamCa = { 'https://git.exampel': own.file };
    expect(() => upstreamsOf({ ...settings, upstreamCa })).toThrow(/no upstream .*exampel/);
    const gone = { 'https://git.example': join(base, 'none.pem') };
    expect(() => upstreamsOf({ ...settings, upstreamCa: gone })).toThrow(/none\.pem.*ENOENT/);
  });
});

it('each upstream has the authorities that the settings name for it', async () => {
  const file = join(base, 'ca.pem');
  await writeFile(file, own.cert);
  const settings = {
    upstreams: ['https://git.example', 'https://other.example'],
    privateUpstreams: ['https://inner.example:8443'],
    upstreamCa: { 'https://GIT.example/': file, 'https://inner.example:8443': file },
  };
  expect(upstreamsOf(settings)).toEqual([
    { url: 'https://git.example', ca: own.cert },
    { url: 'https://other.example' },
    { url: 'https://inner.example:8443', private: true, ca: own.cert },
  ]);
});

it('in a configuration file they are named from where that is', async () => {
  const config = join(base, 'gitws.json');
  await writeFile(config, JSON.stringify({ upstreamCa: { 'https://git.example': 'ca.pem' } }));
  const { settings } = readSettings({ config }, {});
  expect(settings.upstreamCa).toEqual({ 'https://git.example': join(base, 'ca.pem') });
});
