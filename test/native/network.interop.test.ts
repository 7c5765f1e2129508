/** Certificates and proxies, by the settings that git's users have for https:// already. */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { makeAuthority, type Authority } from '../helpers/certificates.js';
import { startHttpProxy, startSocksProxy } from '../helpers/forward-proxy.js';
import { gitStatus, makeRepository, type GitResult } from '../helpers/git.js';
import { nativeEnvironment } from '../helpers/native.js';
import { startSecureServer } from '../helpers/secure-server.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let head: string;
let env: Record<string, string>;
let authority: Authority;
/** `wss://127.0.0.1:PORT/a.git` and `ws://…`. */
let secure: string;
let plain: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ head } = await makeRepository(join(root, 'a.git'), { commits: 3 }));
  env = await nativeEnvironment();
  authority = await makeAuthority();
  const wss = await startSecureServer({ root }, await authority.serverCertificate());
  const ws = await startServer({ root });
  secure = `${wss.url.replace('https', 'wss')}/a.git`;
  plain = `${ws.url.replace('http', 'ws')}/a.git`;
});

function lsRemote(
  url: string,
  variables: Record<string, string> = {},
  ...config: string[]
): Promise<GitResult> {
  const settings = config.flatMap((setting) => ['-c', setting]);
  return gitStatus([...settings, 'ls-remote', url, 'HEAD'], { env: { ...env, ...variables } });
}

async function expectHead(result: Promise<GitResult>): Promise<void> {
  expect(await result).toEqual({ code: 0, stdout: `${head}\tHEAD\n`, stderr: '' });
}

/** The `https://` form, which settings for certain URLs name. */
function httpsBase(): string {
  return `https://${new URL(secure).host}`;
}

describe('a certificate', () => {
  it('of an authority that nobody has named is refused in one sentence', async () => {
    expect(await lsRemote(secure)).toEqual({
      code: 128,
      stdout: '',
      stderr: `fatal: unable to access '${secure}': certificate problem: unable to verify the first certificate`,
    });
  });

  long(
    'is good by GIT_SSL_CAINFO, by http.sslCAInfo, by one for the URL, and by SSL_CERT_FILE',
    async () => {
      const { file } = authority;
      await expectHead(lsRemote(secure, { GIT_SSL_CAINFO: file }));
      await expectHead(lsRemote(secure, {}, `http.sslCAInfo=${file}`));
      await expectHead(lsRemote(secure, {}, `http.${httpsBase()}/.sslCAInfo=${file}`));
      await expectHead(lsRemote(secure, { SSL_CERT_FILE: file }));
      const elsewhere = await lsRemote(secure, {}, `http.https://other/.sslCAInfo=${file}`);
      expect(elsewhere.code).toBe(128);
    },
  );

  it('is good by http.sslCAPath, a directory', async () => {
    const directory = await temporaryDirectory();
    await copyFile(authority.file, join(directory, 'ours.pem'));
    await writeFile(join(directory, 'README'), 'not a certificate');
    await expectHead(lsRemote(secure, {}, `http.sslCAPath=${directory}`));
  });

  it('of another authority than the one that was named is refused', async () => {
    const { file } = await makeAuthority('Another CA');
    expect((await lsRemote(secure, { GIT_SSL_CAINFO: file })).stderr).toContain(
      'certificate problem: ',
    );
  });

  it('for another name is refused', async () => {
    const tls = await authority.serverCertificate(['elsewhere.example']);
    const { url } = await startSecureServer({ root }, tls);
    const { stderr } = await lsRemote(`${url.replace('https', 'wss')}/a.git`, {
      GIT_SSL_CAINFO: authority.file,
    });
    expect(stderr).toMatch(
      /^fatal: unable to access '[^']+': certificate problem: Hostname\/IP does not match [^\n]+$/,
    );
  });

  it('is not looked at where the user says so', async () => {
    await expectHead(lsRemote(secure, {}, 'http.sslVerify=false'));
    await expectHead(lsRemote(secure, { GIT_SSL_NO_VERIFY: '1' }));
    await expectHead(lsRemote(secure, {}, `http.${httpsBase()}/.sslVerify=no`));
    expect((await lsRemote(secure, {}, 'http.https://other/.sslVerify=no')).code).toBe(128);
  });

  it('whose file cannot be read is told by its name', async () => {
    const { stderr } = await lsRemote(secure, {}, 'http.sslCAInfo=/nonexistent/ca.pem');
    expect(stderr).toBe(
      `fatal: unable to access '${secure}': cannot read /nonexistent/ca.pem (ENOENT)`,
    );
  });

  it('may be the user’s own', async () => {
    const directory = await temporaryDirectory();
    const tls = { ca: authority.cert, requestCert: true, rejectUnauthorized: true };
    const server = { ...(await authority.serverCertificate()), ...tls };
    const { url } = await startSecureServer({ root }, server);
    const address = `${url.replace('https', 'wss')}/a.git`;
    const { cert, key } = await authority.clientCertificate('me');
    await writeFile(join(directory, 'cert.pem'), cert);
    await writeFile(join(directory, 'key.pem'), key);
    const trusting = { GIT_SSL_CAINFO: authority.file };
    const settings = [
      `http.sslCert=${join(directory, 'cert.pem')}`,
      `http.sslKey=${join(directory, 'key.pem')}`,
    ];
    await expectHead(lsRemote(address, trusting, ...settings));
    // The alert, or the reset behind it, whichever comes first.
    expect((await lsRemote(address, trusting)).stderr).toMatch(
      /^fatal: unable to access '[^']+': (TLS failed: .*certificate required|the server closed .*)$/,
    );
  });
});

