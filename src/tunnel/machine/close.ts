/**
 * Close codes and reasons (docs/protocol.md, "Refusals and close codes"). A page learns nothing
 * of a failed upgrade, so a gitws server accepts it and closes with 4000 + an HTTP status.
 */
import { GitWsError } from '../../base/errors.js';

/** The close codes that gitws itself uses. */
export const closeCodes = {
  done: 1000,
  malformed: 4400,
  unauthorized: 4401,
  forbidden: 4403,
  notFound: 4404,
  timedOut: 4408,
  takenOver: 4409,
  sessionGone: 4410,
  tooLarge: 4413,
  upstreamUnauthorized: 4424,
  tooMany: 4429,
  failed: 4500,
  unavailable: 4503,
} as const;

/**
 * One of {@link closeCodes}.
 *
 * @inline
 * @useDeclaredType
 */
export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

/** What a browser says for a page that goes away (RFC 6455, section 7.4.1). */
const goingAway = 1001;

/** A close frame carries at most 125 bytes, two of them the code (RFC 6455 section 5.5). */
export const maxReasonBytes = 123;

/**
 * A reason that fits a close frame: control characters removed, cut between two characters.
 * `ws` and browsers throw on a longer one.
 */
export function formatCloseReason(sentence: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is removed here
  const clean = sentence.replace(/[\u0000-\u0020\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  const encoder = new TextEncoder();
  // encodeInto stops before a character that does not fit whole.
  const { read } = encoder.encodeInto(clean, new Uint8Array(maxReasonBytes));
  return clean.slice(0, read);
}

/**
 * Whether a session can go on after its connection ended so: with no close frame at all, or with a
 * code by which a proxy or a server says that the fault is not the session's. A client that closes
 * on purpose uses others. With 1001 a browser closes the connections of a page that goes away, to be loaded
 * again perhaps.
 *
 * @param isStored whether the client has stored what it needs to come back.
 */
export function isResumableClose(code: number, isStored = false): boolean {
  return code === 1006 || (code >= 1011 && code <= 1014) || (isStored && code === goingAway);
}

/** Unsound framing, bytes that are no UTF-8 in a text message, a message that is too large. */
const breachCodes: readonly number[] = [1002, 1007, 1009];

/**
 * Whether a connection ended over a frame that one of the two WebSockets refused. That one was lost
 * would be said by no close frame at all; such a frame would come again with the next connection.
 *
 * @param code the close code.
 * @param cause what the socket itself reported: `ws` closes with 1006 for such a frame, and says why
 *   by codes of its own. A page is told 1006 and nothing more, as of a loss; that Chromium fires
 *   `error` before it, too, is no promise of any browser, and a loss must be resumed.
 */
export function isFrameBreach(code: number, cause: unknown): boolean {
  const own = (cause as { code?: unknown } | null | undefined)?.code;
  return breachCodes.includes(code) || (typeof own === 'string' && own.startsWith('WS_ERR_'));
}

/** Whether the same call may succeed later: network faults, "too many", "shutting down". */
export function isRetryableClose(code: number): boolean {
  return isResumableClose(code) || code === closeCodes.tooMany || code === closeCodes.unavailable;
}

/**
 * The error that a client's caller gets for a connection that ended too early.
 *
 * @param code the close code, 1006 where there was no close frame.
 * @param reason the server's sentence, or an empty string.
 * @param cause what the socket itself reported.
 */
export function closeError(code: number, reason: string, cause?: unknown): GitWsError {
  const retryable = isRetryableClose(code);
  const clean = formatCloseReason(reason);
  if (code >= 4000 && code <= 4999) {
    const status = code - 4000;
    const sentence = clean === '' ? `The server refused with status ${status}.` : clean;
    const data = { closeCode: code, status, reason: clean };
    return new GitWsError('REFUSED', sentence, { data, cause, retryable });
  }
  const why = clean === '' ? '' : ` and "${clean}"`;
  if (isFrameBreach(code, cause)) {
    const what = cause instanceof Error ? cause.message : `close code ${code}${why}`;
    const message = `The connection broke the WebSocket protocol: ${what}.`;
    return new GitWsError('PROTOCOL_ERROR', message, { data: { closeCode: code }, cause });
  }
  return new GitWsError(
    'CONNECTION_LOST',
    `The connection ended before the transfer did (close code ${code}${why}).`,
    { data: { closeCode: code, reason: clean }, cause, retryable },
  );
}
