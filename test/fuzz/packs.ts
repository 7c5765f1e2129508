/**
 * Fuzzes the pack engine: packs that are right, or lie in one place, or were spoilt, in pieces of any
 * size. Both builds have to come to the same, whatever the pieces; what is refused is refused with an
 * error that says where; and neither gets more memory than is promised, whatever a pack asks for.
 */
import { isGitWsError } from '../../src/base/errors.js';
import { indexPack } from '../../src/pack/index/index-pack.js';
import { plainEngine, simdEngine } from '../../src/pack/inlined/wasm.js';
import {
  appending,
  encodeDelta,
  entryHead,
  inPieces,
  makePack,
  oidOf,
  ofsDelta,
  plain,
  refDelta,
  reseal,
  type Entry,
  type Instruction,
} from '../pack/entries.js';
import { withMostMemory } from '../pack/memory.js';
import type { Random } from '../helpers/random.js';
import { Finding, type Fuzzer } from './fuzzer.js';
import { mutateBytes, oneIn } from './mutate.js';

/** So small that they are met. */
const limits = {
  ...{ objects: 2000, packBytes: 3_000_000, objectBytes: 1_000_000, inflatedBytes: 8_000_000 },
  ...{ resultBytes: 20_000_000, deltaDepth: 50, resolvingBytes: 4_000_000 },
};

/**
 * All that the engine may have then, in pages of 64 KiB: 6 MB of tables, window and buffers, 16 MB of
 * ring, what resolving may take and as much for what it leaves unused, and 132 bytes for each object.
 */
const mostPages = Math.ceil((6e6 + 16 * 2 ** 20 + 2 * limits.resolvingBytes + 132 * 2000) / 65_536);

const engines = [simdEngine, plainEngine].map((text) =>
  WebAssembly.compile(withMostMemory(Buffer.from(text, 'base64'), mostPages) as BufferSource),
);

interface Made {
  readonly content: Buffer;
  readonly entry: Entry;
}

const types = ['blob', 'tree', 'commit', 'tag'] as const;

function makeContent(random: Random): Buffer {
  if (oneIn(random, 60)) return Buffer.alloc(random.below(2_000_000), 'large ');
  if (oneIn(random, 8)) return Buffer.from(random.bytes(random.below(40_000)));
  return Buffer.from(`${random.below(9)} of `.repeat(random.below(40)));
}

/** @returns a delta of a base, right or with a lie in it, and what it makes if it is right. */
function makeDelta(base: Buffer, random: Random): { delta: Buffer; content: Buffer } {
  const instructions: Instruction[] = [];
  const pieces: Buffer[] = [];
  for (let count = random.below(5); count >= 0; count -= 1) {
    if (oneIn(random, 2) || base.length === 0) {
      const bytes = Buffer.from(random.bytes(1 + random.below(127)));
      instructions.push(bytes);
      pieces.push(bytes);
    } else {
      const offset = random.below(base.length);
      const size = 1 + random.below(base.length - offset);
      instructions.push({ copy: [offset, size] });
      pieces.push(base.subarray(offset, offset + size));
    }
  }
  const content = Buffer.concat(pieces);
  const lie = (value: number): number =>
    oneIn(random, 40) ? random.pick([0, 1, value + 1, value * 2, 2 ** 31, 2 ** 40]) : value;
  if (oneIn(random, 40)) instructions.push({ copy: [lie(base.length), 1 + random.below(70_000)] });
  return { delta: encodeDelta(lie(base.length), lie(content.length), instructions), content };
}

function makeEntry(before: readonly Made[], random: Random): Made {
  if (before.length === 0 || oneIn(random, 3)) {
    const content = makeContent(random);
    const type = oneIn(random, 4) ? random.pick(types) : 'blob';
    const whole = plain(type, content, random.pick([0, 1, 6]));
    if (!oneIn(random, 60)) return { content, entry: whole };
    // A size that is another one, and what follows it.
    const size = random.pick([0, content.length + 1, content.length * 2, 2 ** 31, 2 ** 50]);
    const body = whole.subarray(entryHead(type, content.length).length);
    return { content, entry: Buffer.concat([entryHead(type, size), body]) };
  }
  const chosen = random.below(before.length);
  const base = before[chosen] ?? { content: Buffer.alloc(0), entry: Buffer.alloc(0) };
  const { delta, content } = oneIn(random, 4)
    ? {
        delta: appending(base.content, '!'),
        content: Buffer.concat([base.content, Buffer.from('!')]),
      }
    : makeDelta(base.content, random);
  if (oneIn(random, 2)) return { content, entry: refDelta(oidOf('blob', base.content), delta) };
  const back = before.slice(chosen).reduce((sum, { entry }) => sum + entry.length, 0);
  return { content, entry: ofsDelta(oneIn(random, 60) ? random.below(2 * back) : back, delta) };
}

/** @returns a pack, sound or not, with a checksum that mostly fits. */
export function makeAnyPack(random: Random): Buffer {
  const made: Made[] = [];
  for (let count = random.below(30); count >= 0; count -= 1) {
    const again = oneIn(random, 12) ? made[random.below(made.length + 1)] : undefined;
    made.push(again ?? makeEntry(made, random));
  }
  const entries = made.map(({ entry }) => entry);
  // The deltas that name their base by its oid may stand before it.
  if (oneIn(random, 6)) entries.reverse();
  const count = oneIn(random, 40) ? random.pick([0, 1, 1999, 2001, 2 ** 32 - 1]) : entries.length;
  const pack = makePack(entries, count);
  if (oneIn(random, 2)) return pack;
  const spoilt = mutateBytes(pack, random);
  return oneIn(random, 3) ? spoilt : reseal(spoilt);
}

async function runCase(random: Random): Promise<void> {
  const pack = makeAnyPack(random);
  const pieces = [[], [1 + random.below(64), 1, 3000], [1 + random.below(100_000)]];
  const outcomes: string[] = [];
  for (const engine of engines) {
    const wasm = await engine;
    for (const sizes of pieces) {
      if (sizes.length === 3 && pack.length > 60_000) continue;
      outcomes.push(await outcomeOf(pack, wasm, sizes));
    }
  }
  if (new Set(outcomes).size !== 1) throw new Finding(`not the same: ${outcomes.join(' ')}`, pack);
}

/** @returns the index, or the error, as a text. */
async function outcomeOf(pack: Buffer, wasm: object, sizes: readonly number[]): Promise<string> {
  const source = inPieces(pack, ...sizes);
  try {
    const result = await indexPack({ source, limits, wasm, packWorker: false });
    if (!pack.equals(result.pack ?? Buffer.alloc(0))) throw new Finding('another pack', pack);
    return Buffer.from(result.idx).toString('base64');
  } catch (error) {
    if (!isGitWsError(error, 'CORRUPT_PACK') && !isGitWsError(error, 'PACK_LIMIT')) throw error;
    const offset = error.data['offset'];
    if (typeof offset === 'number' && !(offset >= 0 && offset <= pack.length)) {
      throw new Finding(`an offset of ${offset} in ${pack.length} bytes`, pack);
    }
    const { fault, limit, object } = error.data;
    return `${error.code} ${String(fault ?? limit)} ${String(object)}`;
  }
}

/** Fuzzes the pack engine. */
export const packs: Fuzzer = {
  name: 'packs',
  open: () =>
    Promise.resolve({
      concurrency: 1,
      run: runCase,
      check: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }),
};
