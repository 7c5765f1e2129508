/**
 * The packed library in other runtimes than the one that runs the tests, as a stranger has it there:
 * installed by npm, beside isomorphic-git. docs/runtimes.md says what of it works.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { atEnd } from '../helpers/at-end.js';
import { expectSoundRepository, git, gitEnvironment, makeRepository } from '../helpers/git.js';
import { nativeEnvironment } from '../helpers/native.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { installPackage, packPackage, readManifest, run, type Run } from '../package/consumer.js';
import { findRuntimes } from './runtimes.js';

const found = await findRuntimes();

let consumer: string;
let env: NodeJS.ProcessEnv;
let entryPoints: string[];
/** What the entry points export in the Node that runs the tests. */
let exported: Record<string, string[]>;

beforeAll(async () => {
  consumer = await temporaryDirectory();
  const { tarball } = await packPackage(await temporaryDirectory());
  await installPackage(tarball, consumer, ['isomorphic-git']);
  const programs = fileURLToPath(new URL('programs/', import.meta.url));
  await cp(programs, consumer, { recursive: true });
  env = {
    ...gitEnvironment,
    // Bun keeps what it has compiled there, and would make one that is none.
    HOME: await temporaryDirectory(),
    ...{ DENO_DIR: await temporaryDirectory(), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
  };
  const { exports } = (await readManifest()) as unknown as { exports: Record<string, unknown> };
  entryPoints = Object.entries(exports).flatMap(([path, target]) =>
    typeof target === 'object' ? [path.replace(/^\./, 'gitws')] : [],
  );
  exported = namesIn(await run(process.execPath, ['import.mjs', ...entryPoints], consumer, env));
});

const started = new Set<ChildProcess>();

atEnd(async () => {
  for (const child of started) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

/** What a module exports, but for what says only that it, or isomorphic-git, can be required. */
function namesIn({ stdout }: Run): Record<string, string[]> {
  const modules = JSON.parse(stdout) as Record<string, string[]>;
  const all = Object.entries(modules).map(([entry, names]): [string, string[]] => {
    return [entry, names.filter((name) => !['__esModule', 'module.exports'].includes(name))];
  });
  return Object.fromEntries(all);
}

describe.each(found)('the packed library in $runtime.title', ({ runtime, program }) => {
  const inRuntime = it.skipIf(program === undefined);
  const command = [program ?? '', ...runtime.args] as const;

  const runScript = (script: string, ...args: string[]): Promise<Run> =>
    run(command[0], [...command.slice(1), script, ...args], consumer, env);

  /** Starts something that says where it listens. */
  async function startScript(script: string, ...args: string[]) {
    const [name, ...before] = command;
    const child = spawn(name, [...before, script, ...args], {
      ...{ cwd: consumer, env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    started.add(child);
    const exited = once(child, 'exit').then(([code]) => {
      started.delete(child);
      return code as number | null;
    });
    const output = { stdout: '', stderr: '' };
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    for (;;) {
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output.stdout)?.[0];
      if (url !== undefined) return { url, child, exited, output };
      const code = await Promise.race([once(child.stdout, 'data').then(() => undefined), exited]);
      if (code !== undefined) throw new Error(`${script} ended with ${code}: ${output.stderr}`);
    }
  }

  /** Native git clones from a server, and pushes there. */
  async function expectServing(url: string, gitDir: string): Promise<void> {
    const clone = join(await temporaryDirectory(), 'clone');
    const native = await nativeEnvironment();
    await git(['clone', '--quiet', `ws${url.slice('http'.length)}/site.git`, clone], {
      env: native,
    });
    await git(['commit', '--quiet', '--allow-empty', '-m', 'By git'], { cwd: clone });
    await git(['push', '--quiet'], { cwd: clone, env: native });
    expect(await git(['log', '-1', '--format=%s', 'main'], { cwd: gitDir })).toBe('By git');
    // A server that stands still after a push would not answer.
    const remote = await git(['ls-remote', 'origin', 'main'], { cwd: clone, env: native });
    expect(remote).toContain(await git(['rev-parse', 'HEAD'], { cwd: clone }));
    await expectSoundRepository(gitDir);
  }

  async function repository(): Promise<{ root: string; gitDir: string }> {
    const root = await temporaryDirectory();
    return { root, ...(await makeRepository(join(root, 'site.git'))) };
  }

  if (runtime.packages[0].startsWith('node-')) {
    inRuntime('is maintained for as long as docs/runtimes.md says', async () => {
      const code = 'console.log(process.release.lts)';
      const { stdout } = await run(command[0], ['--eval', code], consumer, env);
      expect(stdout.trim()).toBe(`${runtime.lts}`);
    });
  }

  inRuntime('has all entry points, imported and required', async () => {
    expect(exported['gitws/git']).toContain('clone');
    for (const script of ['import.mjs', 'require.cjs']) {
      const result = await runScript(script, ...entryPoints);
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(namesIn(result), script).toEqual(exported);
    }
  });

  inRuntime('clones, commits, pushes and fetches, with the plugin and by itself', async () => {
    const { root, gitDir } = await repository();
    const { url } = await startServer({ root, allowPush: true });
    const folder = join(await temporaryDirectory(), 'clones');
    await mkdir(folder);
    const result = await runScript('client.mjs', `${url}/site.git`, folder);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const { first, second, ...rest } = JSON.parse(result.stdout) as Record<string, unknown>;
    expect(rest).toEqual({ pulled: first, fetched: second, cloned: second, warnings: [] });
    const log = await git(['log', '-2', '--format=%H %s', 'main'], { cwd: gitDir });
    expect(log).toBe(`${String(second)} Add by-own.txt\n${String(first)} Add by-plugin.txt`);
    await expectSoundRepository(gitDir);
    for (const name of ['plugin', 'own', 'bound']) {
      const cwd = join(folder, name);
      await expectSoundRepository(cwd);
      expect(await git(['status', '--porcelain'], { cwd }), name).toBe('');
    }
  });

  inRuntime('serves from a program, which ends when it is told to', async () => {
    const { root, gitDir } = await repository();
    const { url, child, exited, output } = await startScript('server.mjs', root);
    await expectServing(url, gitDir);
    expect(await (await fetch(url)).text()).toBe('a page of the stranger');
    child.stdin.end();
    expect(await exited).toBe(0);
    expect(output.stderr).toBe('');
  });

  inRuntime('serves by the command, which ends at a signal', async () => {
    const { root, gitDir } = await repository();
    const script = 'node_modules/gitws/dist/bin/gitws.js';
    const args = ['serve', root, '--port', '0', '--allow-push', '--log-level', 'warn'];
    const { url, child, exited, output } = await startScript(script, ...args);
    await expectServing(url, gitDir);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(output.stderr).toBe('');
  });
});
