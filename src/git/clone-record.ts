/**
 * What is stored of a clone that is under way, read again. It may be cut, of another version, or not ours at
 * all: what is not as it was written is of no use, and the clone begins anew.
 */
import type { KeptProgress, KeptRequest } from '../remote/fetch/kept-fetch.js';
import type { StoredSession } from '../tunnel/client/stored-session.js';

/** Raised with what a version of this library would not understand of another. */
const version = 1;

/** What is stored last. */
export type Progress =
  | ({ readonly phase: 'pack' } & KeptProgress)
  /** The pack is in its place. */
  | { readonly phase: 'placed' }
  /** So are refs, HEAD and configuration. */
  | { readonly phase: 'populated'; readonly head: string };

/** What is stored of a request beside the advertisement. */
export type StoredRequest = Omit<KeptRequest, 'advertisement'> & {
  /** Bytes of the advertisement. */
  readonly advertised: number;
};

/** @returns what is stored. */
export function formatRecord(record: Progress | StoredRequest): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ version, ...record }));
}

/** @returns undefined for what is none. */
export function parseProgress(text: string): Progress | undefined {
  const record = parse(text);
  if (record?.['phase'] === 'placed') return { phase: 'placed' };
  const { phase, head, packBytes, skip, session } = record ?? {};
  if (phase === 'populated') return isOid(head) ? { phase, head } : undefined;
  if (phase !== 'pack' || !isCount(packBytes) || !isCount(skip)) return undefined;
  if (session === undefined) return skip === 0 ? { phase, packBytes, skip } : undefined;
  return isSession(session) ? { phase, packBytes, skip, session } : undefined;
}

/** @returns undefined for what is none. */
export function parseRequest(text: string): StoredRequest | undefined {
  const { request, shallow, packName, advertised } = parse(text) ?? {};
  if (typeof request !== 'string' || !isCount(advertised)) return undefined;
  if (!Array.isArray(shallow) || !shallow.every(isOid)) return undefined;
  if (typeof packName !== 'string' || !/^tmp_pack_[0-9a-f]+$/.test(packName)) return undefined;
  return { request, shallow, packName, advertised };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const record = JSON.parse(text) as Record<string, unknown> | null;
    return record?.['version'] === version ? record : undefined;
  } catch {
    return undefined;
  }
}

function isSession(value: unknown): value is StoredSession {
  const { token, session, resumeFor, received, sent, position } = (value ?? {}) as Record<
    string,
    unknown
  >;
  // It goes into a handshake, as the counts do: docs/protocol.md, section 7.
  const isTime = typeof resumeFor === 'number' && resumeFor >= 0;
  const isToken = isTime && typeof token === 'string' && /^[\w-]{22,64}$/.test(token);
  return isToken && typeof session === 'string' && [received, sent, position].every(isCount);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < 1e15;
}

function isOid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{40}$/.test(value);
}
