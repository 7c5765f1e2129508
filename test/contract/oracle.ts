/**
 * The Node side of the contract: real gitws servers on a folder of repositories, real git, proxies
 * and played servers.
 */
import { chmod, cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, vi } from 'vitest';
import { startFakeServer } from '../helpers/fake-server.js';
import { expectSoundRepository, git, gitBytes, makeRepository } from '../helpers/git.js';
import { startProxy, type Proxy } from '../helpers/proxy.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import type { Oracle, ServerRepository, Template } from './context.js';
import { fakeScripts, type Truth } from './fake-scripts.js';

/** How long a wait may last before the test counts as hung, in ms. */
const patience = { timeout: 30_000, interval: 20 };

/** What differs between the places where cases run. */
export interface ClientSide {
  /** A directory of the test's machine with the same repository, for git to look at. */
  materialize(dir: string): Promise<string>;
}

/**
 * @param client where the cases' own repositories are.
 * @param origins of the pages that may connect.
 */
export async function createOracle(
  client: ClientSide,
  origins: readonly string[] = [],
): Promise<Oracle> {
  const root = await temporaryDirectory();
  const scratch = await temporaryDirectory();
  // A lost connection is the end of it here; where it is not, test/faults looks at it.
  const shared = { root, allowPush: true, origins, limits: { resumeTime: 0 } };
  const open = await startServer(shared);
  const guarded = await startServer({
    ...shared,
    authenticate: ({ credentials }) => {
      if (credentials?.scheme !== 'basic') return null;
      const { username, password } = credentials;
      return username === 'ada' && password === 'open sesame' ? { name: username } : null;
    },
    authorize: ({ user }) => user !== null,
  });
  const templates = new Map<Template, Promise<string>>();
  const proxies = new Map<string, Proxy>();
  const made: string[] = [];
  let count = 0;

  const template = (name: Template): Promise<string> => {
    let made = templates.get(name);
    if (made === undefined) {
      made = makeTemplate(join(scratch, `${name}.git`), name);
      templates.set(name, made);
    }
    return made;
  };
  const at = (name: string): string => join(root, name);
  const proxyOf = (url: string): Proxy => {
    const proxy = proxies.get(new URL(url).origin);
    if (proxy === undefined) throw new Error(`${url} is no proxy's`);
    return proxy;
  };
  let truth: Promise<Truth> | undefined;

  return {
    async repository(wish): Promise<ServerRepository> {
      count += 1;
      const name = `${wish}-${count}.git`;
      await cp(await template(wish), at(name), { recursive: true });
      made.push(name);
      return { name, url: `${open.url}/${name}`, guardedUrl: `${guarded.url}/${name}` };
    },
    serverGit: (name, args) => git([`--git-dir=${at(name)}`, ...args]),
    commitOnServer: (name, branch, path, text) => addCommit(at(name), branch, path, text),
    async hook(name, hook, script) {
      const path = join(at(name), 'hooks', hook);
      await mkdir(join(at(name), 'hooks'), { recursive: true });
      await writeFile(path, `#!/bin/sh\n${script}\n`);
      await chmod(path, 0o755);
    },
    async waitForFile(name, file) {
      await vi.waitFor(() => stat(join(at(name), file)), patience);
    },
    async makeFile(name, file) {
      await writeFile(join(at(name), file), '');
    },
    async waitForRef(name, ref, oid) {
      await vi.waitFor(async () => {
        expect(await git([`--git-dir=${at(name)}`, 'rev-parse', ref])).toBe(oid);
      }, patience);
    },
    expectSoundServer: (name) => expectSoundRepository(at(name)),
    async expectSoundServers() {
      for (const name of made.splice(0)) await expectSoundRepository(at(name));
    },
    async expectSoundClient(dir) {
      await expectSoundRepository(await client.materialize(dir));
    },
    async clientGit(dir, args) {
      return git(args, { cwd: await client.materialize(dir) });
    },
    async reference(name, cloneArgs, ...fetchArgs) {
      const directory = join(scratch, `reference-${(count += 1)}`);
      await git([
        'clone',
        '--quiet',
        '--no-checkout',
        ...cloneArgs,
        `file://${at(name)}`,
        directory,
      ]);
      for (const args of fetchArgs) await git(['fetch', '--quiet', ...args], { cwd: directory });
      return {
        commits: await git(['rev-list', '--all'], { cwd: directory }),
        shallow: await readFile(join(directory, '.git/shallow'), 'utf8').catch(() => ''),
      };
    },
    async proxy({ url }, faults) {
      const proxy = await startProxy(new URL(url).origin, faults);
      proxies.set(proxy.url, proxy);
      return `${proxy.url}/${basename(url)}`;
    },
    async cut(url) {
      proxyOf(url).strike('reset');
    },
    async closeProxy(url) {
      await proxyOf(url).close();
    },
    async play(script) {
      truth ??= template('sample').then((from) => readTruth(from, at('truth.git')));
      const known = await truth;
      const { url } = await startFakeServer((session) => fakeScripts[script](session, known));
      return `${url}/played.git`;
    },
    async idle() {
      await vi.waitFor(() => {
        expect(open.server.sessions + guarded.server.sessions, 'sessions left').toBe(0);
      }, patience);
    },
  };
}

async function makeTemplate(directory: string, template: Template): Promise<string> {
  if (template === 'empty') {
    await git(['init', '--quiet', '--bare', '--initial-branch=main', directory]);
    return directory;
  }
  const objectFormat = template === 'sha256' ? 'sha256' : 'sha1';
  // A dozen files are of all kinds; each more has to be checked out in most of the cases.
  const size = template === 'large' ? { commits: 800 } : { commits: 60, files: 12 };
  const { gitDir } = await makeRepository(directory, { ...size, objectFormat });
  return gitDir;
}

async function addCommit(
  gitDir: string,
  branch: string,
  path: string,
  text: string,
): Promise<string> {
  const inside = `--git-dir=${gitDir}`;
  const tip = await git([inside, 'rev-parse', `refs/heads/${branch}`]);
  const input =
    `commit refs/heads/${branch}\ncommitter Test Author <author@example.com> 1735689600 +0000\n` +
    `data <<END\nAdd ${path}\nEND\nfrom ${tip}\nM 100644 inline ${path}\ndata <<END\n${text}END\n`;
  await git([inside, 'fast-import', '--quiet'], { input });
  return git([inside, 'rev-parse', `refs/heads/${branch}`]);
}

/** One commit ahead of every `sample`. */
async function readTruth(sample: string, gitDir: string): Promise<Truth> {
  await cp(sample, gitDir, { recursive: true });
  const head = await addCommit(gitDir, 'main', 'newer.txt', 'newer than all clones\n');
  const inside = `--git-dir=${gitDir}`;
  const format = '--format=%(refname) %(objectname)';
  const lines = await git([inside, 'for-each-ref', format, 'refs/heads']);
  const branches = lines.split('\n').map((line) => line.split(' ') as [string, string]);
  const pack = await gitBytes([inside, 'pack-objects', '--all', '--stdout', '-q'], { input: '' });
  return { refs: { HEAD: head, ...Object.fromEntries(branches) }, pack };
}
