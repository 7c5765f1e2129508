/** Packs that lie, break off or ask for too much: refused, with one error that says where. */
import { deflateRawSync, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { GitWsError } from '../../src/base/errors.js';
import { loadEngineModule } from '../../src/pack/index/engine-module.js';
import { defaultPackLimits, indexPack, type PackLimits } from '../../src/pack/index/index-pack.js';
import { testChangedPacks } from './changed-packs.js';
import {
  appending,
  encodeDelta,
  entryHead,
  gitIndex,
  inPieces,
  makePack,
  ofsDelta,
  oidOf,
  plain,
  pseudoText,
  refDelta,
  reseal,
  seal,
  type Entry,
} from './packs.js';

/** Loaded once, and not for each of some thousand packs. */
const wasm = await loadEngineModule();

/** @returns how a pack is refused. */
async function refusal(
  pack: Uint8Array,
  limits: Partial<PackLimits> = {},
  ...pieces: number[]
): Promise<Record<string, unknown>> {
  return indexPack({ source: inPieces(pack, ...pieces), limits, wasm }).then(
    () => ({ code: 'indexed' }),
    (error: GitWsError) => ({ code: error.code, ...error.data }),
  );
}

const base = Buffer.from('0123456789'.repeat(10));
const first = plain('blob', base);

/** @returns an entry with anything at all in the place of the zlib data. */
const entry = (size: number, compressed: Uint8Array): Entry =>
  Buffer.concat([entryHead('blob', size), compressed]);

// Other entries that are refused are in test/corpus/packs.json.
describe('a delta is refused with its fault, though it is resolved after the end', () => {
  it.each<[string, string, Uint8Array]>([
    ['a delta without its sizes', 'BAD_DELTA_HEADER', Buffer.from([0x80])],
    ['an empty delta', 'BAD_DELTA_HEADER', Buffer.alloc(0)],
    [
      'a delta of another size of base',
      'BAD_DELTA_BASE_SIZE',
      encodeDelta(99, 1, [base.subarray(0, 1)]),
    ],
    ['a copy beyond the base', 'BAD_DELTA_COPY', encodeDelta(100, 50, [{ copy: [51, 50] }])],
    [
      'a copy from the highest offset',
      'BAD_DELTA_COPY',
      encodeDelta(100, 50, [{ copy: [0xffffffff, 50] }]),
    ],
    ['a copy beyond the result', 'BAD_DELTA_COPY', encodeDelta(100, 49, [{ copy: [0, 50] }])],
    ['a copy that is cut off', 'BAD_DELTA_COPY', Buffer.from([100, 50, 0xff, 0])],
    ['an insertion beyond the delta', 'BAD_DELTA_INSERT', Buffer.from([100, 50, 50, 1, 2])],
    [
      'an insertion beyond the result',
      'BAD_DELTA_INSERT',
      encodeDelta(100, 1, [base.subarray(0, 2)]),
    ],
    ['the reserved instruction', 'BAD_DELTA_COMMAND', Buffer.from([100, 1, 0, 1])],
    [
      'a delta that makes too little',
      'BAD_DELTA_RESULT',
      encodeDelta(100, 50, [{ copy: [0, 49] }]),
    ],
  ])('%s', async (_, fault, instructions) => {
    // With its base named by the oid: nothing is done about it before.
    const pack = makePack([first, refDelta(oidOf('blob', base), instructions)]);
    expect(await refusal(pack)).toMatchObject({ code: 'CORRUPT_PACK', fault, object: 1 });
  });
});

describe('a pack as a whole is refused', () => {
  const sound = makePack([
    first,
    plain('tree', ''),
    ofsDelta(first.length + 9, appending(base, '!')),
  ]);

  it('that is no pack, or of another version', async () => {
    const other = Buffer.from(sound);
    other[0] = 0x70;
    expect(await refusal(reseal(other))).toMatchObject({ code: 'CORRUPT_PACK', offset: 0 });
    expect(await refusal(makePack([], 0, 4))).toMatchObject({ code: 'CORRUPT_PACK', offset: 4 });
  });

  it('that is cut off anywhere', async () => {
    for (let length = 0; length < sound.length; length += 1) {
      expect(await refusal(sound.subarray(0, length)), `${length} bytes`).toMatchObject({
        code: 'CORRUPT_PACK',
        offset: length,
      });
    }
  });

  it('that has fewer or more objects than it says', async () => {
    expect(await refusal(makePack([first], 2))).toMatchObject({ code: 'CORRUPT_PACK' });
    expect(await refusal(makePack([first, first], 1))).toMatchObject({ code: 'CORRUPT_PACK' });
  });

  it('with anything behind its end, in the same piece or in one of its own', async () => {
    const expected = { code: 'CORRUPT_PACK', offset: sound.length };
    for (const junk of [Buffer.alloc(1), Buffer.alloc(5000, 'PACK')]) {
      const more = Buffer.concat([sound, junk]);
      expect(await refusal(more)).toMatchObject(expected);
      expect(await refusal(more, {}, sound.length)).toMatchObject(expected);
      expect(await refusal(more, {}, 1)).toMatchObject(expected);
    }
  });

  it('with a single bit changed in any of its bytes, and never for another reason', async () => {
    // Another bit in each run; all of them would take as long as all the rest of this file.
    const offset = Math.floor(Math.random() * 8);
    for (let byte = 0; byte < sound.length; byte += 1) {
      const changed = Buffer.from(sound);
      const bit = (byte * 3 + offset) % 8;
      changed[byte]! ^= 1 << bit;
      // A changed count of objects may also be beyond the limit.
      const which = `bit ${bit} of byte ${byte}`;
      expect((await refusal(changed))['code'], which).toMatch(/^(CORRUPT_PACK|PACK_LIMIT)$/);
    }
  });

  it('whose deltas are made from each other', async () => {
    const a = Buffer.from('a'.repeat(40));
    const b = Buffer.from('b'.repeat(40));
    const replace = (by: Buffer) => encodeDelta(40, 40, [by]);
    const [oidA, oidB] = [oidOf('blob', a), oidOf('blob', b)];
    const pack = makePack([refDelta(oidB, replace(a)), refDelta(oidA, replace(b))]);
    expect(await gitIndex(pack)).toBeUndefined();
    expect(await refusal(pack)).toMatchObject({ code: 'CORRUPT_PACK', missing: [oidB, oidA] });
    const own = makePack([refDelta(oidA, replace(a))]);
    expect(await refusal(own)).toMatchObject({ code: 'CORRUPT_PACK', missing: [oidA] });
  });

  it('whose deltas have no base', async () => {
    const missing = oidOf('blob', 'nowhere');
    const lost = refDelta(missing, appending(Buffer.from('nowhere'), '!'));
    const pack = makePack([
      first,
      lost,
      ofsDelta(lost.length, appending(Buffer.from('nowhere!'), '?')),
    ]);
    expect(await refusal(pack)).toMatchObject({ code: 'CORRUPT_PACK', missing: [missing] });
  });
});

testChangedPacks(30);

describe('every limit is kept', () => {
  const half = 5_000;
  const content = pseudoText(half);
  const one = plain('blob', content);
  const long = Buffer.concat([content, content]);
  const double = encodeDelta(half, 2 * half, [{ copy: [0, half] }, { copy: [0, half] }]);
  const twice = ofsDelta(one.length, double);
  const again = ofsDelta(twice.length, appending(long, '!'));
  const pack = makePack([one, twice, again]);
  const byOid = makePack([
    one,
    refDelta(oidOf('blob', content), double),
    refDelta(oidOf('blob', long), appending(long, '!')),
  ]);
  const inflated = half + double.length + appending(long, '!').length;

  it.each([
    ['objects', 3],
    ['packBytes', pack.length],
    ['objectBytes', 2 * half + 1],
    ['inflatedBytes', inflated],
    ['resultBytes', half + 2 * half + 2 * half + 1],
    ['deltaDepth', 2],
  ] as const)('%s', async (limit, least) => {
    expect(await refusal(pack, { [limit]: least })).toEqual({ code: 'indexed' });
    const expected = { code: 'PACK_LIMIT', limit, value: least - 1 };
    expect(await refusal(pack, { [limit]: least - 1 })).toMatchObject(expected);
    if (limit !== 'packBytes') {
      expect(await refusal(byOid, { [limit]: least })).toEqual({ code: 'indexed' });
      expect(await refusal(byOid, { [limit]: least - 1 })).toMatchObject(expected);
    }
  });

  it('resolvingBytes', async () => {
    expect(await refusal(byOid, { resolvingBytes: 2_000_000 })).toEqual({ code: 'indexed' });
    const expected = { code: 'PACK_LIMIT', limit: 'resolvingBytes', value: 1000 };
    expect(await refusal(byOid, { resolvingBytes: 1000 })).toMatchObject(expected);
  });

  it('which is a whole number in its range, and one of those that there are', async () => {
    const refused: [limits: Record<string, number>, data: Record<string, number>][] = [
      [{ objects: -1 }, { 'limits.objects': -1 }],
      [{ objects: 1.5 }, { 'limits.objects': 1.5 }],
      [{ packBytes: 2 ** 31 }, { 'limits.packBytes': 2 ** 31 }],
      [{ nothing: 1 }, {}],
    ];
    for (const [limits, data] of refused) {
      expect(await refusal(pack, limits)).toEqual({ code: 'INVALID_OPTION', ...data });
    }
  });

  it('before a pack of 2 GiB or more is written any further', async () => {
    // Its index would need 64-bit offsets, which isomorphic-git cannot read.
    expect(defaultPackLimits.packBytes).toBe(2 ** 31 - 1);
    let written = 0;
    const sink = {
      write(bytes: Uint8Array, position: number) {
        written = Math.max(written, position + bytes.length);
      },
    };
    const limits = { packBytes: 600 };
    const source = inPieces(pack, 500);
    await expect(indexPack({ source, limits, sink })).rejects.toMatchObject({ code: 'PACK_LIMIT' });
    expect(written).toBe(500);
  });
});

describe('a bomb costs no more than the limits allow', () => {
  it('a blob that says it is small and inflates without end', async () => {
    const bomb = deflateSync(Buffer.alloc(50_000_000));
    const pack = makePack([entry(1000, bomb)]);
    expect(await refusal(pack)).toMatchObject({ code: 'CORRUPT_PACK', fault: 'TOO_LONG' });
  });

  it('a blob that says how large it is', async () => {
    const pack = seal(
      Buffer.concat([
        makePack([], 1).subarray(0, -20),
        entryHead('blob', 2 ** 40),
        Buffer.alloc(99),
      ]),
    );
    expect(await refusal(pack)).toMatchObject({ code: 'PACK_LIMIT', limit: 'objectBytes' });
  });

  it('deltas that double what they are made from', async () => {
    let size = 65_536;
    const entries: Entry[] = [plain('blob', Buffer.alloc(size))];
    for (let depth = 0; depth < 20; depth += 1) {
      const delta = encodeDelta(size, size * 2, [
        ...Array.from({ length: (2 * size) / 65_536 }, () => ({ copy: [0, 65_536] as const })),
      ]);
      entries.push(ofsDelta(entries.at(-1)?.length ?? 0, delta));
      size *= 2;
    }
    const limits = { objectBytes: 20_000_000 };
    expect(await refusal(makePack(entries), limits)).toMatchObject({
      code: 'PACK_LIMIT',
      limit: 'objectBytes',
      object: 9,
    });
  });

  it('a header that promises millions of objects, and nothing behind it', async () => {
    const before = process.memoryUsage().rss;
    const pack = makePack([first], 16_000_000);
    expect(await refusal(pack)).toMatchObject({ code: 'CORRUPT_PACK' });
    // A gigabyte for the table, were it touched.
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });

  it('a million empty blocks in one entry', async () => {
    const flushes = Buffer.concat(
      Array.from({ length: 400_000 }, () => Buffer.from([0, 0, 0, 255, 255])),
    );
    const raw = Buffer.concat([Buffer.from([0x78, 0x9c]), flushes, deflateRawSync(base)]);
    const whole = Buffer.concat([raw, deflateSync(base).subarray(-4)]);
    expect(await refusal(makePack([entry(base.length, whole)]))).toEqual({ code: 'indexed' });
  });

  it('many deltas that wait for an object that is in the pack many times', async () => {
    const longer = Buffer.concat([base, Buffer.from('!')]);
    const delta = refDelta(oidOf('blob', base), appending(base, '!'));
    // One that waits until the very end, or nobody would look for the others.
    const last = refDelta(oidOf('blob', longer), appending(longer, '?'));
    const both = Array.from({ length: 100_000 }, () => [delta, first]);
    expect(await refusal(makePack([last, ...both.flat()]))).toEqual({ code: 'indexed' });
  });

  it('a comb of large objects, each of which is the base of two', async () => {
    // In the order of the pack, or with the wrong one first, 60 of them would be in memory at once.
    let content = pseudoText(1_000_000);
    const entries: Entry[] = [plain('blob', content, 1)];
    // What the ring forgets has to be made again: all deltas are left to the second pass.
    for (let index = 0; index < 5; index += 1)
      entries.push(plain('blob', Buffer.alloc(4e6, index)));
    let back = entries.reduce((sum, bytes) => sum + bytes.length, 0);
    for (let depth = 0; depth < 60; depth += 1) {
      const spine = ofsDelta(back, appending(content, 'x'));
      const tooth = ofsDelta(back + spine.length, appending(content, 'y'));
      entries.push(spine, tooth);
      back = spine.length + tooth.length;
      content = Buffer.concat([content, Buffer.from('x')]);
    }
    const limits = { resolvingBytes: 16_000_000 };
    expect(await refusal(makePack(entries), limits)).toEqual({ code: 'indexed' });
  });
});
