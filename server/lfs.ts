/**
 * Git LFS for repositories of upstreams: batch requests over plain HTTP, judged as a fetch or a push
 * of the same repository, and passed on with the client's own credentials for the upstream.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { closeCodes } from '../src/tunnel/machine/close.js';
import { inAccessTime } from './admission/access.js';
import { answerHttp } from './admission/http-answer.js';
import { httpStatusOf, refusal, type HttpAnswer, type Refusal } from './admission/refusal.js';
import { isBelowBasePath } from './admission/target.js';
import {
  checkRequest,
  thrownRefusal,
  type Admission,
  type Arrival,
  type UpgradeContext,
} from './admission/upgrade.js';
import { inTime } from './base/in-time.js';
import type { Backends } from './backend/backends.js';
import { gather, lfsType, parseBatch, type BatchAnswer } from './backend/upstream/lfs.js';
import type { Deciding } from './deciding.js';

const end = '/info/lfs/objects/batch';

/** What {@link LfsBatches} works with, as all that speaks plain HTTP. */
export interface LfsOptions {
  readonly context: UpgradeContext;
  readonly deciding: Deciding;
  readonly backends: Backends;
  /** Counts a request in. */
  readonly arrive: (request: IncomingMessage) => Arrival;
  /** Told of what a client was told. */
  readonly onRefusal: (
    arrival: Arrival,
    refused: Refusal | HttpAnswer,
    target: { readonly endpoint: string; readonly service: string },
  ) => void;
}

/** That of one server. */
export class LfsBatches {
  readonly #options: LfsOptions;

  constructor(options: LfsOptions) {
    this.#options = options;
  }

  /** Answers a request. @returns false where it is no batch. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    const { context, arrive, deciding, onRefusal } = this.#options;
    const { url = '' } = request;
    if (!url.endsWith(end) || !isBelowBasePath(url, context.basePath)) return false;
    const target = {
      endpoint: `${url.slice(0, -end.length)}/git-upload-pack`,
      service: 'git-upload-pack',
      kind: 'batch',
    } as const;
    const arrival = arrive(request);
    const answered = async (): Promise<void> => {
      try {
        const answer =
          faultOf(request) ?? (await deciding.unlessAnswered(this.#answer(arrival, target)));
        if (answer.kind === 'batch') {
          response.writeHead(answer.status, { 'Content-Type': lfsType }).end(answer.body);
          return;
        }
        onRefusal(arrival, answer, target);
        if (response.destroyed) return;
        const status = answer.kind === 'http' ? answer.status : httpStatusOf(answer.code);
        const { retryAfter } = answer.kind === 'http' ? {} : answer;
        const headers = retryAfter === undefined ? {} : { 'Retry-After': `${retryAfter}` };
        answerHttp(response, status, answer.sentence, headers);
      } finally {
        arrival.visit.leave();
      }
    };
    deciding.add(answered(), () => {
      response.destroy();
    });
    return true;
  }

  async #answer(
    arrival: Arrival,
    target: Parameters<typeof checkRequest>[1],
  ): Promise<({ readonly kind: 'batch' } & BatchAnswer) | Refusal> {
    const { context } = this.#options;
    const { maxBatchSize, openingTime } = context.limits;
    const { request } = arrival;
    // Before its body is read: whoever may not read it has no large files there either.
    const admission = await checkRequest(arrival, target, context);
    if (admission.kind === 'refusal') return admission;
    const { place, user } = admission;
    if (place.kind === 'local') return { ...notHere, user: user ?? undefined };
    const tooLate = (): 'late' => 'late';
    // Destroyed it could not be answered any more.
    const parts = request.iterator({ destroyOnReturn: false });
    const body = await inTime(gather(parts, maxBatchSize), openingTime, tooLate).catch(tooLate);
    if (body === 'late') return refusal(closeCodes.timedOut, 'The request did not come in time.');
    if (body === undefined) return refusal(closeCodes.tooLarge, 'The request is too large.');
    const batch = parseBatch(body);
    if (batch === undefined) return refusal(closeCodes.malformed, 'The body is no batch request.');
    const refused =
      batch.operation === 'upload' ? await this.#mayPush(admission, request) : undefined;
    // Defence: an upload of large files is judged as a push.
    if (refused !== undefined) return refused;
    const answer = await this.#options.backends.batch(place, batch);
    return 'kind' in answer ? answer : { kind: 'batch', ...answer };
  }

  /** Whether a push to the repository would be let in. @returns why not. */
  async #mayPush(
    { user, name }: Admission,
    request: IncomingMessage,
  ): Promise<Refusal | undefined> {
    const { context } = this.#options;
    const asked = async (): Promise<boolean> =>
      (await context.authorize({ user, repository: name, access: 'write', request })) === true;
    try {
      const may =
        context.services.has('git-receive-pack') && (await inAccessTime(asked(), context));
      if (may) return undefined;
    } catch (error) {
      return thrownRefusal(error, context);
    }
    if (user === null) return refusal(closeCodes.unauthorized, 'Credentials are needed.');
    return refusal(closeCodes.forbidden, 'You may not push to this repository.', user);
  }
}

const notHere = refusal(closeCodes.notFound, 'This server keeps no large files of its own.');

function faultOf({ method, headers }: IncomingMessage): HttpAnswer | undefined {
  if (method !== 'POST')
    return { kind: 'http', status: 405, sentence: 'A batch is asked by POST.' };
  // A form of a page elsewhere could not send this type.
  // Defence: a form of a page cannot send a batch.
  if (headers['content-type']?.split(';')[0] === lfsType) return undefined;
  return { kind: 'http', status: 415, sentence: `The body is not of the type ${lfsType}.` };
}
