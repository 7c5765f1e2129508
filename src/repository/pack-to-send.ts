/**
 * The pack of a push, made while it is sent. What lies in packs of ours goes as it lies there: deltas
 * whose base is sent as well, or is on the remote, and whole objects. For the rest cheap deltas are made.
 */
import { useFileSystem } from '../base/failure.js';
import { deltaTypes, type EntryHead } from '../pack/format/entry.js';
import { formatOid } from '../pack/format/oid.js';
import type { Pace } from '../pack/index/pace.js';
import { deflatePieces } from '../pack/write/deflate.js';
import { PackWriter, type EntryKind } from '../pack/write/pack-writer.js';
import { DeltaBases } from './delta-bases.js';
import type { PackedPlace, StoredPack } from './object-lookup.js';
import type { ObjectsToSend, ObjectToSend } from './objects-to-send.js';
import { PackOrder } from './pack-order.js';
import type { PackedObjects } from './packed-objects.js';
import { emptyTree, type StoredObjects } from './stored-objects.js';
import { unavailable } from './unavailable.js';

/** Bytes of a pack that are copied at once. */
const pieceBytes = 0x10000;

/** How a pack is made. */
export interface SendOptions {
  /** Whether deltas may be made from what the remote has. */
  readonly thin: boolean;
  /** Whether the remote knows bases by their distance. */
  readonly ofsDelta: boolean;
  readonly pace: Pace;
  /** Told of each object that is in the pack, and of the last one. */
  readonly onObject?: ((isLast: boolean) => unknown) | undefined;
}

/** A pack that is to be sent. */
export class PackToSend {
  readonly #stored: StoredObjects;
  readonly #entries: readonly Entry[];
  readonly #packs: ReadonlyMap<StoredPack, SourcePack>;
  readonly #options: SendOptions & { readonly hasLoose: boolean };
  readonly #known: ReadonlySet<string>;
  readonly #bases: DeltaBases;
  readonly #written = new Map<string, number>();
  readonly #writer = new PackWriter();

  /**
   * Looks where everything is.
   *
   * @throws GitWsError OBJECT_UNAVAILABLE for what is nowhere; what the file system throws.
   */
  static async of(
    found: ObjectsToSend,
    stored: StoredObjects,
    options: SendOptions,
  ): Promise<PackToSend> {
    // What is new there need not be here: a file that was moved, for example.
    await stored.ready(found.objects.map(({ oid }) => oid));
    const loose: ObjectToSend[] = [];
    const packs = new Map<StoredPack, SourcePack>();
    for (const object of found.objects) {
      await options.pace.turn();
      const place = object.oid === emptyTree ? inMemory : await stored.locate(object.oid);
      if (typeof place !== 'object') throw unavailable(object.oid);
      if (!('pack' in place)) {
        loose.push(object);
        continue;
      }
      const source = packs.get(place.pack) ?? { entries: new Map() };
      packs.set(place.pack, source);
      source.entries.set(place.offset, object);
    }
    const hasLoose = loose.some(({ path }) => path !== undefined);
    return new PackToSend(found, inOrder(loose, packs), packs, stored, { ...options, hasLoose });
  }

  private constructor(
    found: ObjectsToSend,
    entries: readonly Entry[],
    packs: ReadonlyMap<StoredPack, SourcePack>,
    stored: StoredObjects,
    options: SendOptions & { readonly hasLoose: boolean },
  ) {
    this.#stored = stored;
    this.#entries = entries;
    this.#packs = packs;
    this.#options = options;
    this.#known = options.thin ? found.known : new Set();
    this.#bases = new DeltaBases(stored, options.thin ? found : {}, options.pace);
  }

  /** How many objects there are. */
  get count(): number {
    return this.#entries.length;
  }

  /**
   * The pack, once.
   *
   * @throws GitWsError OBJECT_UNAVAILABLE, CORRUPT_PACK, UserCanceledError; what the file system and
   *   `onObject` throw.
   */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    yield this.#writer.header(this.count);
    for (const entry of this.#entries) {
      await this.#options.pace.turn();
      const { offset } = this.#writer;
      yield* this.#write(entry);
      this.#written.set(entry.object.oid, offset);
      if (this.#options.hasLoose && entry.packed !== undefined) this.#bases.note(entry.object);
      await this.#options.onObject?.(this.#written.size === this.count);
    }
    yield this.#writer.trailer();
  }

