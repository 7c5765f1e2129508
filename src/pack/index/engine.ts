/**
 * One instance of the engine (src/pack/wasm), which indexes one pack: its functions with the types
 * and the errors of this language. It knows nothing of where bytes come from.
 */
import { GitWsError } from '../../base/errors.js';
import { firstFault, steps, type EngineStep } from './codes.js';
import { faultError, memoryError } from './faults.js';
import { ringFor, type Job } from './job.js';
import type { PackLimits } from './limits.js';
import { formatOid } from '../format/oid.js';
import type { ObjectType } from './index-pack-options.js';

/** What src/pack/wasm/engine.ts exports. Addresses and u32 come as signed numbers. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  begin(
    objects: number,
    appendable: number,
    ringBytes: number,
    objectBytes: number,
    inflatedBytes: number,
    resultBytes: number,
    deltaDepth: number,
    resolvingBytes: number,
    detectsCollisions: boolean,
  ): number;
  makeScanRoom(): number;
  makeRoom(): number;
  room(): number;
  addBytes(count: number): void;
  scan(budget: number): number;
  scannedObjects(): number;
  deltaCount(): number;
  pendingCount(): number;
  resolvedCount(): number;
  nextOffset(): number;
  packChecksum(): number;
  beginResolving(end: number): number;
  resolve(budget: number): number;
  wantedOffset(): number;
  wantedBytes(): number;
  nextMissing(budget: number): number;
  oidOf(object: number): number;
  makeBaseRoom(size: number): number;
  addBase(type: number): number;
  hashBase(budget: number): number;
  isWaiting(object: number): number;
  resolveFromBase(budget: number): number;
  placeBase(object: number, offset: number, crc: number): void;
  windowStart(): number;
  crcOfBytes(crc: number, count: number): number;
  startPackHash(): void;
  hashBytes(count: number): void;
  finishedHash(): number;
  beginPackIndex(): number;
  writePackIndex(budget: number): number;
  packIndexBytes(): number;
  failedObject(): number;
  failedOffset(): number;
  workDone(): number;
}

/** What an instance is made for. */
export type EngineOptions = Pick<Job, 'module' | 'sizes' | 'limits' | 'detectsCollisions'>;

/** By git's numbers. */
const types: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** No object: the engine's 2^32 - 1. "Call again": 2^32 - 2. */
const none = -1;
const undecided = -2;

/**
 * Indexes one pack. After an error an instance is good for nothing. What has a budget does
 * about so many bytes of work before it returns, however large anything in the pack is, and has to
 * be called again after 'pause'. All else takes what it is given: pieces.
 */
export class Engine {
  readonly #exports: Exports;
  readonly #limits: PackLimits;
  #memory: Uint8Array;
  #packIndex = 0;

