/**
 * The trailing checksum of a packfile, verified while the pack streams by (gitformat-pack(5): the
 * last 20 bytes are the SHA-1 of all before them). isomorphic-git itself never looks at it.
 */
import { sha1 } from '@noble/hashes/legacy.js';
import { GitWsError } from '../base/errors.js';
import { concatBytes } from '../base/concat-bytes.js';

const checksumLength = 20;
const headerLength = 12;

/** Takes a pack in pieces of any size and says in the end whether it is whole. */
export class PackChecksum {
  readonly #hash = sha1.create();
  /** The last bytes seen, 20 at most: they may be the checksum. */
  #tail = new Uint8Array(0);
  #length = 0;

  /** Bytes taken so far. */
  get length(): number {
    return this.#length;
  }

  update(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (bytes.length >= checksumLength) {
      this.#hash.update(this.#tail);
      this.#hash.update(bytes.subarray(0, -checksumLength));
      // A copy, so that 20 bytes do not keep a whole message in memory. (A Buffer's slice is none.)
      this.#tail = new Uint8Array(bytes.subarray(-checksumLength));
      return;
    }
    const joined = concatBytes([this.#tail, bytes]);
    const settled = Math.max(0, joined.length - checksumLength);
    this.#hash.update(joined.subarray(0, settled));
    this.#tail = joined.slice(settled);
  }

  /** @throws GitWsError CORRUPT_PACK unless the bytes taken are one whole pack. */
  finish(): void {
    if (this.#length < headerLength + checksumLength) {
      throw corruptPack(`it ended after ${this.#length} bytes`, this.#length);
    }
    const digest = this.#hash.digest();
    // Defence: the pack's checksum is verified.
    if (!digest.every((byte, index) => byte === this.#tail[index])) {
      throw corruptPack('its checksum is not that of its bytes', this.#length);
    }
  }
}

function corruptPack(why: string, length: number): GitWsError {
  return new GitWsError('CORRUPT_PACK', `The pack did not arrive whole: ${why}.`, {
    data: { length },
    retryable: true,
  });
}
