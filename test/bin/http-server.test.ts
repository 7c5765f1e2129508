/** The HTTP side of `gitws serve`: TLS, health, its log, and clients that only hold connections. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { believing } from '../helpers/believing.js';
import { makeAuthority } from '../helpers/certificates.js';
import { makeRepository } from '../helpers/git.js';
import { eventually } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { serveProcess } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

const target = '/site.git/git-upload-pack';
const sockets: Socket[] = [];
let root: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  await makeRepository(join(root, 'site.git'));
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
}

describe('gitws serve', () => {
  it('speaks https with a certificate, and takes a new one at SIGHUP', async () => {
    const directory = await temporaryDirectory();
    const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
    const put = async () => {
      const authority = await makeAuthority();
      const made = await authority.serverCertificate(['git.example']);
      await writeFile(cert, made.cert);
      await writeFile(key, made.key);
      return authority;
    };
    const first = await put();
    const rules = join(directory, 'rules.json');
    const everybody = { repositories: ['**'], who: ['anyone'], allow: ['read'] };
    await writeFile(rules, JSON.stringify({ version: 1, rules: [everybody] }));
    const server = await serveProcess(
      root,
      ...['--tls-cert', cert, '--tls-key', key, '--host-name', 'git.example', '--rules', rules],
    );
    expect(server.url).toMatch(/^https:\/\//);
    const { port } = new URL(server.url);
    const client = new RawClient(`https://git.example:${port}`, {
      target,
      connection: believing(first.cert),
    });
    await client.advertisement();
    const second = await put();
    server.child.kill('SIGHUP');
    await eventually(() => server.output.stderr.includes('was read again'));
    const usesSecond = async (): Promise<boolean> => {
      const asked = request({
        ...{ host: '127.0.0.1', port, path: '/healthz', agent: false },
        ...{ servername: 'git.example', ca: second.cert },
      }).end();
      return Promise.race([
        once(asked, 'response').then(() => true),
        once(asked, 'close').then(() => false),
      ]);
    };
    expect(await usesSecond()).toBe(true);
    // What is open goes on.
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    await writeFile(key, 'broken');
    server.child.kill('SIGHUP');
    await eventually(() => server.output.stderr.includes('cannot be used'));
    expect(await usesSecond()).toBe(true);
    await server.end();
  });

  it('says at /healthz that it is well', async () => {
    const server = await serveProcess(root);
    const answer = await fetch(`${server.url}/healthz`);
    expect(`${answer.status} ${await answer.text()}`).toBe('200 ok\n');
    await server.end();
  });

  it('logs a session as one line of JSON: who, what, bytes, time, outcome, id', async () => {
    const server = await serveProcess(root, '--trusted-proxy', '127.0.0.1', ...(await anyone()));
    const client = new RawClient(server.url, {
      target: '/si%E2%80%AEte.git/git-upload-pack',
      headers: { 'X-Forwarded-For': '192.0.2.7' },
    });
    const { session } = await client.text('open');
    await client.advertisement();
    client.socket.close(1000);
    await eventually(() => server.output.stderr.includes('\n'));
    expect(await server.end()).toBe(0);
    // A terminal would obey what stands in this name.
    expect(server.output.stderr).toMatch(/^[\n -~]*$/);
    expect(JSON.parse(server.output.stderr)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      msg: 'session',
      session,
      service: 'git-upload-pack',
      repository: 'si\u202ete.git',
      user: null,
      address: '192.0.2.7',
      bytesIn: 0,
      bytesOut: client.dataBytes,
      resumes: 0,
      duration: expect.any(Number) as number,
      outcome: 'closed 1000',
    });
  });

  it('ends connections that say nothing, and heads that come a byte at a time', async () => {
    const server = await serveProcess(root, '--headers-time', '200ms');
    const silent = open(server.url).resume();
    const slow = open(server.url);
    let answer = '';
    slow.setEncoding('utf8').on('data', (text: string) => (answer += text));
    // Whoever writes to what is closed gets a reset, which may come before the end, or in its place.
    slow.on('error', () => undefined);
    const closed = new Promise((resolve) => slow.once('close', resolve));
    slow.write('GET /site.git/git-upload-pack HTTP/1.1\r\n');
    // Behind what there is to read: an answer must not be lost to a reset.
    const next = (): void => void (answer === '' && slow.write('X: y\r\n'));
    const loris = setInterval(() => setImmediate(next), 20);
    await Promise.all([once(silent, 'close'), closed]);
    clearInterval(loris);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    await server.end();
  });

  it('refuses long headers in words that a page can read, very long ones in HTTP', async () => {
    const server = await serveProcess(root, '--max-header-length', '2KiB');
    const attempt = async (length: number) =>
      new RawClient(server.url, { target, headers: { Cookie: 'x'.repeat(length) } }).closed;
    expect((await attempt(2_048)).code).toBe(4413);
    expect((await attempt(14_000)).status).toBe(431);
    await server.end();
  });
});

/** Rules by which everybody may read, and a repository whose name is an attack on terminals. */
async function anyone(): Promise<string[]> {
  await makeRepository(join(root, 'si\u202ete.git'));
  const path = join(await temporaryDirectory(), 'rules.json');
  const rule = { repositories: ['**'], who: ['anyone'], allow: ['read'] };
  await writeFile(path, JSON.stringify({ version: 1, rules: [rule] }));
  return ['--rules', path];
}
