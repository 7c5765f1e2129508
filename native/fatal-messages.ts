/**
 * What goes wrong, in one sentence for a user of git, in the words of git's own https:// where it
 * has any. No stack traces, no credentials.
 */
import { STATUS_CODES } from 'node:http';
import {
  isGitWsError,
  type ErrorData,
  type GitWsError,
  type GitWsErrorOf,
} from '../src/base/errors.js';
import { messageOf } from '../src/base/failure.js';
import type { ConnectionEvent } from '../src/tunnel/client/channel.js';

/** The user knows already: git has said it. */
export class AlreadySaid extends Error {}

/** Where something went wrong. */
export interface Situation {
  /** The repository's URL without userinfo. */
  readonly url: string;
  /** Whether the service was running already. */
  readonly opened: boolean;
  /** Whether a push had been asked for: then it may have been done. */
  readonly pushed: boolean;
}

/** What a user of git is told of a connection that comes and goes. */
export class ConnectionNews {
  readonly #pushes: boolean;
  /** Whether the last that was said is that it is lost. */
  #lost = false;

  /** @param pushes whether it is a push that goes on. */
  constructor(pushes: boolean) {
    this.#pushes = pushes;
  }

  /** @returns a line without its end; undefined for nothing. */
  describe({ state, attempt, received, sent }: ConnectionEvent): string | undefined {
    // Those who wait learn once that they do, not with each attempt.
    if (state === 'interrupted' && !this.#lost) {
      this.#lost = true;
      const place = this.#pushes ? sent : received;
      return `connection lost, resuming at ${(place / 2 ** 20).toFixed(1)} MiB`;
    }
    if (state !== 'resumed') return undefined;
    this.#lost = false;
    return attempt > 1 ? 'connection resumed' : undefined;
  }
}

/** @returns a sentence without a line end; undefined where nothing is to be said. */
export function explain(error: unknown, situation: Situation): string | undefined {
  if (error instanceof AlreadySaid || isGitWsError(error, 'UserCanceledError')) return undefined;
  const { url, opened, pushed } = situation;
  if (!isGitWsError(error)) return `unexpected error: ${firstLine(messageOf(error))}`;
  if (!opened) return explainOpening(error, url);
  const why =
    error.code === 'REFUSED' ? `the server ended it: ${reasonOf(error)}` : lostWords(error);
  return pushed
    ? `the connection to '${url}' was lost before the outcome of the push was known: ${why}`
    : `the connection to '${url}' was lost: ${why}`;
}

function explainOpening(error: GitWsError, url: string): string {
  const status = error.data['status'];
  if (status === 401) return `Authentication failed for '${url}'`;
  if (error.code === 'REFUSED' && status === 404) return `repository '${url}' not found`;
  return `unable to access '${url}': ${openingWords(error, url)}`;
}

function openingWords(error: GitWsError, url: string): string {
  if (isGitWsError(error, 'HttpError')) return answerWords(error.data);
  if (isGitWsError(error, 'CONNECTION_FAILED')) return connectionWords(error, new URL(url));
  if (isGitWsError(error, 'CONNECTION_LOST')) {
    return 'the server closed the connection before it answered';
  }
  return firstLine(error.message);
}

function reasonOf(error: GitWsError): string {
  return firstLine(error.message);
}

function lostWords(error: GitWsError): string {
  if (!isGitWsError(error, 'CONNECTION_LOST')) return firstLine(error.message);
  const { closeCode, notResumed, reason = '' } = error.data;
  if (notResumed !== undefined) return `it could not be resumed: ${firstLine(notResumed)}`;
  if (closeCode === 1006) return reason === '' ? 'it broke off' : reason;
  return `close code ${String(closeCode)}${reason === '' ? '' : `, ${reason}`}`;
}

/** A server or a proxy that answered in HTTP. */
function answerWords({ status, location }: ErrorData['HttpError']): string {
  const answer = `${status} ${STATUS_CODES[status] ?? ''}`.trim();
  if (status === 407) return 'the proxy wants other credentials (407)';
  if (location !== undefined && URL.canParse(location)) {
    return `the server answered ${answer} and points to ${new URL(location).host}`;
  }
  return `the server answered ${answer} and accepted no WebSocket`;
}

const systemWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ETIMEDOUT: 'Connection timed out',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  EACCES: 'Permission denied',
};

const brokenOff = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

/** Why no connection came about, from what Node.js says of it. */
function connectionWords(error: GitWsErrorOf<'CONNECTION_FAILED'>, url: URL): string {
  if (error.data.lacksTls === true) return 'the server speaks TLS here; try wss://';
  const cause = error.cause as
    (Error & { code?: unknown; hostname?: string; address?: string; port?: number }) | undefined;
  const code = typeof cause?.code === 'string' ? cause.code : '';
  const system = systemWords[code];
  if (system !== undefined) {
    const port = url.port || defaultPort(url);
    // A proxy's, where it is not the server that was connected to.
    const isOther = cause?.port !== undefined && String(cause.port) !== port;
    const where = isOther ? `${cause.address ?? 'the proxy'} port ${cause.port}` : undefined;
    return `Failed to connect to ${where ?? `${url.hostname} port ${port}`}: ${system}`;
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `Could not resolve host: ${cause?.hostname ?? url.hostname}`;
  if (brokenOff.has(code)) return 'the server closed the connection before it answered';
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return tlsWords(cause);
  if (code.startsWith('HPE_'))
    return 'the server does not speak HTTP here; is it a wss:// address?';
  if (isCertificateCode(code)) return `certificate problem: ${certificateWords(cause)}`;
  return cause === undefined ? firstLine(error.message) : firstLine(cause.message);
}

function defaultPort(url: URL): string {
  return /^(wss|https):$/.test(url.protocol) ? '443' : '80';
}

/** `error:0A00010B:SSL routines:function:reason:file`: OpenSSL's way to say it. */
function tlsWords(cause: Error | undefined): string {
  const [, number, reason = ''] =
    /\berror:([0-9A-F]+):[^:]*:[^:]*:([^:]*)/.exec(cause?.message ?? '') ?? [];
  // "wrong version number": what came back is no TLS at all.
  if (number === '0A00010B') return 'the server does not speak TLS here; is it a ws:// address?';
  return `TLS failed: ${firstLine(reason === '' ? (cause?.message ?? '') : reason)}`;
}

/** X509_V_ERR_* as Node.js names them, and its own for names that do not match. */
function isCertificateCode(code: string): boolean {
  const parts = ['CERT', 'CRL', 'ISSUER', 'LEAF_SIGNATURE', 'HOSTNAME_MISMATCH', 'INVALID_CA'];
  return (
    /^(PATH_LENGTH_EXCEEDED|INVALID_PURPOSE)$/.test(code) ||
    parts.some((part) => code.includes(part))
  );
}

function certificateWords(cause: Error | undefined): string {
  // Newer versions of Node.js add advice about their own options.
  return firstLine(cause?.message ?? '').replace(/; .*$/, '');
}

/** Servers' words are among them: nothing that a terminal would obey. */
function firstLine(text: string): string {
  const [line = ''] = text.split(/[\r\n]/);
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').trim();
}
