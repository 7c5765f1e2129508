/** `gitws serve` with users and rules, as an operator starts it: through the built command. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from 'bcryptjs';
import { SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { nullOid, pushRequest } from '../helpers/git-stream.js';
import { git, makeRepository } from '../helpers/git.js';
import { eventually } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { runCommand, serveProcess, type ServeProcess } from '../helpers/serve-process.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let gitDir: string;
let head: string;
let directory: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  directory = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'team/site.git')));
  await makeRepository(join(root, 'public.git'));
});

const rules = {
  version: 1,
  groups: { writers: ['ada'] },
  rules: [
    { repositories: ['public'], who: ['anyone'], allow: ['read'] },
    { repositories: ['team/*'], who: ['signed-in'], allow: ['read'] },
    { repositories: ['team/*'], who: ['group:writers'], allow: ['write'] },
  ],
  refs: [{ repositories: ['**'], refs: ['refs/heads/main'], update: ['user:grace'] }],
};

async function file(name: string, content: unknown): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function createToken(path: string, ...args: string[]): Promise<string> {
  const { exited, output } = runCommand(['token', 'create', ...args, '--tokens', path]);
  expect(await exited).toBe(0);
  return output.stdout.trim();
}

const basic = (name: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

async function attempt(
  { url }: ServeProcess,
  repository: string,
  service: 'upload' | 'receive' = 'upload',
  headers: Record<string, string> = {},
): Promise<string | number> {
  const target = `/${repository}/git-${service}-pack`;
  const client = new RawClient(url, { target, headers });
  const answer = await Promise.race([
    client.closed.then(({ code }) => code),
    client.advertisement().then(
      () => 'open',
      () => client.closed.then(({ code }) => code),
    ),
  ]);
  client.socket.close(1000);
  return answer;
}

describe('gitws serve with rules and users', () => {
  it('lets tokens, passwords and JSON Web Tokens in, by the rules, and nobody else', async () => {
    const tokens = join(directory, 'tokens.json');
    const token = await createToken(tokens, 'laptop', '--user', 'ada', '--expires', '1d');
    const reader = await createToken(tokens, 'ci', '--user', 'ada', '--allow', 'read:team/*');
    const secret = 'a secret that only the issuer and the server know';
    const jwt = await new SignJWT({ groups: ['writers'] })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('grace')
      .setIssuer('issuer')
      .setAudience('git')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(secret));
    const server = await serveProcess(
      root,
      ...['--rules', await file('rules.json', rules), '--tokens', tokens],
      ...['--htpasswd', await file('htpasswd', `bob:${await hash('pass word', 4)}\n`)],
      ...['--jwt-secret-file', await file('secret', `${secret}\n`)],
      ...['--jwt-issuer', 'issuer', '--jwt-audience', 'git', '--jwt-groups-claim', 'groups'],
    );
    expect(await attempt(server, 'public')).toBe('open');
    expect(await attempt(server, 'public', 'receive')).toBe(4401);
    expect(await attempt(server, 'team/site')).toBe(4401);
    const bob = basic('bob', 'pass word');
    expect(await attempt(server, 'team/site', 'upload', bob)).toBe('open');
    expect(await attempt(server, 'team/site', 'receive', bob)).toBe(4403);
    expect(await attempt(server, 'elsewhere', 'upload', bob)).toBe(4404);
    const bearer = (text: string) => ({ Authorization: `Bearer ${text}` });
    expect(await attempt(server, 'team/site', 'receive', bearer(token))).toBe('open');
    expect(await attempt(server, 'team/site', 'upload', bearer(reader))).toBe('open');
    expect(await attempt(server, 'team/site', 'receive', bearer(reader))).toBe(4403);
    expect(await attempt(server, 'team/site', 'receive', bearer(jwt))).toBe('open');
    expect(await attempt(server, 'team/site', 'receive', basic('git', token))).toBe('open');
    const revoking = runCommand(['token', 'revoke', 'laptop', '--tokens', tokens]);
    expect(await revoking.exited).toBe(0);
    expect(await attempt(server, 'team/site', 'receive', bearer(token))).toBe(4401);
    expect(await server.end()).toBe(0);
    // No credential, in any form, and no header that carries one.
    const log = server.output.stdout + server.output.stderr;
    for (const word of [token, reader, jwt, secret, 'pass word', 'Authorization', 'gitws.auth']) {
      expect(log).not.toContain(word);
    }
    expect(log).not.toMatch(/Sec-WebSocket-Protocol/i);
  });

  it('protects refs by the rules', async () => {
    const tokens = join(directory, 'protect.json');
    const token = await createToken(tokens, 'ada');
    const path = await file('protect-rules.json', rules);
    const server = await serveProcess(root, '--rules', path, '--tokens', tokens);
    const push = async (ref: string): Promise<string> => {
      const client = new RawClient(server.url, {
        target: '/team/site/git-receive-pack',
        headers: { Authorization: `Bearer ${token}` },
      }).keepUp();
      await client.advertisement();
      const oldOid = ref === 'refs/heads/main' ? head : nullOid;
      const newOid = await git(['rev-parse', 'main~1'], { cwd: gitDir });
      client.send(await pushRequest(gitDir, [{ ref, oldOid, newOid }], [head]));
      client.send({ type: 'end' });
      await client.text('exit');
      return Buffer.concat(client.data).toString();
    };
    expect(await push('refs/heads/main')).toContain('ng refs/heads/main');
    expect(await push('refs/heads/fresh')).toContain('ok refs/heads/fresh');
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(head);
    await server.end();
  });

  it('writes one plain line for each failed sign-in, and refuses a guesser with 4429', async () => {
    const tokens = join(directory, 'guess.json');
    await createToken(tokens, 'ada');
    const path = await file('guess-rules.json', rules);
    const server = await serveProcess(
      root,
      ...['--rules', path, '--tokens', tokens, '--max-failures', '2'],
    );
    const wrong = basic('ada"\u0007', 'guess');
    expect(await attempt(server, 'team/site', 'upload', wrong)).toBe(4401);
    expect(await attempt(server, 'team/site', 'upload', wrong)).toBe(4401);
    expect(await attempt(server, 'team/site', 'upload', wrong)).toBe(4429);
    const lines = server.output.stderr.split('\n').filter((line) => line.startsWith('gitws: '));
    expect(lines).toEqual([
      'gitws: failed sign-in from 127.0.0.1: basic, user "ada\\"\\u0007", failure 1 of 2',
      'gitws: failed sign-in from 127.0.0.1: basic, user "ada\\"\\u0007", failure 2 of 2',
    ]);
    await server.end();
  });

  it('reads the rules again at SIGHUP, and keeps the old ones where they are broken', async () => {
    const path = await file('reload-rules.json', { version: 1, rules: [] });
    const server = await serveProcess(root, '--rules', path);
    expect(await attempt(server, 'public')).toBe(4401);
    await file('reload-rules.json', rules);
    server.child.kill('SIGHUP');
    await eventually(() => server.output.stderr.includes('was read again'));
    expect(await attempt(server, 'public')).toBe('open');
    await file('reload-rules.json', '{');
    server.child.kill('SIGHUP');
    await eventually(() => server.output.stderr.includes('stays in force'));
    expect(await attempt(server, 'public')).toBe('open');
    expect(await server.end()).toBe(0);
  });
});

describe('gitws serve without rules', () => {
  it('lets this machine read, and nobody who comes by a proxy', async () => {
    const server = await serveProcess(root);
    expect(await attempt(server, 'public')).toBe('open');
    const forwarded = { 'X-Forwarded-For': '192.0.2.1' };
    expect(await attempt(server, 'public', 'upload', forwarded)).toBe(4401);
    await server.end();
    expect(server.output.stderr).not.toMatch(/Nobody (may|is asked)/);
  });

  it('asks nobody on this machine for a token, and says so', async () => {
    const tokens = await file('unasked.json', { version: 1, tokens: [] });
    const { exited, output } = runCommand([
      'config',
      'check',
      root,
      '--tokens',
      tokens,
      '--allow-push',
    ]);
    expect(await exited).toBe(0);
    expect(output.stdout).toContain(
      'warning: Nobody is asked for a password or a token: without a rules file everybody on this machine may read and push (--rules).\n',
    );
  });

  it.each([
    ['off loopback', ['--host', '0.0.0.0']],
    ['behind a proxy', ['--trusted-proxy', '127.0.0.1']],
    // A proxy for TCP alone, or TLS, adds no header by which a request could tell.
    ['under a public URL', ['--public-url', 'https://git.example']],
    ['under a public name', ['--host-name', 'localhost', '--host-name', 'git.example:8080']],
  ])('lets nobody read or write %s, and says so', async (_where, options) => {
    const server = await serveProcess(root, ...options, '--allow-push', '--log-format', 'text');
    const url = server.url.replace('0.0.0.0', '127.0.0.1');
    const local = { ...server, url };
    expect(await attempt(local, 'public')).toBe(4401);
    expect(await attempt(local, 'public', 'receive')).toBe(4401);
    expect(server.output.stderr).toContain(
      'gitws: warn: Nobody may read or write anything: off loopback, behind a proxy and under a public name, a rules file says who may (--rules).\n',
    );
    await server.end();
  });

  it.each([
    ['--public-url', 'http://localhost:8080'],
    ['--public-url', 'http://[::1]:8080/git'],
    ['--host-name', 'git.localhost'],
  ])(
    'lets this machine read also where it is called by a name of its own: %s %s',
    async (...name) => {
      const server = await serveProcess(root, ...name);
      expect(await attempt(server, 'public')).toBe('open');
      await server.end();
    },
  );

  it('says that no name leads to it off loopback, until it is told its own', async () => {
    const nameless = await serveProcess(root, '--host', '0.0.0.0');
    await eventually(() => nameless.output.stderr.includes('to no name'));
    const { port } = new URL(nameless.url);
    const local = { ...nameless, url: `http://127.0.0.1:${port}` };
    expect(await attempt(local, 'public', 'upload', { Host: `git.example:${port}` })).toBe(4403);
    await nameless.end();
    const named = await serveProcess(
      root,
      '--host',
      '0.0.0.0',
      '--public-url',
      'https://a.example',
    );
    await eventually(() => named.output.stderr.includes('Nobody may'));
    await named.end();
    expect(named.output.stderr).not.toContain('to no name');
  });

  it('warns of credentials that cross a network in the clear', async () => {
    const tokens = join(directory, 'clear.json');
    await createToken(tokens, 'ada');
    const clear = await serveProcess(root, '--host', '0.0.0.0', '--tokens', tokens);
    await eventually(() => clear.output.stderr.includes('in the clear'));
    await clear.end();
    const local = await serveProcess(root, '--tokens', tokens);
    await local.end();
    expect(local.output.stderr).not.toContain('in the clear');
  });
});
