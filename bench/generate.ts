/** Makes a repository of a generated history, or finds the one that an earlier run made. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { git, gitEnvironment } from './git.js';
import { History, type HistoryOptions } from './history.js';

/** Sizes that can be asked for by name. */
export const sizes = {
  /** For correctness only. */
  tiny: { commits: 60, files: 40, seed: 7 },
  /** Like a small library: about 8,000 objects. */
  small: { commits: 1_300, files: 160, seed: 7 },
  /** Like an application of some years: about 55,000 objects. */
  medium: { commits: 9_500, files: 2_600, seed: 7 },
  /** Like git itself: about 300,000 objects. Takes minutes to make. */
  large: { commits: 50_000, files: 4_000, seed: 7 },
} as const satisfies Record<string, HistoryOptions>;

export type Size = keyof typeof sizes;

/**
 * @param root the project's directory: what was made is kept in `bench/repositories/` there, where
 *   `npm start`, which serves `data/`, does not list it.
 * @returns path of a bare repository with one pack, deltas of a depth up to 50 as servers have.
 */
export async function generateRepository(root: string, size: Size): Promise<string> {
  const sources = await Promise.all(
    ['history.ts', 'generate.ts'].map((name) => readFile(join(root, 'bench', name))),
  );
  const hash = createHash('sha256').update(Buffer.concat(sources)).digest('hex').slice(0, 12);
  const kept = join(root, 'bench/repositories');
  const directory = join(kept, `${size}-${hash}.git`);
  if (existsSync(directory)) return directory;
  const unfinished = join(kept, `unfinished-${process.pid}.git`);
  await mkdir(kept, { recursive: true });
  try {
    await importHistory(unfinished, sizes[size]);
    await git(['--git-dir', unfinished, 'repack', '-a', '-d', '-f', '-q', '--depth=50']);
    await rename(unfinished, directory);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return directory;
}

async function importHistory(gitDir: string, options: HistoryOptions): Promise<void> {
  await git(['init', '--quiet', '--bare', '--initial-branch=main', gitDir]);
  // repack finds better deltas than fast-import could, so that none are looked for here.
  const args = ['-c', 'pack.compression=1', '-c', 'fastimport.unpackLimit=0', 'fast-import'];
  const child = spawn('git', ['--git-dir', gitDir, ...args, '--quiet', '--done', '--depth=0'], {
    env: gitEnvironment,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(child, 'close');
  child.stdin.on('error', () => undefined);
  for (const piece of new History(options).pieces()) {
    if (child.exitCode !== null) break;
    if (!child.stdin.write(piece)) {
      await Promise.race([once(child.stdin, 'drain').catch(() => ended), ended]);
    }
  }
  child.stdin.end();
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`git fast-import ended with ${String(code)}`);
}
