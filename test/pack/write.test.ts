/** Deltas and heads of entries that ours writes, read by git and by ours. */
import { describe, expect, it } from 'vitest';
import { applyDelta } from '../../src/pack/format/delta.js';
import { readEntryHead } from '../../src/pack/format/entry.js';
import { formatOid, bytesOfOid } from '../../src/pack/format/oid.js';
import { bySlices, deflatePieces } from '../../src/pack/write/deflate.js';
import { makeDelta } from '../../src/pack/write/delta.js';
import { encodeEntryHead, PackWriter } from '../../src/pack/write/pack-writer.js';
import { inflateWhole } from '../../src/pack/format/inflate.js';
import { oidOf } from '../../src/repository/object-hash.js';
import { git } from '../helpers/git.js';
import { seededRandom, type Random } from '../helpers/random.js';
import { temporaryDirectory } from '../helpers/temp.js';

/** Another version of the bytes: pieces moved, doubled, changed, removed and added. */
function edited(base: Uint8Array, random: Random): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < base.length;) {
    const length = 1 + random.below(Math.max(1, base.length >> random.below(6)));
    const piece = base.subarray(at, at + length);
    if (random.below(5) > 0) parts.push(piece);
    if (random.below(4) === 0) parts.push(random.bytes(random.below(300)));
    if (random.below(6) === 0) {
      const from = random.below(base.length);
      parts.push(base.subarray(from, from + random.below(base.length)));
    }
    at += length;
  }
  return Buffer.concat(parts);
}

function made(random: Random): Uint8Array {
  const length = random.below(2 ** random.below(19));
  switch (random.below(3)) {
    case 0:
      return random.bytes(length);
    case 1:
      return new Uint8Array(length).fill(random.below(2));
    default:
      return Buffer.from('a few words that come again and again\n'.repeat(length / 20));
  }
}

describe('a delta', () => {
  it('gives its target, whatever the two are', async () => {
    const random = seededRandom(7);
    for (let round = 0; round < 400; round += 1) {
      const base = made(random);
      const target = random.below(8) === 0 ? made(random) : edited(base, random);
      const delta = await makeDelta(base, target, target.length * 2 + 1_000);
      expect(delta, `round ${round}`).toBeDefined();
      const result = applyDelta(base, delta ?? base, Infinity);
      expect(Buffer.compare(result ?? base, target), `round ${round}`).toBe(0);
    }
  });

  it('of a small change is small, wherever that is, and there is none beyond its limit', async () => {
    const random = seededRandom(3);
    const base = random.bytes(200_000);
    for (const at of [0, 5, 70_000, 199_990]) {
      const target = Buffer.concat([base.subarray(0, at), Buffer.from('new'), base.subarray(at)]);
      const delta = await makeDelta(base, target, 1_000);
      expect(delta?.length).toBeLessThan(60);
      expect(await makeDelta(base, target, 10)).toBeUndefined();
    }
    expect(await makeDelta(base, random.bytes(100_000), 50_000)).toBeUndefined();
    // Two changes far apart: what is between them is found.
    const two = Uint8Array.from(base);
    two[100] = ~(two[100] ?? 0);
    two[150_000] = ~(two[150_000] ?? 0);
    expect((await makeDelta(base, two, 1_000))?.length).toBeLessThan(100);
    // Halves that change their places.
    const turned = Buffer.concat([base.subarray(100_000), base.subarray(0, 100_000)]);
    expect((await makeDelta(base, turned, 1_000))?.length).toBeLessThan(100);
  });

  it('of long runs takes no time without an end', async () => {
    const base = new Uint8Array(1_000_000);
    const target = new Uint8Array(1_000_000);
    for (let at = 500; at < target.length; at += 1_000) target[at] = 1;
    const before = performance.now();
    const delta = await makeDelta(base, target, 500_000);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(Buffer.compare(applyDelta(base, delta ?? base, Infinity) ?? base, target)).toBe(0);
  });
});

describe('the head of an entry', () => {
  it('is read as it was written', () => {
    const sizes = [0, 15, 16, 127, 2_047, 2_048, 65_536, 2 ** 31, 2 ** 33 + 5];
    const distances = [1, 127, 128, 129, 16_511, 16_512, 2 ** 21, 2 ** 31 + 3];
    for (const size of sizes) {
      for (const distance of distances) {
        const head = encodeEntryHead({ distance }, size);
        expect(readEntryHead(head, 0)).toMatchObject({ size, distance, data: head.length });
      }
      const base = 'f'.repeat(39) + '1';
      const read = readEntryHead(encodeEntryHead({ base }, size), 0);
      expect({ size: read.size, base: formatOid(read.base ?? new Uint8Array()) }).toEqual({
        size,
        base,
      });
      expect(readEntryHead(encodeEntryHead({ type: 'tag' }, size), 0)).toMatchObject({
        type: 4,
        size,
      });
    }
    expect(formatOid(bytesOfOid('0123456789abcdef0123456789abcdef01234567'))).toBe(
      '0123456789abcdef0123456789abcdef01234567',
    );
  });
});

describe('a pack', () => {
  it('with whole objects, deltas by distance and by name is taken by git', async () => {
    const random = seededRandom(5);
    const writer = new PackWriter();
    const pieces: Uint8Array[] = [];
    const add = async (kind: Parameters<PackWriter['entryHead']>[0], content: Uint8Array) => {
      pieces.push(writer.entryHead(kind, content.length));
      for await (const piece of deflatePieces(content)) pieces.push(writer.pass(piece));
    };
    const count = 41;
    pieces.push(writer.header(count));
    let before = Buffer.from(random.bytes(20_000)) as Uint8Array;
    let at = writer.offset;
    await add({ type: 'blob' }, before);
    const oids = [oidOf('blob', before)];
    for (let entry = 1; entry < count; entry += 1) {
      const target = Buffer.concat([before, random.bytes(50)]);
      const delta = (await makeDelta(before, target, 10_000)) ?? target;
      const here = writer.offset;
      const kind = entry % 2 === 0 ? { distance: here - at } : { base: oids.at(-1) ?? '' };
      await add(kind, delta);
      [before, at] = [target, here];
      oids.push(oidOf('blob', target));
    }
    pieces.push(writer.trailer());
    const cwd = await temporaryDirectory();
    await git(['init', '-q', '--bare', cwd]);
    await git(['index-pack', '--stdin', '--strict'], { cwd, input: Buffer.concat(pieces) });
    const types = await git(['cat-file', '--batch-check=%(objecttype)'], {
      cwd,
      input: oids.join('\n'),
    });
    expect(new Set(types.split('\n'))).toEqual(new Set(['blob']));
  });
});

describe('zlib data', () => {
  it('has the same content by the platform’s stream, at once and in slices', async () => {
    const random = seededRandom(9);
    for (const length of [0, 1, 40_000, 300_000]) {
      const bytes = random.bytes(length);
      for (const make of [deflatePieces, bySlices]) {
        const pieces: Uint8Array[] = [];
        for await (const piece of make(bytes)) pieces.push(piece);
        expect(Buffer.compare(inflateWhole(Buffer.concat(pieces)), bytes)).toBe(0);
      }
    }
  });
});
