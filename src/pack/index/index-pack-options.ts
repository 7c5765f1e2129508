/** What {@link indexPack} takes and gives back. No code. */
import type { PackLimits } from './limits.js';

/** A kind of object that is not a delta. */
export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

/** An object of the repository that deltas of a thin pack are made from. */
export interface BaseObject {
  /** Its oid. */
  readonly oid: string;
  /** Its kind. */
  readonly type: ObjectType;
  /** Its content, without git's header. */
  readonly bytes: Uint8Array;
}

/** How far the work is. */
export type PackProgress =
  | {
      /** The pack is coming. */
      readonly phase: 'Receiving objects';
      /** Objects that have come. */
      readonly loaded: number;
      /** Objects in the pack. */
      readonly total: number;
      /** Bytes of the pack that have come. */
      readonly bytes: number;
    }
  | {
      /** The pack has come. */
      readonly phase: 'Resolving deltas';
      /** Deltas that are resolved. */
      readonly loaded: number;
      /** Deltas in the pack. */
      readonly total: number;
    };

/** Where the bytes of a pack go as they come. */
export interface PackSink {
  /**
   * Called with one piece after another, never before the last call has settled.
   *
   * @param bytes the sink's own from then on.
   * @param position offset of `bytes` in the pack. Each piece follows the last one, but for a thin
   * pack: when it has been completed, its first 12 bytes are written once more, at 0, and its last
   * 20 are overwritten.
   */
  write(bytes: Uint8Array, position: number): void | Promise<void>;
  /**
   * Reads back what was written. With it the bytes of the pack are never all in memory; without it
   * they are kept until the work is done.
   *
   * @returns exactly `length` bytes.
   */
  read?(position: number, length: number): Uint8Array | Promise<Uint8Array>;
}

/**
 * A `Worker`. Its own type is not named here: compilers that know no page do not have it.
 */
export interface PackWorker {
  /** As a worker's. */
  postMessage(message: unknown): void;
  /** As a worker's. */
  terminate(): void;
}

/** What {@link indexPack} works on, and how. */
export interface IndexPackOptions {
  /** The bytes of a pack, from `PACK` to its checksum, in pieces of any size, and nothing else. */
  readonly source: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;
  /** Ends the call, which then rejects with UserCanceledError. */
  readonly signal?: AbortSignal | undefined;
  /** Called some times a second at most. What it throws, or rejects with meanwhile, rejects the call. */
  readonly onProgress?: ((progress: PackProgress) => void) | undefined;
  /** What the pack may ask for. Default: {@link defaultPackLimits}. */
  readonly limits?: Partial<PackLimits> | undefined;
  /**
   * Gives the objects of the repository that deltas are made from whose base is not in the pack,
   * called at most once, with distinct oids. Those that the repository lacks are left out. The
   * result is the completed pack: they are appended to it. Without it a thin pack is refused.
   */
  readonly base?: ((oids: readonly string[]) => Promise<readonly BaseObject[]>) | undefined;
  /**
   * Where the work is done. Default: in a worker that is started from a Blob, or, where workers
   * cannot be started, on the caller's thread in slices of about 10 ms. A URL of the file
   * `gitws/pack-worker`, or a worker made of it that nobody else uses; `false` for the caller's
   * thread.
   */
  readonly packWorker?: URL | PackWorker | false | undefined;
  /**
   * The engine as WebAssembly, for pages that do not want the copy that is part of the script: the
   * file `gitws/pack.wasm` as a URL, its bytes (an ArrayBuffer or a view), or the WebAssembly.Module
   * compiled from it. Default: the copy in the script, with SIMD where that is known.
   */
  readonly wasm?: object | undefined;
  /**
   * Whether objects are searched for traces of a collision attack on SHA-1, as git does. A pack that
   * has one is refused. Default true; docs/security.md says what that costs.
   */
  readonly detectCollisions?: boolean | undefined;
  /** Where the pack's bytes go. Default: they are held and returned. */
  readonly sink?: PackSink | undefined;
  /**
   * Of the pack, the bytes that are kept in memory meanwhile, where a `sink` can be read, up to 2 GiB - 1: what deltas
   * need of the rest is read back. Default 128 MiB.
   */
  readonly keptBytes?: number | undefined;
}

/** A pack and its index. */
export interface IndexedPack {
  /** The pack's trailing checksum in hexadecimal: what git calls the pack by. */
  readonly checksum: string;
  /** Objects in the pack. */
  readonly objects: number;
  /** Deltas among them. */
  readonly deltas: number;
  /** How many objects were appended to complete a thin pack. */
  readonly completedWith: number;
  /** Length of the pack. */
  readonly bytes: number;
  /** The pack; missing if there was a sink. */
  readonly pack?: Uint8Array;
  /** The pack index, version 2, as `git index-pack` writes it. */
  readonly idx: Uint8Array;
}
