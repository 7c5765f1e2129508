/**
 * zlib data (RFC 1950, RFC 1951) that nobody says the end of: the entries of a pack. The platform's
 * own streams do not tell where they stopped. Checks no checksum; the pack has its own.
 */

/** What {@link inflate} throws where its input ends too early: try again with more. */
export const inputEnded = new Error('The zlib data goes on behind its input.');

/** Bits of a code that are looked up at once; longer codes are found bit by bit. */
const quickBits = 9;
const longestCode = 15;

/** Lengths and distances of RFC 1951, 3.2.5: where each symbol begins, and its extra bits. */
const lengths = table(
  [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115],
  [131, 163, 195, 227, 258],
);
const lengthBits = table(
  [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4],
  [5, 5, 5, 5, 0],
);
const distances = Uint16Array.from({ length: 30 }, (_, symbol) =>
  symbol < 4 ? symbol + 1 : ((2 + (symbol & 1)) << ((symbol >> 1) - 1)) + 1,
);
const distanceBits = Uint8Array.from({ length: 30 }, (_, symbol) =>
  symbol < 2 ? 0 : (symbol >> 1) - 1,
);
const codeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * @param bytes zlib data from its first byte on.
 * @returns its content. @throws as {@link inflate}.
 */
export function inflateWhole(bytes: Uint8Array): Uint8Array {
  const content = new Uint8Array(pass(bytes, 0).length);
  pass(bytes, 0, content);
  return content;
}

/**
 * @param bytes where the data lies.
 * @param start where it begins in them.
 * @param into where its content goes, as long as that is; without it only the end is looked for.
 * @returns the offset behind it.
 * @throws {@link inputEnded}; RangeError for what is no zlib data, or has content of another length.
 */
export function inflate(bytes: Uint8Array, start: number, into?: Uint8Array): number {
  return pass(bytes, start, into).end;
}

/** @returns the offset behind it, and how long its content is. */
function pass(
  bytes: Uint8Array,
  start: number,
  into?: Uint8Array,
): { end: number; length: number } {
  const input = new BitInput(bytes, start);
  const header = input.bits(16);
  if ((header & 15) !== 8 || (((header & 255) << 8) | (header >> 8)) % 31 !== 0) throw noZlib();
  const output = { into, at: 0 };
  for (let isLast = 0; isLast === 0;) {
    isLast = input.bits(1);
    const type = input.bits(2);
    if (type === 0) copyStored(input, output);
    else if (type === 1) inflateBlock(input, output, fixedCodes());
    else if (type === 2) inflateBlock(input, output, readCodes(input));
    else throw noZlib();
  }
  if (into !== undefined && output.at !== into.length) throw noZlib();
  const end = input.alignedOffset() + 4;
  if (end > bytes.length) throw inputEnded;
  return { end, length: output.at };
}

interface Output {
  readonly into: Uint8Array | undefined;
  at: number;
}

interface Codes {
  readonly literals: Code;
  readonly distances: Code;
}

class BitInput {
  readonly #bytes: Uint8Array;
  #at: number;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** @param count 0 to 16. */
  bits(count: number): number {
    while (this.#count < count) this.#load();
    const value = this.#held & ((1 << count) - 1);
    this.skip(count);
    return value;
  }

  /** Up to {@link quickBits} bits, fewer at the end of the input, of which none is taken. */
  peek(): number {
    while (this.#count < quickBits && this.#at < this.#bytes.length) this.#load();
    return this.#held & ((1 << quickBits) - 1);
  }

  /** @throws {@link inputEnded} where there are not so many. */
  skip(count: number): void {
    if (count > this.#count) throw inputEnded;
    this.#held >>>= count;
    this.#count -= count;
  }

  /** Drops the rest of a byte. @returns where the next one is. */
  alignedOffset(): number {
    this.#at -= this.#count >> 3;
    this.#held = 0;
    this.#count = 0;
    return this.#at;
  }

  /** @returns so many whole bytes, behind {@link alignedOffset}. */
  take(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) throw inputEnded;
    const taken = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return taken;
  }

  #load(): void {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw inputEnded;
    this.#held |= byte << this.#count;
    this.#at += 1;
    this.#count += 8;
  }
}

/** One Huffman code, canonical, as RFC 1951 makes it of the lengths of its words. */
class Code {
  /** By the next bits: symbol and length of a short word, 0 for others. */
  readonly #quick = new Uint16Array(1 << quickBits);
  readonly #counts = new Uint16Array(longestCode + 1);
  readonly #symbols: Uint16Array;

