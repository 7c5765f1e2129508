/** `gitws serve` in front of a host that is reached over ssh, and a page that works through it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunWay } from './gateway-page.js';
import { browserAvailable, launchChromium } from './helpers/chromium.js';
import { expectSoundRepository, git, gitStatus, makeRepository } from './helpers/git.js';
import { nativeEnvironment } from './helpers/native.js';
import { bundlePage, servePage } from './helpers/page.js';
import { RawClient } from './helpers/raw-client.js';
import { runCommand, serveProcess, type ServeProcess } from './helpers/serve-process.js';
import { startSshHost, type SshHost } from './helpers/ssh-host.js';
import { temporaryDirectory } from './helpers/temp.js';

declare const runWay: RunWay;

let base: string;
let repository: string;
let host: SshHost;
let gateway: ServeProcess;
let origin: string;
let token: string;
let browser: Browser;

/** Who may do what: ada may read and write this one repository, and read all else there. */
async function rulesFile(): Promise<string> {
  const path = join(base, 'rules.json');
  const repositories = [`${host.name}${repository}`];
  const rules = [
    { repositories, who: ['user:ada'], allow: ['write'] },
    { repositories: ['**'], who: ['user:ada'], allow: ['read'] },
  ];
  await writeFile(path, JSON.stringify({ version: 1, rules }));
  return path;
}

/** A file with a token of ada's. */
async function tokenFile(): Promise<{ path: string; token: string }> {
  const path = join(base, 'tokens.json');
  const { exited, output } = runCommand(['token', 'create', 'ada', '--tokens', path]);
  expect(await exited).toBe(0);
  return { path, token: output.stdout.trim() };
}

const sshOptions = (): string[] => [
  ...['--upstream-private', host.url, '--upstream-ssh-key', host.files.key],
  ...['--upstream-known-hosts', host.files.knownHosts],
];

beforeAll(async () => {
  base = await temporaryDirectory();
  ({ gitDir: repository } = await makeRepository(join(base, 'upstream/team/site.git')));
  // isomorphic-git's own clone wants what tags point to, which git gives unasked over HTTP alone.
  const reachable = 'uploadpack.allowReachableSHA1InWant';
  await git(['config', reachable, 'true'], { cwd: repository });
  host = await startSshHost();
  ({ url: origin } = await servePage(await bundlePage('./gateway-page.ts', import.meta.url)));
  await mkdir(join(base, 'local'));
  const { path, token: made } = await tokenFile();
  token = made;
  gateway = await serveProcess(
    join(base, 'local'),
    ...[...sshOptions(), '--rules', await rulesFile(), '--tokens', path],
    ...['--origin', origin, '--log-level', 'debug'],
  );
  if (browserAvailable) browser = await launchChromium();
});

const through = ({ url }: ServeProcess, user = `ada:${token}@`): string =>
  url.replace('http://', `ws://${user}`);

describe.skipIf(!browserAvailable)('a page clones, commits and pushes', () => {
  it.each([
    [
      'isomorphic-git with the plugin, by a URL that it takes',
      'plugin',
      () => `https://${host.name}`,
    ],
    ['gitws/git, by the URL that native git has', 'own', () => host.url],
  ] as const)('by %s', async (_, way, urlOf) => {
    const page = await browser.newPage();
    await page.goto(origin);
    const task = {
      ...{ url: `${urlOf()}${repository}`, way: { gateway: through(gateway) } },
      password: 'for nobody',
    };
    const { asked, oid } = await page.evaluate(([name, given]) => runWay(name, given), [
      way,
      task,
    ] as const);
    // Nobody is asked to sign in: it is the server's key that acts.
    expect(asked).toEqual([]);
    expect(await git(['rev-parse', `by-${way}`], { cwd: repository })).toBe(oid);
    await expectSoundRepository(repository);
    await page.close();
  });
});

it('native git clones by insteadOf, and what is refused says nothing of the operator', async () => {
  const env = await nativeEnvironment();
  const dir = join(base, 'native');
  const moved = `url.${through(gateway)}/${host.name}/.insteadOf=${host.url}/`;
  await git(['-c', moved, 'clone', `${host.url}${repository}`, dir], { env });
  await expectSoundRepository(join(dir, '.git'));
  const none = await gitStatus(['-c', moved, 'ls-remote', `${host.url}/none.git`], { env });
  expect(none.code).not.toBe(0);
  for (const path of [host.directory, 'gitws-ssh-', 'known_hosts']) {
    expect(none.stderr).not.toContain(path);
  }
});

it('neither the key nor credentials that were offered are in what the gateway writes', async () => {
  const offered = Buffer.from('Basic YWRhOm9wZW4gc2VzYW1l').toString('base64url');
  const own = `gitws.auth.${Buffer.from(`Bearer ${token}`).toString('base64url')}`;
  const protocols = ['gitws.v1', own, `gitws.upstream-auth.${offered}`];
  const target = `/${host.name}${repository}/git-upload-pack`;
  const { closed } = new RawClient(gateway.url, { target, protocols });
  expect(await closed).toMatchObject({ code: 4403 });
  const { stdout, stderr } = gateway.output;
  const written = stdout + stderr;
  expect(written).toContain(host.name);
  const [, line = ''] = (await readFile(host.files.key, 'utf8')).split('\n');
  expect(line).not.toBe('');
  for (const secret of [offered, 'YWRhOm9wZW4gc2VzYW1l', line])
    expect(written).not.toContain(secret);
  expect(await gateway.end()).toBe(0);
});

it('gitws serve lets nobody push over ssh without rules, and says so at its start', async () => {
  const open = await serveProcess(join(base, 'local'), ...sshOptions(), '--allow-push');
  const target = `/${host.name}${repository}/git-receive-pack`;
  expect(await new RawClient(open.url, { target }).closed).toMatchObject({ code: 4401 });
  const env = await nativeEnvironment();
  await git(['ls-remote', `${through(open, '')}/${host.name}${repository}`], { env });
  expect(open.output.stderr).toContain('Nobody may push to upstreams of ssh://');
  expect(await open.end()).toBe(0);
});

it.each([
  ['no key', () => [], /upstreamSshKey: an upstream of ssh:\/\/ needs a key/],
  [
    'a key alone',
    () => ['--upstream-ssh-key', host.files.key],
    /upstreamSshKey and upstreamKnownHosts belong together/,
  ],
  [
    'a key that is not there',
    () => ['--upstream-ssh-key', '/none', '--upstream-known-hosts', host.files.knownHosts],
    /upstreamSshKey: "\/none" cannot be read/,
  ],
])('gitws serve says what is wrong with %s', async (_what, more, message) => {
  const { exited, output } = runCommand([
    ...['serve', join(base, 'local'), '--port', '0', '--upstream', 'ssh://git@forge.example'],
    ...more(),
  ]);
  expect(await exited).toBe(1);
  expect(output.stderr).toMatch(message);
  expect(output.stderr).toMatch(/^gitws: [^\n]+\n$/);
});
