/**
 * upload-pack's request, protocol versions 0 and 1 (gitprotocol-pack(5)): what it asks for, and what
 * its client says it has.
 */
import { parseOid } from './oid.js';
import { PktLineReader } from './pkt-line-reader.js';
import { decodeTextLine } from './text.js';

/** Oids of a request, each once, in its order. */
export interface FetchRequest {
  readonly wants: readonly string[];
  /** Objects that the client has, with all that they reach up to {@link shallow}. */
  readonly haves: ReadonlySet<string>;
  /** Commits that the client has without their parents. */
  readonly shallow: ReadonlySet<string>;
  /** Whether the server is asked to leave objects out (partial clone). */
  readonly hasFilter: boolean;
}

/**
 * @param request the body of a fetch's POST, whole.
 * @throws GitWsError MALFORMED_PKT_LINE
 */
export function parseFetchRequest(request: readonly Uint8Array[]): FetchRequest {
  const reader = new PktLineReader();
  for (const piece of request) reader.push(piece);
  const [wants, haves, shallow] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const oids: Readonly<Record<string, Set<string>>> = { want: wants, have: haves, shallow };
  let hasFilter = false;
  for (let line = reader.read(); line !== undefined; line = reader.read()) {
    // Flush-pkts stand between its parts.
    if (line.type !== 'data') continue;
    const [word = '', text = ''] = decodeTextLine(line.payload).split(' ', 2);
    const oid = parseOid(text);
    if (oid !== undefined) oids[word]?.add(oid);
    hasFilter ||= word === 'filter';
  }
  return { wants: [...wants], haves, shallow, hasFilter };
}