  /**
   * @param job what it is made for.
   * @param objects number of objects that the pack's header promises.
   * @param appendable bases at most that may be added to them.
   * @throws GitWsError `PACK_ENGINE_FAILED`.
   */
  constructor(
    { module, sizes, limits, detectsCollisions }: EngineOptions,
    objects: number,
    appendable: number,
  ) {
    this.#limits = limits;
    this.#exports = instantiate(module);
    this.#memory = new Uint8Array(this.#exports.memory.buffer);
    this.#check(
      this.#run(() =>
        this.#exports.begin(
          objects,
          appendable,
          ringFor(objects, sizes),
          limits.objectBytes,
          limits.inflatedBytes,
          limits.resultBytes,
          limits.deltaDepth,
          limits.resolvingBytes,
          detectsCollisions,
        ),
      ),
    );
  }

  /** Gives it the next bytes of the pack. @returns how many it took. */
  feed(bytes: Uint8Array): number {
    return this.#give(this.#exports.makeScanRoom() >>> 0, bytes);
  }

  /** Bytes of work that the last call with a budget has done: inflated, copied, hashed, looked at. */
  get work(): number {
    return this.#exports.workDone();
  }

  /** Goes on with the first pass. 'done' means that only the pack's checksum is missing. */
  scan(budget: number): EngineStep {
    return this.#check(this.#run(() => this.#exports.scan(budget)));
  }

  /** Objects that the first pass has taken apart. */
  get scanned(): number {
    return this.#exports.scannedObjects() >>> 0;
  }
  /** Deltas in the pack. */
  get deltas(): number {
    return this.#exports.deltaCount() >>> 0;
  }
  /** Deltas that are left to the second pass. */
  get pending(): number {
    return this.#exports.pendingCount() >>> 0;
  }
  /** Of those, how many it has resolved. */
  get resolved(): number {
    return this.#exports.resolvedCount() >>> 0;
  }
  /** Offset in the pack of what the first pass reads next. */
  get offset(): number {
    return this.#exports.nextOffset();
  }

  /** @returns the hash of all that the first pass has taken apart. */
  packChecksum(): Uint8Array<ArrayBuffer> {
    return this.#copy(this.#exports.packChecksum() >>> 0, 20);
  }

  /** Begins the second pass. */
  beginResolving(end: number): void {
    this.#check(this.#run(() => this.#exports.beginResolving(end)));
  }

  /** Goes on with it. After 'read' it wants {@link wanted}, by {@link answer}. */
  resolve(budget: number): EngineStep {
    return this.#check(this.#run(() => this.#exports.resolve(budget)));
  }

  /** What it wants to read, at most. */
  get wanted(): { readonly position: number; readonly length: number } {
    const length = Math.min(this.#exports.wantedBytes(), this.#exports.room() >>> 0);
    return { position: this.#exports.wantedOffset(), length };
  }

  /** Gives it some or all of what it wants. */
  answer(bytes: Uint8Array): void {
    this.#give(this.#exports.makeRoom() >>> 0, bytes);
  }

  /** @returns the next delta whose base the pack lacks, of each base the first; 'done' after all. */
  nextMissing(budget: number): { readonly delta: number; readonly oid: string } | EngineStep {
    const delta = this.#run(() => this.#exports.nextMissing(budget));
    if (delta === none) return 'done';
    if (delta === undecided) return 'pause';
    return { delta: delta >>> 0, oid: this.oidOf(delta) };
  }

  /** Whether a delta still waits for the base that it names. */
  isWaiting(delta: number): boolean {
    return this.#exports.isWaiting(delta) !== 0;
  }

  /** @returns where a base from the repository is to be written, by {@link writeBase}. */
  makeBaseRoom(size: number): number {
    const at = this.#run(() => this.#exports.makeBaseRoom(size)) >>> 0;
    if (at === 0) throw memoryError();
    return at;
  }
  writeBase(bytes: Uint8Array, at: number): void {
    this.#view().set(bytes, at);
  }

  /** Adds the base that was written. @returns its number. */
  addBase(type: ObjectType): number {
    return this.#run(() => this.#exports.addBase(types[type])) >>> 0;
  }
  /** Goes on with its hash, after which its oid is known. */
  hashBase(budget: number): EngineStep {
    return this.#check(this.#run(() => this.#exports.hashBase(budget)));
  }
  /** Hands it over to resolve(), which then makes all that is made from it. */
  resolveFromBase(budget: number): EngineStep {
    return this.#check(this.#run(() => this.#exports.resolveFromBase(budget)));
  }

  /** @returns the checksum of what `crc` is that of, 0 for nothing, followed by these bytes. */
  updateCrc(crc: number, bytes: Uint8Array): number {
    let updated = crc;
    this.#eachPiece(bytes, (count) => {
      updated = this.#exports.crcOfBytes(updated, count);
    });
    return updated;
  }
  /** Says where an added base stands in the completed pack, and the checksum of its bytes there. */
  placeBase(object: number, offset: number, crc: number): void {
    this.#exports.placeBase(object, offset, crc);
  }

  /** Begins the hash of a completed pack. */
  startHash(): void {
    this.#exports.startPackHash();
  }
  /** Goes on with it. */
  hash(bytes: Uint8Array): void {
    this.#eachPiece(bytes, (count) => this.#exports.hashBytes(count));
  }
  /** @returns the hash. */
  finishHash(): Uint8Array<ArrayBuffer> {
    return this.#copy(this.#exports.finishedHash() >>> 0, 20);
  }

  /** Begins the index of a pack with this checksum. */
  beginPackIndex(checksum: Uint8Array): void {
    this.#view().set(checksum, this.#exports.windowStart());
    this.#packIndex = this.#run(() => this.#exports.beginPackIndex()) >>> 0;
    if (this.#packIndex === 0) throw memoryError();
  }

  /** Goes on with it. */
  writePackIndex(budget: number): EngineStep {
    return this.#check(this.#run(() => this.#exports.writePackIndex(budget)));
  }

  /** Bytes of the index. */
  get packIndexBytes(): number {
    return this.#exports.packIndexBytes() >>> 0;
  }
  /** @returns a piece of it when it is done; good until the next call. */
  packIndexPiece(from: number, length: number): Uint8Array {
    const at = this.#packIndex + from;
    return this.#view().subarray(at, at + Math.min(length, this.packIndexBytes - from));
  }

  /** @returns an object's oid. */
  oidOf(object: number): string {
    const at = this.#exports.oidOf(object) >>> 0;
    return formatOid(this.#view().subarray(at, at + 20));
  }

  #eachPiece(bytes: Uint8Array, take: (count: number) => void): void {
    const start = this.#exports.windowStart() >>> 0;
    const most = 0x100000;
    for (let at = 0; at < bytes.length; at += most) {
      const piece = bytes.subarray(at, at + most);
      this.#view().set(piece, start);
      take(piece.length);
    }
  }

  #give(at: number, bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.#exports.room() >>> 0);
    this.#view().set(count === bytes.length ? bytes : bytes.subarray(0, count), at);
    this.#exports.addBytes(count);
    return count;
  }

  #copy(at: number, length: number): Uint8Array<ArrayBuffer> {
    return this.#view().slice(at, at + length);
  }

  /** The memory, which is another buffer whenever it has grown. */
  #view(): Uint8Array {
    if (this.#memory.length === 0) this.#memory = new Uint8Array(this.#exports.memory.buffer);
    return this.#memory;
  }

  #run(work: () => number): number;
  #run(work: () => void): void;
  #run(work: () => unknown): unknown {
    try {
      return work();
    } catch (cause) {
      // A trap: whatever its cause, what is in memory is not to be relied upon.
      throw new GitWsError('PACK_ENGINE_FAILED', 'The pack engine failed.', { cause });
    }
  }

  #check(code: number): EngineStep {
    const step = steps[code];
    if (step !== undefined) return step;
    if (code < firstFault) throw new GitWsError('PACK_ENGINE_FAILED', 'The pack engine failed.');
    const object = this.#exports.failedObject() >>> 0;
    throw faultError(code, object, this.#exports.failedOffset(), this.#limits);
  }
}

function instantiate(module: WebAssembly.Module): Exports {
  try {
    return new WebAssembly.Instance(module, {}).exports as unknown as Exports;
  } catch (cause) {
    throw memoryError(cause);
  }
}
