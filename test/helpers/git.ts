/**
 * Real git for the tests: the oracle that every result is held against. Tests import all that
 * has to do with git from here: running it, checking a repository, making a sample of one.
 */
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gitStatus } from './run-git.js';

export { git, gitBytes, gitEnvironment, gitStatus } from './run-git.js';
export type { GitOptions, GitResult } from './run-git.js';
export { firstCommitTime, makeRepository } from './sample-repository.js';
export type { SampleOptions } from './sample-repository.js';

/** How long git may tidy up a repository of a test, in milliseconds. */
const maintenanceTime = 30_000;

/** What repositories were when they were found to be sound. */
const foundSound = new Map<string, string>();

/**
 * Throws unless a repository is whole and at rest: `git fsck --strict` has nothing to say, and no
 * lock, quarantine or half-written pack was left behind. (fsck does not look for the latter, and
 * a left refs/heads/x.lock refuses every later push to x.) One of which no file
 * has changed since it was sound still is.
 *
 * @param directory a bare repository, a `.git` directory, or a work tree with one in it.
 */
export async function expectSoundRepository(directory: string): Promise<void> {
  const gitDir = await findGitDirectory(directory);
  const list = (): Promise<string[]> => readdir(gitDir, { recursive: true });
  const found = await list();
  const facts = await factsOf(gitDir, found);
  if (foundSound.get(gitDir) === facts) return;
  const { code, stdout, stderr } = await gitStatus(
    [
      `--git-dir=${gitDir}`,
      ...withoutNeedlessChecks(found),
      'fsck',
      '--strict',
      '--full',
      '--no-dangling',
      '--no-progress',
    ],
    // The directory may be somebody else's in a test of ownership; fsck is to read it all the same.
    { env: { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' } },
  );
  // An empty repository makes fsck give notices (no refs, an unborn HEAD), which are no faults.
  const complaints = `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('notice: '));
  if (code !== 0) complaints.unshift(`git fsck ended with ${code}`);
  for (const path of await leftovers(list)) complaints.push(`left behind: ${path}`);
  if (complaints.length > 0) {
    throw new Error(`${gitDir} is not sound:\n${complaints.join('\n')}`);
  }
  // Of what it borrows elsewhere, nothing is known.
  if (!found.includes('objects/info/alternates')) foundSound.set(gitDir, facts);
}

/**
 * Waits while git tidies up: receive-pack starts `git maintenance run --auto` once it has reported,
 * so a client may know of its push before that has ended.
 */
async function leftovers(list: () => Promise<string[]>): Promise<string[]> {
  const end = Date.now() + maintenanceTime;
  for (;;) {
    const found = (await list()).filter(isLeftover);
    if (!found.includes('objects/maintenance.lock') || Date.now() > end) return found;
    await setTimeout(20);
  }
}

/** Changes with every file that is written, made, replaced or removed. */
async function factsOf(gitDir: string, paths: readonly string[]): Promise<string> {
  const facts = paths.map(async (path) => {
    const { ino, size, mtimeNs, ctimeNs } = await lstat(join(gitDir, path), { bigint: true });
    return [path, ino, size, mtimeNs, ctimeNs].join(' ');
  });
  // What goes away meanwhile was there: it is not as it was.
  return (await Promise.all(facts.map((one) => one.catch(() => '')))).join('\n');
}

/** fsck starts two more processes to check files that are hardly ever there. */
function withoutNeedlessChecks(paths: readonly string[]): string[] {
  const settings: string[] = [];
  if (!paths.some((path) => /\bcommit-graphs?\b/.test(path))) settings.push('core.commitGraph');
  if (!paths.some((path) => path.includes('multi-pack-index')))
    settings.push('core.multiPackIndex');
  return settings.flatMap((name) => ['-c', `${name}=false`]);
}

// No ref may end in .lock (git check-ref-format), so a file of that name is always a lock.
function isLeftover(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.endsWith('.lock') || /^(tmp_(objdir|pack|idx|rev|obj)[_-]|incoming-)/.test(name);
}

async function findGitDirectory(directory: string): Promise<string> {
  const inside = join(directory, '.git');
  const isWorkTree = await stat(inside).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isWorkTree ? inside : directory;
}
