/**
 * The server behind a real nginx and a real HAProxy, configured as docs/deployment.md says: the
 * examples are taken from there, and only addresses, files and times are filled in.
 */
import * as fs from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as isomorphicGit from 'isomorphic-git';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from './helpers/long.js';
import { defaultLimits, type AuthenticateAttempt, type GitServerOptions } from '../server/index.js';
import { createClientAddress } from '../server/admission/client-address.js';
import { createHttpClient } from '../src/index.js';
import { formatSubprotocols, maxSubprotocolBytes } from '../src/tunnel/machine/subprotocol.js';
import { believing, believingWebSocket } from './helpers/believing.js';
import { makeAuthority, type Authority } from './helpers/certificates.js';
import { findProgram } from '../bench/find-program.js';
import { fencedBlocks, fillIn } from './helpers/fenced.js';
import { cloneRequest, packOf } from './helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from './helpers/git.js';
import { eventually, noProcessIn } from './helpers/processes.js';
import { RawClient, type RawOptions } from './helpers/raw-client.js';
import { startReverseProxy, type ProxyName, type ReverseProxy } from './helpers/reverse-proxy.js';
import { runCommand, serveProcess } from './helpers/serve-process.js';
import { startServer, type TestServer } from './helpers/server.js';
import { temporaryDirectory } from './helpers/temp.js';

const document = new URL('../docs/deployment.md', import.meta.url);
const configuration = new URL('../docs/configuration.md', import.meta.url);
const publicUrl = 'https://git.example';
const site = '/site.git/git-upload-pack';
const push = '/site.git/git-receive-pack';
/** From here pushes are allowed; from there they are not. */
const [inside, outside] = ['127.0.0.1', '127.0.0.9'];
const ada = { username: 'ada', password: 'open sesame' };

let authority: Authority;
let files: { cert: string; key: string; pem: string };

beforeAll(async () => {
  authority = await makeAuthority();
  const certificate = await authority.serverCertificate(['git.example']);
  const directory = await temporaryDirectory();
  files = {
    cert: join(directory, 'fullchain.pem'),
    key: join(directory, 'privkey.pem'),
    pem: join(directory, 'git.example.pem'),
  };
  await writeFile(files.cert, certificate.cert);
  await writeFile(files.key, certificate.key);
  await writeFile(files.pem, `${certificate.cert}\n${certificate.key}`);
});

/** The document's example with this test's own addresses. */
async function example(name: ProxyName, backend: string): Promise<(port: number) => string> {
  const [text = ''] = await fencedBlocks(document, name);
  const { host } = new URL(backend);
  const shared = { '127.0.0.1:8080': host, '192.0.2.0/24': `${inside}/32` };
  return (port) =>
    name === 'nginx'
      ? fillIn(text, {
          ...shared,
          'listen 443': `listen 127.0.0.1:${port}`,
          '/etc/ssl/git.example/fullchain.pem': files.cert,
          '/etc/ssl/git.example/privkey.pem': files.key,
        })
      : fillIn(text, {
          ...shared,
          'bind :443': `bind 127.0.0.1:${port}`,
          '/etc/haproxy/git.example.pem': files.pem,
        });
}

/** What stands for the longest silence in each example. */
const silence: Readonly<Record<ProxyName, string>> = {
  nginx: 'proxy_read_timeout 60s',
  haproxy: 'timeout tunnel 60s',
};

/** Tries again where the place of the last one is not free yet: its git may still be ending. */
async function admitted(open: () => RawClient): Promise<RawClient> {
  for (;;) {
    const client = open();
    const opened = client.advertisement().then(
      () => true,
      () => false,
    );
    if (await opened) return client;
    const { status } = await client.closed;
    if (status !== 429) throw new Error(`refused with ${status}`);
  }
}

for (const name of ['nginx', 'haproxy'] as const) {
  const available = findProgram(name) !== undefined;
  if (!available) console.error(`\n**** NO ${name}: THE TESTS BEHIND IT DO NOT RUN. ****\n`);
  // Where everything has to run, what is missing is a failure.
  describe.skipIf(!available && process.env['CI'] !== 'true')(`behind ${name}`, () => {
    behind(name);
  });
}

