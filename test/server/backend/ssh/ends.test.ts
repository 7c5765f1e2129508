/** What becomes of a session whose ssh does not do what it is asked, and what its client hears. */
import { once } from 'node:events';
import { mkdir, readFile, readlink, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GitServerOptions } from '../../../../server/index.js';
import { openChannel } from '../../../../src/tunnel/client/channel.js';
import { encodePktLine } from '../../../../src/wire/pkt-line.js';
import { atEnd } from '../../../helpers/at-end.js';
import { expectSoundRepository, git, gitStatus, makeRepository } from '../../../helpers/git.js';
import { nativeEnvironment } from '../../../helpers/native.js';
import { eventually } from '../../../helpers/processes.js';
import { startProxy } from '../../../helpers/proxy.js';
import { RawClient, type Ending } from '../../../helpers/raw-client.js';
import { startServer, type TestServer } from '../../../helpers/server.js';
import { knownHost, makeKey, startSshHost, type SshHost } from '../../../helpers/ssh-host.js';
import { temporaryDirectory } from '../../../helpers/temp.js';

let base: string;
let local: string;
let host: SshHost;
let repository: string;
let env: Record<string, string>;

beforeAll(async () => {
  base = await temporaryDirectory();
  local = join(base, 'local');
  await mkdir(local);
  ({ gitDir: repository } = await makeRepository(join(base, 'upstream/site.git'), {
    commits: 50,
    bigBlobs: { count: 4, bytes: 400_000 },
  }));
  host = await startSshHost();
  env = await nativeEnvironment();
});

async function gatewayTo(
  url = host.url,
  { upstreamSsh = host.files, ...more }: Partial<GitServerOptions> = {},
): Promise<TestServer> {
  return startServer({
    root: local,
    ...{ upstreams: [{ url, private: true }], upstreamSsh, onError: () => undefined, ...more },
  });
}

/** How the server ends a session that is asked for like that. */
function refused(
  gateway: TestServer,
  path = `${host.name}${repository}`,
  { protocols = [] as readonly string[], service = 'git-upload-pack' } = {},
): Promise<Ending> {
  const target = `/${path}/${service}`;
  return new RawClient(gateway.url, { target, protocols: ['gitws.v1', ...protocols] }).closed;
}

const through = ({ url }: TestServer, name = host.name): string =>
  `ws${url.slice('http'.length)}/${name}${repository}`;

/** The processes of ssh that go to a port, and the directory that they were started in. */
async function sshTo(port: number): Promise<{ pid: number; cwd: string }[]> {
  const found: { pid: number; cwd: string }[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
      if (words[0] !== 'ssh' || words[words.indexOf('-p') + 1] !== `${port}`) continue;
      found.push({ pid: Number(pid), cwd: await readlink(`/proc/${pid}/cwd`) });
    } catch {
      // It has ended.
    }
  }
  return found;
}