describe('a proxy', () => {
  it.each(['http.proxy', 'the environment'])('of %s is used, for ws and wss', async (where) => {
    const proxy = await startHttpProxy();
    const trusting = { GIT_SSL_CAINFO: authority.file };
    if (where === 'http.proxy') {
      await expectHead(lsRemote(plain, {}, `http.proxy=${proxy.url}`));
      await expectHead(lsRemote(secure, trusting, `http.proxy=${proxy.url}`));
    } else {
      const scheme = { http_proxy: proxy.url, https_proxy: proxy.url.replace('http://', '') };
      await expectHead(lsRemote(plain, scheme));
      await expectHead(lsRemote(secure, { ...trusting, ...scheme }));
    }
    expect(proxy.asked).toEqual([new URL(plain).host, new URL(secure).host]);
  });

  it('is not asked about hosts of NO_PROXY, nor where the setting is empty', async () => {
    const proxy = await startHttpProxy();
    const environment = { all_proxy: proxy.url };
    await expectHead(lsRemote(plain, { ...environment, NO_PROXY: '127.0.0.1' }));
    await expectHead(lsRemote(plain, { NO_PROXY: '127.0.0.1' }, `http.proxy=${proxy.url}`));
    await expectHead(lsRemote(plain, environment, 'http.proxy='));
    expect(proxy.asked).toEqual([]);
    await expectHead(lsRemote(plain, environment));
    expect(proxy.asked).toHaveLength(1);
  });

  it('may be a remote’s own', async () => {
    const [proxy, other] = [await startHttpProxy(), await startHttpProxy()];
    const settings = [
      ...[`remote.up.url=${plain}`, `remote.up.proxy=${proxy.url}`],
      `http.proxy=${other.url}`,
    ];
    await expectHead(lsRemote('up', {}, ...settings));
    expect(proxy.asked).toHaveLength(1);
    expect(other.asked).toEqual([]);
  });

  it('gets the credentials of its URL', async () => {
    const proxy = await startHttpProxy('me:p@ss');
    const withUser = proxy.url.replace('://', '://me:p%40ss@');
    await expectHead(lsRemote(plain, {}, `http.proxy=${withUser}`));
    expect((await lsRemote(plain, {}, `http.proxy=${proxy.url}`)).stderr).toBe(
      `fatal: unable to access '${plain}': the proxy wants other credentials (407)`,
    );
  });

  it('may be a SOCKS one', async () => {
    const proxy = await startSocksProxy();
    await expectHead(lsRemote(plain, {}, `http.proxy=${proxy.url}`));
    await expectHead(lsRemote(secure, { GIT_SSL_CAINFO: authority.file, ALL_PROXY: proxy.url }));
    expect(proxy.asked).toEqual([new URL(plain).host, new URL(secure).host]);
  });

  it('that is none is told so, without its password', async () => {
    const { stderr } = await lsRemote(plain, {}, 'http.proxy=ftp://me:secret@host');
    expect(stderr).toMatch(
      /^fatal: unable to access '[^']+': the proxy that is set cannot be used/,
    );
    expect(stderr).not.toContain('secret');
  });
});
