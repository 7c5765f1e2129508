/** Packs for a push, by git and by ours, from one repository, and what is in them. */
import { mkdtemp, writeFile, mkdir } from 'node:fs/promises';
import * as nodeFs from 'node:fs';
import { join } from 'node:path';
import { Pace } from '../../src/pack/index/pace.js';
import { Commits } from '../../src/repository/commits.js';
import { readShallow } from '../../src/repository/shallow-file.js';
import { promisesOf } from '../../src/storage/file-system.js';
import { findObjectsToSend } from '../../src/repository/objects-to-send.js';
import { PackToSend } from '../../src/repository/pack-to-send.js';
import { StoredObjects } from '../../src/repository/stored-objects.js';
import { git, gitBytes, gitStatus } from './git.js';
import { temporaryDirectory } from './temp.js';

/** What a push would send. */
export interface SentPack {
  readonly bytes: Uint8Array;
  /** Oids, without those that the remote has. */
  readonly objects: ReadonlySet<string>;
}

/** How ours is made. */
export interface OwnPackOptions {
  readonly thin?: boolean;
  readonly ofsDelta?: boolean;
  readonly fs?: object;
}

/** @param gitDir of a bare repository, or a `.git` directory. */
export async function nativePack(
  gitDir: string,
  tips: readonly string[],
  haves: readonly string[],
): Promise<SentPack> {
  const input = [...haves.map((oid) => `^${oid}`), ...tips].map((line) => `${line}\n`).join('');
  // As send-pack calls it.
  const options = ['--all-progress-implied', '--revs', '--stdout', '--thin', '--delta-base-offset'];
  // Bitmaps are of bare repositories; nobody pushes out of those.
  const bytes = await gitBytes(
    [`--git-dir=${gitDir}`, 'pack-objects', '-q', '--no-use-bitmap-index', ...options],
    {
      input,
    },
  );
  return { bytes, objects: await oidsOf(bytes, gitDir) };
}

/** The same by ours. */
export async function ownPack(
  gitDir: string,
  tips: readonly string[],
  haves: readonly string[],
  { thin = true, ofsDelta = true, fs = nodeFs }: OwnPackOptions = {},
): Promise<SentPack> {
  const pace = new Pace(8);
  const stored = new StoredObjects(fs, gitDir, { pace, blobs: true });
  try {
    const commits = new Commits(stored, await readShallow(promisesOf(fs), gitDir));
    const found = await findObjectsToSend(stored, commits, {
      ...{ tips, haves, remoteShallow: new Set<string>() },
    });
    const pack = await PackToSend.of(found, stored, { thin, ofsDelta, pace });
    const pieces: Uint8Array[] = [];
    for await (const piece of pack.pieces()) pieces.push(piece.slice());
    return {
      bytes: Buffer.concat(pieces),
      objects: new Set(found.objects.map(({ oid }) => oid)),
    };
  } finally {
    pace.close();
    await stored.close();
  }
}

/**
 * Gives a pack to a repository that has the objects of the haves alone, and looks whether all is there.
 *
 * @throws Error where git does not take it, or misses something then.
 */
export async function expectTaken(
  gitDir: string,
  { bytes }: SentPack,
  tips: readonly string[],
  haves: readonly string[],
): Promise<void> {
  const scratch = await mkdtemp(join(await temporaryDirectory(), 'taken-'));
  await git(['init', '-q', '--bare', scratch]);
  if (haves.length > 0) {
    const before = await gitBytes(
      [`--git-dir=${gitDir}`, 'pack-objects', '-q', '--revs', '--stdout'],
      {
        input: haves.map((oid) => `${oid}\n`).join(''),
      },
    );
    await git(['index-pack', '--stdin'], { cwd: scratch, input: before });
  }
  await git(['index-pack', '--stdin', '--fix-thin', '--strict'], { cwd: scratch, input: bytes });
  const { code, stderr } = await gitStatus(['rev-list', '--objects', '--quiet', ...tips], {
    cwd: scratch,
  });
  if (code !== 0) throw new Error(`Not all is there: ${stderr}`);
  await git(['fsck', '--strict', '--full', '--no-dangling'], { cwd: scratch });
}

/** @returns the oids in a pack, of which a thin one is completed out of a repository. */
async function oidsOf(bytes: Uint8Array, gitDir: string): Promise<ReadonlySet<string>> {
  const scratch = await mkdtemp(join(await temporaryDirectory(), 'listed-'));
  await git(['init', '-q', '--bare', scratch]);
  await mkdir(join(scratch, 'objects/info'), { recursive: true });
  await writeFile(join(scratch, 'objects/info/alternates'), `${gitDir}/objects\n`);
  const said = await git(['index-pack', '--stdin', '--fix-thin'], { cwd: scratch, input: bytes });
  const [, name = ''] = said.split('\t');
  const index = await nodeFs.promises.readFile(join(scratch, `objects/pack/pack-${name}.idx`));
  const lines = (await git(['show-index'], { cwd: scratch, input: index })).split('\n');
  const entries = lines
    .map((line) => line.split(' '))
    .map(([offset = '', oid = '']) => ({ offset: Number(offset), oid }))
    .sort((one, other) => one.offset - other.offset);
  // Bases that complete it come last.
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8);
  return new Set(entries.slice(0, count).map(({ oid }) => oid));
}
