/**
 * Ctrl-C, as a terminal sends it: to git and to whatever git has started, at once. Nothing may be
 * left on either side but what docs/protocol.md says ("How a session ends").
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SessionReport } from '../../server/index.js';
import { expectSoundRepository, git, gitEnvironment, makeRepository } from '../helpers/git.js';
import { writeHook } from '../helpers/hooks.js';
import { startFakeServer, type FakeSession } from '../helpers/fake-server.js';
import { nativeCommand, nativeEnvironment } from '../helpers/native.js';
import { eventually, noProcessIn, processesIn, processRunning } from '../helpers/processes.js';
import { startProxy, type Proxy } from '../helpers/proxy.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { overSsh, overWs, type Native, type Transport } from './transports.js';

const MiB = 1024 * 1024;
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** git that runs. */
interface Running {
  readonly child: ChildProcess;
  /** What it, and what it has started, wrote to stderr so far. */
  readonly stderr: () => string;
}

/** As a shell starts it: a process group of its own, which the terminal's signals go to. */
function start(args: readonly string[], cwd: string, env: Record<string, string>): Running {
  const child = spawn('git', args, {
    ...{ cwd, env: { ...gitEnvironment, ...env }, detached: true },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return { child, stderr: () => stderr };
}

/** Sends Ctrl-C, and waits until nobody of the group is left. */
async function interrupt({ child }: Running): Promise<void> {
  const closed = once(child, 'close');
  const group = -(child.pid ?? 0);
  process.kill(group, 'SIGINT');
  await closed;
  await eventually(() => {
    try {
      process.kill(group, 0);
      return false;
    } catch {
      return true;
    }
  });
}

describe.each<[string, Transport]>([
  ['ws://', overWs],
  ['gitws-ssh', overSsh],
])('Ctrl-C over %s', (_name, transport) => {
  let native: Native;
  let root: string;
  let place: string;
  let proxy: Proxy;
  let source: string;
  let head: string;
  let base: string;
  const reports: SessionReport[] = [];
  /** Resolves the wait for this many bytes in a direction. */
  let passed = { up: 0, down: 0 };

  beforeAll(async () => {
    root = await temporaryDirectory();
    place = await temporaryDirectory();
    source = join(root, 'source.git');
    ({ head } = await makeRepository(source, {
      commits: 10,
      bigBlobs: { count: 30, bytes: 2 * MiB },
    }));
    native = await transport({
      ...{ root, allowPush: true },
      onSession: (report) => reports.push(report),
    });
    proxy = await startProxy(
      native.base.replace(/^\w+/, 'http'),
      {},
      {
        onDelivery({ direction, bytes }) {
          passed[direction] += bytes.length;
        },
      },
    );
    base = native.base.replace(/\/\/.*/, `//${new URL(proxy.url).host}`);
  });

  beforeEach(() => {
    reports.length = 0;
    passed = { up: 0, down: 0 };
  });

  async function bytes(direction: 'up' | 'down', count: number): Promise<void> {
    await eventually(() => passed[direction] > count);
  }

  async function emptyRepository(name: string): Promise<string> {
    const gitDir = join(root, name);
    await git(['init', '-q', '--bare', gitDir]);
    return gitDir;
  }

  it('in the middle of a clone', async () => {
    const clone = start(['clone', '-q', `${base}/source.git`, 'clone'], place, native.env);
    await bytes('down', MiB);
    await interrupt(clone);
    expect(clone.stderr()).not.toMatch(/unexpected error|\n {4}at /);
    await noProcessIn(root);
    expect(await readdir(place)).toEqual([]);
    // Told that nobody wants the rest: a lost connection might be taken up again.
    await eventually(() => reports.length > 0);
    expect(reports).toMatchObject([{ outcome: { kind: 'closed', closeCode: 1000 } }]);
    await expectSoundRepository(source);
  });

  it('in the middle of a push, and the next one succeeds', async () => {
    const target = await emptyRepository('target.git');
    const args = ['push', '-q', `${base}/target.git`, 'main'];
    const push = start(args, source, native.env);
    await bytes('up', MiB);
    await interrupt(push);
    // The pushing git itself runs in a repository below.
    await noProcessIn(root);
    await eventually(() => reports.length > 0);
    // git may be gone before the helper hears of the signal: its words end then, in the middle of
    // the pack, and receive-pack ends by itself, having refused that. What counts stands below.
    const [report] = reports;
    if (report?.outcome.kind !== 'exit') {
      expect(report).toMatchObject({ outcome: { kind: 'closed', closeCode: 1000 } });
    }
    expect(await git(['for-each-ref'], { cwd: target })).toBe('');
    await expectSoundRepository(target);
    await native.git(args.with(2, `${native.base}/target.git`), { cwd: source });
    expect(await git(['rev-parse', 'main'], { cwd: target })).toBe(head);
    await expectSoundRepository(target);
  });

  it('after a push was sent whole: its hooks and refs finish', async () => {
    const target = await emptyRepository('hooked.git');
    await writeHook(target, 'pre-receive', 'touch at-work; until test -e go; do sleep 0.02; done');
    const args = ['push', '-q', `${base}/hooked.git`, 'main'];
    const push = start(args, source, { ...native.env, GITWS_TRACE: '1' });
    await eventually(() => existsSync(join(target, 'at-work')));
    // Behind the last byte comes the end: without it the server would take the push for half a one.
    await eventually(() => push.stderr().includes('end of input'));
    await interrupt(push);
    await writeFile(join(target, 'go'), '');
    await noProcessIn(root);
    expect(await git(['rev-parse', 'main'], { cwd: target })).toBe(head);
    await expectSoundRepository(target);
  });
});

describe('git gone without a word', () => {
  it('takes its remote helper with it, and the service on the server', async () => {
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'a.git'), {
      commits: 5,
      bigBlobs: { count: 30, bytes: 2 * MiB },
    });
    const native = await overWs({ root });
    const helper = spawn(nativeCommand('git-remote-ws'), ['origin', `${native.base}/a.git`], {
      env: { ...gitEnvironment, ...native.env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    children.push(helper);
    helper.stdin.write('connect git-upload-pack\n');
    await processRunning(root, 'upload-pack');
    // Its ends of both pipes, as a killed git leaves them.
    helper.stdin.destroy();
    helper.stdout.destroy();
    await once(helper, 'exit');
    await noProcessIn(root);
  });
});

describe.each([
  ['git-remote-ws', 'ws', ['ls-remote']],
  ['git-remote-ws', 'ws', ['push', '--all']],
  ['gitws-ssh', 'ssh', ['ls-remote']],
] as const)('git killed over %s', (_name, scheme, args) => {
  it(`at ${args[0]} takes it along, though the service goes on talking`, async () => {
    const place = await temporaryDirectory();
    await git(['init', '-q', place]);
    await git(['commit', '-q', '--allow-empty', '-m', 'One'], { cwd: place });
    const sessions: FakeSession[] = [];
    const { url } = await startFakeServer((session) => {
      sessions.push(session);
      const talking = setInterval(() => session.writeStderr('still here\n'), 50);
      void session.closed.then(() => clearInterval(talking));
    });
    const env = { ...(await nativeEnvironment()), GIT_SSH_COMMAND: 'gitws-ssh' };
    const running = start([...args, `${url.replace('http', scheme)}/a.git`], place, env);
    await eventually(() => running.stderr().includes('still here'));
    process.kill(running.child.pid ?? 0, 'SIGKILL');
    await sessions[0]?.closed;
  });
});

describe('git that takes its time', () => {
  it('holds the server up, and loses neither the connection nor a byte', async () => {
    const root = await temporaryDirectory();
    await makeRepository(join(root, 'a.git'), {
      commits: 5,
      bigBlobs: { count: 30, bytes: 2 * MiB },
    });
    const reports: SessionReport[] = [];
    const native = await overWs({
      ...{ root, allowArchive: true },
      // Pings that go unanswered for longer than this cost the connection.
      limits: { pingInterval: 1_500 },
      onSession: (report) => reports.push(report),
    });
    const archive = spawn('git', ['archive', `--remote=${native.base}/a.git`, 'main'], {
      env: { ...gitEnvironment, ...native.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(archive);
    await once(archive.stdout, 'readable');
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(await processesIn(root)).not.toEqual([]);
    let size = 0;
    archive.stdout.on('data', (chunk: Buffer) => (size += chunk.length));
    const [code] = (await once(archive, 'close')) as [number];
    expect(code).toBe(0);
    expect(size).toBeGreaterThan(60 * MiB);
    await eventually(() => reports.length > 0);
    expect(reports).toMatchObject([{ resumes: 0, outcome: { kind: 'exit', code: 0 } }]);
  });
});
