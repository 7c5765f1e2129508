/** git's bytes for tests that play a server, and the reading of errors. */
import { isGitWsError, type GitWsError } from '../../src/base/errors.js';
import { encodePktLine, flushPkt } from '../../src/wire/pkt-line.js';
import { encodeSideBand } from '../../src/wire/side-band.js';

/** An oid of one repeated hex digit. */
export function oidOf(digit: string): string {
  return digit.repeat(40);
}

/** An advertisement of protocol v0. */
export function advertisement(
  refs: Readonly<Record<string, string>>,
  capabilities = 'report-status delete-refs side-band-64k ofs-delta shallow',
): Uint8Array {
  const lines = Object.entries(refs).map(([name, oid]) => `${oid} ${name}`);
  if (lines.length === 0) lines.push(`${oidOf('0')} capabilities^{}`);
  return Buffer.concat([
    ...lines.map((line, index) =>
      encodePktLine(index === 0 ? `${line}\0 ${capabilities}\n` : `${line}\n`),
    ),
    flushPkt,
  ]);
}

/** One band of a side-band-64k response. */
export function band(number: 1 | 2 | 3, bytes: Uint8Array | string): Uint8Array {
  return Buffer.concat(encodeSideBand(number, Buffer.from(bytes)));
}

/** The code of what a function throws; undefined where it throws nothing. */
export function errorCode(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (isGitWsError(error)) return error.code;
    throw error;
  }
  return undefined;
}

/** What a promise rejects with, which must be a GitWsError. */
export async function rejection(promise: Promise<unknown>): Promise<GitWsError> {
  const outcome = await promise.then(
    () => new Error('it resolved'),
    (error: unknown) => error,
  );
  if (isGitWsError(outcome)) return outcome;
  throw outcome;
}
