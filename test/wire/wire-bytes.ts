/** What the tests of wire/ share: literal bytes, and ways to cut them into pieces. */
import * as fc from 'fast-check';
import { encodePktLine } from '../../src/wire/pkt-line.js';
import { concatBytes } from '../../src/base/concat-bytes.js';
import { encodeText } from '../../src/wire/text.js';
import { seededRandom } from '../helpers/random.js';

/** Oids that are told apart at a glance. */
export const oidA = 'a'.repeat(40);
export const oidB = 'b'.repeat(40);
export const oidC = 'c'.repeat(40);

/**
 * Bytes written down: a `string` as a pkt-line with that payload, the marks of the three special
 * pkt-lines, a `Uint8Array` as it is.
 */
export function message(...parts: readonly (string | Uint8Array)[]): Uint8Array {
  return concatBytes(
    parts.map((part) => {
      if (typeof part !== 'string') return part;
      return part === '0000' || part === '0001' || part === '0002'
        ? encodeText(part)
        : encodePktLine(part);
    }),
  );
}

/** Every way to cut bytes in two, the whole in one piece, and one byte at a time. */
export function* everySplit(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes];
  for (let at = 1; at < bytes.byteLength; at += 1) {
    yield [bytes.subarray(0, at), bytes.subarray(at)];
  }
  yield Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}

/** Cuts bytes at the given places, which may repeat (empty pieces) and be in any order. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [...places].map((place) => place % (bytes.byteLength + 1)).sort((a, b) => a - b);
  return [...sorted, bytes.byteLength].map((end, index) =>
    bytes.subarray(index === 0 ? 0 : sorted[index - 1], end),
  );
}

/** Places to cut at, for {@link cutAt}. */
export const anyPlaces = fc.array(fc.nat(), { maxLength: 12 });

/** Pieces of 1 to 300 bytes, and now and then a long one: the same for the same bytes. */
export function pieces(bytes: Uint8Array): Uint8Array[] {
  const random = seededRandom(bytes.byteLength);
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const length = 1 + random.below(random.below(20) === 0 ? 100_000 : 300);
    cut.push(bytes.subarray(at, at + length));
    at += length;
  }
  return cut;
}

/** Runs something that must throw, and gives what it threw. */
export function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** What a parser throws while it is given pieces, rather than at the end of the stream. */
export function thrownByPushing(
  parser: { push(piece: Uint8Array): unknown },
  pieces: readonly Uint8Array[],
): unknown {
  return thrownBy(() => pieces.map((piece) => parser.push(piece)));
}

/** What a message parser answers to pieces: the message, and the bytes behind it. */
export function parseAll<Message>(
  parser: {
    push(piece: Uint8Array): { done: false } | { done: true; value: Message; end: number };
    end(): void;
  },
  pieces: readonly Uint8Array[],
): { value: Message; rest: Uint8Array } {
  for (const [index, piece] of pieces.entries()) {
    const step = parser.push(piece);
    if (!step.done) continue;
    parser.end();
    const rest = concatBytes([piece.subarray(step.end), ...pieces.slice(index + 1)]);
    return { value: step.value, rest };
  }
  parser.end();
  throw new Error('end() did not say that the message is incomplete');
}

/** Joins neighbouring events of one type that carry bytes, so that splits do not show. */
export function joinBytes<Event extends { type: string }>(events: readonly Event[]): unknown[] {
  const joined: { type: string; bytes?: Uint8Array }[] = [];
  for (const event of events as readonly { type: string; bytes?: Uint8Array }[]) {
    const last = joined.at(-1);
    if (last?.bytes !== undefined && event.bytes !== undefined && last.type === event.type) {
      joined[joined.length - 1] = {
        type: last.type,
        bytes: concatBytes([last.bytes, event.bytes]),
      };
    } else {
      joined.push(event.bytes === undefined ? event : { ...event });
    }
  }
  return joined;
}
