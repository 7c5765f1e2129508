/** Indexes a pack from its first byte to its index, wherever this runs: in a worker or not. */
import { completePack } from './complete.js';
import { Engine } from './engine.js';
import { corruptPack, newBytes } from './faults.js';
import { checksumSize, headerSize, Input, readPackHeader } from './input.js';
import type { Job } from './job.js';
import { formatOid } from '../format/oid.js';
import type { IndexedPack, PackProgress } from './index-pack-options.js';

/** Time between two calls of onProgress, in ms. */
const progressInterval = 100;

/** @throws GitWsError as `indexPack` documents. */
export async function runJob(job: Job): Promise<IndexedPack> {
  const input = new Input(job.source, job);
  const start = await input.start();
  const header = new Uint8Array(start.subarray(0, headerSize));
  const objects = readPackHeader(header, job.limits);
  const appendable = job.base === undefined ? 0 : objects;
  const engine = new Engine(job, objects, appendable);
  await receive(job, input, engine, start, objects);
  const end = engine.offset;
  const { pending } = engine;
  const report = throttle(job.onProgress, () => {
    return { phase: 'Resolving deltas', loaded: engine.resolved, total: pending };
  });
  engine.beginResolving(end);
  const resolve = () => resolveDeltas(job, engine, report);
  await resolve();
  const original = { header, checksum: input.tail, objects, end };
  const { checksum, appended, bytes } = await completePack(job, engine, original, resolve);
  report(true);
  engine.beginPackIndex(checksum);
  while (engine.writePackIndex(job.sizes.budget) !== 'done') await job.pace.turn();
  const idx = await copyPackIndex(job, engine);
  const pack = await job.store.finish(job.pace);
  return {
    checksum: formatOid(checksum),
    objects: objects + appended,
    deltas: engine.deltas,
    completedWith: appended,
    bytes,
    ...(pack === undefined ? {} : { pack }),
    idx,
  };
}

/** The first pass, up to the end of the source, which has to be that of the pack. */
async function receive(
  { pace, sizes, onProgress }: Job,
  input: Input,
  engine: Engine,
  start: Uint8Array,
  objects: number,
): Promise<void> {
  const report = throttle(onProgress, () => {
    const bytes = input.received;
    return { phase: 'Receiving objects', loaded: engine.scanned, total: objects, bytes };
  });
  let bytes = start;
  for (let step = 'more'; step !== 'done';) {
    if (step === 'more') {
      if (bytes.length === 0) {
        const next = await input.next();
        if (next === undefined) throw input.truncated(engine.scanned);
        bytes = next;
      }
      bytes = bytes.subarray(engine.feed(bytes.subarray(0, sizes.piece)));
    }
    step = engine.scan(sizes.budget);
    report(false);
    const turn = pace.turn();
    if (turn !== undefined) await turn;
  }
  const size = engine.offset + checksumSize;
  while (input.received <= size && (await input.next()) !== undefined);
  if (input.received < size) throw input.truncated(objects);
  if (input.received > size) {
    throw corruptPack('There is more behind the end of the pack.', { offset: size });
  }
  if (formatOid(engine.packChecksum()) !== formatOid(input.tail)) {
    throw corruptPack('The pack does not have the checksum that it says.', { offset: size - 20 });
  }
  report(true);
}

/** The second pass, as far as it gets with the bases that are known. */
async function resolveDeltas(
  { pace, store, sizes }: Job,
  engine: Engine,
  report: (isLast: boolean) => void,
): Promise<void> {
  let step = engine.resolve(sizes.budget);
  while (step !== 'done') {
    if (step === 'read') {
      const { position, length } = engine.wanted;
      const read = store.read(position, Math.min(length, sizes.piece));
      // Most are at hand, and there are many.
      const bytes = read instanceof Uint8Array ? read : await read;
      if (bytes.length === 0) throw new RangeError('The pack could not be read back.');
      engine.answer(bytes);
    }
    report(false);
    const turn = pace.turn();
    if (turn !== undefined) await turn;
    step = engine.resolve(sizes.budget);
  }
}

async function copyPackIndex({ pace, sizes }: Job, engine: Engine) {
  const idx = newBytes(engine.packIndexBytes);
  for (let at = 0; at < idx.length; at += sizes.budget) {
    idx.set(engine.packIndexPiece(at, sizes.budget), at);
    await pace.turn();
  }
  return idx;
}

/** @returns a function that reports some times a second, and always if `isLast`. */
function throttle(
  onProgress: ((progress: PackProgress) => void) | undefined,
  measure: () => PackProgress,
): (isLast: boolean) => void {
  if (onProgress === undefined) return () => undefined;
  let next = performance.now();
  return (isLast) => {
    const now = performance.now();
    if (!isLast && now < next) return;
    next = now + progressInterval;
    onProgress(measure());
  };
}
