/**
 * Makes the sample repository with real git. A half-made one is never seen: it is made under
 * another name and renamed when it is whole.
 */
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runGit } from '../server/git.js';
import { formatFastImport } from './commits.js';
import { sampleBranches, sampleHistory } from './history.js';

/** Answers a push with a line for each ref, so that a visitor sees what a hook says. */
const postReceive = `#!/bin/sh
while read -r old new ref; do
  case $new in
    *[!0]*) echo "Tern Island Light: $ref is now at $(git rev-parse --short "$new")." ;;
    *) echo "Tern Island Light: $ref is gone." ;;
  esac
done
`;

/** What this process is making now: not to be taken for what an earlier one left behind. */
const making = new Set<string>();

/**
 * Makes a bare repository unless there is something at `directory` already, which is never
 * touched. The oids are the same each time.
 *
 * @param directory where it shall be, for example `data/sample.git`.
 * @returns whether it was made now.
 */
export async function makeSample(directory: string): Promise<boolean> {
  if (await exists(directory)) return false;
  const parent = dirname(directory);
  const prefix = `.${basename(directory)}.making-`;
  await mkdir(parent, { recursive: true });
  await removeLeftovers(parent, prefix);
  const temporary = await mkdtemp(join(parent, `${prefix}${process.pid}-`));
  making.add(temporary);
  try {
    await fill(temporary);
    await rename(temporary, directory);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    // Another start was faster: what it made is as good.
    if (await exists(directory)) return false;
    throw error;
  } finally {
    making.delete(temporary);
  }
  return true;
}

async function fill(gitDir: string): Promise<void> {
  await runGit(['init', '-q', '--bare', '--template=', '--initial-branch=main', gitDir]);
  const input = formatFastImport(sampleHistory, sampleBranches);
  await runGit(['fast-import', '--quiet', '--done'], { cwd: gitDir, input });
  await runGit(['repack', '-adq'], { cwd: gitDir });
  await runGit(['pack-refs', '--all'], { cwd: gitDir });
  await writeFile(join(gitDir, 'description'), 'Tern Island Light, a sample\n');
  await mkdir(join(gitDir, 'hooks'), { recursive: true });
  const hook = join(gitDir, 'hooks', 'post-receive');
  await writeFile(hook, postReceive);
  await chmod(hook, 0o755);
}

/** Removes what starts that were interrupted left behind, but nothing of one that still runs. */
async function removeLeftovers(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (!name.startsWith(prefix) || making.has(path)) continue;
    const pid = Number.parseInt(name.slice(prefix.length), 10);
    // Our own number may have been that of an earlier start: in a container it always is.
    if (pid !== process.pid && isRunning(pid)) continue;
    await rm(path, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
