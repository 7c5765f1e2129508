/**
 * What a repository brings to the hooks: which of its own there are and where, as git itself finds
 * them, and whether its file system tells names apart.
 */
import { constants, lstat, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { mayUse, orAbsent } from '../base/system-errors.js';
import { receiveHooks, type ReceiveHook } from './scripts.js';

/** Runs git in a repository that is explicitly the one it is in. @returns its stdout. */
export type AskGit = (gitDir: string, args: readonly string[]) => Promise<Uint8Array>;

/** The hooks of one repository. */
export interface OwnHooks {
  /** Absolute path of their directory, which need not exist. */
  readonly directory: string;
  readonly hooks: ReadonlySet<ReceiveHook>;
}

/**
 * @param gitDir absolute real path of the git directory.
 * @param askGit reads the configuration, in which includes and conditions may stand.
 * @throws the system's error where it cannot be told which there are: a push must not begin then.
 */
export async function findOwnHooks(gitDir: string, askGit: AskGit): Promise<OwnHooks> {
  // core.hooksPath, or else hooks/ of the git directory, or of the one that it is a work tree's of.
  const output = await askGit(gitDir, ['rev-parse', '--git-path', 'hooks']);
  const path = new TextDecoder('utf-8', { fatal: true }).decode(output).replace(/\n$/, '');
  // Relative to where hooks are run (git-config(1)): receive-pack runs them in the git directory.
  const directory = resolve(gitDir, path);
  const hooks = new Set<ReceiveHook>();
  for (const name of receiveHooks) {
    if (await isExecutable(join(directory, name))) hooks.add(name);
  }
  return { directory, hooks };
}

/**
 * Whether another spelling may name the same file. Asked of the file system and not of
 * core.ignoreCase, which is as old as the repository and may have moved with it from another system.
 */
export async function foldsNames(gitDir: string): Promise<boolean> {
  // There are those that tell cases apart, and yet not all forms of a letter.
  if (process.platform === 'darwin' || process.platform === 'win32') return true;
  return (await orAbsent(lstat(join(gitDir, 'hEAD')))) !== undefined;
}

/** As find_hook() in git's hook.c: a file that may not be run is no hook. */
async function isExecutable(path: string): Promise<boolean> {
  if (await mayUse(path, constants.X_OK)) return true;
  // But one in a directory that may not even be looked into is not known to be none.
  await orAbsent(stat(path));
  return false;
}
