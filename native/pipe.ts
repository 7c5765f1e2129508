/**
 * A channel between this process's stdin and stdout, as ssh is one: with backpressure both ways,
 * and with the end of stdin as a half-close. git ends its side in the middle of a fetch and after a
 * push's pack; whatever then still comes must arrive.
 */
import type { Readable, Writable } from 'node:stream';
import type { Channel } from '../src/tunnel/client/channel.js';
import type { ExitStatus } from '../src/tunnel/machine/message.js';

/** stdin: first lines, then bytes. */
export class Input {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** @returns the next line without its end; undefined at the end of stdin. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      if (end !== -1) {
        const line = this.#rest.toString('utf8', 0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#rest = Buffer.concat([this.#rest, next.value]);
    }
  }

  /** Everything that follows. */
  async *bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#rest.length > 0) yield this.#rest;
    for (;;) {
      const next = await this.#chunks.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
}

/** What becomes of a run. */
export interface PipeProgress {
  /** Some of stdin is about to be handed to the channel. */
  onInput(bytes: Uint8Array): void;
  /**
   * stdin has ended, and all of it was handed to the channel.
   * @returns whether nothing more is wanted of the service: it is then not waited for.
   */
  onInputEnd(): boolean;
  /**
   * Nobody reads stdout any more.
   * @returns whether the service is to go on all the same, its output dropped.
   */
  onOutputClosed(): boolean;
}

/**
 * Pumps until the service has ended and all its output was taken, or until nothing more is wanted.
 *
 * @returns how the service ended.
 * @throws GitWsError CONNECTION_LOST, REFUSED, PROTOCOL_ERROR, UserCanceledError
 */
export async function pipeChannel(
  channel: Channel,
  input: AsyncIterable<Uint8Array>,
  output: Writable,
  progress: PipeProgress,
): Promise<ExitStatus> {
  const received = receiveOutput(channel, output, progress);
  const sent = sendInput(channel, input, progress).then(
    (unwanted) => (unwanted ? undefined : received),
    // A channel that fails fails its readable too.
    () => received,
  );
  const status = await Promise.race([received, sent]);
  if (status !== undefined) return status;
  received.catch(() => undefined);
  channel.abort();
  return { code: 0, signal: null };
}

async function receiveOutput(
  channel: Channel,
  output: Writable,
  progress: PipeProgress,
): Promise<ExitStatus> {
  const reader = channel.readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (await write(output, value)) continue;
    if (!progress.onOutputClosed()) channel.abort();
    else await reader.cancel();
    break;
  }
  return channel.exit;
}

/** @returns whether nothing more is wanted; the channel is then left open. */
async function sendInput(
  channel: Channel,
  input: AsyncIterable<Uint8Array>,
  progress: PipeProgress,
): Promise<boolean> {
  const writer = channel.writable.getWriter();
  for await (const chunk of input) {
    progress.onInput(chunk);
    await writer.write(chunk);
  }
  const unwanted = progress.onInputEnd();
  if (!unwanted) await writer.close();
  return unwanted;
}

/** @returns false where nobody reads any more. */
function write(output: Writable, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    output.write(bytes, (error) => {
      resolve(error === null || error === undefined);
    });
  });
}
