/** What is cloned: a generated repository or a copy of any local one, and what it is like. */
import { spawn } from 'node:child_process';
import { cp, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { generateRepository, type Size } from './generate.js';
import { git, gitEnvironment } from './git.js';

/** A repository to measure with. */
export interface Input {
  readonly name: string;
  /** A bare repository below the servers' root, with this name and `.git`. */
  readonly gitDir: string;
  /** The oid of HEAD. */
  readonly head: string;
  /** The first file in HEAD, by name. */
  readonly file: string;
  readonly shape: InputShape;
}

/** What the time a clone takes depends on. */
export interface InputShape {
  readonly objects: number;
  readonly commits: number;
  /** Objects that are stored as deltas. */
  readonly deltas: number;
  readonly longestChain: number;
  /** Bytes of all objects, not compressed. */
  readonly inflatedBytes: number;
  readonly packBytes: number;
  /** Files in HEAD, and submodules: their directories count as one. */
  readonly files: number;
}

/** @param serverRoot the directory that the servers serve. */
export async function generatedInput(root: string, size: Size, serverRoot: string): Promise<Input> {
  const gitDir = join(serverRoot, `${size}.git`);
  await cp(await generateRepository(root, size), gitDir, { recursive: true });
  return describe(size, gitDir);
}

/** @param path any repository of this machine; nothing but a copy of it is touched. */
export async function localInput(path: string, serverRoot: string): Promise<Input> {
  const name = basename(resolve(path)).replace(/\.git$/, '');
  const gitDir = join(serverRoot, `${name}.git`);
  await git(['clone', '--quiet', '--bare', `file://${resolve(path)}`, gitDir]);
  // As a server's maintenance leaves it: one pack, with a bitmap.
  await git(['--git-dir', gitDir, 'repack', '-a', '-d', '-q']);
  return describe(name, gitDir);
}

async function describe(name: string, gitDir: string): Promise<Input> {
  await git(['--git-dir', gitDir, 'config', 'uploadpack.allowFilter', 'true']);
  const head = await git(['--git-dir', gitDir, 'rev-parse', 'HEAD']);
  const tree = await git(['--git-dir', gitDir, 'ls-tree', '-r', '--name-only', 'HEAD']);
  const paths = tree === '' ? [] : tree.split('\n');
  const shape = { ...(await countObjects(gitDir)), packBytes: await packBytes(gitDir) };
  const [file = ''] = paths;
  return { name, gitDir, head, file, shape: { ...shape, files: paths.length } };
}

async function packBytes(gitDir: string): Promise<number> {
  const folder = join(gitDir, 'objects/pack');
  const packs = (await readdir(folder)).filter((file) => file.endsWith('.pack'));
  const stats = await Promise.all(packs.map((file) => stat(join(folder, file))));
  return stats.reduce((sum, { size }) => sum + size, 0);
}

async function countObjects(gitDir: string): Promise<Omit<InputShape, 'packBytes' | 'files'>> {
  const format = '%(objecttype) %(objectsize) %(objectname) %(deltabase)';
  const child = spawn(
    'git',
    ['--git-dir', gitDir, 'cat-file', '--batch-all-objects', `--batch-check=${format}`],
    { env: gitEnvironment, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const none = '0'.repeat(40);
  const bases = new Map<string, string>();
  let inflatedBytes = 0;
  let objects = 0;
  let commits = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [type, size, oid = '', base = none] = line.split(' ');
    objects += 1;
    inflatedBytes += Number(size);
    if (type === 'commit') commits += 1;
    if (base !== none) bases.set(oid, base);
  }
  return { objects, commits, deltas: bases.size, longestChain: longestChain(bases), inflatedBytes };
}

function longestChain(bases: ReadonlyMap<string, string>): number {
  const depths = new Map<string, number>();
  for (const start of bases.keys()) {
    const chain: string[] = [];
    let oid: string | undefined = start;
    while (oid !== undefined && bases.has(oid) && !depths.has(oid)) {
      chain.push(oid);
      oid = bases.get(oid);
    }
    let depth = (oid === undefined ? undefined : depths.get(oid)) ?? 0;
    for (const link of chain.reverse()) {
      depth += 1;
      depths.set(link, depth);
    }
  }
  return Math.max(0, ...new Set(depths.values()));
}
