/** What tests of bundles stand on: a remote that went on since its bundle was made, and a host of files. */
import * as fs from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import git, { type CloneArguments } from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, makeRepository } from '../helpers/git.js';
import { startProxy, type Proxy } from '../helpers/proxy.js';
import { startServer } from '../helpers/server.js';
import { startStaticHost, type StaticHost } from '../helpers/static-host.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { commitUpstream } from './commit-upstream.js';
import { stateOf, type RepositoryState } from './state.js';

/** See the file's own words. */
export interface BundleGround {
  readonly root: string;
  readonly bare: string;
  readonly proxy: Proxy;
  /** Of the remote, through the proxy. */
  readonly url: string;
  readonly host: StaticHost;
  /** What a plain clone is like. */
  readonly plain: RepositoryState;
  /** Bytes that the server sends in one. */
  readonly whole: number;
  readonly remote: (...args: string[]) => Promise<string>;
  /** Makes a bundle and puts it on the host. */
  bundle(path: string, args: readonly string[]): Promise<Buffer>;
}

/**
 * Makes it: `/all.bundle` has what there was before the last commit.
 *
 * @param origins of pages that may clone.
 */
export async function makeBundleGround(origins: readonly string[] = []): Promise<BundleGround> {
  const root = await temporaryDirectory();
  const bare = join(root, 'site.git');
  const bigBlobs = { count: 4, bytes: 100_000 };
  await makeRepository(bare, { commits: 24, files: 8, bigBlobs });
  const remote = (...args: string[]) => realGit(['--git-dir', bare, ...args]);
  await remote('tag', '-a', '-m', 'Old', 'old', 'main~6');
  await remote('branch', 'feature/deep', 'main~3');
  const proxy = await startProxy((await startServer({ root, origins: [...origins] })).url);
  const host = await startStaticHost();
  const bundle = async (path: string, args: readonly string[]): Promise<Buffer> => {
    const file = join(root, `${Math.random()}.bundle`);
    const isVersion = (arg: string) => arg.startsWith('--version=');
    const version = args.filter(isVersion);
    const others = args.filter((arg) => !isVersion(arg));
    await remote('bundle', 'create', '-q', ...version, file, ...others);
    const bytes = await readFile(file);
    host.files.set(path, bytes);
    return bytes;
  };
  await bundle('/all.bundle', ['--branches', '--tags']);
  const tip = await commitUpstream(bare, await remote('rev-parse', 'main'));
  await remote('update-ref', 'refs/heads/main', tip);
  const url = `${proxy.url}/site.git`;
  const dir = await temporaryDirectory();
  await git.clone({ fs, dir, url });
  const whole = downOf(proxy);
  return { root, bare, proxy, url, host, plain: await stateOf(dir), whole, remote, bundle };
}

/** Bytes that the server has sent so far. */
export function downOf({ connections }: Proxy): number {
  return connections.reduce((sum, { down }) => sum + down, 0);
}

/** One clone, judged by git. */
export interface Cloned {
  readonly dir: string;
  /** Bytes that the server has sent. */
  readonly down: number;
  readonly warnings: readonly string[];
  /** What lies below `refs/bundles/`. */
  readonly kept: readonly string[];
}

/** Clones, and expects what a plain clone has, and nothing else but `refs/bundles/`. */
export async function cloneBundled(
  ground: BundleGround,
  own: Partial<CloneArguments>,
): Promise<Cloned> {
  const { proxy, url, plain } = ground;
  const dir = join(await temporaryDirectory(), 'clone');
  const before = downOf(proxy);
  const warnings: string[] = [];
  const onMessage = (message: string) => {
    if (message.startsWith('warning: ')) warnings.push(message);
  };
  await git.clone({ fs, dir, url, onMessage, ...own });
  const down = downOf(proxy) - before;
  const state = await stateOf(dir);
  const isKept = (line: string) => line.startsWith('refs/bundles/');
  expect({ ...state, refs: state.refs.filter((line) => !isKept(line)) }).toEqual(plain);
  await expectSoundRepository(join(dir, '.git'));
  expect(await realGit(['fsck', '--strict', '--full'], { cwd: dir })).not.toMatch(/error|missing/);
  const names = await readdir(join(dir, '.git', 'objects', 'pack'));
  expect(names.filter((name) => name.startsWith('tmp_'))).toEqual([]);
  expect(await readdir(join(dir, '.git'))).not.toContain('gitws-clone');
  return { dir, down, warnings, kept: state.refs.filter(isKept) };
}