function behind(name: ProxyName): void {
  let root: string;
  let gitDir: string;
  let head: string;
  let server: TestServer;
  let proxy: ReverseProxy;
  let url: string;
  const attempts: AuthenticateAttempt[] = [];

  const start = async (
    options: GitServerOptions,
    change = (text: string): string => text,
  ): Promise<{ server: TestServer; proxy: ReverseProxy; url: string }> => {
    const server = await startServer({ publicUrl, ...options });
    server.httpServer.removeAllListeners('request').on('request', (_request, response) => {
      response.end('ok\n');
    });
    const configure = await example(name, server.url);
    const proxy = await startReverseProxy(name, (port) => change(configure(port)));
    return { server, proxy, url: `https://git.example:${proxy.port}` };
  };

  beforeAll(async () => {
    root = await temporaryDirectory();
    ({ gitDir, head } = await makeRepository(join(root, 'site.git'), {
      bigBlobs: { count: 4, bytes: 2 * 1024 * 1024 },
    }));
    await makeRepository(join(root, 'private.git'), { commits: 2 });
    ({ server, proxy, url } = await start({
      root,
      allowPush: true,
      authenticate: (attempt) => {
        attempts.push(attempt);
        const { credentials } = attempt;
        if (credentials?.scheme === 'bearer') return { name: 'bearer' };
        const right = credentials?.scheme === 'basic' && credentials.password === ada.password;
        return right ? { name: credentials.username } : null;
      },
      authorize: ({ user, repository, access }) =>
        user !== null || (access === 'read' && !repository.startsWith('private')),
    }));
  });

  const connect = (options: RawOptions, from = inside): RawClient =>
    new RawClient(url, { connection: believing(authority.cert, from), ...options });

  const basic = (password: string): string[] =>
    formatSubprotocols({ authorization: `Basic ${btoa(`ada:${password}`)}`, window: 4_194_304 });

  it('isomorphic-git clones and pushes, and both ends are sound', async () => {
    const http = createHttpClient({ WebSocket: believingWebSocket(believing(authority.cert)) });
    const dir = join(await temporaryDirectory(), 'clone');
    const onAuth = (): typeof ada => ada;
    await isomorphicGit.clone({ fs, http, dir, url: `${url}/site.git` });
    expect(await git(['rev-parse', 'HEAD'], { cwd: dir })).toBe(head);
    await writeFile(join(dir, 'written.txt'), 'behind a proxy\n');
    await writeFile(join(dir, 'noise.bin'), crypto.getRandomValues(Buffer.alloc(65_536)));
    await isomorphicGit.add({ fs, dir, filepath: ['written.txt', 'noise.bin'] });
    const author = { name: 'Ada', email: 'ada@example.com' };
    const oid = await isomorphicGit.commit({ fs, dir, message: 'Write', author });
    // Told 401 first, then let in with what onAuth says.
    const { refs } = await isomorphicGit.push({ fs, http, dir, onAuth });
    expect(refs['refs/heads/main']).toMatchObject({ ok: true });
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(oid);
    await expectSoundRepository(gitDir);
    await expectSoundRepository(dir);
    head = oid;
    await noProcessIn(root);
  });

  it('megabytes pass both ways with flow control: a reader that keeps up gets it all', async () => {
    const client = connect({ target: site });
    await client.advertisement();
    client.keepUp().ack(0);
    client.send(cloneRequest([head]));
    expect(await client.text('exit')).toEqual({ type: 'exit', code: 0 });
    const pack = packOf(Buffer.concat(client.data));
    expect(pack.length).toBeGreaterThan(8_000_000);
    const clone = await temporaryDirectory();
    await git(['init', '-q', '--bare', clone]);
    await git(['index-pack', '--stdin', '--strict'], { cwd: clone, input: pack });
    expect((await client.closed).code).toBe(1000);
  });

  it('credentials as long as gitws.v1 allows pass', async () => {
    const others = 'gitws.v1, gitws.window.4194304, gitws.auth.'.length;
    // Base64url makes four characters of three bytes.
    const bytes = Math.floor(((maxSubprotocolBytes - others) * 3) / 4);
    const authorization = `Bearer ${'t'.repeat(bytes - 'Bearer '.length)}`;
    const protocols = formatSubprotocols({ authorization, window: 4_194_304 });
    expect(protocols.join(', ').length).toBeGreaterThan(maxSubprotocolBytes - 5);
    const client = connect({ target: '/private.git/git-upload-pack', protocols });
    await client.advertisement();
    expect(client.protocol).toBe('gitws.v1');
    expect(attempts.at(-1)?.authorization).toBe(authorization);
    client.socket.close(1000);
    await client.closed;
  });

  it.each([
    ['4400', 'a malformed path', { target: '/a/../site.git/git-upload-pack' }],
    ['4401', 'no credentials', { target: '/private.git/git-upload-pack' }],
    ['4401', 'wrong ones', { target: '/private.git/git-upload-pack', protocols: basic('guess') }],
    [
      '4404',
      'a repository that is none',
      { target: '/x/git-upload-pack', protocols: basic(ada.password) },
    ],
    [
      '4403',
      'a page of another origin',
      { target: site, headers: { Origin: 'https://evil.example' } },
    ],
    ['4403', 'another host name', { target: site, headers: { Host: 'evil.example' } }],
    [
      '4410',
      'a session that is gone',
      { target: site, protocols: ['gitws.v1', `gitws.resume.${'a'.repeat(22)}.0`] },
    ],
  ] satisfies [string, string, RawOptions][])(
    'close code %s arrives with its reason: %s',
    async (code, _what, options) => {
      const client = connect(options);
      const ending = await client.closed;
      expect(ending).toMatchObject({ code: Number(code), status: 101 });
      expect(ending.reason).toMatch(/^[A-Z].*\.$/);
      expect(client.protocol).toBe('gitws.v1');
    },
  );

  it('the server’s own close codes of a running session arrive', async () => {
    const client = connect({ target: site });
    await client.advertisement();
    client.send('garbage');
    const { code, reason } = await client.closed;
    expect(`${code} ${reason}`).toMatch(/^4400 The peer broke gitws\.v1/);
  });

  it('pages of the public URL may connect', async () => {
    const client = connect({ target: site, headers: { Origin: publicUrl } });
    await client.advertisement();
    client.socket.close(1000);
    await client.closed;
  });

  it('the client’s address is told, and what the client says of it itself does not count', async () => {
    const clientAddress = createClientAddress(['127.0.0.1']);
    const headers = { 'X-Forwarded-For': '203.0.113.9, 127.0.0.1' };
    for (const options of [{}, { headers }]) {
      const client = connect({ target: site, ...options }, '127.0.0.7');
      await client.advertisement();
      const request = attempts.at(-1)?.request;
      expect(request?.socket.remoteAddress).toBe('127.0.0.1');
      expect(request && clientAddress(request)).toBe('127.0.0.7');
      client.socket.close(1000);
      await client.closed;
    }
  });

  describe('the example’s rule that only the own network pushes', () => {
    it('lets the own network push', async () => {
      const client = connect({ target: push, protocols: basic(ada.password) });
      expect(await client.advertisement()).toContain('report-status');
      client.socket.close(1000);
      await client.closed;
    });

    it('answers everybody else with HTTP 403, and lets them read', async () => {
      const refused = connect({ target: push, protocols: basic(ada.password) }, outside);
      expect(await refused.closed).toMatchObject({ status: 403 });
      const reader = connect({ target: site }, outside);
      await reader.advertisement();
      reader.socket.close(1000);
      await reader.closed;
    });

    it.each([
      ['an encoded letter', '/site.git/git%2dreceive-pack'],
      ['an encoded slash', '/site.git%2fgit-receive-pack'],
      ['a query', `${push}?x=/git-upload-pack`],
      ['an encoded query', `${push}%3f/git-upload-pack`],
      ['a fragment', `${push}#/git-upload-pack`],
      ['a fragment in front', '/#/site.git/git-receive-pack'],
      ['a fragment in a name', '/si#te.git/git-receive-pack'],
      ['a slash behind it', `${push}/`],
      ['a dot behind it', `${push}/.`],
      ['a parameter', `${push};x`],
      ['a way back', `${site}/../git-receive-pack`],
      ['an encoded way back', `${site}/%2e%2e/git-receive-pack`],
      ['a backslash', '/site.git\\git-receive-pack'],
      ['capitals', '/site.git/GIT-RECEIVE-PACK'],
      ['two slashes', '/site.git//git-receive-pack'],
      ['a whole URL', `http://git.example${push}`],
      ['a whole URL with another host', `http://x${push}`],
      ['a NUL', `${push}%00`],
    ])('cannot be talked around by %s', async (_how, target) => {
      await git(['init', '-q', '--bare', join(root, 'si#te.git')]);
      const asked = (): number =>
        attempts.filter(({ service }) => service === 'git-receive-pack').length;
      const before = asked();
      const protocols = basic(ada.password);
      const client = connect({ target, protocols }, outside);
      await client.closed;
      expect(client.texts).toEqual([]);
      expect(client.data).toEqual([]);
      // Refused by the proxy, or by the server before it asked whether the client may push.
      expect(asked()).toBe(before);
    });
  });

  it('a client that goes away takes its session and git with it', async () => {
    const client = connect({ target: site });
    await client.advertisement();
    client.ack(0);
    client.socket.close(1000);
    await eventually(() => server.server.sessions === 0);
    await noProcessIn(root);
  });

  it('a client that is lost can go on with its session, and else that ends with its git', async () => {
    const forgetful = await start({ root, limits: { resumeTime: 1_000 } });
    const sessions = forgetful.server.server;
    const lose = async (client: RawClient): Promise<string> => {
      const { token } = await client.text('open');
      client.ack();
      client.socket.terminate();
      await eventually(() => sessions.detached === 1);
      return `gitws.resume.${String(token)}.${client.counted}`;
    };
    const open = (...protocols: readonly string[]): RawClient => {
      const connection = believing(authority.cert);
      const options = { target: site, protocols: ['gitws.v1', ...protocols], connection };
      return new RawClient(forgetful.url, options);
    };
    const first = open();
    await first.advertisement();
    const second = open(await lose(first));
    // It goes on counting.
    second.counted = first.counted;
    expect(await second.text('open')).toMatchObject({
      session: (await first.text('open'))['session'],
    });
    await lose(second);
    await eventually(() => sessions.sessions === 0);
    await noProcessIn(root);
  });

  it('what it logs has the requests and no credential', async () => {
    const secret = 'correct horse battery staple';
    const protocols = basic(secret);
    const wrong = connect({ target: '/private.git/git-upload-pack?logged=1', protocols });
    await wrong.closed;
    const malformed = connect({ target: '/../git-upload-pack?logged=2', protocols });
    await malformed.closed;
    const denied = connect({ target: `${push}?logged=3`, protocols }, outside);
    await denied.closed;
    const both = formatSubprotocols({ authorization: 'Bearer very-secret', window: 65_536 });
    const right = connect({ target: `${site}?logged=4`, protocols: both });
    await right.advertisement();
    right.socket.close(1000);
    await right.closed;
    await eventually(async () => {
      const log = await proxy.log();
      return [1, 2, 3, 4].every((number) => log.includes(`logged=${number}`));
    });
    const log = await proxy.log();
    for (const credential of [secret, btoa(`ada:${secret}`), 'very-secret', 'Bearer']) {
      expect(log).not.toContain(credential);
      expect(log).not.toContain(Buffer.from(credential).toString('base64url').slice(0, -2));
    }
    expect(log).not.toContain('gitws.auth');
  });

  describe('its patience with silence', () => {
    it('in the document is twice the time between two pings of the server', async () => {
      const [seconds] = /\d+(?=s$)/.exec(silence[name]) ?? [];
      expect(Number(seconds) * 1000).toBeGreaterThanOrEqual(2 * defaultLimits.pingInterval);
      const [text] = await fencedBlocks(document, name);
      expect(text).toContain(silence[name]);
      expect(await readFile(document, 'utf8')).toContain(
        `pings every ${defaultLimits.pingInterval / 1000} seconds`,
      );
    });

    long('ends a connection without pings, and none with them', async () => {
      const impatient = (text: string): string =>
        fillIn(text, { [silence[name]]: silence[name].replace('60s', '3s') });
      const pinging = await start({ root, limits: { pingInterval: 1_000 } }, impatient);
      const silent = await start({ root, limits: { pingInterval: 600_000 } }, impatient);
      const open = async (address: string): Promise<RawClient> => {
        const connection = believing(authority.cert);
        const client = new RawClient(address, { target: site, connection });
        await client.advertisement();
        client.ack(0);
        return client;
      };
      const lasting = await open(pinging.url);
      const dying = await open(silent.url);
      // No close frame: for the client a lost connection, which is worth another try.
      expect((await dying.closed).code).toBe(1006);
      lasting.keepUp();
      lasting.send(cloneRequest([head]));
      expect(await lasting.text('exit')).toEqual({ type: 'exit', code: 0 });
      await lasting.closed;
    });
  });

  long(
    'the service of the document’s unit lets in whom its rules name, from wherever they come',
    async () => {
      const served = await temporaryDirectory();
      const site = await makeRepository(join(served, 'team/site.git'));
      await makeRepository(join(served, 'public/site.git'), { commits: 3 });
      const settings = await temporaryDirectory();
      const files = { rules: join(settings, 'rules.json'), tokens: join(settings, 'tokens.json') };
      const [, rules = ''] = await fencedBlocks(configuration, 'json');
      await writeFile(files.rules, rules);
      const create = ['token', 'create', 'laptop', '--user', 'ada', '--tokens', files.tokens];
      const created = runCommand(create);
      expect(await created.exited).toBe(0);
      const password = created.output.stdout.trim();
      const [unit = ''] = await fencedBlocks(document, 'ini');
      const [, , ...args] = /^ExecStart=(.*)$/m.exec(unit)?.[1]?.split(' ') ?? [];
      const [given = ''] = args;
      expect(given).toBe('/srv/git');
      const filled = fillIn(args.slice(1).join(' '), {
        '--port 8080': '--max-sessions-per-address 1',
        '/etc/gitws/rules.json': files.rules,
        '/etc/gitws/tokens.json': files.tokens,
      });
      const service = await serveProcess(served, ...filled.split(' '));
      const configure = await example(name, service.url);
      const proxy = await startReverseProxy(name, configure);
      const url = `https://git.example:${proxy.port}`;

      const dir = join(await temporaryDirectory(), 'clone');
      const http = createHttpClient({ WebSocket: believingWebSocket(believing(authority.cert)) });
      const onAuth = (): typeof ada => ({ username: 'ada', password });
      await isomorphicGit.clone({ fs, http, dir, url: `${url}/team/site.git`, onAuth });
      expect(await git(['rev-parse', 'HEAD'], { cwd: dir })).toBe(site.head);
      const author = { name: 'Ada', email: 'ada@example.com' };
      const oid = await isomorphicGit.commit({ fs, dir, message: 'Write', author });
      await isomorphicGit.push({ fs, http, dir, onAuth });
      expect(await git(['rev-parse', 'main'], { cwd: site.gitDir })).toBe(oid);
      await expectSoundRepository(site.gitDir);
      await expectSoundRepository(dir);

      const open = (repository: string, from: string, more: Partial<RawOptions> = {}): RawClient =>
        new RawClient(url, {
          target: `/${repository}/git-upload-pack`,
          connection: believing(authority.cert, from),
          ...more,
        });
      expect((await open('team/site.git', '127.0.0.7').closed).code).toBe(4401);
      // Each of them has an address of its own, although all come from the proxy.
      const first = open('public/site.git', '127.0.0.7');
      await first.advertisement();
      const second = open('public/site.git', '127.0.0.8');
      await second.advertisement();
      expect((await open('public/site.git', '127.0.0.7').closed).code).toBe(4429);
      const lie = { headers: { 'X-Forwarded-For': '127.0.0.9' } };
      expect((await open('public/site.git', '127.0.0.7', lie).closed).code).toBe(4429);
      for (const client of [first, second]) {
        client.socket.close(1000);
        await client.closed;
      }
      // Without a word of gitws.v1: the raw pipe.
      const raw = { protocols: [], headers: { Authorization: `Bearer ${password}` } };
      const pipe = await admitted(() => open('team/site.git', '127.0.0.7', raw));
      expect(await pipe.advertisement()).toContain(oid);
      pipe.socket.close(1000);
      await pipe.closed;
      await eventually(async () => {
        const { status } = await open('team/site.git', '127.0.0.7', { protocols: [] }).closed;
        return status === 401;
      });
      expect(await service.end()).toBe(0);
      const log = service.output.stderr;
      expect(log).toContain('"address":"127.0.0.8"');
      expect(log + (await proxy.log())).not.toContain(password);
    },
  );

  it('a server that shuts down says so to a client behind it: 4503', async () => {
    const short = await start({ root });
    const connection = believing(authority.cert);
    const client = new RawClient(short.url, { target: site, connection });
    await client.advertisement();
    await Promise.all([
      short.server.close(),
      expect(client.closed).resolves.toMatchObject({ code: 4503 }),
    ]);
    const late = new RawClient(short.url, { target: site, connection });
    // Nobody is behind it any more: 502 or 503 of its own, or no answer.
    expect((await late.closed).code).toBe(1006);
  });
}
