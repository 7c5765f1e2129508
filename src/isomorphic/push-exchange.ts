/**
 * The POST to receive-pack. isomorphic-git takes any end of the response for the end of the report, so
 * it gets the response only once the report is whole; until then a failure is this request's.
 */
import { flushPkt } from '../wire/pkt-line.js';
import { PushRequestParser, type PushCommand } from '../wire/v0/push-request.js';
import { encodeReportStatus } from '../wire/v0/report-status.js';
import { encodeSideBand } from '../wire/side-band.js';
import { knownLength, type ByteSource } from '../remote/gather.js';
import type { MessageListeners } from '../remote/remote-messages.js';
import { sendPush } from '../remote/push-exchange.js';
import type { AskRefs } from '../remote/push-outcome.js';
import type { ServiceRun } from '../remote/service-run.js';

/**
 * Sends the request and waits for the whole report.
 *
 * @param run a receive-pack whose advertisement was read.
 * @param body the request: commands, then the pack.
 * @param listeners told of progress and of hook output while it happens.
 * @param askRefs called where the push's outcome is not known.
 * @returns the response in side-band-64k: what hooks said, then the report.
 * @throws as {@link sendPush}.
 */
export async function exchangePush(
  run: ServiceRun,
  body: ByteSource,
  listeners: MessageListeners,
  askRefs: AskRefs,
): Promise<Uint8Array[]> {
  const head = new SentHead();
  const { report, messages } = await sendPush(
    run,
    {
      body,
      length: knownLength(body),
      onBytes: (bytes) => {
        head.take(bytes);
      },
      asked: () => head,
    },
    listeners,
    askRefs,
  );
  return [...messages.encode(), ...encodeSideBand(1, encodeReportStatus(report)), flushPkt];
}

/** What isomorphic-git asks for, taken from its request. */
class SentHead {
  commands: readonly PushCommand[] = [];
  sideBand = false;
  #parser: PushRequestParser | undefined = new PushRequestParser();

  take(bytes: Uint8Array): void {
    const step = this.#parser?.push(bytes);
    if (step?.done !== true) return;
    this.#parser = undefined;
    this.commands = step.value.commands;
    this.sideBand = step.value.capabilities.has('side-band-64k');
  }
}
