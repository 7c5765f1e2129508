/**
 * `ERR` pkt-lines: what a server says in place of anything else (gitprotocol-pack(5)).
 */
import { GitWsError } from '../base/errors.js';
import { stripControlCharacters } from './text.js';

const prefix = 'ERR ';

/** @returns the message when a text line is an `ERR` line, else undefined. */
export function parseErrorLine(line: string): string | undefined {
  return line.startsWith(prefix) ? line.slice(prefix.length) : undefined;
}

/**
 * The error for what the server's git said in an `ERR` line or on band 3, fit to be shown: git sends
 * some of its last words with the NUL that ends them in C (upload-pack's on repository corruption).
 */
export function remoteError(words: string): GitWsError {
  const message = stripControlCharacters(words).trim();
  return new GitWsError('REMOTE_ERROR', `The server's git reports: ${message}`, {
    data: { message },
  });
}
