/**
 * Packs of few objects, which a fetch unpacks into files of their own, as git's does (`fetch.unpackLimit`
 * in git-config(1), `unpack_limit` in fetch-pack.c): else each fetch leaves a pack, and whoever looks for an
 * object later looks in all of them.
 */
import type { PackIndex } from '../pack/format/pack-index.js';
import type { BaseObject } from '../pack/index/index-pack-options.js';
import { concatBytes } from '../base/concat-bytes.js';
import {
  indexFetched,
  keepPack,
  placeOf,
  type KeepPackOptions,
  type PackPlace,
} from './keep-pack.js';
import { writeLooseObjects } from './loose-objects.js';
import { PackedObjects, type ReadablePack } from './packed-objects.js';
import { hasZlib } from './zlib.js';

/** Most bytes of a pack that is unpacked: it is held in memory until it is whole. */
export const smallPackBytes = 0x100000;

/** Most bytes that its objects have in all: they are in memory together. A pack of more stays one. */
export const unpackedBytes = 0x1000000;

/** Objects that are written at once: a process may have only so many files open. */
const writtenAtOnce = 128;

/** Bytes before the first object: `PACK`, version, number of objects (gitformat-pack(5)). */
const headBytes = 12;

/**
 * Puts a pack into the repository: its objects, where they are few, or all of it.
 *
 * @param source the bytes of the pack.
 * @param limit how many objects make a pack stay one; 0 or less for none, as in git.
 * @throws as `keepPack`. Some of the objects may be there then.
 */
export async function unpackOrKeep<Fs extends object>(
  source: AsyncIterable<Uint8Array>,
  limit: number,
  options: KeepPackOptions<Fs>,
): Promise<void> {
  const begun = await readSmallPack(source, limit);
  if (!begun.isSmall || !hasZlib()) return keepPack(begun.source, options);
  const place = await placeOf(options);
  const { indexed, readable } = await indexFetched(begun.source, undefined, place, options);
  if (readable === undefined) return;
  const objects = await readNewObjects(readable, indexed.objects - indexed.completedWith);
  if (objects !== undefined) return writeObjects(place, objects);
  return keepPack(goOn([indexed.pack ?? new Uint8Array(0)]), options);
}

/** Writes them from the last to the first: in a pack, what names others stands before them. */
async function writeObjects(
  { fs, gitdir }: PackPlace,
  objects: readonly BaseObject[],
): Promise<void> {
  for (let end = objects.length; end > 0; end -= writtenAtOnce) {
    await writeLooseObjects(fs, gitdir, objects.slice(Math.max(0, end - writtenAtOnce), end));
  }
}

interface BegunPack {
  /** All of the pack, or what is to come of it as well. */
  readonly source: AsyncIterable<Uint8Array>;
  /** Whether it is all of it, and little. */
  readonly isSmall: boolean;
}

/** Reads a pack until it is known whether it is small. @throws what the source throws. */
async function readSmallPack(source: AsyncIterable<Uint8Array>, limit: number): Promise<BegunPack> {
  const iterator = source[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  let length = 0;
  let isSmall = true;
  while (isSmall) {
    const next = await iterator.next();
    if (next.done === true) return { source: goOn(read), isSmall };
    const wasBegun = length >= headBytes;
    read.push(next.value);
    length += next.value.length;
    isSmall = length <= smallPackBytes;
    if (!wasBegun && length >= headBytes) isSmall &&= isBelow(limit, concatBytes(read));
  }
  return { source: goOn(read, iterator), isSmall };
}

function isBelow(limit: number, pack: Uint8Array): boolean {
  const objects = new DataView(pack.buffer, pack.byteOffset).getUint32(headBytes - 4);
  return limit <= 0 || objects < limit;
}

async function* goOn(
  read: readonly Uint8Array[],
  rest?: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* read;
    for (let next = await rest?.next(); next?.done === false; next = await rest?.next()) {
      yield next.value;
    }
  } finally {
    // Whoever reads no further has the source know.
    await rest?.return?.();
  }
}

/**
 * @param count how many objects have come: those behind them completed a thin pack, and are here already.
 * @returns the objects that have come; undefined for more than {@link unpackedBytes}.
 * @throws RangeError for a damaged pack; what reading throws.
 */
async function readNewObjects(
  pack: ReadablePack<PackIndex>,
  count: number,
): Promise<readonly BaseObject[] | undefined> {
  const { index } = pack;
  const places = Array.from({ length: index.count }, (_, number) => ({
    oid: index.oidAt(number),
    offset: index.offsetAt(number),
  }));
  places.sort((one, other) => one.offset - other.offset);
  const objects = new PackedObjects(pack, { sizeLimit: unpackedBytes, blobs: true });
  const found: BaseObject[] = [];
  let left = unpackedBytes;
  for (const { oid, offset } of places.slice(0, count)) {
    const object = await objects.read(offset);
    left -= object?.bytes?.length ?? Infinity;
    if (object?.bytes === undefined || left < 0) return undefined;
    found.push({ oid, type: object.type, bytes: object.bytes });
  }
  return found;
}
