/**
 * Plain smart HTTP (gitprotocol-http(5)) for clients and networks where no WebSocket passes: the same
 * checks, rules, places and limits as for an upgrade, and an answer in HTTP.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Admittance } from './admittance.js';
import { answerHttp } from './admission/http-answer.js';
import { httpStatusOf, refusal, type HttpAnswer, type Refusal } from './admission/refusal.js';
import { isBelowBasePath, isGitService } from './admission/target.js';
import { checkRequest, type Arrival } from './admission/upgrade.js';
import type { SmartHttp as Kind } from './backend/service.js';
import { LfsBatches, type LfsOptions } from './lfs.js';
import { closeCodes } from '../src/tunnel/machine/close.js';

/** What {@link SmartHttp} works with. */
export interface SmartHttpOptions extends LfsOptions {
  readonly admittance: Admittance;
}

/** What one request wants. */
export interface SmartHttpTarget {
  /** The target of the endpoint for WebSockets, which names the same. */
  readonly endpoint: string;
  readonly service: string;
  readonly kind: Kind;
}

/** Request headers that a page may send, and answers' that it may read. */
const cors = {
  'Access-Control-Allow-Methods': 'GET, POST',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, Git-Protocol',
  'Access-Control-Max-Age': '600',
} as const;

/**
 * @param basePath where the repositories begin.
 * @returns undefined where a request is none of smart HTTP, whatever else it may be.
 */
function smartHttpTarget(
  { url = '' }: Pick<IncomingMessage, 'url'>,
  basePath: string,
): SmartHttpTarget | undefined {
  if (!isBelowBasePath(url, basePath)) return undefined;
  const [path = '', query = ''] = url.split('?', 2);
  if (path.endsWith('/info/refs')) {
    const service = new URLSearchParams(query).get('service') ?? '';
    const endpoint = `${path.slice(0, -'info/refs'.length)}${service}`;
    return { endpoint, service, kind: 'advertisement' };
  }
  const service = path.slice(path.lastIndexOf('/') + 1);
  return isGitService(service) ? { endpoint: path, service, kind: 'exchange' } : undefined;
}

/** That of one server. */
export class SmartHttp {
  readonly #options: SmartHttpOptions;
  readonly #batches: LfsBatches;

  constructor(options: SmartHttpOptions) {
    this.#options = options;
    this.#batches = new LfsBatches(options);
  }

  /** Answers a request. @returns false where it is none of smart HTTP, nor a batch of git-lfs. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#batches.take(request, response)) return true;
    const { context, arrive, deciding } = this.#options;
    const target = smartHttpTarget(request, context.basePath);
    if (target === undefined) return false;
    deciding.add(this.#answer(arrive(request), target, response), () => {
      response.destroy();
    });
    return true;
  }

  async #answer(
    arrival: Arrival,
    target: SmartHttpTarget,
    response: ServerResponse,
  ): Promise<void> {
    const { request } = arrival;
    const { context, admittance, deciding, onRefusal } = this.#options;
    let began = false;
    const refuse = (refused: Refusal | HttpAnswer): void => {
      onRefusal(arrival, refused, target);
      if (response.destroyed || response.headersSent) return;
      const status = refused.kind === 'http' ? refused.status : httpStatusOf(refused.code);
      const allowed = target.kind === 'advertisement' ? 'GET' : 'POST';
      answerHttp(response, status, refused.sentence, status === 405 ? { Allow: allowed } : {});
    };
    try {
      this.#allowPage(request, response);
      if (request.method === 'OPTIONS' && context.rules.allowsOrigin(request)) {
        response.writeHead(204, cors).end();
        return;
      }
      const fault = faultOf(request, target);
      if (fault !== undefined) {
        refuse(fault);
        return;
      }
      const verdict = await deciding.unlessAnswered(checkRequest(arrival, target, context));
      if (verdict.kind !== 'admission') {
        refuse(verdict);
        return;
      }
      response.setHeader('Cache-Control', 'no-cache, max-age=0, must-revalidate');
      began = await admittance.admit(
        {
          arrival,
          get gone() {
            return response.destroyed;
          },
          refuse,
          accept: (begin) => {
            if (!response.destroyed) begin({ request, response });
          },
        },
        verdict,
      );
    } finally {
      if (!began) arrival.visit.leave();
    }
  }

  /** A page of a listed origin may read whatever is answered, refusals included. */
  #allowPage(request: IncomingMessage, response: ServerResponse): void {
    const { origin } = request.headers;
    response.setHeader('Vary', 'Origin');
    if (origin === undefined || !this.#options.context.rules.allowsOrigin(request)) return;
    response.setHeader('Access-Control-Allow-Origin', origin);
  }
}

/** What is wrong with a request, whoever sends it. */
function faultOf(
  { method, headers }: IncomingMessage,
  { service, kind }: SmartHttpTarget,
): Refusal | HttpAnswer | undefined {
  if (kind === 'advertisement') {
    if (method !== 'GET')
      return { kind: 'http', status: 405, sentence: 'Refs are asked for by GET.' };
    // git's own server has another protocol for this, which lays all files open.
    if (service === '') return refusal(closeCodes.forbidden, 'This server speaks smart HTTP only.');
    return undefined;
  }
  if (method !== 'POST') {
    return { kind: 'http', status: 405, sentence: 'A service is asked by POST.' };
  }
  // A form of a page elsewhere could not send this type.
  if (headers['content-type'] === `application/x-${service}-request`) return undefined;
  const sentence = `The body is not of the type application/x-${service}-request.`;
  return { kind: 'http', status: 415, sentence };
}
