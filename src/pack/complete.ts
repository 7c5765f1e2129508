/**
 * Completes a thin pack, whose deltas are made from objects that only the repository has: these are
 * appended to it, as `git index-pack --fix-thin` does.
 */
import type { Engine } from './engine.js';
import { corruptPack, limitError } from './faults.js';
import { checksumSize } from './input.js';
import type { BaseObject, ObjectType } from './options.js';
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
  const missing = engine.missingBases();
  const oids = missing.map(({ oid }) => oid);
  if (job.base === undefined) throw incomplete(engine, oids);
  const bases = new Map((await job.base(oids)).map((base) => [base.oid, base]));
  job.pace.rested();
  let appended = 0;
  let at = end;
  for (const { delta, oid } of missing) {
    const base = bases.get(oid);
    // It may have turned out to be in the pack, made from one that was added before.
    if (base === undefined || !engine.isWaiting(delta)) continue;
    if (base.bytes.length > job.limits.objectBytes) {
      throw limitError('objectBytes', job.limits.objectBytes, { oid });
    }
    const added = engine.addBase(base.type, base.bytes);
    if (added.oid !== oid) {
      throw corruptPack(`The repository's object ${oid}, a base of the pack, is damaged.`, { oid });
    }
    const entry = await encodeEntry(base);
    if (at + entry.length + checksumSize > job.limits.packBytes) {
      throw limitError('packBytes', job.limits.packBytes);
    }
    engine.placeBase(added.object, at, entry);
    await job.store.amend(entry, at);
    at += entry.length;
    appended += 1;
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

/** @returns an object as an entry of a pack: its type and size, then its content deflated. */
async function encodeEntry({ type, bytes }: BaseObject): Promise<Uint8Array> {
  const head = [(types[type] << 4) | (bytes.length & 15)];
  for (let left = Math.floor(bytes.length / 16); left > 0; left = Math.floor(left / 128)) {
    head[head.length - 1]! |= 128;
    head.push(left & 127);
  }
  const pieces: Uint8Array[] = [Uint8Array.from(head)];
  const stream = new CompressionStream('deflate');
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes as BufferSource).then(() => writer.close());
  const reader = stream.readable.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    pieces.push(read.value);
  }
  await written;
  const entry = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    entry.set(piece, at);
    at += piece.length;
  }
  return entry;
}
