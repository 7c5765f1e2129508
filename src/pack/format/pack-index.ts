/**
 * Reads a pack index, version 2 (gitformat-pack(5)): where an object is in the pack. The bytes are
 * the engine's own, or the repository's, and trusted.
 */
import { bytesOfOid } from './oid.js';

const headerBytes = 8;
const fanoutBytes = 1024;
const oidBytes = 20;

/** See the head of this file. */
export class PackIndex {
  /** How many objects there are. */
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** Whether these bytes begin as an index of this version does. */
  static isOne(bytes: Uint8Array): boolean {
    const start = Uint8Array.of(0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2);
    return (
      bytes.length >= headerBytes + fanoutBytes && start.every((byte, at) => byte === bytes[at])
    );
  }

  /** @param bytes a whole index. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.count = this.#view.getUint32(headerBytes + fanoutBytes - 4);
  }

  /** @param oid 40 hexadecimal digits. */
  has(oid: string): boolean {
    return this.find(bytesOfOid(oid)) !== undefined;
  }

  /** @returns the offset of an object in the pack; undefined if it is not there. */
  find(oid: Uint8Array): number | undefined {
    const first = oid[0] ?? 0;
    const fanout = (byte: number): number => this.#view.getUint32(headerBytes + byte * 4);
    let low = first === 0 ? 0 : fanout(first - 1);
    let high = fanout(first);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(middle, oid);
      if (order === 0) return this.#offset(middle);
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  #compare(object: number, oid: Uint8Array): number {
    const at = headerBytes + fanoutBytes + object * oidBytes;
    for (let byte = 0; byte < oidBytes; byte += 1) {
      const difference = (this.#bytes[at + byte] ?? 0) - (oid[byte] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #offset(object: number): number {
    const table = headerBytes + fanoutBytes + this.count * (oidBytes + 4);
    const offset = this.#view.getUint32(table + object * 4);
    if (offset < 0x80000000) return offset;
    const large = table + this.count * 4 + (offset - 0x80000000) * 8;
    return this.#view.getUint32(large) * 0x100000000 + this.#view.getUint32(large + 4);
  }
}
