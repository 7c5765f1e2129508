/**
 * git's own stdout and stderr may be one pipe, file, socket or terminal with ours. Whoever sets
 * O_NONBLOCK on it sets it for git too, which then drops what does not fit (EAGAIN).
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startFakeServer } from '../helpers/fake-server.js';
import { startHttpProxy } from '../helpers/forward-proxy.js';
import { git, gitEnvironment, makeRepository } from '../helpers/git.js';
import { writeHook } from '../helpers/hooks.js';
import { nativeCommand } from '../helpers/native.js';
import { eventually, processesIn } from '../helpers/processes.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { overSsh, overWs, type Native, type Transport } from './transports.js';

const nonBlocking = 0o4000;
const tags = 2_500;
/** Of 8 KiB each. */
const hookLines = 64;
const children: ChildProcessWithoutNullStreams[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe.each<[string, Transport]>([
  ['git-remote-ws', overWs],
  ['gitws-ssh', overSsh],
])('%s', (name, transport) => {
  let native: Native;
  let root: string;
  let source: string;
  let place: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    root = await temporaryDirectory();
    place = await temporaryDirectory();
    source = join(root, 'source.git');
    const { head } = await makeRepository(source, { commits: 3 });
    const refs = Array.from({ length: tags }, (_, n) => `${head} refs/tags/number-${n}\n`);
    await writeFile(join(source, 'packed-refs'), refs.join(''));
    native = await transport({ root, allowPush: true });
    env = { ...gitEnvironment, ...native.env, GITWS_TRACE: '1' };
  });

  /** What Node.js calls pipes are sockets. */
  function start(
    command: string,
    args: readonly string[],
    more: Record<string, string> = {},
  ): ChildProcessWithoutNullStreams {
    const child = spawn(command, args, { cwd: source, env: { ...env, ...more }, stdio: 'pipe' });
    children.push(child);
    return child;
  }

  /** A repository whose hook waits until `go` is there. */
  async function waiting(repository: string): Promise<{ push: string[]; gitDir: string }> {
    const gitDir = join(root, repository);
    await rm(gitDir, { recursive: true, force: true });
    await git(['init', '-q', '--bare', gitDir]);
    await writeHook(gitDir, 'pre-receive', 'touch at-work; until test -e go; do sleep 0.02; done');
    return { push: ['push', `${native.base}/${repository}`, 'main'], gitDir };
  }

  /** Waits for the hook. @returns the flags of git's descriptors and of ours at that time. */
  async function flagsAtWork(gitDir: string): Promise<Record<string, number>> {
    await eventually(() => existsSync(join(gitDir, 'at-work')));
    const pids = {
      git: await running(/^git push /),
      own: await running(new RegExp(`^node .*/${name} `)),
    };
    const flags: Record<string, number> = {};
    for (const [who, pid] of Object.entries(pids)) {
      for (const descriptor of [0, 1, 2]) {
        const info = await readFile(`/proc/${pid}/fdinfo/${descriptor}`, 'utf8');
        const [, octal = ''] = /^flags:\s+([0-7]+)$/m.exec(info) ?? [];
        flags[`${who} ${descriptor}`] = Number.parseInt(octal, 8) & nonBlocking;
      }
    }
    return flags;
  }

  async function running(command: RegExp): Promise<number> {
    const all = await processesIn(source);
    return all.find((one) => command.test(one.command))?.pid ?? 0;
  }

  const blocking = Object.fromEntries(
    ['git', 'own'].flatMap((who) => [0, 1, 2].map((descriptor) => [`${who} ${descriptor}`, 0])),
  );

  /** Looks at the flags while the hook waits, and lets the push go on to its end. */
  async function expectFlagsKept(
    child: ChildProcessWithoutNullStreams,
    gitDir: string,
  ): Promise<void> {
    const closed = once(child, 'close');
    expect(await flagsAtWork(gitDir)).toEqual(blocking);
    await writeFile(join(gitDir, 'go'), '');
    child.stdout.resume();
    child.stderr.resume();
    expect(await closed).toEqual([0, null]);
  }

  it.each([
    ['pipes', (words: string) => `cat /dev/null | ${words} 2>&1 | cat`],
    ['a file', (words: string) => `${words} < /dev/null > '${join('PLACE', 'out')}' 2>&1`],
    ['a terminal', (words: string) => `script -qec "${words}" /dev/null`],
    ['sockets', (words: string) => words],
  ])('leaves the flags of %s alone', async (_kind, shell) => {
    const { push, gitDir } = await waiting('flags.git');
    const line = shell(`git ${push.join(' ')}`).replace('PLACE', place);
    const child = start('sh', ['-c', line]);
    await expectFlagsKept(child, gitDir);
  });

  it('leaves the flags alone where a proxy is asked', async () => {
    const proxy = await startHttpProxy();
    const { push, gitDir } = await waiting('proxied.git');
    const settings = ['-c', `http.proxy=${proxy.url}`];
    // git keeps -c from ssh.
    const child = start('git', [...settings, ...push], { all_proxy: proxy.url });
    await expectFlagsKept(child, gitDir);
    expect(proxy.asked).not.toEqual([]);
  });

  it('leaves git’s list whole where stdout and stderr are one', async () => {
    const line = `x=$(git ls-remote ${native.base}/source.git 2>&1); printf %s "$x"`;
    // A trace could stand in the middle of a line.
    const child = start('sh', ['-c', line], { GITWS_TRACE: '' });
    expect(await text(child.stdout)).toBe(await git(['ls-remote', source]));
  });

  it('leaves what a hook says whole, however late it is read', async () => {
    const gitDir = join(root, 'talks.git');
    await git(['init', '-q', '--bare', gitDir]);
    // Longer than what a pipe takes whole or not at all.
    const line = 'x'.repeat(8 * 1024 - 1);
    const hook = `yes ${line} | head -n ${hookLines} >&2; touch said`;
    await writeHook(gitDir, 'pre-receive', hook);
    const child = start('sh', ['-c', `git push ${native.base}/talks.git main 2>&1 | cat`]);
    // More than a pipe or a socket holds, and less than the way from there to here.
    await eventually(() => existsSync(join(gitDir, 'said')));
    const heard = (await text(child.stdout)).split('\n').map((one) => one.trimEnd());
    expect(heard.filter((one) => one === `remote: ${line}`)).toHaveLength(hookLines);
  });
});

describe('a reader of stderr who does not read', () => {
  it('holds up nothing else, and misses nothing', async () => {
    const line = 'y'.repeat(900);
    const count = 2_000;
    let body: Promise<Uint8Array> | undefined;
    const { url } = await startFakeServer(async (session) => {
      ({ body } = session);
      for (let n = 0; n < count; n += 1) session.writeStderr(`${line}\n`);
      session.write('here it is');
      await session.body;
      session.exit(0);
    });
    const child = spawn(
      process.execPath,
      [
        nativeCommand('gitws-ssh'),
        '-p',
        new URL(url).port,
        'localhost',
        "git-upload-pack '/a.git'",
      ],
      { env: gitEnvironment, stdio: 'pipe' },
    );
    children.push(child);
    const closed = once(child, 'close');
    expect(String((await once(child.stdout, 'data'))[0])).toBe('here it is');
    child.stdin.end('and back');
    await eventually(() => body !== undefined);
    expect(Buffer.from((await body) ?? []).toString()).toBe('and back');
    const heard = await text(child.stderr);
    expect(heard).toBe(`remote: ${line}\n`.repeat(count));
    expect(await closed).toEqual([0, null]);
  });
});
