/** Pack indexes that are read in parts, with git's own word for where objects are. */
import * as nodeFs from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bytesOfOid } from '../../src/pack/format/oid.js';
import { RangeFile } from '../../src/repository/range-file.js';
import { StoredIndex } from '../../src/repository/stored-index.js';
import { promisesOf } from '../../src/storage/file-system.js';
import { git } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

/** More than an index is read whole for. */
const count = 21_000;
let folder: string;
let name: string;
/** What git says: where each object is. */
let offsets: ReadonlyMap<string, number>;

beforeAll(async () => {
  const dir = await temporaryDirectory();
  await git(['init', '-q', '--bare'], { cwd: dir });
  const blobs = Array.from({ length: count }, (_, blob) => {
    const text = `blob ${blob}`;
    return `blob\ndata ${text.length}\n${text}\n`;
  });
  await git(['fast-import', '--quiet'], { cwd: dir, input: blobs.join('') });
  folder = join(dir, 'objects/pack');
  name = ((await readdir(folder)).find((each) => each.endsWith('.pack')) ?? '').slice(0, -5);
  const shown = await git(['show-index'], {
    input: nodeFs.readFileSync(join(folder, `${name}.idx`)),
  });
  offsets = new Map(
    shown.split('\n').map((line) => {
      const [offset, oid = ''] = line.split(' ');
      return [oid, Number(offset)];
    }),
  );
});

/** Node's file system, and how many bytes were read through it. */
function counting() {
  const seen = { bytes: 0 };
  const { promises } = nodeFs;
  const open = async (path: string, flags: string) => {
    const file = await promises.open(path, flags);
    return {
      read: async (...args: [Uint8Array, number, number, number]) => {
        const result = await file.read(...args);
        seen.bytes += result.bytesRead;
        return result;
      },
      close: () => file.close(),
    };
  };
  return { seen, fs: promisesOf({ promises: { ...promises, open } }) };
}

async function openIndex(fs = promisesOf(nodeFs)): Promise<StoredIndex> {
  const index = await StoredIndex.open(new RangeFile(fs, join(folder, `${name}.idx`)));
  if (index === undefined) throw new Error('This is no index of version 2.');
  return index;
}

describe('an index that is read in parts', () => {
  it('finds every object where git finds it', async () => {
    expect(offsets.size).toBe(count);
    const index = await openIndex();
    for (const [oid, offset] of offsets) expect(await index.find(bytesOfOid(oid))).toBe(offset);
  });

  it('finds nothing that is not there, in any part', async () => {
    const index = await openIndex();
    for (let first = 0; first < 256; first += 1) {
      expect(await index.find(new Uint8Array(20).fill(first))).toBeUndefined();
    }
  });

  it('takes little of the file for one object', async () => {
    const { fs, seen } = counting();
    const [[oid, offset] = ['', 0]] = offsets;
    expect(await (await openIndex(fs)).find(bytesOfOid(oid))).toBe(offset);
    // 24 bytes for each of the 80 objects of its part, the head, and the table of large offsets.
    expect(seen.bytes).toBeLessThan(10_000);
  });

  it('reads each part once, however many ask', async () => {
    const { fs, seen } = counting();
    const index = await openIndex(fs);
    const all = [...offsets];
    await Promise.all(all.map(([oid]) => index.find(bytesOfOid(oid))));
    const size = 1032 + count * 28 + 40;
    expect(seen.bytes).toBeLessThan(size * 1.2 + 1032);
    const before = seen.bytes;
    await Promise.all(all.map(([oid]) => index.find(bytesOfOid(oid))));
    expect(seen.bytes).toBe(before);
  });

  it('lists what begins with a byte, as git has it', async () => {
    const index = await openIndex();
    const listed: string[] = [];
    for (let first = 0; first < 256; first += 1) listed.push(...(await index.oidsUnder(first)));
    expect(listed).toEqual([...offsets.keys()].sort());
  });

  it('knows offsets of 64 bits, which git writes for packs of more than 2 GiB', async () => {
    const large = join(folder, `${name}.large.idx`);
    const write = ['index-pack', '--index-version=2,0x1000', '-o', large, `${name}.pack`];
    await git(write, { cwd: folder });
    const index = await StoredIndex.open(new RangeFile(promisesOf(nodeFs), large));
    for (const [oid, offset] of offsets) expect(await index?.find(bytesOfOid(oid))).toBe(offset);
  });

  it('of version 1, and no index at all, are told', async () => {
    const old = join(folder, `${name}.old.idx`);
    await git(['index-pack', '--index-version=1', '-o', old, `${name}.pack`], { cwd: folder });
    const open = (path: string) => StoredIndex.open(new RangeFile(promisesOf(nodeFs), path));
    expect(await open(old)).toBeUndefined();
    expect(await open(join(folder, `${name}.pack`))).toBeUndefined();
  });

  it('that could not be read is read again for the next one who asks', async () => {
    const path = join(folder, `${name}.idx`);
    const index = await openIndex();
    const [[oid, offset] = ['', 0]] = offsets;
    const file = new RangeFile(promisesOf(nodeFs), path);
    await rename(path, `${path}.away`);
    await expect(file.read(0, 1)).rejects.toMatchObject({ code: 'ENOENT' });
    await rename(`${path}.away`, path);
    expect(await file.read(0, 1)).toEqual(Uint8Array.of(0xff));
    expect(await index.find(bytesOfOid(oid))).toBe(offset);
    await file.close();
  });
});
