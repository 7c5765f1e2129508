/** Ways to spoil bytes, texts and numbers. All randomness comes from the case's own source. */
import type { Random } from '../helpers/random.js';

/** Numbers on which parsers stumble. */
export const oddNumbers = [
  ...[0, 1, -1, 0.5, 2, 255, 256, 65_535, 65_536, 65_520, 2 ** 31 - 1, 2 ** 31, 2 ** 32],
  ...[Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1, 1e300, -0, NaN],
];

/** Characters on which parsers stumble. */
export const oddTexts = [
  ...['\0', '\r', '\n', '\r\n', '\t', ' ', '', '%', '%00', '%2e', '%2f', '%zz', '%c0%ae', '..'],
  ...['/', '//', '\\', ':', ';', ',', '"', "'", '#', '?', '&', '=', '-', '--', '\x7f', '\x80'],
  ...['ÿ', '\ufeff', '\u2028', '€', '\ud800', '😀', 'x'.repeat(300), '0000', '0001', '00zz', '-1'],
];

/** True in about one of `n` calls. */
export function oneIn(random: Random, n: number): boolean {
  return random.below(n) === 0;
}

/** Does something to a text, a few times. */
export function mutateText(text: string, random: Random, times = 1 + random.below(3)): string {
  let result = text;
  for (let time = 0; time < times; time += 1) {
    const at = random.below(result.length + 1);
    const length = 1 + random.below(8);
    const [head, tail] = [result.slice(0, at), result.slice(at)];
    switch (random.below(6)) {
      case 0:
        result = head + random.pick(oddTexts) + tail;
        break;
      case 1:
        result = head + tail.slice(length);
        break;
      case 2:
        result = head + result.slice(at, at + length).repeat(1 + random.below(4)) + tail;
        break;
      case 3:
        result = head + String.fromCharCode(random.below(256)) + tail.slice(1);
        break;
      case 4:
        result = head;
        break;
      default:
        result = head + random.pick(oddTexts) + tail.slice(length);
    }
  }
  return result;
}

/** Does something to bytes, a few times. */
export function mutateBytes(
  bytes: Uint8Array,
  random: Random,
  times = 1 + random.below(4),
): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let time = 0; time < times; time += 1) {
    const at = random.below(result.length + 1);
    const length = 1 + random.below(oneIn(random, 4) ? 5_000 : 12);
    const [head, tail] = [result.subarray(0, at), result.subarray(at)];
    switch (random.below(7)) {
      case 0:
        result = Buffer.concat([head, random.bytes(length), tail]);
        break;
      case 1:
        result = Buffer.concat([head, tail.subarray(length)]);
        break;
      case 2:
        result = Buffer.concat([head, result.subarray(at, at + length), tail]);
        break;
      case 3:
        result = Buffer.concat([head, random.bytes(1), tail.subarray(1)]);
        break;
      case 4:
        result = Buffer.concat([head, Buffer.from(random.pick(oddTexts), 'utf8'), tail]);
        break;
      case 5:
        // One bit.
        if (result.length > at) result[at] = (result[at] ?? 0) ^ (1 << random.below(8));
        break;
      default:
        if (oneIn(random, 3)) result = head;
    }
  }
  return result;
}

/** Cuts bytes into pieces at random places. */
export function cut(bytes: Uint8Array, random: Random, most = 6): Uint8Array[] {
  const places = Array.from({ length: random.below(most) }, () => random.below(bytes.length + 1));
  const ends = [...places.sort((one, other) => one - other), bytes.length];
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}
