/**
 * Reads a pack index, version 2 (gitformat-pack(5)): where an object is in the pack. The bytes are
 * the engine's own, or the repository's, and trusted.
 */
import { bytesOfOid, formatOid } from './oid.js';

const headerBytes = 8;
const fanoutBytes = 1024;
const oidBytes = 20;

/** From the first byte to before the last. */
export type Range = readonly [from: number, to: number];

/** Finds objects by the index of a pack. */
export class PackIndex {
  /** How many objects there are. */
  readonly count: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  /** Bytes of what comes before the oids. */
  static readonly headBytes = headerBytes + fanoutBytes;

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

  /** Whether there are as many bytes as so many objects take. */
  get isLongEnough(): boolean {
    return this.#bytes.length >= this.#large + 2 * oidBytes;
  }

  /** @returns the range of all bytes that are of use. */
  whole(): readonly Range[] {
    return [[0, this.#bytes.length]];
  }

  /** @returns the ranges of bytes that are about objects whose oids begin with this byte. */
  partsUnder(first: number): readonly Range[] {
    const { low, high } = this.#range(first);
    const oids = headerBytes + fanoutBytes;
    const end = this.#bytes.length - 2 * oidBytes;
    return [
      [oids + low * oidBytes, oids + high * oidBytes],
      [this.#offsets + low * 4, this.#offsets + high * 4],
      // Offsets of 64 bits, which a pack of more than 2 GiB has.
      [this.#large, Math.max(this.#large, end)],
    ];
  }

  /** @param oid 40 hexadecimal digits. */
  has(oid: string): boolean {
    return this.find(bytesOfOid(oid)) !== undefined;
  }

  /** @returns the oids that begin with this byte, in order. */
  oidsUnder(first: number): string[] {
    const { low, high } = this.#range(first);
    return Array.from({ length: high - low }, (_, object) => this.oidAt(low + object));
  }

  /** @param object its number, in the order of oids. */
  oidAt(object: number): string {
    const at = headerBytes + fanoutBytes + object * oidBytes;
    return formatOid(this.#bytes.subarray(at, at + oidBytes));
  }

  /** @returns the offset of an object in the pack; undefined if it is not there. */
  find(oid: Uint8Array): number | undefined {
    let { low, high } = this.#range(oid[0] ?? 0);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(middle, oid);
      if (order === 0) return this.offsetAt(middle);
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  /** @returns which objects, from `low` to before `high`, have oids that begin with this byte. */
  #range(first: number): { low: number; high: number } {
    const fanout = (byte: number): number => this.#view.getUint32(headerBytes + byte * 4);
    return { low: first === 0 ? 0 : fanout(first - 1), high: fanout(first) };
  }

  #compare(object: number, oid: Uint8Array): number {
    const at = headerBytes + fanoutBytes + object * oidBytes;
    for (let byte = 0; byte < oidBytes; byte += 1) {
      const difference = (this.#bytes[at + byte] ?? 0) - (oid[byte] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** @param object its number, in the order of oids. @returns its offset in the pack. */
  offsetAt(object: number): number {
    const offset = this.#view.getUint32(this.#offsets + object * 4);
    if (offset < 0x80000000) return offset;
    const large = this.#large + (offset - 0x80000000) * 8;
    return this.#view.getUint32(large) * 0x100000000 + this.#view.getUint32(large + 4);
  }

  /** Where the table of offsets begins, behind oids and checksums. */
  get #offsets(): number {
    return headerBytes + fanoutBytes + this.count * (oidBytes + 4);
  }

  /** Where that of large ones begins. */
  get #large(): number {
    return this.#offsets + this.count * 4;
  }
}
