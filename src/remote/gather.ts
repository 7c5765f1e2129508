/**
 * Many small pieces made into few large ones: isomorphic-git hands a pack over object by object,
 * and each write becomes at least one message. Knows nothing of where the bytes go.
 */

/** Bytes gathered into one piece: with its header a good size for a WebSocket message. */
const pieceBytes = 64 * 1024;

/** What a request body may be: isomorphic-git passes arrays, its types say async iterators. */
export type ByteSource = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** A piece, and whether the source ended with it. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

/**
 * @param source pieces of any size. They are not used after the next one was asked for.
 * @returns pieces of 64 KiB or more but for the last one, which may be empty.
 */
export async function* gather(source: ByteSource): AsyncGenerator<Piece, void, undefined> {
  let held = new Uint8Array(pieceBytes);
  let filled = 0;
  for await (const bytes of source) {
    if (filled + bytes.length > pieceBytes && filled > 0) {
      yield { bytes: held.subarray(0, filled), last: false };
      held = new Uint8Array(pieceBytes);
      filled = 0;
    }
    if (bytes.length > pieceBytes) {
      yield { bytes, last: false };
    } else {
      held.set(bytes, filled);
      filled += bytes.length;
    }
  }
  yield { bytes: held.subarray(0, filled), last: true };
}

/** All pieces, copied: whoever makes them may use its memory again. (A Buffer's slice is no copy.) */
export async function collect(source: ByteSource): Promise<readonly Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const bytes of source) parts.push(new Uint8Array(bytes));
  return parts;
}

/** The sum of all pieces in bytes, where it is known before they are asked for. */
export function knownLength(source: ByteSource): number | undefined {
  if (!Array.isArray(source)) return undefined;
  return (source as Uint8Array[]).reduce((sum, bytes) => sum + bytes.length, 0);
}
