/**
 * Proxies on the way to https:// and wss://, tried with git's own https:// and with ours: each variable
 * must be looked at by both, or by none. Those for http:// are in http-settings.interop.long.test.ts.
 */
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { makeAuthority } from '../helpers/certificates.js';
import { startHttpProxy } from '../helpers/forward-proxy.js';
import { gitStatus, makeRepository } from '../helpers/git.js';
import { startHttpBackend, startHttpsBackend } from '../helpers/http-backend.js';
import { nativeEnvironment } from '../helpers/native.js';
import { startSecureServer } from '../helpers/secure-server.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let env: Record<string, string>;
/** Of the same repositories: git's own way, and ours. */
let secure: readonly string[];
let plain: readonly string[];

beforeAll(async () => {
  const root = await temporaryDirectory();
  await makeRepository(join(root, 'a.git'), { commits: 2 });
  const authority = await makeAuthority();
  const certificate = await authority.serverCertificate();
  env = { ...(await nativeEnvironment()), GIT_SSL_CAINFO: authority.file };
  const own = (url: string): string => url.replace(/^http/, 'ws');
  secure = [
    (await startHttpsBackend(root, certificate)).url,
    own((await startSecureServer({ root }, certificate)).url),
  ];
  plain = [(await startHttpBackend(root)).url, own((await startServer({ root })).url)];
});

type Variables = Readonly<Record<string, string>>;

/** @returns of each way the exit code, and whether the proxy was asked for the server. */
async function ask(
  bases: readonly string[],
  set: (proxy: string) => Variables,
  config: readonly string[] = [],
): Promise<[number, boolean][]> {
  const answers: [number, boolean][] = [];
  for (const base of bases) {
    const proxy = await startHttpProxy();
    const args = [...config.flatMap((one) => ['-c', one]), 'ls-remote', `${base}/a.git`, 'HEAD'];
    const { code } = await gitStatus(args, { env: { ...env, ...set(proxy.url) } });
    answers.push([code, proxy.asked.includes(new URL(base).host)]);
  }
  return answers;
}

const elsewhere = 'http://elsewhere.invalid';

/** What is set, and whether it is the way of https:// and wss://. */
const rows: readonly (readonly [boolean, string, (proxy: string) => Variables])[] = [
  [true, 'https_proxy', (https_proxy) => ({ https_proxy })],
  [true, 'https_proxy without a scheme', (proxy) => ({ https_proxy: proxy.slice(7) })],
  [true, 'HTTPS_PROXY', (HTTPS_PROXY) => ({ HTTPS_PROXY })],
  [
    true,
    'https_proxy before HTTPS_PROXY',
    (https_proxy) => ({ https_proxy, HTTPS_PROXY: elsewhere }),
  ],
  [true, 'https_proxy before all_proxy', (https_proxy) => ({ https_proxy, all_proxy: elsewhere })],
  [true, 'HTTPS_PROXY before all_proxy', (HTTPS_PROXY) => ({ HTTPS_PROXY, all_proxy: elsewhere })],
  [true, 'all_proxy', (all_proxy) => ({ all_proxy })],
  [true, 'ALL_PROXY', (ALL_PROXY) => ({ ALL_PROXY })],
  [false, 'an empty https_proxy', (proxy) => ({ https_proxy: '', all_proxy: proxy })],
  [
    false,
    'an empty https_proxy beside HTTPS_PROXY',
    (proxy) => ({ https_proxy: '', HTTPS_PROXY: proxy }),
  ],
  [false, 'an empty HTTPS_PROXY', (proxy) => ({ HTTPS_PROXY: '', all_proxy: proxy })],
  [false, 'http_proxy', (http_proxy) => ({ http_proxy })],
  [false, 'HTTP_PROXY', (HTTP_PROXY) => ({ HTTP_PROXY })],
  [false, 'https_proxy and no_proxy', (https_proxy) => ({ https_proxy, no_proxy: '127.0.0.0/8' })],
  [false, 'HTTPS_PROXY and NO_PROXY', (HTTPS_PROXY) => ({ HTTPS_PROXY, NO_PROXY: '127.0.0.1' })],
];

it.each(rows.map(([used, name, set]) => [name, used ? '' : 'not ', used, set] as const))(
  '%s is %sthe way of wss://, as of https://',
  async (_name, _not, used, set) => {
    expect(await ask(secure, set)).toEqual([
      [0, used],
      [0, used],
    ]);
  },
);

it('an empty http.proxy is no proxy, whatever https_proxy says', async () => {
  expect(await ask(secure, (https_proxy) => ({ https_proxy }), ['http.proxy='])).toEqual([
    [0, false],
    [0, false],
  ]);
});

it.each(['https_proxy', 'HTTPS_PROXY'])('%s is nothing to ws://, as to http://', async (name) => {
  expect(await ask(plain, (proxy) => ({ [name]: proxy }))).toEqual([
    [0, false],
    [0, false],
  ]);
});

it.each(['https_proxy', 'HTTPS_PROXY'])(
  '%s that cannot be reached is told of by both',
  async (name) => {
    const answers = await ask(secure, () => ({ [name]: elsewhere }));
    expect(answers).toEqual([
      [128, false],
      [128, false],
    ]);
  },
);