  async *#write(entry: Entry): AsyncGenerator<Uint8Array, void, undefined> {
    const { object, packed } = entry;
    const source = packed && (await useFileSystem(() => this.#sourceOf(packed.pack)));
    if (packed === undefined || source?.order === undefined) {
      yield* this.#writeContent(object, packed === undefined);
      return;
    }
    const { offset } = packed;
    const head = await useFileSystem(() => source.packed.headAt(offset));
    const kind = await this.#kindOf(object, head, packed, source);
    if (kind === undefined) {
      yield* this.#writeContent(object, false);
      return;
    }
    yield this.#writer.entryHead(kind, head.size);
    const end = source.order.endOf(offset);
    for (let at = offset + head.data; at < end; at += pieceBytes) {
      const length = Math.min(pieceBytes, end - at);
      yield this.#writer.pass(await useFileSystem(() => source.packed.bytesAt(at, length)));
    }
  }

  /** @returns as what an entry of a pack of ours can be sent; undefined where it cannot, or is too long. */
  async #kindOf(
    object: ObjectToSend,
    { type, distance, base }: EntryHead,
    { pack, offset }: PackedPlace,
    { order }: OpenSource,
  ): Promise<EntryKind | undefined> {
    const isDelta = type === deltaTypes.ofs || type === deltaTypes.ref;
    // What is whole here is often the next version of what the remote has.
    if (!isDelta) return this.#bases.hasEdge(object) ? undefined : { type: object.type };
    const at = base === undefined ? offset - distance : await pack.index.find(base);
    // One of the same pack, so that no delta is made from what is made from it.
    const sent = at === undefined ? undefined : this.#packs.get(pack)?.entries.get(at);
    if (sent !== undefined) return this.#deltaOf(sent.oid);
    const oid = base === undefined ? order?.oidAt(at ?? 0) : formatOid(base);
    return oid !== undefined && this.#known.has(oid) ? { base: oid } : undefined;
  }

  /**
   * @param isLoose whether it may be made from what was sent. What is packed may not: others of its pack,
   *   which are sent as they lie, may be made from it.
   */
  async *#writeContent(
    object: ObjectToSend,
    isLoose: boolean,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { oid, type } = object;
    const read = await useFileSystem(() => this.#stored.read(oid));
    if (typeof read !== 'object' || read.type !== type || read.bytes === undefined) {
      throw unavailable(oid);
    }
    const { bytes } = read;
    const made = await useFileSystem(() => this.#bases.make(object, bytes, isLoose));
    if (isLoose) this.#bases.keep(object, bytes, made?.base);
    const kind = made === undefined ? { type } : this.#deltaOf(made.base);
    const content = made?.delta ?? bytes;
    yield this.#writer.entryHead(kind, content.length);
    for await (const piece of deflatePieces(content, this.#options.pace)) {
      yield this.#writer.pass(piece);
    }
  }

  #deltaOf(base: string): EntryKind {
    const at = this.#options.ofsDelta ? this.#written.get(base) : undefined;
    return at === undefined ? { base } : { distance: this.#writer.offset - at };
  }

  async #sourceOf(pack: StoredPack): Promise<OpenSource> {
    const source = this.#packs.get(pack);
    const packed = await this.#stored.entries(pack);
    if (source === undefined) return { packed, order: undefined };
    source.order ??= pack.index
      .load()
      .then((index) => PackOrder.of(index, packed.end, this.#options.pace));
    return { packed, order: await source.order };
  }
}

/** Where that is which is in every repository. */
const inMemory = { file: '' };

/** An object, and where it lies if that is a pack. */
interface Entry {
  readonly object: ObjectToSend;
  readonly packed: PackedPlace | undefined;
}

/** A pack of ours. */
interface SourcePack {
  /** What is sent of it, by their offsets. */
  readonly entries: Map<number, ObjectToSend>;
  order?: Promise<PackOrder | undefined>;
}

interface OpenSource {
  readonly packed: PackedObjects;
  readonly order: PackOrder | undefined;
}

/** Commits first; what is packed in the order of its pack, where each base comes before its deltas. */
function inOrder(
  loose: readonly ObjectToSend[],
  packs: ReadonlyMap<StoredPack, SourcePack>,
): readonly Entry[] {
  const entries: Entry[] = [];
  for (const types of [['commit', 'tag'], ['tree'], ['blob']]) {
    for (const [pack, source] of packs) {
      const packed = [...source.entries].filter(([, { type }]) => types.includes(type));
      // Numbers of their own kind: those of many objects are sorted in some milliseconds.
      for (const offset of Float64Array.from(packed, ([at]) => at).sort()) {
        const object = source.entries.get(offset);
        if (object !== undefined) entries.push({ object, packed: { pack, offset } });
      }
    }
    for (const object of loose) {
      if (types.includes(object.type)) entries.push({ object, packed: undefined });
    }
  }
  return entries;
}
