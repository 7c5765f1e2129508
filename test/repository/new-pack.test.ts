/** How a pack gets into a repository, and that nothing of it is there when it did not. */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NewPack } from '../../src/repository/new-pack.js';
import { FaultyFs, full, type Fault, type Shape } from '../helpers/faulty-fs.js';
import { temporaryDirectory } from '../helpers/temp.js';

const shapes: readonly Shape[] = ['open files', 'whole files', 'whole files, no renaming'];
const checksum = '5'.repeat(40);
const bytes = Buffer.alloc(3000, 'pack');
const idx = Buffer.alloc(500, 'index');
const noRoom = { code: 'QUOTA', cause: full };
const packName = `pack-${checksum}.pack`;
const idxName = `pack-${checksum}.idx`;

/** Brings a pack into a repository, as whoever indexed it would. */
async function bring(fs: object, gitdir: string): Promise<void> {
  const pack = await NewPack.begin(fs, gitdir);
  const whole = { checksum, objects: 1, deltas: 0, completedWith: 0, bytes: bytes.length, idx };
  try {
    await pack.sink?.write(new Uint8Array(bytes.subarray(0, 1000)), 0);
    await pack.sink?.write(new Uint8Array(bytes.subarray(1000)), 1000);
  } catch (error) {
    await pack.discard();
    throw error;
  }
  await pack.finish(pack.sink === undefined ? { ...whole, pack: new Uint8Array(bytes) } : whole);
}

const namesIn = async (gitdir: string): Promise<string[]> =>
  (await readdir(join(gitdir, 'objects/pack'))).sort();

describe.each(shapes)('through a file system with %s', (shape) => {
  it('a pack and its index are there, and nothing else', async () => {
    const gitdir = await temporaryDirectory();
    await bring(new FaultyFs(shape), gitdir);
    expect(await namesIn(gitdir)).toEqual([idxName, packName]);
    expect(await readFile(join(gitdir, 'objects/pack', packName))).toEqual(bytes);
    expect(await readFile(join(gitdir, 'objects/pack', idxName))).toEqual(idx);
  });

  it('nothing is called an index of a pack before it is one', async () => {
    const gitdir = await temporaryDirectory();
    const fs = new FaultyFs(shape);
    await bring(fs, gitdir);
    // isomorphic-git and git read every file of that name, one that a killed page has left as well.
    expect(fs.written.filter((path) => path.endsWith('.idx'))).toEqual(
      shape === 'whole files, no renaming' ? [`${gitdir}/objects/pack/${idxName}`] : [],
    );
  });

  it('a pack that is there already stays, whatever fails when it comes again', async () => {
    const gitdir = await temporaryDirectory();
    await bring(new FaultyFs(shape), gitdir);
    const there = new FaultyFs(shape, { call: 'rename', path: /pack-5+\.(pack|idx)$/ });
    await bring(there, gitdir);
    expect(there.written.filter((path) => path.endsWith('.idx'))).toEqual([]);
    expect(await namesIn(gitdir)).toEqual([idxName, packName]);
    expect(await readFile(join(gitdir, 'objects/pack', packName))).toEqual(bytes);
  });

  it('a pack without its index, left by a crash, is replaced', async () => {
    const gitdir = await temporaryDirectory();
    await (await NewPack.begin(new FaultyFs(shape), gitdir)).discard();
    await writeFile(join(gitdir, 'objects/pack', packName), 'half');
    await bring(new FaultyFs(shape), gitdir);
    expect(await readFile(join(gitdir, 'objects/pack', packName))).toEqual(bytes);
  });
});

const faults: readonly (readonly [shape: Shape, ...faults: Fault[]])[] = [
  [
    'open files',
    { call: 'open', path: /tmp_pack_[0-9a-f]+$/ },
    { call: 'write', path: /tmp_pack_[0-9a-f]+$/ },
    { call: 'write', path: /tmp_pack_[0-9a-f]+$/, after: 1 },
    { call: 'sync', path: /tmp_pack_[0-9a-f]+$/ },
    { call: 'close', path: /tmp_pack_[0-9a-f]+$/ },
    { call: 'rename', path: /\.pack$/ },
    { call: 'open', path: /tmp_idx_[0-9a-f]+$/ },
    { call: 'write', path: /tmp_idx_[0-9a-f]+$/ },
    { call: 'sync', path: /tmp_idx_[0-9a-f]+$/ },
    { call: 'close', path: /tmp_idx_[0-9a-f]+$/ },
    { call: 'rename', path: /\.idx$/ },
  ],
  [
    'whole files',
    { call: 'writeFile', path: /tmp_pack_[0-9a-f]+$/ },
    { call: 'rename', path: /\.pack$/ },
    { call: 'writeFile', path: /tmp_idx_[0-9a-f]+$/ },
    { call: 'rename', path: /\.idx$/ },
  ],
  [
    'whole files, no renaming',
    { call: 'writeFile', path: /\.pack$/ },
    { call: 'writeFile', path: /\.idx$/ },
  ],
];

