/** Packs that take long to make: what is large, and how much memory it takes. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeflate, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { indexPack } from '../../src/pack/index/index-pack.js';
import { git, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { entryHead } from './packs.js';

/** Writes a pack with one blob, which is never whole in memory. */
async function writeBlobPack(path: string, size: number, random: boolean): Promise<string> {
  const file = await open(path, 'w');
  const hash = createHash('sha1');
  const header = Buffer.from('5041434b0000000200000001', 'hex');
  const write = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes);
    await file.write(bytes);
  };
  await write(Buffer.concat([header, entryHead('blob', size)]));
  const oid = createHash('sha1').update(`blob ${size}\0`);
  const deflate = createDeflate({ level: 1 });
  const done = (async () => {
    for await (const piece of deflate) await write(piece as Buffer);
  })();
  for (let left = size; left > 0; left -= 1_000_000) {
    const piece = random
      ? randomBytes(Math.min(left, 1_000_000))
      : Buffer.alloc(Math.min(left, 1_000_000), `${left} `);
    oid.update(piece);
    if (!deflate.write(piece)) await new Promise((resolve) => deflate.once('drain', resolve));
  }
  deflate.end();
  await done;
  await file.write(hash.digest());
  await file.close();
  return oid.digest('hex');
}

describe('a blob of 300 MB', () => {
  it.each([true, false])(
    'is indexed as git does, in little memory (incompressible: %s)',
    async (random) => {
      const directory = await temporaryDirectory();
      const path = join(directory, 'x.pack');
      const oid = await writeBlobPack(path, 300_000_000, random);
      const file = await open(path, 'r');
      const before = process.memoryUsage().rss;
      let most = 0;
      const sink = {
        write() {
          most = Math.max(most, process.memoryUsage().rss);
        },
        async read(position: number, length: number) {
          return (await file.read(Buffer.alloc(length), 0, length, position)).buffer;
        },
      };
      const { idx, bytes } = await indexPack({ source: createReadStream(path), sink });
      await file.close();
      expect(bytes).toBe((await stat(path)).size);
      expect(Buffer.from(idx.subarray(1032, 1052)).toString('hex')).toBe(oid);
      await git(['index-pack', '--threads=1', 'x.pack'], { cwd: directory });
      expect((await readFile(join(directory, 'x.idx'))).equals(idx)).toBe(true);
      // Window, ring and what Node collects when it likes; neither the blob nor the pack.
      expect(most - before).toBeLessThan(200e6);
    },
  );
});

it('a pack of more than 2 GiB is refused before anything is written that no index can name', async () => {
  // Stored, so that the pack is as large as what is in it.
  const content = Buffer.alloc(64 * 2 ** 20);
  const entry = Buffer.concat([
    entryHead('blob', content.length),
    deflateSync(content, { level: 0 }),
  ]);
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('5041434b0000000200000028', 'hex');
    for (let count = 0; count < 40; count += 1) yield entry;
  }
  let written = 0;
  const sink = {
    write(bytes: Uint8Array, position: number) {
      written = position + bytes.length;
    },
    read: (_: number, length: number) => new Uint8Array(length),
  };
  await expect(indexPack({ source: source(), sink })).rejects.toMatchObject({
    code: 'PACK_LIMIT',
    data: { limit: 'packBytes', value: 2 ** 31 - 1 },
  });
  expect(written).toBeLessThan(2 ** 31);
  expect(written).toBeGreaterThan(2 ** 31 - 2 * 2 ** 20);
});

it('a repository of some size has the index that git made, with a sink and without', async () => {
  const { gitDir } = await makeRepository(join(await temporaryDirectory(), 'sample.git'), {
    commits: 6000,
    files: 800,
    seed: 4,
    bigBlobs: { count: 20, bytes: 2_000_000 },
  });
  await git(['repack', '-adfq', '--window=5'], { cwd: gitDir });
  const folder = join(gitDir, 'objects/pack');
  const name = (await readdir(folder)).find((each) => each.endsWith('.pack')) ?? '';
  const path = join(folder, name);
  const expected = await readFile(path.replace(/pack$/, 'idx'));
  const file = await open(path, 'r');
  const sink = {
    write: () => undefined,
    read: async (position: number, length: number) =>
      (await file.read(Buffer.alloc(length), 0, length, position)).buffer,
  };
  for (const options of [{}, { sink }]) {
    const result = await indexPack({ source: createReadStream(path), ...options });
    expect(expected.equals(result.idx)).toBe(true);
    expect(result.pack === undefined).toBe('sink' in options);
  }
  await file.close();
});
