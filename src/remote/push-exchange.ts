/**
 * A push on its way: commands and a pack go up, a report comes down, the words of hooks around it.
 * A success is one: the report is whole and names every ref, and git has ended well.
 */
import { GitWsError, isGitWsError } from '../base/errors.js';
import { remoteError } from '../wire/remote-error.js';
import { quoteText } from '../wire/text.js';
import type { PushCommand } from '../wire/v0/push-request.js';
import { PushResponseParser, type PushResponseEvent } from '../wire/v0/push-response.js';
import type { ReportStatus } from '../wire/v0/report-status.js';
import type { ByteSource } from './gather.js';
import { RemoteMessages, type MessageListeners } from './remote-messages.js';
import { ByteProgress } from './progress.js';
import { inDoubt, type AskRefs } from './push-outcome.js';
import type { ServiceRun } from './service-run.js';

/** What a push asks for, as far as its answer is read with it. */
export interface PushAsked {
  readonly commands: readonly PushCommand[];
  /** Whether it asked for `side-band-64k`. */
  readonly sideBand: boolean;
}

/** A push that is to be sent. */
export interface PushToSend {
  /** Commands, push options, a pack. */
  readonly body: ByteSource;
  /** How long that is, in bytes, where it is known. */
  readonly length?: number | undefined;
  /** Sees each piece before it is sent. */
  readonly onBytes?: (bytes: Uint8Array) => void;
  /** @returns what it asks for, once the server answers. */
  readonly asked: () => PushAsked;
}

/** What receive-pack has answered. */
export interface PushAnswer {
  readonly report: ReportStatus;
  readonly messages: RemoteMessages;
}

/**
 * Sends a push and waits for the whole report.
 *
 * @param run a receive-pack whose advertisement was read.
 * @param listeners told of progress and of hook output while it happens.
 * @param askRefs called where the push's outcome is not known.
 * @throws GitWsError REFUSED; PUSH_OUTCOME_UNKNOWN (data: `refs`) where the connection was lost after
 *   the last byte was sent; REMOTE_EXIT and REMOTE_ERROR, then with `data.refs` too; CONNECTION_LOST,
 *   UserCanceledError, MALFORMED_PKT_LINE; what the body and the listeners throw.
 */
export async function sendPush(
  run: ServiceRun,
  { body, length, onBytes, asked }: PushToSend,
  listeners: MessageListeners,
  askRefs: AskRefs,
): Promise<PushAnswer> {
  const answer = new PushAnswerReader(listeners);
  const sending = new ByteProgress('Sending', listeners.onProgress, length);
  // From its last byte on git may carry the push out.
  let isComplete = false;
  run.start(body, async (bytes, last) => {
    isComplete ||= last;
    onBytes?.(bytes);
    await sending.add(bytes.length);
    if (last) await sending.finish();
  });
  try {
    return await answer.read(run, asked);
  } catch (error) {
    run.abort();
    // The report is whole and only the goodbye is missing: the outcome is known.
    const { report, messages } = answer;
    if (report !== undefined && isGitWsError(error, 'CONNECTION_LOST')) return { report, messages };
    if (isRefusal(error)) throw error;
    // Defence: a push that nobody reported on is in doubt.
    throw isComplete ? await inDoubt(error, asked().commands, askRefs) : error;
  }
}

/** Statuses of a server that has carried out nothing; over HTTP, it may hear all of a push before. */
const refusals: readonly number[] = [401, 403, 404, 413];

function isRefusal(error: unknown): boolean {
  return isGitWsError(error, 'REFUSED') && refusals.includes(error.data.status);
}

class PushAnswerReader {
  readonly messages: RemoteMessages;
  /** Once it has come, whole. */
  report: ReportStatus | undefined;

  constructor(listeners: MessageListeners) {
    this.messages = new RemoteMessages(listeners);
  }

  async read(run: ServiceRun, asked: () => PushAsked): Promise<PushAnswer> {
    let parser: PushResponseParser | undefined;
    for (let chunk = await run.read(); chunk !== undefined; chunk = await run.read()) {
      // receive-pack answers after it has read the commands: what they asked for is known by now.
      parser ??= new PushResponseParser(asked());
      for (const event of parser.push(chunk)) await this.#take(event, asked().commands);
    }
    await run.success();
    parser?.end();
    await this.messages.end();
    const { report, messages } = this;
    if (report !== undefined) return { report, messages };
    throw new GitWsError('MALFORMED_PKT_LINE', 'The server ended without a report of the push.');
  }

  async #take(event: PushResponseEvent, commands: readonly PushCommand[]): Promise<void> {
    switch (event.type) {
      case 'progress':
        await this.messages.push(event.bytes);
        return;
      case 'report':
        checkReport(event.report, commands);
        this.report = event.report;
        return;
      case 'error':
        throw remoteError(event.message);
      case 'end':
        return;
    }
  }
}

/**
 * A report that leaves a ref out is cut, and says nothing of what became of that ref; one that says of a ref
 * what nobody asked for, or this and that, is not to be believed.
 */
function checkReport({ unpack, refs }: ReportStatus, commands: readonly PushCommand[]): void {
  const pushed = new Set(commands.map(({ ref }) => ref));
  const said = new Map<string, boolean>();
  for (const { ref, ok } of refs) {
    if (!pushed.has(ref)) throw malformedReport(`is about ${quoteText(ref)}, which was not pushed`);
    if (said.get(ref) === !ok) throw malformedReport(`says ok and ng of ${ref}`);
    said.set(ref, ok);
  }
  const missing = commands.find(({ ref }) => !said.has(ref));
  if (unpack === 'ok' && missing !== undefined) {
    throw malformedReport(`says nothing of ${missing.ref}`);
  }
}

function malformedReport(what: string): GitWsError {
  return new GitWsError('MALFORMED_PKT_LINE', `The server's report on the push ${what}.`);
}
