/** What the pack engine makes of sound packs: the same index as git. */
import { join } from 'node:path';
import { deflateRawSync, deflateSync } from 'node:zlib';
import { beforeAll, describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { indexPack, type IndexPackOptions } from '../../src/pack/index/index-pack.js';
import { plainEngine } from '../../src/pack/inlined/wasm.js';
import { makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';
import {
  appending,
  encodeDelta,
  entryHead,
  gitIndex,
  gitVerifies,
  inPieces,
  makePack,
  oidOf,
  ofsDelta,
  packAll,
  plain,
  pseudoText,
  refDelta,
  type Entry,
} from './packs.js';

let gitDir: string;
const plainWasm = Buffer.from(plainEngine, 'base64');

beforeAll(async () => {
  ({ gitDir } = await makeRepository(join(await temporaryDirectory(), 'sample.git'), {
    commits: 120,
    files: 30,
    tags: true,
    seed: 11,
  }));
});

/** Indexes a pack and holds the result against git's. */
async function expectAsGit(
  pack: Uint8Array,
  options: Partial<IndexPackOptions> = {},
  ...pieces: number[]
) {
  const result = await indexPack({ source: inPieces(pack, ...pieces), ...options });
  const idx = await gitIndex(pack);
  expect(idx).toBeDefined();
  expect(Buffer.from(result.idx).equals(idx ?? Buffer.alloc(0))).toBe(true);
  // Where there is no SIMD, another build of the same sources works.
  const plain = await indexPack({ source: inPieces(pack, ...pieces), wasm: plainWasm, ...options });
  expect(Buffer.from(plain.idx).equals(result.idx)).toBe(true);
  expect(Buffer.from(result.pack ?? []).equals(pack)).toBe(true);
  expect(result.checksum).toBe(Buffer.from(pack.subarray(-20)).toString('hex'));
  expect(result.bytes).toBe(pack.length);
  return result;
}

describe('the index of a pack that git made is the one that git makes', () => {
  it('for a pack without deltas', async () => {
    const pack = await packAll(gitDir, ['--no-reuse-delta', '--depth=0']);
    expect(await expectAsGit(pack)).toMatchObject({ deltas: 0, completedWith: 0 });
  });

  it('for a pack whose deltas name their bases by offset', async () => {
    const pack = await packAll(gitDir, ['--delta-base-offset', '--window=10']);
    expect((await expectAsGit(pack)).deltas).toBeGreaterThan(50);
  });

  it('for a pack whose deltas name their bases by oid', async () => {
    const pack = await packAll(gitDir, ['--no-reuse-delta', '--window=10']);
    expect((await expectAsGit(pack)).deltas).toBeGreaterThan(50);
  });

  it('at every level of compression, stored blocks included', async () => {
    for (const level of [0, 1, 9]) {
      await expectAsGit(await packAll(gitDir, ['--no-reuse-object', `--compression=${level}`]));
    }
  });

  it('whatever the pieces are in which it comes', async () => {
    const pack = await packAll(gitDir, ['--delta-base-offset']);
    for (const size of [1, 7, 1000, 1_048_576]) {
      await expectAsGit(pack, {}, size);
    }
    await expectAsGit(pack, {}, 1, 5000, 2, 1, 1, 300);
  });
});

describe('the index of a pack written by hand is the one that git makes', () => {
  it('with no object at all', async () => {
    expect(await expectAsGit(makePack([]))).toMatchObject({ objects: 0 });
  });

  it('with objects of every type, and empty ones', async () => {
    const tree = oidOf('tree', '');
    const commit = `tree ${tree}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n`;
    const tag = `object ${tree}\ntype tree\ntag x\ntagger A <a@b> 1 +0000\n\nx\n`;
    const entries = [
      plain('commit', commit),
      plain('tree', ''),
      plain('blob', ''),
      plain('tag', tag),
    ];
    await expectAsGit(makePack(entries));
    await expectAsGit(makePack(entries, entries.length, 3));
  });

  it('with the same object more than once', async () => {
    const one = plain('blob', 'the same');
    const base = Buffer.from('another');
    const delta = refDelta(oidOf('blob', base), appending(base, ' and more'));
    await expectAsGit(makePack([one, plain('blob', base), one, delta, delta, one]));
  });

  it('with one object a thousand times, and many whose oids begin alike', async () => {
    // Those are sorted by another way than a few are.
    const one = plain('blob', 'the same');
    const others = Array.from({ length: 300 }, (_, index) => plain('blob', `${index}`));
    const many = Array.from({ length: 1001 }, () => one);
    await expectAsGit(makePack([...others, ...many, ...others, ...others]));
  });

  it('with deltas that come before their bases', async () => {
    const base = Buffer.from('what all of them begin with');
    const first = Buffer.concat([base, Buffer.from(' 1')]);
    const entries = [
      refDelta(oidOf('blob', first), appending(first, ' and 2')),
      refDelta(oidOf('blob', base), appending(base, ' 1')),
      plain('blob', base),
    ];
    await expectAsGit(makePack(entries));
  });

  it('with a chain of 250 deltas, near their bases and far from them', async () => {
    for (const between of [0, 40_000]) {
      let content = pseudoText(2000);
      const entries: Entry[] = [plain('blob', content)];
      for (let depth = 0; depth < 250; depth += 1) {
        if (between > 0) entries.push(plain('blob', pseudoText(between, depth + 7)));
        const back = entries.slice(between > 0 ? -2 : -1).reduce((sum, e) => sum + e.length, 0);
        const more = Buffer.from(`line ${depth}\n`);
        entries.push(ofsDelta(back, appending(content, more)));
        content = Buffer.concat([content, more]);
      }
      await expectAsGit(makePack(entries));
    }
  });

  it('with copies of every length, forward and repeated, and of 64 KiB by the size 0', async () => {
    const base = pseudoText(200_000);
    const entries: Entry[] = [plain('blob', base)];
    const lengths = [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 512, 513, 4096, 65_535, 65_536];
    for (const length of lengths) {
      const instructions = [0, 1, 255, 256, 65_537].map((offset) => ({
        copy: [offset, length] as const,
      }));
      const insert = pseudoText(Math.min(127, length));
      const size = instructions.length * length + insert.length;
      const delta = encodeDelta(base.length, size, [...instructions, insert]);
      entries.push(refDelta(oidOf('blob', base), delta));
    }
    await expectAsGit(makePack(entries));
  });

  it('with objects larger than the ring, as they are and as bases', async () => {
    const large = Buffer.concat([pseudoText(3_000_000), Buffer.alloc(12_000_000, 'large ')]);
    const larger = Buffer.concat([large, Buffer.from('!')]);
    const entries = [
      plain('blob', large, 1),
      refDelta(oidOf('blob', large), appending(large, '!')),
      refDelta(oidOf('blob', larger), appending(larger, '?')),
      plain('blob', 'small'),
    ];
    await expectAsGit(makePack(entries));
  });

  long('with an object whose hash takes longer than the ring takes to go round', async () => {
    const tiny = plain('blob', 'x');
    const large = plain('blob', pseudoText(4_100_000), 1);
    const entries = [large, ...Array.from({ length: 200_000 }, () => tiny)];
    await expectAsGit(makePack(entries));
  });

  long('with bases that are just in the ring when their deltas come, and just not', async () => {
    const filler = plain('blob', Buffer.alloc(250_000), 1);
    const entries: Entry[] = [];
    for (let between = 52; between <= 66; between += 1) {
      const base = pseudoText(900_000, between);
      const entry = plain('blob', base, 1);
      const distance = entry.length + between * filler.length;
      entries.push(entry, ...Array.from({ length: between }, () => filler));
      // The second half is read when the first is written: over it, were the base still taken.
      const halves = [{ copy: [450_000, 450_000] as const }, { copy: [0, 450_000] as const }];
      entries.push(ofsDelta(distance, encodeDelta(900_000, 900_000, halves)));
    }
    await expectAsGit(makePack(entries));
  });

  it('with a delta of more than 4 MiB', async () => {
    const base = Buffer.from('base');
    const inserts = Array.from({ length: 40_000 }, (_, index) => pseudoText(120, index + 1));
    const delta = encodeDelta(base.length, 40_000 * 120, inserts);
    await expectAsGit(makePack([plain('blob', base), refDelta(oidOf('blob', base), delta)]));
  });

  long('with 100,000 tiny objects', async () => {
    const entries = Array.from({ length: 100_000 }, (_, index) => plain('blob', `${index}`, 1));
    expect(await expectAsGit(makePack(entries))).toMatchObject({ objects: 100_000 });
  });
});

describe('what git index-pack refuses, though nothing is wrong with it, is indexed', () => {
  // "already resolved (duplicate base?)": git 2.39 takes it for a loop.
  it('a delta of an object that is in the pack more than once', async () => {
    const one = plain('blob', 'the same');
    const oid = oidOf('blob', 'the same');
    const delta = refDelta(oid, appending(Buffer.from('the same'), ' and more'));
    const pack = makePack([one, plain('blob', 'another'), one, delta, delta, one]);
    await expectVerified(pack, 6);
  });

  it('a base that is in the pack both whole and as a delta of its own delta', async () => {
    const a = Buffer.from('aaaaaaaaaaaaaaaaaaaaaaaaaaaa');
    const b = Buffer.concat([a, Buffer.from('b')]);
    const back = encodeDelta(b.length, a.length, [{ copy: [0, a.length] }]);
    const entries = [
      refDelta(oidOf('blob', b), back),
      refDelta(oidOf('blob', a), appending(a, 'b')),
      plain('blob', a),
    ];
    await expectVerified(makePack(entries), 3);
  });

  async function expectVerified(pack: Uint8Array, objects: number): Promise<void> {
    const result = await indexPack({ source: inPieces(pack) });
    expect(result.objects).toBe(objects);
    expect(await gitVerifies(pack, result.idx)).toBe(true);
  }
});

describe('what zlib may write is read', () => {
  const entryOf = (content: Buffer, compressed: Buffer): Entry =>
    Buffer.concat([entryHead('blob', content.length), compressed]);

  it('a distance code with a single code, and one without any', async () => {
    const once = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const runs = Buffer.alloc(600, 'a');
    const entries = [once, runs, pseudoText(300)].flatMap((content) =>
      [1, 2, 3, 4].map((strategy) =>
        entryOf(content, deflateSync(content, { strategy, level: 9 })),
      ),
    );
    await expectAsGit(makePack(entries));
    await expectAsGit(makePack(entries), {}, 1);
  });

  it('many flushed blocks, and smaller windows', async () => {
    const content = pseudoText(50_000);
    const small = deflateSync(content, { windowBits: 9, memLevel: 1, chunkSize: 64 });
    const fixed = deflateSync(content, { strategy: 4 });
    // Empty stored blocks between, as a flush leaves them.
    const header = small.subarray(0, 2);
    const flush = Buffer.from([0, 0, 0, 0xff, 0xff]);
    const raw = deflateRawSync(content);
    const flushed = Buffer.concat([header, flush, flush, raw, deflateSync(content).subarray(-4)]);
    await expectAsGit(makePack([small, fixed, flushed].map((bytes) => entryOf(content, bytes))));
  });
});
