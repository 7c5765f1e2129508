/**
 * A push of native git whose report is lost: whoever pushed learns what the server's refs are now,
 * and is told nothing that is not so.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { expectSoundRepository, git, makeRepository, type GitResult } from '../helpers/git.js';
import { writeHook } from '../helpers/hooks.js';
import { eventually, noProcessIn } from '../helpers/processes.js';
import { startProxy, type Proxy } from '../helpers/proxy.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { overSsh, overWs, type Native, type Transport } from './transports.js';

/** A push that waits in a hook of the server, through a proxy. */
interface Waiting {
  readonly gitDir: string;
  readonly head: string;
  readonly native: Native;
  readonly proxy: Proxy;
  readonly pushed: Promise<GitResult>;
  /** Lets the hook go on. */
  readonly goOn: () => Promise<void>;
}

async function waiting(
  transport: Transport,
  hook: 'pre-receive' | 'post-receive',
  refspecs: readonly string[] = ['main', 'main:refs/heads/new', ':refs/heads/topic'],
): Promise<Waiting> {
  const root = await temporaryDirectory();
  const gitDir = join(root, 'a.git');
  await makeRepository(gitDir, { commits: 5 });
  await git(['branch', '--force', 'topic', 'main~1'], { cwd: gitDir });
  const clone = join(await temporaryDirectory(), 'clone');
  await git(['clone', '-q', gitDir, clone]);
  await git(['commit', '-q', '--allow-empty', '-m', 'More'], { cwd: clone });
  const head = await git(['rev-parse', 'main'], { cwd: clone });
  await writeHook(gitDir, hook, 'touch at-work; until test -e go; do sleep 0.02; done');
  const native = await transport({ root, allowPush: true, limits: { resumeTime: 0 } });
  const proxy = await startProxy(native.base.replace(/^\w+/, 'http'));
  const url = `${native.base.replace(/\/\/.*/, `//${new URL(proxy.url).host}`)}/a.git`;
  const pushed = native.gitStatus(['push', url, ...refspecs], { cwd: clone });
  await eventually(() => existsSync(join(gitDir, 'at-work')));
  return {
    ...{ gitDir, head, native, proxy, pushed },
    goOn: async () => {
      await writeFile(join(gitDir, 'go'), '');
      await noProcessIn(root);
      await expectSoundRepository(gitDir);
    },
  };
}

function hintsOf({ stderr }: GitResult): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('hint: '));
}

describe.each<[string, Transport]>([
  ['ws://', overWs],
  ['gitws-ssh', overSsh],
])('over %s, where the connection is lost', (_name, transport) => {
  it('behind the change, each ref is told to be changed', async () => {
    const { gitDir, head, proxy, pushed, goOn } = await waiting(transport, 'post-receive');
    proxy.strike('reset');
    const result = await pushed;
    expect(result.code).not.toBe(0);
    expect(result.stderr).toMatch(
      /^(fatal|gitws-ssh): the connection to '[^']+' was lost before the outcome of the push was known: it broke off$/m,
    );
    expect(hintsOf(result).sort()).toEqual([
      `hint: refs/heads/main is at ${head.slice(0, 12)}: the push has changed it`,
      `hint: refs/heads/new is at ${head.slice(0, 12)}: the push has changed it`,
      'hint: refs/heads/topic is not there: the push has changed it',
    ]);
    await goOn();
    expect(await git(['rev-parse', 'new'], { cwd: gitDir })).toBe(head);
  });

  it('before it, each ref is told to be unchanged so far, and the push is carried out', async () => {
    const { gitDir, head, proxy, pushed, goOn } = await waiting(transport, 'pre-receive');
    const old = (ref: string) => git(['rev-parse', ref], { cwd: gitDir });
    const [main, topic] = [await old('main'), await old('topic')];
    proxy.strike('reset');
    expect(hintsOf(await pushed).sort()).toEqual([
      `hint: refs/heads/main is at ${main.slice(0, 12)}: the push has not changed it so far`,
      'hint: refs/heads/new is not there: the push has not changed it so far',
      `hint: refs/heads/topic is at ${topic.slice(0, 12)}: the push has not changed it so far`,
    ]);
    await goOn();
    expect(await old('main')).toBe(head);
  });
});

describe('a push in doubt', () => {
  it('of a delete alone, which has no pack, is told of as well', async () => {
    const { proxy, pushed, goOn } = await waiting(overWs, 'post-receive', [':refs/heads/topic']);
    proxy.strike('reset');
    expect(hintsOf(await pushed)).toEqual([
      'hint: refs/heads/topic is not there: the push has changed it',
    ]);
    await goOn();
  });

  long('whose server is out of reach is told to be in doubt', async () => {
    const { proxy, pushed, goOn } = await waiting(overWs, 'pre-receive', ['main']);
    await proxy.close();
    const result = await pushed;
    expect(result.code).not.toBe(0);
    expect(hintsOf(result)).toEqual([
      'hint: the server does not say what its refs are; ask it later',
    ]);
    await goOn();
  });
});
