/** What a conversation with an upstream is made of: a client's stateful stream, and posts. */
import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import type { LineInput } from './line-input.js';

/** The two sides of one run of a service. */
export interface Conversation {
  readonly input: LineInput;
  /** To the client. */
  readonly output: Writable;
  /** Fires when nobody wants it any more. */
  readonly signal: AbortSignal;
  /** Posts one request. @throws UpstreamFailure */
  readonly post: (body: Buffer | Readable) => Promise<Readable>;
}

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
): Promise<Buffer | Readable> {
  const begun: Uint8Array[] = [];
  let length = 0;
  while (length <= postBuffer) {
    const next = await parts.next();
    if (next.done === true) return Buffer.concat(begun);
    begun.push(next.value);
    length += next.value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* begun.splice(0);
    yield* parts;
  }
  return Readable.from(all(), { objectMode: false });
}

/** Writes to the client, and waits while it takes its time. */
export async function write({ output, signal }: Conversation, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0 || output.write(bytes)) return;
  await once(output, 'drain', { signal });
}

/** Hands all of an answer on. @throws what the answer fails with, where it is cut off. */
export async function pass(
  answer: AsyncIterable<Uint8Array>,
  conversation: Conversation,
): Promise<void> {
  for await (const bytes of answer) await write(conversation, bytes);
}
