/**
 * The POST to upload-pack in protocol v0 and v1: wants and haves go up, the pack comes down. The
 * response is taken apart, checked and put together again for isomorphic-git, which by itself
 * takes a short pack for a whole one and writes refs and `shallow` before it has the pack. So it
 * gets the lines that make it do so, and the end of the pack, only once everything is in and safe.
 */
import { FetchResponseParser, type FetchResponseEvent } from '../wire/fetch-response.js';
import { isGitWsError } from '../base/errors.js';
import type { AdvertisedRef } from '../wire/v0/advertisement.js';
import { parseFetchRequest, type FetchRequest } from '../wire/fetch-request.js';
import { encodePktLine, flushPkt } from '../wire/pkt-line.js';
import { remoteError } from '../wire/remote-error.js';
import { collect, type ByteSource } from '../remote/gather.js';
import { RemoteMessages, type MessageListeners } from '../remote/remote-messages.js';
import { Negotiation } from './negotiation.js';
import type { PackRoute } from './pack-route.js';
import { ByteProgress } from '../remote/progress.js';
import type { ServiceRun } from '../remote/service-run.js';

/**
 * Sends the request and passes the response on.
 *
 * @param run an upload-pack whose advertisement was read.
 * @param refs what it has advertised.
 * @param body the request: wants, shallows, haves, done.
 * @param listeners told of progress while the response arrives.
 * @param openAgain asked for another run where this one failed before anything was passed on;
 *   rejects with the failure where it is not worth it.
 * @param routePack asked for each run where its pack is to go, with what is known of it.
 * @returns the response, side-band-64k. Iterating throws GitWsError REMOTE_ERROR (an ERR line or
 *   band 3), REMOTE_EXIT, CONNECTION_LOST, CORRUPT_PACK, MISSING_OBJECTS, MALFORMED_PKT_LINE,
 *   UserCanceledError.
 */
export async function* exchangeFetch(
  run: ServiceRun,
  refs: readonly AdvertisedRef[],
  body: ByteSource,
  listeners: MessageListeners,
  openAgain: (failure: unknown) => Promise<ServiceRun>,
  routePack: (negotiation: Negotiation) => PackRoute,
): AsyncGenerator<Uint8Array, void, undefined> {
  let current = run;
  let complete = false;
  try {
    // Wants and haves: kept, since they may have to be sent twice.
    const request = await collect(body);
    const asked = readRequest(request);
    for (;;) {
      let passedOn = false;
      try {
        current.start(request);
        const negotiation = new Negotiation(asked, refs);
        const pack = routePack(negotiation);
        for await (const bytes of passOn(current, listeners, negotiation, pack)) {
          passedOn = true;
          yield bytes;
        }
        complete = true;
        return;
      } catch (failure) {
        if (passedOn) throw failure;
        current.abort();
        current = await openAgain(failure);
      }
    }
  } finally {
    // Also where the caller reads no further.
    if (!complete) current.abort();
  }
}

/** What is malformed is for the server to refuse: nothing is known of what it asks for. */
function readRequest(request: readonly Uint8Array[]): FetchRequest {
  try {
    return parseFetchRequest(request);
  } catch (error) {
    if (isGitWsError(error, 'MALFORMED_PKT_LINE')) return parseFetchRequest([]);
    throw error;
  }
}

async function* passOn(
  run: ServiceRun,
  listeners: MessageListeners,
  negotiation: Negotiation,
  pack: PackRoute,
): AsyncGenerator<Uint8Array, void, undefined> {
  const parser = new FetchResponseParser();
  const response = new SafeResponse(listeners, pack);
  let failure: { readonly error: unknown } | undefined = { error: left };
  try {
    for (let chunk = await run.read(); chunk !== undefined; chunk = await run.read()) {
      for (const event of parser.push(chunk)) {
        negotiation.hear(event);
        yield* await response.take(event);
      }
    }
    // git's own words, where it failed, say more than what is missing.
    // Defence: git's exit has to be 0.
    await run.success();
    const last = await pack.finish();
    parser.end();
    negotiation.checkPack();
    yield* await response.finish(last);
    failure = undefined;
  } catch (error) {
    failure = { error };
    throw error;
  } finally {
    // Also where the caller reads no further.
    if (failure !== undefined) await pack.abort(failure.error);
  }
}

const left = new Error('The response is not wanted any more.');

/** What isomorphic-git may have at once, and what only in the end. */
class SafeResponse {
  readonly #pack: PackRoute;
  readonly #messages: RemoteMessages;
  readonly #progress: ByteProgress;
  /** Lines before the pack: shallow, unshallow, ACK, NAK. */
  readonly #control: Uint8Array[] = [];

  constructor(listeners: MessageListeners, pack: PackRoute) {
    this.#pack = pack;
    this.#messages = new RemoteMessages(listeners);
    this.#progress = new ByteProgress('Receiving', listeners.onProgress);
  }

  /** @returns pkt-lines to pass on now. */
  async take(event: FetchResponseEvent): Promise<readonly Uint8Array[]> {
    switch (event.type) {
      case 'shallow':
      case 'unshallow':
        // Defence: shallow is handed on after the pack.
        this.#control.push(encodePktLine(`${event.type} ${event.oid}\n`));
        return [];
      case 'shallow-end':
        this.#control.push(flushPkt);
        return [];
      case 'ack': {
        const status = event.status === undefined ? '' : ` ${event.status}`;
        this.#control.push(encodePktLine(`ACK ${event.oid}${status}\n`));
        return [];
      }
      case 'nak':
        this.#control.push(encodePktLine('NAK\n'));
        return [];
      case 'pack':
        await this.#progress.add(event.bytes.length);
        return this.#pack.take(event.bytes);
      case 'progress':
        await this.#messages.push(event.bytes);
        return [];
      case 'error':
        // Defence: band 3 and ERR lines end a fetch.
        throw remoteError(event.message);
      case 'end':
        return [];
    }
  }

  /**
   * @param last the end of the pack.
   * @returns what was held back. Call it when everything was found to be right.
   */
  async finish(last: readonly Uint8Array[]): Promise<Uint8Array[]> {
    await this.#messages.end();
    await this.#progress.finish();
    return [...this.#control, ...this.#messages.encode(), ...last, flushPkt];
  }
}
