/**
 * Completes a thin pack, whose deltas are made from objects that only the repository has: these are
 * appended to it, as `git index-pack --fix-thin` does.
 */
import type { Engine } from './engine.js';
import { corruptPack, limitError } from './faults.js';
import { checksumSize } from './input.js';
import type { BaseObject, ObjectType } from './index-pack-options.js';
import type { Job } from './job.js';

/** The pack as it came. */
interface Original {
  readonly header: Uint8Array;
  readonly checksum: Uint8Array;
  readonly objects: number;
  /** Where its checksum stands, in bytes. */
  readonly end: number;
}

/** The pack as it is now. */
interface Completed {
  readonly checksum: Uint8Array;
  readonly appended: number;
  /** Its length. */
  readonly bytes: number;
}

/** Of the bases that are missing, how many an error names. */
const named = 10;

/**
 * @param resolve goes on resolving deltas, with a base that has been added.
 * @returns at once what came, if all deltas are resolved.
 * @throws GitWsError `CORRUPT_PACK` if bases are missing.
 */
export async function completePack(
  job: Job,
  engine: Engine,
  original: Original,
  resolve: () => Promise<void>,
): Promise<Completed> {
  const { checksum, end, objects } = original;
  if (engine.resolved === engine.pending) {
    return { checksum, appended: 0, bytes: end + checksumSize };
  }
  const missing = await missingBases(job, engine);
  const oids = missing.map(({ oid }) => oid);
  if (job.base === undefined) throw incomplete(engine, oids);
  const bases = new Map((await job.base(oids)).map((base) => [base.oid, base]));
  let appended = 0;
  let at = end;
  for (const { delta, oid } of missing) {
    const base = bases.get(oid);
    // It may have turned out to be in the pack, made from one that was added before.
    if (base === undefined || !engine.isWaiting(delta)) continue;
    if (base.bytes.length > job.limits.objectBytes) {
      throw limitError('objectBytes', job.limits.objectBytes, { oid });
    }
    const object = await addBase(job, engine, base);
    at = await append(job, engine, base, { object, at });
    appended += 1;
    while (engine.resolveFromBase(job.sizes.budget) !== 'done') await job.pace.turn();
    await resolve();
  }
  if (engine.resolved !== engine.pending) {
    const still = missing.filter(({ delta }) => engine.isWaiting(delta));
    throw incomplete(
      engine,
      still.map(({ oid }) => oid),
    );
  }
  await job.store.amend(headerOf(original, objects + appended), 0);
  const newChecksum = await hashPack(job, engine, at);
  await job.store.amend(newChecksum, at);
  return { checksum: newChecksum, appended, bytes: at + checksumSize };
}

/** @returns the bases that deltas name and the pack lacks, in the order of the pack. */
async function missingBases({ pace, sizes, base }: Job, engine: Engine) {
  const missing: { readonly delta: number; readonly oid: string }[] = [];
  for (let next = engine.nextMissing(sizes.budget); next !== 'done';) {
    if (typeof next === 'object') missing.push(next);
    // Where nobody is asked for them, only some are named.
    if (base === undefined && missing.length === named) break;
    await pace.turn();
    next = engine.nextMissing(sizes.budget);
  }
  return missing.sort((a, b) => a.delta - b.delta);
}

/** Gives the engine a base. @returns its number. */
async function addBase({ pace, sizes }: Job, engine: Engine, { oid, type, bytes }: BaseObject) {
  const room = engine.makeBaseRoom(bytes.length);
  for (let at = 0; at < bytes.length; at += sizes.budget) {
    engine.writeBase(bytes.subarray(at, at + sizes.budget), room + at);
    await pace.turn();
  }
  const object = engine.addBase(type);
  while (engine.hashBase(sizes.budget) !== 'done') await pace.turn();
  if (engine.oidOf(object) !== oid) {
    throw corruptPack(`The repository's object ${oid}, a base of the pack, is damaged.`, { oid });
  }
  return object;
}

/** Appends a base to the pack, at an offset. @returns where it ends. */
async function append(
  { store, limits, pace, sizes }: Job,
  engine: Engine,
  base: BaseObject,
  { object, at }: { readonly object: number; readonly at: number },
): Promise<number> {
  let end = at;
  let crc = 0;
  for await (const bytes of encodeEntry(base, sizes.piece)) {
    if (end + bytes.length + checksumSize > limits.packBytes) {
      throw limitError('packBytes', limits.packBytes);
    }
    crc = engine.updateCrc(crc, bytes);
    await store.amend(bytes, end);
    end += bytes.length;
    await pace.turn();
  }
  engine.placeBase(object, at, crc);
  return end;
}

function incomplete(engine: Engine, oids: readonly string[]): Error {
  const left = engine.pending - engine.resolved;
  const sentence = `${left} of the pack's deltas are made from objects that it does not have.`;
  return corruptPack(sentence, { missing: oids.slice(0, named) });
}

function headerOf({ header }: Original, objects: number): Uint8Array {
  const changed = new Uint8Array(header);
  new DataView(changed.buffer).setUint32(8, objects);
  return changed;
}

async function hashPack({ store, pace, sizes }: Job, engine: Engine, end: number) {
  engine.startHash();
  for (let at = 0; at < end;) {
    const bytes = await store.read(at, Math.min(end - at, sizes.piece));
    engine.hash(bytes);
    at += bytes.length;
    await pace.turn();
  }
  return engine.finishHash();
}

const types: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/**
 * Gives an object as an entry of a pack: its type and size, then its content deflated.
 *
 * @param piece bytes that are deflated at once.
 */
async function* encodeEntry(
  { type, bytes }: BaseObject,
  piece: number,
): AsyncGenerator<Uint8Array> {
  const head = [(types[type] << 4) | (bytes.length & 15)];
  for (let left = Math.floor(bytes.length / 16); left > 0; left = Math.floor(left / 128)) {
    head[head.length - 1]! |= 128;
    head.push(left & 127);
  }
  yield Uint8Array.from(head);
  let at = 0;
  const content = new ReadableStream<BufferSource>({
    pull: (controller) => {
      if (at >= bytes.length) {
        controller.close();
        return;
      }
      controller.enqueue(bytes.subarray(at, at + piece) as Uint8Array<ArrayBuffer>);
      at += piece;
    },
  });
  const reader = content.pipeThrough(new CompressionStream('deflate')).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}