describe('a client hears', () => {
  /** A file of known hosts with the key of another. */
  async function knownWith(name: string, line: string): Promise<string> {
    const path = join(base, name);
    await writeFile(path, line);
    return path;
  }
  const { stringify } = JSON;

  it.each([
    [
      'that the host takes another key than that of the operator',
      async () => ({ ...host.files, key: await makeKey(base, 'another-key') }),
      () => `${host.name} does not take the key of this server.`,
    ],
    [
      'that the key of the host is not known',
      async () => ({ ...host.files, knownHosts: await knownWith('nobody', '') }),
      () => `This server does not know the key of ${host.name}.`,
    ],
    [
      'that the host has another key than the one that is known',
      async () => {
        const pub = await readFile(`${await makeKey(base, 'impostor')}.pub`, 'utf8');
        const line = knownHost('127.0.0.1', host.port, pub);
        return { ...host.files, knownHosts: await knownWith('changed', line) };
      },
      () => `${host.name} shows another key than the one that this server knows.`,
    ],
  ])('%s', async (_what, files, sentence) => {
    const upstreamSsh = await files();
    const told: string[] = [];
    const onError = (error: unknown): number => told.push(String(error));
    const gateway = await gatewayTo(host.url, { upstreamSsh, onError });
    const ending = await refused(gateway);
    expect(ending).toMatchObject({ code: 4500, reason: sentence() });
    for (const secret of Object.values(upstreamSsh))
      expect(stringify(ending)).not.toContain(secret);
    // The operator hears why.
    expect(told.join()).toContain('ssh to');
  });

  it('that there is no such repository, as of one that it may not read', async () => {
    const gateway = await gatewayTo();
    expect(await refused(gateway, `${host.name}${base}/none.git`)).toMatchObject({
      ...{ code: 4404, reason: 'There is no such repository.' },
    });
  });

  it('what the account does not allow', async () => {
    const shut = await startSshHost({ command: 'echo No pushes today: forbidden >&2; exit 1' });
    const gateway = await gatewayTo(shut.url, { upstreamSsh: shut.files });
    expect(await refused(gateway, `${shut.name}/site.git`)).toMatchObject({
      code: 4403,
      reason: `${shut.name} does not allow this: No pushes today: forbidden`,
    });
  });

  it('that a host is down', async () => {
    const gateway = await gatewayTo('ssh://git@127.0.0.1:1');
    expect(await refused(gateway, '127.0.0.1:1/site.git')).toMatchObject({
      ...{ code: 4503, reason: '127.0.0.1:1 could not be reached.' },
    });
  });

  it('that a host says nothing in upstreamConnectTime, of which ssh is not waited for', async () => {
    const silent = createServer((socket) => {
      socket.on('error', () => undefined);
      atEnd(() => socket.destroy());
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    atEnd(() => silent.close());
    const { port } = silent.address() as AddressInfo;
    const limits = { upstreamConnectTime: 100, startTime: 60_000 };
    const gateway = await gatewayTo(`ssh://git@127.0.0.1:${port}`, { limits });
    expect(await refused(gateway, `127.0.0.1:${port}/site.git`)).toMatchObject({ code: 4503 });
    await eventually(async () => (await sshTo(port)).length === 0);
  });

  it('that a host which has begun says nothing in upstreamSilence', async () => {
    const mute = await startSshHost({ command: 'echo 000eversion 2; cat >/dev/null' });
    const limits = { upstreamSilence: 200 };
    const gateway = await gatewayTo(mute.url, { upstreamSsh: mute.files, limits });
    let words = '';
    const channel = await openChannel(`${gateway.url}/${mute.name}/site.git`, {
      service: 'git-upload-pack',
      onStderr: (text) => (words += text),
    });
    void channel.readable.pipeTo(new WritableStream()).catch(() => undefined);
    expect(await channel.exit).toEqual({ code: 128, signal: null });
    expect(words).toBe(`fatal: ${mute.name} said nothing for too long.\n`);
  });

  it('nothing of a host that is only slow', async () => {
    const proxy = await startProxy(`http://${host.name}`, { delay: 100 });
    const { host: name, port } = new URL(proxy.url);
    const known = await readFile(host.files.knownHosts, 'utf8');
    const knownHosts = await knownWith('slow', known.replace(`${host.port}`, port));
    const gateway = await gatewayTo(`ssh://${host.user}@${name}`, {
      upstreamSsh: { ...host.files, knownHosts },
    });
    const dir = join(base, 'slowly');
    await git(['clone', '--bare', through(gateway, name), dir], { env });
    await expectSoundRepository(dir);
  });

  it('that a host broke off in the middle of a pack, and takes no clone for whole', async () => {
    const proxy = await startProxy(`http://${host.name}`, {
      strike: { direction: 'down', after: 500_000, how: 'reset' },
    });
    const { host: name, port } = new URL(proxy.url);
    const known = await readFile(host.files.knownHosts, 'utf8');
    const knownHosts = await knownWith('cut', known.replace(`${host.port}`, port));
    const gateway = await gatewayTo(`ssh://${host.user}@${name}`, {
      upstreamSsh: { ...host.files, knownHosts },
    });
    const dir = join(base, 'cut-off');
    const clone = ['clone', '--bare', through(gateway, name), dir];
    const { code, stderr } = await gitStatus(clone, { env });
    expect(code).toBe(128);
    expect(stderr).toContain(`${name} broke off in the middle of its answer.`);
    expect(stderr).not.toContain('gitws-ssh-');
    expect(existsSync(dir)).toBe(false);
  });
});

it('of an archive, which is asked for first, it is told afterwards why there is none', async () => {
  const gateway = await gatewayTo('ssh://git@127.0.0.1:1', {
    ...{ allowArchive: true, authorize: () => true },
  });
  const archive = ['archive', `--remote=${through(gateway, '127.0.0.1:1')}`, 'HEAD'];
  const { code, stderr } = await gitStatus(archive, { env });
  expect(code).not.toBe(0);
  expect(stderr).toContain('127.0.0.1:1 could not be reached.');
});

describe('whoever acts with the key of the operator', () => {
  const theirs = `gitws.upstream-auth.${Buffer.from('Basic YWRhOnB3').toString('base64url')}`;

  it('has no credentials of a client with it: they are refused, and not just left out', async () => {
    const gateway = await gatewayTo();
    const before = host.connections();
    const path = `${host.name}${repository}`;
    expect(await refused(gateway, path, { protocols: [theirs] })).toMatchObject({
      code: 4403,
      reason: `${host.name} is reached with this server's key alone.`,
    });
    expect(host.connections()).toBe(before);
  });

  it('pushes for nobody whom no rule lets, whatever allowPush says', async () => {
    const open = await gatewayTo(host.url, { allowPush: true });
    const service = 'git-receive-pack';
    const path = `${host.name}${repository}`;
    expect(await refused(open, path, { service })).toMatchObject({ code: 4401 });
    const known = { allowPush: true, authenticate: () => ({ name: 'ada' }) };
    const signedIn = await gatewayTo(host.url, known);
    expect(await refused(signedIn, path, { service })).toMatchObject({ code: 4403 });
  });

  it('pushes nowhere where rules protect refs', async () => {
    const protection = { rule: 'refs[0]', refs: ['refs/heads/main'], allowed: ['update' as const] };
    const gateway = await gatewayTo(host.url, {
      ...{ allowPush: true, authorize: () => true },
      protectedRefs: () => ({ protections: [protection] }),
    });
    const path = `${host.name}${repository}`;
    expect(await refused(gateway, path, { service: 'git-receive-pack' })).toMatchObject({
      code: 4403,
      reason: expect.stringContaining('Rules protect refs') as string,
    });
  });

  it.each([
    ['a path that begins with a dash', '/-oProxyCommand=true/site.git', 4400],
    ['a path with a line end', '/site.git%0aid', 4400],
    ['a path that climbs', '/srv/%2e%2e/site.git', 4400],
    ['a path with a NUL', '/site.git%00', 4400],
    ['no path', '', 4400],
    ['a path that a shell would run', "/$(id)`id`';id;'/site.git", 4400],
    ['a path that a shell would run, without what no path has', "/$(id)`id`'&&id&&'!!/x", 4404],
  ])('is not led to anything by %s', async (_what, path, code) => {
    const gateway = await gatewayTo();
    const ending = await refused(gateway, `${host.name}${path}`);
    expect(ending.code).toBe(code);
    expect(JSON.stringify(ending)).not.toContain('uid=');
  });
});

describe('of ssh there is nothing left', () => {
  it('where a client has gone in the middle', async () => {
    const own = await startSshHost();
    const gateway = await gatewayTo(own.url, { upstreamSsh: own.files });
    const url = through(gateway, own.name);
    const channel = await openChannel(url, { service: 'git-upload-pack' });
    const [{ cwd } = { cwd: '' }] = await sshTo(own.port);
    expect(cwd).toContain('gitws-ssh-');
    channel.abort();
    await expect(channel.exit).rejects.toThrow();
    await eventually(async () => (await sshTo(own.port)).length === 0);
    // The connection stays for the next.
    expect(own.open()).toBe(1);
    await gateway.close();
    await eventually(() => own.open() === 0);
    expect(existsSync(cwd)).toBe(false);
  });

  it('where a server closes under a clone, the connection that it shares included', async () => {
    const own = await startSshHost();
    const gateway = await gatewayTo(own.url, { upstreamSsh: own.files });
    const url = through(gateway, own.name);
    const channels = await Promise.all(
      [1, 2, 3].map(() => openChannel(url, { service: 'git-upload-pack' })),
    );
    for (const channel of channels) channel.exit.catch(() => undefined);
    await gateway.server.close({ drainTime: 0 });
    expect(await sshTo(own.port)).toEqual([]);
    await eventually(() => own.open() === 0);
  });
});

describe('a connection that is shared', () => {
  it('is made anew where it was lost', async () => {
    const gateway = await gatewayTo();
    await git(['ls-remote', through(gateway)], { env });
    const before = host.connections();
    host.cut();
    await git(['ls-remote', through(gateway)], { env });
    expect(host.connections()).toBe(before + 1);
  });

  it('is made anew where somebody has tidied up its directory', async () => {
    const own = await startSshHost();
    const gateway = await gatewayTo(own.url, { upstreamSsh: own.files });
    const url = through(gateway, own.name);
    const channel = await openChannel(url, { service: 'git-upload-pack' });
    const [{ cwd } = { cwd: '' }] = await sshTo(own.port);
    channel.abort();
    await expect(channel.exit).rejects.toThrow();
    expect(cwd).toContain('gitws-ssh-');
    await rm(cwd, { recursive: true });
    await git(['ls-remote', url], { env });
  });

  it('is not held up by a client that reads nothing', async () => {
    const own = await startSshHost();
    // More than all that is between git and a client can hold.
    const { gitDir } = await makeRepository(join(base, 'large/site.git'), {
      bigBlobs: { count: 10, bytes: 3_000_000 },
    });
    const gateway = await gatewayTo(own.url, { upstreamSsh: own.files });
    const url = through(gateway, own.name);
    await git(['ls-remote', url], { env });
    const slow = await openChannel(`ws${gateway.url.slice('http'.length)}/${own.name}${gitDir}`, {
      service: 'git-upload-pack',
    });
    const head = await git(['rev-parse', 'HEAD'], { cwd: gitDir });
    const wants = [encodePktLine(`want ${head}\n`), '0000', encodePktLine('done\n')];
    await slow.writable.getWriter().write(Buffer.concat(wants.map((one) => Buffer.from(one))));
    const dir = join(base, 'not-held-up');
    await git(['clone', '--bare', url, dir], { env });
    await expectSoundRepository(dir);
    expect(own.connections()).toBe(1);
    slow.abort();
    await expect(slow.exit).rejects.toThrow();
    await eventually(async () => (await sshTo(own.port)).length === 0);
  });

  it('is joined by others where a host lets one have no more sessions', async () => {
    const narrow = await startSshHost({ config: 'MaxSessions 1' });
    const gateway = await gatewayTo(narrow.url, { upstreamSsh: narrow.files });
    const url = through(gateway, narrow.name);
    const first = await openChannel(url, { service: 'git-upload-pack' });
    first.exit.catch(() => undefined);
    const dir = join(base, 'beside');
    await git(['clone', '--bare', url, dir], { env });
    await expectSoundRepository(dir);
    expect(narrow.connections()).toBe(2);
    first.abort();
  });
});
