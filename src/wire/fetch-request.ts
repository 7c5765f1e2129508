/**
 * upload-pack's request, protocol versions 0 and 1 (gitprotocol-pack(5)): what it asks for, and what
 * its client says it has.
 */
import { formatCapabilities, type Capabilities } from './capabilities.js';
import { parseOid } from './oid.js';
import { encodePktLine, flushPkt } from './pkt-line.js';
import { PktLineReader } from './pkt-line-reader.js';
import { concatBytes } from '../base/concat-bytes.js';
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

/** How much history is asked for; all that is reached where nothing is set. */
export interface DeepenRequest {
  /** Commits of each tip. */
  readonly depth?: number | undefined;
  /** Whether {@link depth} counts from where the client's history is cut off. */
  readonly isRelative?: boolean | undefined;
  /** Commits that are younger than this, in seconds since 1970. */
  readonly since?: number | undefined;
  /** Refs of the server: what they reach is left out. */
  readonly exclude?: readonly string[] | undefined;
}

/** Whether the boundary of history is to be moved. */
export function isDeepening({ depth, since, exclude = [] }: DeepenRequest): boolean {
  return depth !== undefined || since !== undefined || exclude.length > 0;
}

/** What a fetch begins with. */
export interface WantRequest {
  /** One at least. */
  readonly wants: readonly string[];
  /** Those of the server's that are asked for. */
  readonly capabilities: Capabilities;
  /** Commits at which the client's repository is cut off. */
  readonly shallow: Iterable<string>;
  readonly deepen?: DeepenRequest | undefined;
  /** What is to be left out, as `objectFilter` gives it. */
  readonly filter?: string | undefined;
}

/** @returns the pkt-lines of wants, shallow commits, depth and filter, with their flush-pkt. */
export function encodeWants({
  wants,
  capabilities,
  shallow,
  deepen = {},
  filter,
}: WantRequest): Uint8Array {
  const { depth, since, exclude = [] } = deepen;
  const lines = wants.map((oid, index) =>
    index === 0 ? `want ${oid} ${formatCapabilities(capabilities)}\n` : `want ${oid}\n`,
  );
  for (const oid of shallow) lines.push(`shallow ${oid}\n`);
  if (depth !== undefined) lines.push(`deepen ${depth}\n`);
  if (since !== undefined) lines.push(`deepen-since ${since}\n`);
  for (const ref of exclude) lines.push(`deepen-not ${ref}\n`);
  if (filter !== undefined) lines.push(`filter ${filter}\n`);
  return concatBytes([...lines.map((line) => encodePktLine(line)), flushPkt]);
}

/** @returns the pkt-lines of haves, without a flush-pkt. */
export function encodeHaves(haves: readonly string[]): Uint8Array {
  return concatBytes(haves.map((oid) => encodePktLine(`have ${oid}\n`)));
}

/** The pkt-line behind the last have: what is asked for is to be sent now. */
export const donePkt: Uint8Array = encodePktLine('done\n');
