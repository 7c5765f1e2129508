/** upload-pack's request, protocol versions 0 and 1 (gitprotocol-pack(5)): what it asks for. */
import { parseOid } from './oid.js';
import { PktLineReader } from './pkt-line-reader.js';
import { decodeTextLine } from './text.js';

/**
 * @param request the body of a fetch's POST, whole.
 * @returns the oids that it wants, in its order, each once.
 * @throws GitWsError MALFORMED_PKT_LINE
 */
export function parseWants(request: readonly Uint8Array[]): string[] {
  const reader = new PktLineReader();
  for (const piece of request) reader.push(piece);
  const wants = new Set<string>();
  for (let line = reader.read(); line?.type === 'data'; line = reader.read()) {
    const [word, text = ''] = decodeTextLine(line.payload).split(' ', 2);
    const oid = parseOid(text);
    if (word === 'want' && oid !== undefined) wants.add(oid);
  }
  return [...wants];
}
