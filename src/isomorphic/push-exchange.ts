/**
 * The POST to receive-pack: commands and a pack go up, a report comes down. isomorphic-git takes
 * any end of the response for the end of the report, so it gets the response only once the report
 * is whole; until then a failure is this request's. A push is never in doubt silently: where the
 * report is lost after the last byte was sent, the caller learns which refs are in question.
 */
import { GitWsError, isGitWsError } from '../base/errors.js';
import { flushPkt } from '../wire/pkt-line.js';
import { PushRequestParser, type PushCommand } from '../wire/v0/push-request.js';
import { PushResponseParser, type PushResponseEvent } from '../wire/v0/push-response.js';
import { encodeReportStatus, type ReportStatus } from '../wire/v0/report-status.js';
import { remoteError } from '../wire/remote-error.js';
import { encodeSideBand } from '../wire/side-band.js';
import { knownLength, type ByteSource } from '../remote/gather.js';
import { RemoteMessages, type MessageListeners } from '../remote/messages.js';
import { ByteProgress } from '../remote/progress.js';
import type { ServiceRun } from '../remote/service-run.js';

/** The refs of a server as they are now; undefined where it cannot be asked. */
export type AskRefs = () => Promise<ReadonlyMap<string, string> | undefined>;

/** A ref that a push was to change, in the `data.refs` of an error. */
export interface RefInDoubt {
  readonly ref: string;
  /** The oid that the push was based on; zeros for a ref to be created. */
  readonly old: string;
  /** The oid that the push asked for; zeros for a ref to be deleted. */
  readonly wanted: string;
  /** What the server said afterwards: zeros for "no such ref", undefined where it said nothing. */
  readonly current: string | undefined;
}

/**
 * Sends the request and waits for the whole report.
 *
 * @param run a receive-pack whose advertisement was read.
 * @param body the request: commands, then the pack.
 * @param listeners told of progress and of hook output while it happens.
 * @param askRefs called where the push's outcome is not known.
 * @returns the response in side-band-64k: what hooks said, then the report.
 * @throws GitWsError PUSH_OUTCOME_UNKNOWN (data: `refs`) where the connection was lost after the
 *   last byte was sent; REMOTE_EXIT and REMOTE_ERROR, then with `data.refs` too; CONNECTION_LOST,
 *   UserCanceledError, MALFORMED_PKT_LINE.
 */
export async function exchangePush(
  run: ServiceRun,
  body: ByteSource,
  listeners: MessageListeners,
  askRefs: AskRefs,
): Promise<Uint8Array[]> {
  const request = new SentRequest();
  const response = new PushResponse(listeners);
  const sending = new ByteProgress('Sending', listeners.onProgress, knownLength(body));
  run.start(body, async (bytes, last) => {
    request.take(bytes, last);
    await sending.add(bytes.length);
    if (last) await sending.finish();
  });
  try {
    await response.receive(run, request);
    return response.encode();
  } catch (error) {
    run.abort();
    // The report is whole and only the goodbye is missing: the outcome is known.
    if (response.reported && isGitWsError(error, 'CONNECTION_LOST')) return response.encode();
    throw request.complete ? await inDoubt(error, request.commands, askRefs) : error;
  }
}

/** What of the request is on its way. */
class SentRequest {
  /** The last byte was handed to the connection: git may carry the push out from here on. */
  complete = false;
  commands: readonly PushCommand[] = [];
  sideBand = false;
  #head: PushRequestParser | undefined = new PushRequestParser();

  take(bytes: Uint8Array, last: boolean): void {
    this.complete ||= last;
    const step = this.#head?.push(bytes);
    if (step?.done !== true) return;
    this.#head = undefined;
    this.commands = step.value.commands;
    this.sideBand = step.value.capabilities.has('side-band-64k');
  }
}

/** The response so far. */
class PushResponse {
  readonly #messages: RemoteMessages;
  #report: ReportStatus | undefined;

  constructor(listeners: MessageListeners) {
    this.#messages = new RemoteMessages(listeners);
  }

  /** Whether the report has come, whole. */
  get reported(): boolean {
    return this.#report !== undefined;
  }

  async receive(run: ServiceRun, request: SentRequest): Promise<void> {
    let parser: PushResponseParser | undefined;
    for (let chunk = await run.read(); chunk !== undefined; chunk = await run.read()) {
      // receive-pack answers after it has read the commands: what they asked for is known by now.
      parser ??= new PushResponseParser({ sideBand: request.sideBand });
      for (const event of parser.push(chunk)) await this.#take(event, request.commands);
    }
    await run.success();
    parser?.end();
    await this.#messages.end();
    if (!this.reported) {
      throw new GitWsError('MALFORMED_PKT_LINE', 'The server ended without a report of the push.');
    }
  }

  encode(): Uint8Array[] {
    const report = this.#report === undefined ? [] : [encodeReportStatus(this.#report)];
    const reported = report.flatMap((bytes) => encodeSideBand(1, bytes));
    return [...this.#messages.encode(), ...reported, flushPkt];
  }

  async #take(event: PushResponseEvent, commands: readonly PushCommand[]): Promise<void> {
    switch (event.type) {
      case 'progress':
        await this.#messages.push(event.bytes);
        return;
      case 'report':
        checkReport(event.report, commands);
        this.#report = event.report;
        return;
      case 'error':
        throw remoteError(event.message);
      case 'end':
        return;
    }
  }
}

/** A report that leaves a ref out is cut; isomorphic-git would trip over it. */
function checkReport({ unpack, refs }: ReportStatus, commands: readonly PushCommand[]): void {
  const reported = new Set(refs.map(({ ref }) => ref));
  const missing = commands.find(({ ref }) => !reported.has(ref));
  if (unpack !== 'ok' || missing === undefined) return;
  const message = `The server's report on the push says nothing of ${missing.ref}.`;
  throw new GitWsError('MALFORMED_PKT_LINE', message);
}

async function inDoubt(
  failure: unknown,
  commands: readonly PushCommand[],
  askRefs: AskRefs,
): Promise<unknown> {
  if (isGitWsError(failure, 'UserCanceledError')) {
    // Whoever cancels wants an end, and no question to the server.
    const refs = describeRefs(commands, undefined);
    const message = 'The push was canceled after all of it was sent: it may take place.';
    return new GitWsError('UserCanceledError', message, { data: { refs }, cause: failure });
  }
  const refs = describeRefs(commands, await askRefs());
  if (isGitWsError(failure, 'REMOTE_EXIT') || isGitWsError(failure, 'REMOTE_ERROR')) {
    const { code, message, data, retryable } = failure;
    return new GitWsError(code, message, { data: { ...data, refs }, cause: failure, retryable });
  }
  const names = refs.map(describeOutcome).join('; ');
  const message = `The push was sent, but the server's report did not arrive: ${names}.`;
  return new GitWsError('PUSH_OUTCOME_UNKNOWN', message, { data: { refs }, cause: failure });
}

function describeRefs(
  commands: readonly PushCommand[],
  current: ReadonlyMap<string, string> | undefined,
): RefInDoubt[] {
  return commands.map(({ ref, oldOid, newOid }) => ({
    ref,
    old: oldOid,
    wanted: newOid,
    current: current === undefined ? undefined : (current.get(ref) ?? '0'.repeat(oldOid.length)),
  }));
}

function describeOutcome({ ref, old, wanted, current }: RefInDoubt): string {
  if (current === undefined) return `nothing is known of ${ref}`;
  if (current === wanted) return `${ref} has the new value`;
  return current === old ? `${ref} has its old value still` : `${ref} has a third value`;
}
