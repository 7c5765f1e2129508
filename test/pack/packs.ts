/** Packs for the tests: those written by hand (entries.ts), those made by git, and git's judgement. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git, gitBytes, gitStatus } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

export * from './entries.js';

/** @returns what `git index-pack` writes for a pack, or undefined if it refuses it. */
export async function gitIndex(pack: Uint8Array): Promise<Buffer | undefined> {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, 'x.pack'), pack);
  const { code } = await gitStatus(['index-pack', '--threads=1', 'x.pack'], { cwd: directory });
  return code === 0 ? readFile(join(directory, 'x.idx')) : undefined;
}

/** @returns whether git finds every object of a pack by an index, and all of them whole. */
export async function gitVerifies(pack: Uint8Array, idx: Uint8Array): Promise<boolean> {
  const cwd = await temporaryDirectory();
  await git(['init', '-q', '--bare'], { cwd });
  await writeFile(join(cwd, 'objects/pack/pack-x.pack'), pack);
  await writeFile(join(cwd, 'objects/pack/pack-x.idx'), idx);
  const { code, stderr } = await gitStatus(['fsck', '--full', '--no-dangling'], { cwd });
  return code === 0 && !stderr.includes('error');
}

/** @returns a pack of everything in a repository. @param args of `git pack-objects`. */
export function packAll(gitDir: string, args: readonly string[] = []): Promise<Uint8Array> {
  return gitBytes(
    ['-c', 'pack.allowPackReuse=false', 'pack-objects', '--all', '--stdout', '-q', ...args],
    {
      cwd: gitDir,
      input: '',
    },
  );
}
