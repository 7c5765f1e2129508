/**
 * The entries of `Sec-WebSocket-Protocol` that gitws uses (docs/protocol.md, "Subprotocol
 * entries"): the one header a page can set, so version, credentials and window travel there.
 */
import { encodeBase64Url } from '../../base/base64.js';
import { GitWsError } from '../../base/errors.js';
import { isWindow, malformed, parseAuthorization, windowBytes } from './message.js';

export { windowBytes } from './message.js';

/** The version spoken here, and the only entry that a server ever echoes. */
export const subprotocol = 'gitws.v1';

/** Longest header value, in bytes: common proxies stop at 8 KiB for a header line. */
export const maxSubprotocolBytes = 7_000;

/** Said by a client that may want another run over the same connection. */
const nextEntry = 'gitws.next';

/** What a client says in its entries. */
export interface ClientOffer {
  /** The `Authorization` value, as HTTP would have it. */
  readonly authorization?: string | undefined;
  /** That for the host behind a gateway. */
  readonly upstreamAuthorization?: string | undefined;
  /** The client's receive window, in bytes. */
  readonly window: number;
  readonly resume?: Resumption | undefined;
  /** Whether another run may follow over the same connection; left out where it does not fit. */
  readonly next?: boolean | undefined;
}

/** The session to go on with, and how many counted messages of it the client has received. */
export interface Resumption {
  readonly token: string;
  readonly received: number;
}

/** What a server reads out of them. */
export interface ParsedOffer {
  /** Whether the client offered any entry at all; without one it is no gitws.v1 client. */
  readonly any: boolean;
  /** The offered versions, for example `gitws.v1`. */
  readonly versions: readonly string[];
  readonly authorization: string | undefined;
  readonly upstreamAuthorization: string | undefined;
  /** The client's receive window, in bytes; the default where it named none. */
  readonly window: number;
  readonly resume: Resumption | undefined;
  /** Whether the client may want another run over the same connection. */
  readonly next: boolean;
}

/**
 * @returns the entries to open a WebSocket with.
 * @throws GitWsError CREDENTIALS_TOO_LONG
 */
export function formatSubprotocols(offer: ClientOffer): string[] {
  const entries = [subprotocol, `gitws.window.${offer.window}`];
  if (offer.resume !== undefined) {
    entries.push(`gitws.resume.${offer.resume.token}.${offer.resume.received}`);
  }
  if (offer.authorization !== undefined) {
    entries.push(`gitws.auth.${encodeBase64Url(offer.authorization)}`);
  }
  if (offer.upstreamAuthorization !== undefined) {
    entries.push(`gitws.upstream-auth.${encodeBase64Url(offer.upstreamAuthorization)}`);
  }
  const bytes = entries.join(', ').length;
  if (bytes > maxSubprotocolBytes) {
    throw new GitWsError(
      'CREDENTIALS_TOO_LONG',
      `The credentials are too long for a WebSocket handshake: ${bytes} bytes with the other ` +
        `entries, of at most ${maxSubprotocolBytes}.`,
      { data: { bytes, limit: maxSubprotocolBytes } },
    );
  }
  if (offer.next === true && bytes + `, ${nextEntry}`.length <= maxSubprotocolBytes) {
    entries.push(nextEntry);
  }
  return entries;
}

/**
 * @param header the value of `Sec-WebSocket-Protocol`, undefined where there is none.
 * @throws GitWsError PROTOCOL_ERROR where an entry of ours is malformed or comes twice. Entries
 *   that this version does not know are ignored.
 */
export function parseSubprotocols(header: string | undefined): ParsedOffer {
  if (header !== undefined && header.length > maxSubprotocolBytes) {
    throw malformed(`Sec-WebSocket-Protocol is longer than ${maxSubprotocolBytes} bytes`);
  }
  const entries = (header ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const auth = only(entries, 'gitws.auth.');
  const upstreamAuth = only(entries, 'gitws.upstream-auth.');
  const window = only(entries, 'gitws.window.');
  const resume = only(entries, 'gitws.resume.');
  return {
    any: entries.length > 0,
    versions: entries.filter((entry) => /^gitws\.v\d+$/.test(entry)),
    authorization: auth === undefined ? undefined : parseAuthorization(auth),
    upstreamAuthorization:
      upstreamAuth === undefined ? undefined : parseAuthorization(upstreamAuth),
    window: window === undefined ? windowBytes.default : parseWindow(window),
    resume: resume === undefined ? undefined : parseResume(resume),
    next: entries.includes(nextEntry),
  };
}

/** What follows `prefix` in the one entry that starts with it. */
function only(entries: readonly string[], prefix: string): string | undefined {
  const found = entries.filter((entry) => entry.startsWith(prefix));
  if (found.length > 1) throw malformed(`there are two ${prefix} entries`);
  return found[0]?.slice(prefix.length);
}

function parseWindow(digits: string): number {
  const window = Number(digits);
  if (!/^\d{1,9}$/.test(digits) || !isWindow(window)) {
    throw malformed(
      `gitws.window is not between ${windowBytes.minimum} and ${windowBytes.maximum}`,
    );
  }
  return window;
}

function parseResume(value: string): Resumption {
  const match = /^([A-Za-z0-9_-]{22,64})\.(\d{1,15})$/.exec(value);
  if (match === null) throw malformed('gitws.resume is not a token and a count');
  return { token: match[1] ?? '', received: Number(match[2]) };
}
