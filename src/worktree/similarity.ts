/** How alike two files are, as git estimates it (diffcore-delta.c): by the bytes of the pieces that both have. */

/** The pieces of a file. */
export interface Spans {
  /** Bytes of the file. */
  readonly size: number;
  /** Of the pieces, each once and in order. */
  readonly hashes: Uint32Array;
  /** Bytes of all pieces of each hash. */
  readonly bytes: Uint32Array;
}

/** What two equal files come to; git counts percents so finely. */
export const alike = 60_000;

/** Git looks for a NUL in so many bytes (xdiff-interface.c). */
const lookedAt = 8_000;

/** Hashes there are: more pieces than that share them. */
const hashBase = 107_927;

const longestPiece = 64;

const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/** @returns whether git takes it for text. */
export function isText(content: Uint8Array): boolean {
  return !content.subarray(0, lookedAt).includes(0);
}

/** Makes pieces of files, one after the other: lines, or 64 bytes of what has none. */
export class SpanReader {
  readonly #bytes = new Uint32Array(hashBase);

  /** The rest after the last newline is a piece, as git has it since 2.43.2. */
  read(content: Uint8Array): Spans {
    const found: number[] = [];
    const isLines = isText(content);
    const bytes = this.#bytes;
    let [high, low, length] = [0, 0, 0];
    const end = (): void => {
      const hash = ((high + Math.imul(low, 0x61)) >>> 0) % hashBase;
      if (bytes[hash] === 0) found.push(hash);
      bytes[hash] = (bytes[hash] ?? 0) + length;
      [high, low, length] = [0, 0, 0];
    };
    for (let at = 0; at < content.length; at += 1) {
      const byte = content[at] ?? 0;
      // Texts whose lines end otherwise are alike.
      if (isLines && byte === carriageReturn && content[at + 1] === lineFeed) continue;
      const before = high;
      high = (((high << 7) ^ (low >>> 25)) + byte) | 0;
      low = (low << 7) ^ (before >>> 25);
      length += 1;
      if (length === longestPiece || byte === lineFeed) end();
    }
    if (length > 0) end();
    const hashes = Uint32Array.from(found).sort();
    const counted = hashes.map((hash) => bytes[hash] ?? 0);
    for (const hash of hashes) bytes[hash] = 0;
    return { size: content.length, hashes, bytes: counted };
  }
}

/**
 * @param least below it the answer does not matter.
 * @returns from 0 to {@link alike}.
 */
export function similarity(source: Spans, target: Spans, least: number): number {
  const most = Math.max(source.size, target.size);
  const difference = most - Math.min(source.size, target.size);
  if (most === 0 || most * (alike - least) < difference * alike) return 0;
  const [ours, theirs] = [source.hashes, target.hashes];
  let at = 0;
  let there = 0;
  let copied = 0;
  // There may be millions of pairs: iterators would take ten times as long.
  while (at < ours.length && there < theirs.length) {
    const hash = ours[at] ?? 0;
    const other = theirs[there] ?? 0;
    if (hash === other) copied += Math.min(source.bytes[at] ?? 0, target.bytes[there] ?? 0);
    if (hash <= other) at += 1;
    if (other <= hash) there += 1;
  }
  return Math.floor((copied * alike) / most);
}
