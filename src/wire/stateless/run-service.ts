/** Runs one service of a repository over requests, for a client that speaks as it does through ssh. */
import { runCommands } from './commands.js';
import { passToFlush, type Conversation } from './conversation.js';
import { encodeLine, LineInput, textOf } from './line-input.js';
import { runFetch } from './negotiation.js';
import { runPush } from './push.js';

/** Which service, and what it has said first. */
export interface StatelessService {
  readonly isPush: boolean;
  /** The answer to the request for `info/refs`. */
  readonly advertisement: AsyncIterable<Uint8Array>;
  /** Most bytes that are kept of a fetch of version 0 or 1, to be sent again. */
  readonly mostKept: number;
}

/** @returns what the service itself says first, without what HTTP puts before it. */
export async function withoutHeader(advertisement: AsyncIterable<Uint8Array>): Promise<LineInput> {
  const lines = new LineInput(advertisement);
  const header = await lines.lineIf((line) => textOf(line)?.startsWith('# service=') === true);
  if (header !== undefined) await lines.lineIf(({ type }) => type === 'flush');
  return lines;
}

/** The answer to the request for `info/refs` has nothing in it. */
export class EmptyAdvertisement extends Error {
  override readonly name = 'EmptyAdvertisement';
}

/**
 * Resolves when the client wants no more and has all that it asked for.
 *
 * @throws BrokenRequest, RequestTooLarge, EmptyAdvertisement; GitWsError MALFORMED_PKT_LINE, and
 *   CONNECTION_LOST for an answer that ends too early, where nobody else would know; what the client's
 *   stream, the answers and the functions of the conversation fail with.
 */
export async function runService(
  { isPush, advertisement, mostKept }: StatelessService,
  conversation: Conversation,
): Promise<void> {
  const lines = await withoutHeader(advertisement);
  const first = await lines.line();
  if (first === undefined) throw new EmptyAdvertisement();
  const all = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield encodeLine(first);
    yield* lines.rest();
  };
  await passToFlush(all(), conversation);
  if (isPush) await runPush(conversation);
  else if (textOf(first) === 'version 2') await runCommands(conversation);
  else await runFetch(conversation, mostKept);
}