describe('nothing of a pack is left, and it can come again, when the file system fails to', () => {
  const cases = faults.flatMap(([shape, ...each]) =>
    each.map((fault) => [fault.call, String(fault.path), shape, fault] as const),
  );
  it.each(cases)('%s %s (%s)', async (_call, _path, shape, fault) => {
    const gitdir = await temporaryDirectory();
    await expect(bring(new FaultyFs(shape, fault), gitdir)).rejects.toMatchObject(noRoom);
    expect(await namesIn(gitdir)).toEqual([]);
    await bring(new FaultyFs(shape), gitdir);
    expect(await namesIn(gitdir)).toEqual([idxName, packName]);
  });

  it('make the directories', async () => {
    const fs = new FaultyFs('whole files', { call: 'mkdir', path: /pack$/ });
    await expect(bring(fs, await temporaryDirectory())).rejects.toMatchObject(noRoom);
  });

  it('take callbacks, and renames or not', async () => {
    for (const shape of ['whole files', 'whole files, no renaming'] as const) {
      const gitdir = await temporaryDirectory();
      const faulty = new FaultyFs(shape, { call: 'writeFile', path: /(tmp_idx_[0-9a-f]+|\.idx)$/ });
      await expect(bring(callbacksOf(faulty), gitdir)).rejects.toMatchObject(noRoom);
      expect(await namesIn(gitdir)).toEqual([]);
      await bring(callbacksOf(new FaultyFs(shape)), gitdir);
      expect(await namesIn(gitdir)).toEqual([idxName, packName]);
    }
  });
});

describe('a pack that the file system only says it has written', () => {
  const lie = async (shape: Shape, call: string, path: RegExp): Promise<void> => {
    const gitdir = await temporaryDirectory();
    const fs = new FaultyFs(shape);
    const honest = fs.promises[call] as (...args: unknown[]) => Promise<unknown>;
    fs.promises[call] = async (...args: unknown[]): Promise<unknown> => {
      if (!path.test(String(args[call === 'rename' ? 1 : 0]))) return honest(...args);
      if (call === 'open')
        return { ...((await honest(...args)) as object), write: () => ({ bytesWritten: 0 }) };
      if (call === 'writeFile') await honest(args[0], (args[1] as Uint8Array).subarray(0, 7));
      return undefined;
    };
    await expect(bring(fs, gitdir)).rejects.toMatchObject({ code: 'FILE_SYSTEM_FAILED' });
    expect(await namesIn(gitdir)).toEqual([]);
  };

  it.each<[Shape, string, RegExp]>([
    ['whole files', 'writeFile', /tmp_pack_[0-9a-f]+$/],
    ['whole files', 'writeFile', /tmp_idx_[0-9a-f]+$/],
    ['whole files', 'rename', /\.pack$/],
    ['whole files', 'rename', /\.idx$/],
    ['whole files, no renaming', 'writeFile', /\.pack$/],
    ['whole files, no renaming', 'writeFile', /\.idx$/],
    ['open files', 'open', /tmp_pack_[0-9a-f]+$/],
    ['open files', 'open', /tmp_idx_[0-9a-f]+$/],
  ])('is not there, and an error (%s, %s %s)', lie);

  it('is replaced where half of it is there under its name, index and all', async () => {
    const gitdir = await temporaryDirectory();
    await bring(new FaultyFs('whole files'), gitdir);
    await writeFile(join(gitdir, 'objects/pack', packName), bytes.subarray(0, 1000));
    await bring(new FaultyFs('whole files'), gitdir);
    expect(await readFile(join(gitdir, 'objects/pack', packName))).toEqual(bytes);
  });

  it.each(shapes)(
    'stays where its index is another program’s, and ours cannot be put there (%s)',
    async (shape) => {
      const gitdir = await temporaryDirectory();
      await bring(new FaultyFs(shape), gitdir);
      await writeFile(join(gitdir, 'objects/pack', idxName), 'version 1');
      const call = shape === 'whole files, no renaming' ? 'writeFile' : 'rename';
      const faulty = new FaultyFs(shape, { call, path: /pack-5+\.idx$/ });
      await expect(bring(faulty, gitdir)).rejects.toMatchObject(noRoom);
      expect(await readFile(join(gitdir, 'objects/pack', packName))).toEqual(bytes);
    },
  );
});

/** @returns the same file system with callbacks in place of promises. */
function callbacksOf({ promises }: FaultyFs): object {
  const names = ['mkdir', 'writeFile', 'rename', 'stat', 'unlink'];
  const functions = names.flatMap((name) => {
    const call = promises[name] as ((...args: unknown[]) => Promise<unknown>) | undefined;
    if (call === undefined) return [];
    const withCallback = (...args: unknown[]): void => {
      const done = args.pop() as (error: unknown, value?: unknown) => void;
      call(...args).then((value) => done(null, value), done);
    };
    return [[name, withCallback]];
  });
  return Object.fromEntries(functions) as object;
}
