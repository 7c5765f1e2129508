/**
 * What git's smart HTTP (gitprotocol-http(5)) makes of a stateful stream, as ssh carries it: requests, each
 * of which is answered by itself. Whoever speaks the stateful protocol knows nothing of that.
 */
import { GitWsError } from '../../base/errors.js';
import { concatBytes } from '../../base/concat-bytes.js';
import { FlushSearch } from './flush-search.js';
import type { LineInput } from './line-input.js';

/** A request: whole, or as it comes. */
export type RequestBody = Uint8Array | AsyncGenerator<Uint8Array, void, undefined>;

/** The two sides of one run of a service. */
export interface Conversation {
  /** From the client. */
  readonly input: LineInput;
  /** To the client; resolves when it takes more. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Posts one request. @returns the answer's body. */
  readonly post: (body: RequestBody) => Promise<AsyncIterable<Uint8Array>>;
}

/** Exit code of git where it dies: what a client is told whose request came to nothing. */
export const died = 128;

/** A client left in the middle of a request, or said something that no request is. */
export class BrokenRequest extends Error {
  override readonly name = 'BrokenRequest';
}

/**
 * Bytes up to which a request is gathered, so that its length can be said, as git's `http.postBuffer`
 * has it: not every host takes requests without.
 */
export const postBuffer = 1024 * 1024;

/**
 * @param parts of a request.
 * @returns its body: whole where it is small, else as it comes.
 */
export async function requestBody(
  parts: AsyncGenerator<Uint8Array, void, undefined>,
): Promise<RequestBody> {
  const begun: Uint8Array[] = [];
  let length = 0;
  while (length <= postBuffer) {
    const next = await parts.next();
    if (next.done === true) return concatBytes(begun);
    begun.push(next.value);
    length += next.value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* begun.splice(0);
    yield* parts;
  }
  return all();
}

/** Hands all of an answer on. @throws what the answer fails with, where it is cut off. */
export async function pass(
  answer: AsyncIterable<Uint8Array>,
  { write }: Conversation,
): Promise<void> {
  for await (const bytes of answer) if (bytes.length > 0) await write(bytes);
}

/**
 * Hands all of an answer on that a flush-pkt ends. The client waits for that, and the service for the
 * client: whoever else knows that nothing more comes has to say so.
 *
 * @throws GitWsError CONNECTION_LOST where there is none; else as {@link pass}.
 */
export async function passToFlush(
  answer: AsyncIterable<Uint8Array>,
  conversation: Conversation,
): Promise<void> {
  const search = new FlushSearch();
  const watched = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const bytes of answer) {
      search.push(bytes);
      yield bytes;
    }
  };
  await pass(watched(), conversation);
  if (!search.found) throw cutOff();
}

/** An answer ended before it was whole. */
export function cutOff(): GitWsError {
  const message = 'The server’s answer ended before it was whole.';
  return new GitWsError('CONNECTION_LOST', message, { retryable: true });
}
