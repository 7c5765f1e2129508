/** Where and with what figures were measured: without it they mean nothing. */
import { readFile } from 'node:fs/promises';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { version as isomorphicGit } from 'isomorphic-git';
import { git } from './git.js';

/** What figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** In bytes. */
  readonly memory: number;
  readonly system: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** @param chromium its version, where there is one. */
export async function describeMachine(
  root: string,
  chromium: string | undefined,
): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
    system: `${type()} ${release()} ${arch()}`,
    versions: {
      gitws: await ownVersion(root),
      node: process.version,
      git: (await git(['--version'])).replace('git version ', ''),
      ...(chromium === undefined ? {} : { chromium }),
      'isomorphic-git': isomorphicGit(),
      '@isomorphic-git/lightning-fs': await packageVersion(root, '@isomorphic-git/lightning-fs'),
      'wasm-git': await packageVersion(root, 'wasm-git'),
    },
  };
}

/** Load of the last minute: of other work, where it is asked for before anything was measured. */
export function load(): number {
  return loadavg()[0] ?? 0;
}

async function packageVersion(root: string, name: string): Promise<string> {
  return versionIn(join(root, 'node_modules', name, 'package.json'));
}

async function ownVersion(root: string): Promise<string> {
  const version = await versionIn(join(root, 'package.json'));
  const commit = await git(['-C', root, 'describe', '--always', '--dirty']).catch(() => 'unknown');
  return `${version} (${commit})`;
}

async function versionIn(path: string): Promise<string> {
  const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
  return version;
}
