/** What an upstream's HTTP answers mean to a client of gitws. */
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { errors, type Dispatcher } from 'undici';
import { closeCodes, formatCloseReason } from '../../../src/tunnel/machine/close.js';
import { noSuchRepository } from '../../admission/access.js';
import { refusal, type Refusal } from '../../admission/refusal.js';
import { isExhausted } from '../../base/system-errors.js';
import type { Proof } from './proof.js';
import { ForbiddenAddress } from './pool.js';

/** An answer of which nothing was read yet. */
export type Answer = Dispatcher.ResponseData;

/** Most that is read of an answer's words, in bytes. */
const mostWords = 1_024;

/**
 * @param whose credentials were sent along, if any.
 * @returns what the client is told of an answer that is neither a success nor a redirect.
 */
export async function refusalOf(
  host: string,
  answer: Answer,
  whose: Proof['whose'] | undefined,
): Promise<Refusal> {
  const { statusCode } = answer;
  // What a host says to the operator may name the operator's account there.
  // Defence: what a host says to the operator is not passed on.
  const words = whose === 'operator' ? '' : await wordsOf(answer);
  drop(answer);
  const said = words === '' ? '' : `: ${words}`;
  switch (statusCode) {
    case 401:
      if (whose === 'operator') {
        // Nobody who asks could give others.
        return refusal(closeCodes.failed, `${host} does not take the credentials of this server.`);
      }
      return refusal(
        closeCodes.upstreamUnauthorized,
        whose === 'user'
          ? `${host} does not take these credentials.`
          : `${host} wants credentials.`,
      );
    case 403:
      return refusal(closeCodes.forbidden, `${host} does not allow this${said || '.'}`);
    case 404:
    case 410:
      return refusal(closeCodes.notFound, noSuchRepository);
    case 429:
      return refusal(closeCodes.tooMany, `${host} has had too many requests${said || '.'}`);
    default: {
      const code = statusCode >= 500 ? closeCodes.unavailable : closeCodes.failed;
      return refusal(code, `${host} answered with status ${statusCode}${said || '.'}`);
    }
  }
}

/** What the client is told where there was no answer. */
export function refusalOfFailure(host: string, error: unknown): Refusal {
  if (causes(error).some((one) => one instanceof ForbiddenAddress)) {
    return refusal(closeCodes.forbidden, `${host} has no address that this server may connect to.`);
  }
  return refusal(closeCodes.unavailable, `${host} could not be reached.`);
}

/** What the client is told where an answer ends too early. */
export function brokeOff(host: string): string {
  return `${host} broke off in the middle of its answer.`;
}

/**
 * Whether it was the upstream that gave a request no answer: not where the client has left, the
 * address may not be connected to, or this machine has no descriptor for it.
 *
 * @param signal by which the request could be given up: a TimeoutError says that it took too long.
 */
export function isUnanswered(error: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) return (signal.reason as Partial<Error> | undefined)?.name === 'TimeoutError';
  return !causes(error).some(
    (one) =>
      one instanceof ForbiddenAddress ||
      one instanceof errors.InvalidArgumentError ||
      isExhausted(one),
  );
}

/** What the client is told of an answer that is not git's. */
export function notGit(host: string): Refusal {
  return refusal(closeCodes.failed, `${host} answers with something else than git's protocol.`);
}

/** Whether an answer is of this type, whatever its parameters. */
export function isOfType({ headers }: Answer, type: string): boolean {
  return headerOf(headers, 'content-type').split(';')[0]?.trim().toLowerCase() === type;
}

/** @returns the body as it was before it was compressed; undefined for a way nobody asked for. */
export function bodyOf(answer: Answer): Readable | undefined {
  const { body, headers } = answer;
  switch (headerOf(headers, 'content-encoding').toLowerCase()) {
    case '':
    case 'identity':
      return body;
    case 'gzip':
    case 'x-gzip': {
      const plain = createGunzip();
      body.on('error', (error) => plain.destroy(error));
      plain.on('close', () => body.destroy());
      return body.pipe(plain);
    }
    default:
      drop(answer);
      return undefined;
  }
}

/** Reads no more of an answer. */
export function drop({ body }: Answer): void {
  body.on('error', () => undefined).destroy();
}

/** @returns one header, an empty text where it is not there. */
export function headerOf(headers: Answer['headers'], name: string): string {
  const value = headers[name] ?? '';
  return typeof value === 'string' ? value : (value[0] ?? '');
}

/** The first line of what an upstream says to a person, where it is plain text. */
async function wordsOf(answer: Answer): Promise<string> {
  const parts: Buffer[] = [];
  const body = isOfType(answer, 'text/plain') ? bodyOf(answer) : undefined;
  if (body !== undefined) {
    let length = 0;
    try {
      for await (const part of body as AsyncIterable<Buffer>) {
        parts.push(part);
        length += part.length;
        if (length >= mostWords) break;
      }
    } catch {
      // The status says enough.
    }
  }
  const [line = ''] = Buffer.concat(parts).toString('utf8', 0, mostWords).trim().split('\n');
  return formatCloseReason(line);
}

/** An error, what caused it, and what each of several attempts failed with. */
function causes(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [error];
  const several = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return [error, ...several, ...(error.cause === undefined ? [] : causes(error.cause))];
}
