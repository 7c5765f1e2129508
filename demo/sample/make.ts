/**
 * Makes the sample repository with real git, of what lies beside this file. A half-made one is never
 * seen: it is made under another name and renamed when it is whole.
 */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runGit } from '../server/git.js';

/** What lies beside this file, or beside what the build makes of it. */
const beside = (path: string): URL => new URL(path, import.meta.url);

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
  const template = `--template=${fileURLToPath(beside('template'))}`;
  await runGit(['init', '-q', '--bare', template, '--initial-branch=main', gitDir]);
  await runGit(['fast-import', '--quiet'], { cwd: gitDir, input: await readHistory() });
  await runGit(['repack', '-adq'], { cwd: gitDir });
  await runGit(['pack-refs', '--all'], { cwd: gitDir });
}

/** @returns input for `git fast-import`: the history, with the files that it names. */
async function readHistory(): Promise<Uint8Array> {
  const text = await readFile(beside('history.fast-import'), 'utf8');
  const parts = text.split(/^data <(files\/.+)\n/m).map(async (part, index) => {
    // Every other one is a name.
    if (index % 2 === 0) return Buffer.from(part);
    const content = await readFile(beside(part));
    return Buffer.concat([Buffer.from(`data ${content.length}\n`), content, Buffer.from('\n')]);
  });
  return Buffer.concat(await Promise.all(parts));
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
