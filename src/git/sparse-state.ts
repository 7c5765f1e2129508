/**
 * What a repository says of its sparse checkout, read and written as git does it (git-sparse-checkout(1)):
 * the folders in `info/sparse-checkout`, and whether they count in `config.worktree`.
 */
import * as isomorphicGit from 'isomorphic-git';
import { GitWsError } from '../base/errors.js';
import {
  callsOf,
  fileSystemCommands,
  isMissing,
  makeDirectory,
  promisesOf,
} from '../storage/file-system.js';
import { holdFile } from '../storage/lock-file.js';
import { Cone } from '../worktree/cone.js';
import { isYes, readConfig, setConfig, type ConfigAt } from './config.js';

/** @param at with the git directory itself. @returns whether the checkout is sparse. @throws what `fs` throws. */
export async function isSparse(at: ConfigAt): Promise<boolean> {
  return isYes(await readSetting(at, 'core.sparseCheckout'));
}

/**
 * @param at with the git directory itself.
 * @returns what is in the working tree; undefined where that is all.
 * @throws GitWsError UNSUPPORTED_SPARSE_CHECKOUT where patterns say what, and not cone mode's; what `fs` throws.
 */
export async function readCone(at: ConfigAt): Promise<Cone | undefined> {
  if (!(await isSparse(at))) return undefined;
  const bytes = await promisesOf(at.fs).readFile(fileOf(at)).catch(isMissing);
  // As in git: without the file all is there.
  if (bytes === false || bytes === undefined) return undefined;
  const setting = await readSetting(at, 'core.sparseCheckoutCone');
  const cone =
    setting === undefined || isYes(setting) ? Cone.parse(bytes as Uint8Array) : undefined;
  if (cone !== undefined) return cone;
  const message =
    'The sparse checkout of this repository is made of patterns that are not cone mode’s. ' +
    'Turn it off, or have git set it with --cone.';
  throw new GitWsError('UNSUPPORTED_SPARSE_CHECKOUT', message);
}

/**
 * Writes which folders there are, and that they count.
 *
 * @param at with the git directory itself.
 * @throws GitWsError INDEX_LOCKED while another program writes them, FILE_SYSTEM_FAILED; what `fs` throws.
 */
export async function writeCone(at: ConfigAt, cone: Cone): Promise<void> {
  const fs = promisesOf(at.fs);
  await makeDirectory(fs, `${at.gitdir}/info`);
  await holdFile(fs, fileOf(at), locked, (held) => held.replace(cone.format()));
  await writeSettings(at, { 'core.sparseCheckoutCone': 'true', 'core.sparseCheckout': 'true' });
}

/**
 * Writes that the checkout is not sparse; which folders it had stays written, as in git.
 *
 * @param at with the git directory itself.
 * @throws GitWsError FILE_SYSTEM_FAILED; what `fs` throws.
 */
export async function writeNoCone(at: ConfigAt): Promise<void> {
  await writeSettings(at, {
    'core.sparseCheckoutCone': 'false',
    'core.sparseCheckout': 'false',
    'index.sparse': 'false',
  });
}

function fileOf({ gitdir }: ConfigAt): string {
  return `${gitdir}/info/sparse-checkout`;
}

async function readSetting(at: ConfigAt, path: string): Promise<string | undefined> {
  const general = await asText(at, path);
  return (await hasOwnConfig(at)) ? ((await asText(ofWorktree(at), path)) ?? general) : general;
}

/** isomorphic-git makes true and false of some. */
async function asText(at: ConfigAt, path: string): Promise<string | undefined> {
  const value = (await isomorphicGit.getConfig({ ...at, path })) as unknown;
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' ? String(value) : undefined;
}

async function hasOwnConfig(at: ConfigAt): Promise<boolean> {
  return isYes(await asText(at, 'extensions.worktreeConfig'));
}

/** What counts is written last: until then `config.worktree` is not read (git's `init_worktree_config`). */
async function writeSettings(at: ConfigAt, settings: Record<string, string>): Promise<void> {
  const own = ofWorktree(at);
  for (const [path, value] of Object.entries(settings)) {
    if ((await asText(own, path)) !== value) await setConfig(own, path, value);
  }
  if (await hasOwnConfig(at)) return;
  // A submodule's: it would be every worktree's.
  const worktree = await readConfig(at, 'core.worktree');
  if (worktree !== undefined) await setConfig(own, 'core.worktree', worktree);
  await setConfig(at, 'extensions.worktreeConfig', 'true');
  if (worktree !== undefined) {
    await isomorphicGit.setConfig({ ...at, path: 'core.worktree', value: undefined });
  }
}

/** @returns where isomorphic-git, which knows `config` alone, reads and writes `config.worktree`. */
function ofWorktree({ fs, gitdir }: ConfigAt): ConfigAt {
  const [from, to] = [`${gitdir}/config`, `${gitdir}/config.worktree`];
  const calls = Object.entries(callsOf(fs, fileSystemCommands)).map(([name, call]) => [
    name,
    (path: unknown, ...rest: unknown[]) => call(path === from ? to : path, ...rest),
  ]);
  return { fs: { promises: Object.fromEntries(calls) as never }, gitdir };
}

function locked(path: string): GitWsError {
  const message =
    'Another program is changing the sparse checkout, or was interrupted while it did: in the latter ' +
    `case remove ${path}.`;
  return new GitWsError('INDEX_LOCKED', message, { data: { path } });
}
