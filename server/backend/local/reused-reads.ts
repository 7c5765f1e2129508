/**
 * Reads of a process's output without a new buffer for each. All read into one buffer, one after the
 * other; what came is copied to a slab, which is used again, before the next begins. It comes as `data`
 * events of a socket, as without; only pieces that follow each other also lie behind each other.
 *
 * Node has this for sockets that are connected (`onread`), not for those of a process: so the socket
 * that Node made is put aside, and another made of what it held. Where Node keeps that elsewhere, its
 * own socket is used: all is as before then, but slower (`test/server/reused-reads.test.ts` notices).
 */
import { Buffer } from 'node:buffer';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Slab, SlabPool } from '../../base/slabs.js';

/** What one read can bring, in bytes: a little more than Linux has waiting in a socket by default. */
const shared = Buffer.allocUnsafeSlow(256 * 1024);

/** Less than this, in bytes, is not worth a slab: a session that says little and waits keeps little. */
const worthSlab = 32 * 1024;

/** What Node's socket holds: an object of its own, around a descriptor. */
interface Held {
  _handle?: { readonly readStart: unknown } | null;
}

/**
 * @param own a stream of a process that has just been made: nothing was read from it.
 * @returns what is to be read in its place, paused.
 */
export function readIntoSlabs(own: Readable, pool: SlabPool): Readable {
  const { _handle: handle } = own as Held;
  if (typeof handle?.readStart !== 'function') return own;
  // Neither reads any more, nor closes it.
  (own as Held)._handle = null;
  own.destroy();
  const reads = new SlabReads(pool);
  const callback = (bytes: number): boolean => {
    reads.take(bytes, (piece) => socket.emit('data', piece));
    // Whoever wants no more pauses.
    return true;
  };
  const options = { handle, writable: false, onread: { buffer: shared, callback } };
  const socket = new Socket(options);
  return socket.pause();
}

/** The slabs of one stream. */
class SlabReads {
  readonly #pool: SlabPool;
  #slab: Slab | undefined;

  constructor(pool: SlabPool) {
    this.#pool = pool;
  }

  /** Hands on what was read. */
  take(bytes: number, give: (piece: Buffer) => void): void {
    const read = shared.subarray(0, bytes);
    if (bytes < worthSlab && !this.#slab?.free) {
      give(Buffer.from(read));
      return;
    }
    for (let at = 0; at < bytes;) {
      if (!this.#slab?.free) this.#slab = this.#pool.take();
      const piece = this.#slab.add(read.subarray(at, at + this.#slab.free));
      at += piece.length;
      give(piece);
    }
  }
}
