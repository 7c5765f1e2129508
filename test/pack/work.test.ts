/**
 * No call of the engine does much at once, whatever is in a pack: that is what lets a page live
 * while it indexes one on its own thread. Measured in bytes of work, not in time.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Engine } from '../../src/pack/index/engine.js';
import { indexPack, type IndexPackOptions } from '../../src/pack/index/index-pack.js';
import { plainEngine, simdEngine } from '../../src/pack/inlined/wasm.js';
import { sliceSizes } from '../../src/pack/index/job.js';
import {
  appending,
  inPieces,
  makePack,
  ofsDelta,
  oidOf,
  plain,
  pseudoText,
  refDelta,
} from './packs.js';

/** What a call may do beyond its budget: a table of 65,537 numbers, and the last small step. */
const beyond = 0x50000;
const most = sliceSizes.budget + beyond;

/** Of each call that has a budget, what it did; of each that is given bytes, how many. */
let calls: { readonly name: string; readonly work: number }[];

beforeEach(() => {
  calls = [];
  const budgeted = [
    ...(['scan', 'resolve', 'nextMissing', 'hashBase', 'resolveFromBase'] as const),
    'writePackIndex',
  ] as const;
  for (const name of budgeted) {
    const original = Reflect.get(Engine.prototype, name) as (budget: number) => never;
    vi.spyOn(Engine.prototype, name).mockImplementation(function (this: Engine, budget) {
      const step = original.call(this, budget);
      calls.push({ name, work: this.work });
      return step;
    });
  }
  for (const name of ['feed', 'answer', 'writeBase', 'hash'] as const) {
    const original = Reflect.get(Engine.prototype, name) as (...args: unknown[]) => never;
    vi.spyOn(Engine.prototype, name).mockImplementation(function (
      this: Engine,
      bytes: Uint8Array,
      ...rest: unknown[]
    ) {
      calls.push({ name, work: bytes.length });
      return original.call(this, bytes, ...rest);
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Indexes on this thread. @returns all the work that was done. */
async function work(pack: Uint8Array, options: Partial<IndexPackOptions> = {}): Promise<number> {
  calls = [];
  await indexPack({ source: inPieces(pack), packWorker: false, ...options });
  for (const { name, work: done } of calls) expect(done, name).toBeLessThanOrEqual(most);
  return calls.reduce((sum, { work: done }) => sum + done, 0);
}

describe.each([
  ['with SIMD', simdEngine],
  ['without SIMD', plainEngine],
])('no call does more than its budget, %s,', (_, text) => {
  const wasm = Buffer.from(text, 'base64');
  // Bytes of work at least, so that nothing is done that is not counted: each of an object's bytes
  // is made once, and hashed once.
  const twice = 2;

  it('for a blob that fits the ring, and one that does not', async () => {
    for (const size of [4_000_000, 30_000_000]) {
      const pack = makePack([plain('blob', Buffer.alloc(size, 'large '), 1)]);
      expect(await work(pack, { wasm })).toBeGreaterThan(twice * size);
      expect(calls.length).toBeGreaterThan((twice * size) / most);
    }
  });

  it('for stored bytes', async () => {
    const stored = makePack([plain('blob', pseudoText(4_000_000), 0)]);
    expect(await work(stored, { wasm })).toBeGreaterThan(twice * 4_000_000);
  });

  it('for a small delta that makes much, at once and after the end', async () => {
    const base = pseudoText(1_000_000);
    const large = Buffer.concat(Array.from({ length: 30 }, () => base));
    const small = plain('blob', base, 1);
    for (const copies of [3, 30]) {
      const repeated = Buffer.concat([
        Buffer.from(appending(base, '').subarray(0, 3)),
        encodeSize(copies * base.length),
        ...Array.from({ length: copies }, () => appending(base, '').subarray(-4)),
      ]);
      const result = large.subarray(0, copies * base.length);
      const more = refDelta(oidOf('blob', result), appending(result, '!'));
      const pack = makePack([small, refDelta(oidOf('blob', base), repeated), more]);
      const bytes = base.length + twice * result.length;
      expect(await work(pack, { wasm })).toBeGreaterThan(twice * bytes);
    }
  });

  it('for a delta of 40,000 instructions', async () => {
    const content = pseudoText(5_000_000);
    const pack = makePack([
      plain('blob', 'base'),
      refDelta(oidOf('blob', 'base'), inserting('base', content)),
    ]);
    expect(await work(pack, { wasm })).toBeGreaterThan(3 * content.length);
  });

  it('for 20,000 deltas that name one base, which are in the pack twice', async () => {
    const base = pseudoText(40);
    const entries = Array.from({ length: 20_000 }, (_unused, index) =>
      refDelta(oidOf('blob', base), appending(base, `${index >> 1}`)),
    );
    await work(makePack([...entries, plain('blob', base)]), { wasm });
  });

  it('for 100,000 copies of one object', async () => {
    const entry = plain('blob', 'the same');
    const pack = makePack(Array.from({ length: 100_000 }, () => entry));
    // Sorting equals takes n log n.
    const sorting = 100_000 * Math.log2(100_000 / 8) * 64;
    expect(await work(pack, { wasm })).toBeGreaterThan(sorting);
  });

  it('for a thin pack with a large base, and many bases that are not there', async () => {
    const bytes = Buffer.alloc(20_000_000, 'base ');
    const oid = oidOf('blob', bytes);
    const thin = makePack([refDelta(oid, appending(bytes, '!'))]);
    const base = async () => [{ oid, type: 'blob', bytes } as const];
    // Written, hashed, deflated and hashed with the pack; its delta made and hashed.
    expect(await work(thin, { wasm, base })).toBeGreaterThan(4 * bytes.length);
    const lost = Array.from({ length: 20_000 }, (_unused, index) =>
      refDelta(oidOf('blob', `${index >> 2}`), appending(Buffer.from('x'), 'y')),
    );
    const none = work(makePack(lost), { wasm, base: async () => [] });
    await expect(none).rejects.toMatchObject({ code: 'CORRUPT_PACK' });
    for (const { name, work: done } of calls) expect(done, name).toBeLessThanOrEqual(most);
  });
});

describe('twice as much is about twice the work, whatever an author chooses:', () => {
  const base = pseudoText(40);
  const oid = oidOf('blob', base);
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);
  const makers: readonly (readonly [what: string, make: (count: number) => Buffer[]])[] = [
    ['copies of one object', (count) => numbered(count).map(() => plain('blob', base))],
    [
      'deltas of one object, before it',
      (count) => [
        ...numbered(count).map((each) => refDelta(oid, appending(base, each))),
        plain('blob', base),
      ],
    ],
    [
      'deltas of an object that is there as often',
      (count) =>
        numbered(count).flatMap((each) => [
          refDelta(oid, appending(base, each)),
          plain('blob', base),
        ]),
    ],
    [
      'chains in which each delta stands before its base',
      (count) => {
        const entries: Buffer[] = [];
        for (let chain = 0; chain < count / 1000; chain += 1) {
          let content = pseudoText(40, chain + 1);
          entries.push(plain('blob', content));
          for (let depth = 0; depth < 1000; depth += 1) {
            entries.push(refDelta(oidOf('blob', content), appending(content, '.')));
            content = Buffer.concat([content, Buffer.from('.')]);
          }
        }
        return entries.reverse();
      },
    ],
    [
      'deltas of the first object, each farther from it',
      (count) => {
        const entries = [plain('blob', base)];
        let back = entries[0]?.length ?? 0;
        for (const each of numbered(count)) {
          const entry = ofsDelta(back, appending(base, each));
          entries.push(entry);
          back += entry.length;
        }
        return entries;
      },
    ],
  ];
  it.each(makers)('%s', async (_, make) => {
    const once = await work(makePack(make(8000)));
    const twice = await work(makePack(make(16_000)));
    // Sorting takes n log n: a little more than twice.
    expect(twice / once).toBeLessThan(2.3);
    expect(twice / once).toBeGreaterThan(1.5);
  });
});

function encodeSize(size: number): Buffer {
  const bytes: number[] = [];
  for (let left = size; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push(128 | (left & 127));
  }
}

/** @returns a delta that is nothing but insertions. */
function inserting(base: string, content: Buffer): Buffer {
  const pieces: Buffer[] = [Buffer.from([base.length]), encodeSize(content.length)];
  for (let at = 0; at < content.length; at += 120) {
    const piece = content.subarray(at, at + 120);
    pieces.push(Buffer.from([piece.length]), piece);
  }
  return Buffer.concat(pieces);
}