  constructor(wordLengths: Uint8Array) {
    for (const length of wordLengths) this.#counts[length] = (this.#counts[length] ?? 0) + 1;
    this.#counts[0] = 0;
    const places = new Uint16Array(longestCode + 2);
    const words = new Uint16Array(longestCode + 2);
    for (let length = 1; length <= longestCode; length += 1) {
      const count = this.#counts[length] ?? 0;
      places[length + 1] = (places[length] ?? 0) + count;
      words[length + 1] = ((words[length] ?? 0) + count) << 1;
    }
    this.#symbols = new Uint16Array(wordLengths.length);
    for (const [symbol, length] of wordLengths.entries()) {
      if (length === 0) continue;
      const place = places[length] ?? 0;
      places[length] = place + 1;
      this.#symbols[place] = symbol;
      const word = words[length] ?? 0;
      words[length] = word + 1;
      if (length <= quickBits) this.#fill(symbol, length, word);
    }
  }

  read(input: BitInput): number {
    const quick = this.#quick[input.peek()] ?? 0;
    if (quick !== 0) {
      input.skip(quick & 15);
      return quick >> 4;
    }
    let [word, first, place] = [0, 0, 0];
    for (let length = 1; length <= longestCode; length += 1) {
      word |= input.bits(1);
      const count = this.#counts[length] ?? 0;
      if (word - first < count) return this.#symbols[place + word - first] ?? 0;
      place += count;
      first = (first + count) << 1;
      word <<= 1;
    }
    throw noZlib();
  }

  /** The bits of a word come in the other order than those of a number. */
  #fill(symbol: number, length: number, word: number): void {
    let reversed = 0;
    for (let bit = 0; bit < length; bit += 1) reversed |= ((word >> bit) & 1) << (length - 1 - bit);
    for (let at = reversed; at < 1 << quickBits; at += 1 << length) {
      this.#quick[at] = (symbol << 4) | length;
    }
  }
}

function copyStored(input: BitInput, output: Output): void {
  input.alignedOffset();
  const [low = 0, high = 0] = input.take(4);
  const bytes = input.take(low | (high << 8));
  if (output.into !== undefined) output.into.set(bytes, output.at);
  output.at += bytes.length;
}

function inflateBlock(input: BitInput, output: Output, codes: Codes): void {
  const { into } = output;
  for (;;) {
    const symbol = codes.literals.read(input);
    if (symbol === 256) return;
    if (symbol < 256) {
      if (into !== undefined) into[output.at] = symbol;
      output.at += 1;
    } else {
      const length = (lengths[symbol - 257] ?? 0) + input.bits(lengthBits[symbol - 257] ?? 0);
      const far = codes.distances.read(input);
      const distance = (distances[far] ?? 0) + input.bits(distanceBits[far] ?? 0);
      if (length === 0 || distance === 0 || distance > output.at) throw noZlib();
      if (into !== undefined) repeat(into, output.at, distance, length);
      output.at += length;
    }
    if (into !== undefined && output.at > into.length) throw noZlib();
  }
}

function repeat(bytes: Uint8Array, at: number, distance: number, length: number): void {
  for (let to = at; to < at + length; to += 1) bytes[to] = bytes[to - distance] ?? 0;
}

function readCodes(input: BitInput): Codes {
  const literals = input.bits(5) + 257;
  const all = literals + input.bits(5) + 1;
  const count = input.bits(4) + 4;
  const codeLengths = new Uint8Array(19);
  for (const symbol of codeOrder.slice(0, count)) codeLengths[symbol] = input.bits(3);
  const code = new Code(codeLengths);
  const wordLengths = new Uint8Array(all);
  for (let at = 0; at < all;) {
    const symbol = code.read(input);
    if (symbol < 16) {
      wordLengths[at++] = symbol;
      continue;
    }
    const value = symbol === 16 ? (wordLengths[at - 1] ?? 0) : 0;
    const times =
      symbol === 16 ? 3 + input.bits(2) : symbol === 17 ? 3 + input.bits(3) : 11 + input.bits(7);
    wordLengths.fill(value, at, at + times);
    at += times;
  }
  return {
    literals: new Code(wordLengths.subarray(0, literals)),
    distances: new Code(wordLengths.subarray(literals)),
  };
}

let fixed: Codes | undefined;

function fixedCodes(): Codes {
  const literals = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
  fixed ??= { literals: new Code(literals), distances: new Code(new Uint8Array(30).fill(5)) };
  return fixed;
}

function table(...parts: readonly (readonly number[])[]): Uint16Array {
  return Uint16Array.from(parts.flat());
}

function noZlib(): RangeError {
  return new RangeError('This is no zlib data.');
}
