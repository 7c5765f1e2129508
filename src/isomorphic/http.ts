/**
 * The `http` plugin for isomorphic-git: the two requests of smart HTTP, answered from one run of
 * git over one WebSocket. The GET opens it and gets the advertisement; the POST that belongs to
 * it goes on in the same run. What is specific to each part stands in http/.
 */
import { isGitWsError } from '../base/errors.js';
import { callBack, callbackFailure } from '../base/failure.js';
import { checkConnectionOptions } from '../tunnel/client/connection-options.js';
import { checkedDuration } from '../base/duration.js';
import { checkedSignal } from '../base/signals.js';
import { encodeText } from '../wire/text.js';
import {
  closeAfterAdvertisement,
  encodeSmartAdvertisement,
  readAdvertisement,
} from '../remote/advertisement.js';
import { withSettings, type HttpClientOptions } from './client-options.js';
import { exchangeCommand } from './command-exchange.js';
import { exchangeFetch } from './fetch-exchange.js';
import { checkFallback } from '../remote/fallback.js';
import { checkGateway } from '../remote/gateway.js';
import type { ByteSource } from '../remote/gather.js';
import type { Negotiation } from './negotiation.js';
import type { ProgressCallback } from '../remote/progress.js';
import { PassedPack, type PackRoute } from './pack-route.js';
import { exchangePush } from './push-exchange.js';
import { askRefs } from '../remote/push-outcome.js';
import { Restarts } from '../remote/restart.js';
import { openAdvertised, type AdvertisedRun } from '../remote/connection.js';
import { ServiceRun } from '../remote/service-run.js';
import { parseSmartRequest, type SmartRequest } from './smart-request.js';
import { WaitingRuns } from './waiting.js';

export type { HttpClientOptions } from './client-options.js';
export type { Fallback } from '../remote/fallback.js';
export type { Gateway, GatewayOptions } from '../remote/gateway.js';
export type { ByteSource } from '../remote/gather.js';
export type { ProgressCallback, ProgressEvent } from '../remote/progress.js';
export type { RefInDoubt } from '../base/errors.js';

/** What isomorphic-git passes to an HTTP client, as far as gitws uses it. */
export interface HttpRequest {
  /** The repository's, with what smart HTTP appends: `/info/refs?service=…` or `/git-upload-pack`. */
  readonly url: string;
  /** `GET` or `POST`; default `GET`. */
  readonly method?: string | undefined;
  /** Only `Authorization` and `Git-Protocol` reach the server: a page cannot set others. */
  readonly headers?: Record<string, string> | undefined;
  /** Of a `POST`: the bytes for git. */
  readonly body?: ByteSource | undefined;
  /** Called with {@link ProgressEvent}s: a `total` that is not known is absent all the same. */
  readonly onProgress?:
    ((event: { phase: string; loaded: number; total: number }) => void | Promise<void>) | undefined;
  /** Ends the request, on both sides. */
  readonly signal?: AbortSignal | undefined;
}

/** What isomorphic-git expects of an HTTP client. */
export interface HttpResponse {
  /** That of the request. */
  url: string;
  /** That of the request. */
  method: string;
  /** `content-type`, of 200 alone. */
  headers: Record<string, string>;
  /** What git says; of a refusal, its sentence. */
  body: AsyncIterableIterator<Uint8Array>;
  /** 200, or the status that a refusal stands for. */
  statusCode: number;
  /** `OK`, or the sentence of a refusal. */
  statusMessage: string;
}

/** isomorphic-git's `http`. */
export interface HttpClient {
  /**
   * Answers one of smart HTTP's requests.
   *
   * @returns 200, or the status and the reason with which the server refused.
   * @throws GitWsError for everything else: its `code` says what.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
}

/** How long a connection waits for the second request, in ms, where nobody says otherwise. */
export const defaultAdvertisementTime = 5_000;

/**
 * Makes an `http` for isomorphic-git that speaks gitws: `http://` and `https://` URLs are opened
 * as `ws://` and `wss://`, one socket for each clone, fetch, pull or push.
 *
 * @param options see {@link HttpClientOptions}.
 * @returns a client without state of its own but for connections that wait for their second
 *   request: use one for as many operations at once as you like.
 * @throws GitWsError INVALID_OPTION for times and quantities that are none.
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  return createRoutedClient(options, ({ negotiation }) => new PassedPack(negotiation));
}

/**
 * The same with a say in where packs go.
 *
 * @param routePack asked for each pack.
 */
export function createRoutedClient(
  options: HttpClientOptions,
  routePack: (request: PackRequest) => PackRoute,
): HttpClient {
  checkConnectionOptions(options);
  checkGateway(options.gateway);
  checkFallback(options.fallback);
  checkedSignal(options.signal);
  checkedDuration('advertisementTime', options.advertisementTime, 0);
  const client = new GitWsHttpClient(options, routePack);
  // Bound, so that `{ request }` may be taken apart.
  return withSettings({ request: (request: HttpRequest) => client.request(request) }, options);
}

/** The fetch that a pack belongs to. */
export interface PackRequest {
  /** What it asked for, and what the server says to that. */
  readonly negotiation: Negotiation;
  readonly onProgress: ProgressCallback | undefined;
  readonly signal: AbortSignal | undefined;
}

class GitWsHttpClient {
  readonly #options: HttpClientOptions;
  readonly #routePack: (request: PackRequest) => PackRoute;
  readonly #waiting: WaitingRuns;

  constructor(options: HttpClientOptions, routePack: (request: PackRequest) => PackRoute) {
    this.#options = options;
    this.#routePack = routePack;
    this.#waiting = new WaitingRuns(options.advertisementTime ?? defaultAdvertisementTime);
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const { url, method = 'GET' } = request;
    const headers = request.headers ?? {};
    const smart = parseSmartRequest(method, url, headers);
    try {
      return smart.kind === 'advertisement'
        ? await this.#advertise(smart, headers, request)
        : await this.#exchange(smart, headers, request);
    } catch (error) {
      // isomorphic-git makes its own error of a status, and asks onAuth where it is 401.
      if (!isGitWsError(error, 'REFUSED')) throw callbackFailure(error, 'body');
      const { status } = error.data;
      const body = bodyOf([encodeText(error.message)]);
      return { url, method, headers: {}, body, statusCode: status, statusMessage: error.message };
    }
  }

  async #advertise(
    smart: SmartRequest,
    headers: object,
    request: HttpRequest,
  ): Promise<HttpResponse> {
    const advertised = await this.#openSteadily(smart, request.signal);
    // Of an empty repository nothing can be asked.
    if (canBeAsked(smart, advertised)) this.#waiting.add(smart, headers, advertised);
    else void closeAfterAdvertisement(advertised.run);
    const body = [encodeSmartAdvertisement(smart.service, advertised.bytes)];
    return success(request, `application/x-${smart.service}-advertisement`, bodyOf(body));
  }

  async #exchange(
    smart: SmartRequest,
    headers: object,
    request: HttpRequest,
  ): Promise<HttpResponse> {
    const waiting = this.#waiting.take(smart, headers);
    waiting?.run.follow(request.signal);
    const restarts = new Restarts(this.#options);
    const open = (): Promise<AdvertisedRun> => this.#open(smart, request.signal);
    const openAgain = (failure: unknown): Promise<AdvertisedRun> =>
      restarts.again(failure, open, [request.signal, this.#options.signal]);
    // Nothing was asked of it yet, and a moment ago it was there.
    const { run, advertisement } = waiting ?? (await open().catch(openAgain));
    const body = request.body ?? [];
    const type = `application/x-${smart.service}-result`;
    const listeners = {
      onMessage: this.#options.onMessage,
      onProgress: this.#progressOf(request),
    };
    if (smart.service === 'git-receive-pack') {
      const ask = () =>
        askRefs((signal) => this.#open(smart, signal), [request.signal, this.#options.signal]);
      return success(request, type, bodyOf(await exchangePush(run, body, listeners, ask)));
    }
    if (advertisement.version === 2) {
      return success(request, type, bodyOf(await exchangeCommand(run, body)));
    }
    const another = async (failure: unknown): Promise<ServiceRun> => (await openAgain(failure)).run;
    const { onProgress } = listeners;
    const routePack = (negotiation: Negotiation): PackRoute =>
      this.#routePack({ negotiation, onProgress, signal: request.signal });
    const { refs } = advertisement;
    return success(request, type, exchangeFetch(run, refs, body, listeners, another, routePack));
  }

  #open(smart: SmartRequest, signal: AbortSignal | undefined): Promise<AdvertisedRun> {
    return openAdvertised(smart, this.#options, signal);
  }

  /**
   * The same, begun again where the session is lost before its advertisement is in: nothing was
   * asked of it, not even by a push. That a server is not there at all is told at once.
   */
  async #openSteadily(
    smart: SmartRequest,
    signal: AbortSignal | undefined,
  ): Promise<AdvertisedRun> {
    const run = await ServiceRun.open(smart, this.#options, signal);
    try {
      return { run, ...(await readAdvertisement(run)) };
    } catch (failure) {
      const open = (): Promise<AdvertisedRun> => this.#open(smart, signal);
      const signals = [signal, this.#options.signal];
      return await new Restarts(this.#options).again(failure, open, signals);
    }
  }

  #progressOf(request: HttpRequest): ProgressCallback | undefined {
    const own = request.onProgress as ProgressCallback | undefined;
    const { onProgress } = this.#options;
    if (own === undefined && onProgress === undefined) return undefined;
    return (event) =>
      callBack('onProgress', async () => {
        await own?.(event);
        await onProgress?.(event);
      });
  }
}

function canBeAsked({ service }: SmartRequest, { advertisement }: AdvertisedRun): boolean {
  if (service === 'git-receive-pack' || advertisement.version === 2) return true;
  return advertisement.refs.length > 0;
}

function success(
  { url, method = 'GET' }: HttpRequest,
  type: string,
  body: AsyncIterableIterator<Uint8Array>,
): HttpResponse {
  const headers = { 'content-type': type };
  const whole = failingWithErrors(body);
  return { url, method, headers, body: whole, statusCode: 200, statusMessage: 'OK' };
}

/** isomorphic-git takes the end of a body for a success where what it throws is null. */
async function* failingWithErrors(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (reason) {
    // All others have been made errors where they were called.
    throw callbackFailure(reason, 'body');
  }
}

async function* bodyOf(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* parts;
}

// Stands last: a class has no value before its declaration ran.
/** The client with nothing set: `git.clone({ fs, http, dir, url })`. */
export const http: HttpClient = createHttpClient();
