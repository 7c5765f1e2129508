/**
 * The checks that an upgrade must pass, in the order that docs/protocol.md gives ("Refusals and
 * close codes"): the first failure wins. It decides and touches no socket.
 */
import type { IncomingMessage } from 'node:http';
import type { GitService } from '../../src/tunnel/machine/request-target.js';
import { isGitWsError } from '../../src/base/errors.js';
import type { RunMessage } from '../../src/tunnel/machine/message.js';
import { closeCodes } from '../../src/tunnel/machine/close.js';
import {
  parseSubprotocols,
  subprotocol,
  type ParsedOffer,
  type Resumption,
} from '../../src/tunnel/machine/subprotocol.js';
import {
  type Authenticate,
  type Authorize,
  decideAccess,
  inAccessTime,
  noSuchRepository,
  notChecked,
  type User,
} from './access.js';
import { inTime } from '../base/in-time.js';
import type { Limits } from '../limits/limits.js';
import type { Visit } from './occupancy.js';
import type { OriginRules } from './origin.js';
import { failure, refusal, type HttpAnswer, type Refusal } from './refusal.js';
import { localPlace, type LocalPlace, type Place } from '../backend/place.js';
import type { Upstreams } from '../backend/upstream/upstreams.js';
import type { SmartHttp } from '../backend/service.js';
import { findServed } from '../git/repository.js';
import { services } from '../services.js';
import {
  isBelowBasePath,
  isGitService,
  isServiceName,
  knownGitProtocol,
  looksLikeEndpoint,
  parseTarget,
} from './target.js';
import { placeThere, upstreamAuthorizationOf, upstreamFault } from './upstream-request.js';

/** What the checks need to know of the server. */
export interface UpgradeContext {
  readonly root: string;
  /** Path of the one repository that is served, where it is only one. */
  readonly only: readonly string[] | undefined;
  /** Hosts whose repositories are reached for clients. */
  readonly upstreams: Upstreams;
  readonly basePath: string;
  /** Services that this server runs. */
  readonly services: ReadonlySet<GitService>;
  readonly rules: OriginRules;
  readonly authenticate: Authenticate | undefined;
  readonly authorize: Authorize;
  readonly limits: Limits;
  /** Whether a session has this token, whosever it is. */
  knowsToken(token: string): boolean;
  /** Told of what the embedder's functions threw. */
  onError(error: unknown): void;
}

/** An upgrade, with what is known of it beside the request. */
export interface Arrival {
  readonly request: IncomingMessage;
  /** The client's address, seen through the operator's proxies; undefined where it has gone. */
  readonly address: string | undefined;
  /** Its place among all others. */
  readonly visit: Visit;
}

/** An upgrade that passed every check. */
export interface Admission {
  readonly kind: 'admission';
  readonly user: User | null;
  readonly address: string | undefined;
  /** The repository's path as asked, for example `team/site.git`. */
  readonly name: string;
  readonly place: Place;
  readonly service: GitService;
  readonly gitProtocol: string | undefined;
  /** What is asked for over plain HTTP; undefined for a stream. */
  readonly http?: SmartHttp | undefined;
  /** The client's receive window, in bytes; undefined for a raw pipe, which has none. */
  readonly window: number | undefined;
  /** The session to go on with, in place of a new one. */
  readonly resume: Resumption | undefined;
  /** Whether the client may want another run over the same connection. */
  readonly next: boolean;
  /** Whether what the service is given first came along. */
  readonly hasInput: boolean;
}

/** What is asked for, whether by an upgrade or by a `run`. */
interface Asked {
  readonly segments: readonly string[];
  readonly service: string;
  readonly gitProtocol: string | undefined;
  readonly authorization: string | undefined;
  readonly upstreamAuthorization: string | undefined;
  readonly window: number | undefined;
  readonly resume: Resumption | undefined;
  readonly next: boolean;
  readonly input?: string | undefined;
}

/**
 * Whether a client wants a raw pipe: it offers no subprotocol at all. It can read HTTP answers, so
 * it is refused by them.
 */
export function wantsRawPipe(request: IncomingMessage): boolean {
  return request.headers['sec-websocket-protocol'] === undefined;
}

/**
 * Whether a gitws server takes this upgrade as its own: by its path, or because the client says
 * that it speaks gitws. Only below `basePath`: other upgrade users live beside it.
 */
export function isOwnUpgrade(request: IncomingMessage, basePath: string): boolean {
  const target = request.url ?? '';
  if (looksLikeEndpoint(target, basePath)) return true;
  const offered = request.headers['sec-websocket-protocol'] ?? '';
  return /(^|[,\s])gitws\.v\d/.test(offered) && isBelowBasePath(target, basePath);
}

/** Runs all checks. Never rejects for anything that a client can do. */
export async function checkUpgrade(
  arrival: Arrival,
  context: UpgradeContext,
): Promise<Admission | Refusal | HttpAnswer> {
  const { request } = arrival;
  const long = tooLong(request, context.limits);
  if (long !== undefined) return long;
  const offer = readOffer(request.headers['sec-websocket-protocol']);
  if (isAnswer(offer) && offer.kind === 'http') return offer;
  const misplaced = wrongName(request, context.rules);
  if (misplaced !== undefined) return misplaced;
  if (isAnswer(offer)) return offer;
  const target = parseTarget(request.url ?? '', context.basePath);
  if (target.kind === 'malformed') {
    return refusal(closeCodes.malformed, `The path ${target.why}.`);
  }
  return checkAsked(
    {
      ...target,
      // The entry beats the header: browsers add cached Basic credentials to a handshake unasked.
      // Defence: the page's own credentials beat the header.
      authorization: offer?.authorization ?? request.headers.authorization,
      upstreamAuthorization: upstreamAuthorizationOf(offer, request),
      window: offer?.window,
      resume: offer?.resume,
      next: offer?.next === true,
    },
    arrival,
    context,
  );
}

/**
 * Runs the checks of an upgrade again, for another run over its connection; what was asked of that
 * before counts for nothing. Never rejects for anything that a client can do.
 *
 * @param arrival the upgrade, with a place of its own for this run.
 */
export async function checkRun(
  run: RunMessage,
  arrival: Arrival,
  context: UpgradeContext,
): Promise<Admission | Refusal> {
  const { request } = arrival;
  // It was one, and is one still.
  const target = parseTarget(request.url ?? '', context.basePath);
  if (target.kind === 'malformed') {
    return refusal(closeCodes.malformed, `The path ${target.why}.`);
  }
  // Longer, or of other letters, it would be a stranger's text in a log.
  if (!isServiceName(run.service)) {
    return refusal(closeCodes.malformed, 'The run names no service.');
  }
  return checkAsked(
    {
      ...run,
      segments: target.segments,
      gitProtocol: knownGitProtocol(run.gitProtocol),
      // Whatever a browser, or a proxy, would add to a handshake it has added to that one.
      authorization: run.authorization ?? request.headers.authorization,
      upstreamAuthorization: upstreamAuthorizationOf(run, request),
      resume: undefined,
      next: true,
    },
    arrival,
    context,
  );
}

/**
 * The same checks for a request of plain HTTP, in the place of an upgrade. Never rejects for anything
 * that a client can do.
 *
 * @param endpoint the target that an upgrade for the same would have.
 * @param kind of smart HTTP, or a batch of git-lfs.
 */
export async function checkRequest(
  arrival: Arrival,
  { endpoint, kind }: { readonly endpoint: string; readonly kind: SmartHttp | 'batch' },
  context: UpgradeContext,
): Promise<Admission | Refusal> {
  const { request } = arrival;
  const refused = tooLong(request, context.limits) ?? wrongName(request, context.rules);
  if (refused !== undefined) return refused;
  const target = parseTarget(endpoint, context.basePath);
  if (target.kind === 'malformed') {
    return refusal(closeCodes.malformed, `The path ${target.why}.`);
  }
  const isBatch = kind === 'batch';
  if (!isBatch && context.upstreams.find(target.segments) !== undefined) {
    return refusal(closeCodes.forbidden, 'Other hosts are reached over a WebSocket only.');
  }
  if (isGitService(target.service) && !services[target.service].speaksFirst) {
    return refusal(closeCodes.forbidden, 'Plain HTTP has no such service.');
  }
  const asked = {
    ...target,
    gitProtocol: knownGitProtocol(headerOf(request, 'git-protocol')),
    authorization: request.headers.authorization,
    upstreamAuthorization: isBatch ? upstreamAuthorizationOf(undefined, request) : undefined,
    ...{ window: undefined, resume: undefined, next: false },
  };
  const admission = await checkAsked(asked, arrival, context);
  return admission.kind === 'admission' && !isBatch ? { ...admission, http: kind } : admission;
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** Where a page that may not connect, or a name that is not this server's, asks. */
function wrongName(request: IncomingMessage, rules: OriginRules): Refusal | undefined {
  // Defence: Origin must be on the list.
  if (!rules.allowsOrigin(request)) {
    return refusal(closeCodes.forbidden, 'Pages of this origin may not connect to this server.');
  }
  if (rules.allowsHost(request)) return undefined;
  // Defence: Host must be one of the own names.
  return refusal(closeCodes.forbidden, 'This server does not answer to this host name.');
}

/** The checks that look at what is asked for. */
async function checkAsked(
  asked: Asked,
  { request, address, visit }: Arrival,
  context: UpgradeContext,
): Promise<Admission | Refusal> {
  const { segments, service, gitProtocol, authorization, window, resume, next, input } = asked;
  if (!isGitService(service)) {
    return refusal(closeCodes.notFound, `There is no service ${service}.`);
  }
  if (!context.services.has(service)) {
    return refusal(closeCodes.forbidden, services[service].disabled);
  }
  const upstream = context.upstreams.find(segments);
  const fault = upstream && upstreamFault(upstream, asked);
  if (fault !== undefined) return fault;
  // Whoever comes back takes the place that the session has already.
  const hasPlace = resume !== undefined && context.knowsToken(resume.token);
  const full = visit.enter();
  if (full !== undefined && !hasPlace) return full;
  const name = segments.join('/');
  const access = await askInTime(context, {
    authorization: authorization === '' ? undefined : authorization,
    remoteAddress: address,
    repository: name,
    service,
    request,
  });
  // Defence: rights are checked again at a resume.
  if (access.kind === 'refusal' && access.code !== closeCodes.notFound) return access;
  const known = access.user ?? undefined;
  const crowded = access.kind === 'allowed' ? visit.identify(access.user) : undefined;
  if (crowded !== undefined && !hasPlace) return { ...crowded, user: known };
  // Looked for also where it may not be read: both answers take the same time.
  const place = upstream
    ? placeThere(upstream, asked, access.user ?? null, request, context)
    : await lookFor(segments, context);
  if (access.kind === 'refusal') return access;
  if (place === undefined) return refusal(closeCodes.notFound, noSuchRepository, known);
  if (place.kind === 'refusal') return { ...place, user: known };
  const { user } = access;
  const admitted = { user, address, name, place, service, gitProtocol, window, resume };
  return { kind: 'admission', ...admitted, next, hasInput: input !== undefined };
}

/** Before anything is looked at, so that nothing has to work on more than this. */
function tooLong(
  { url = '', rawHeaders }: IncomingMessage,
  { maxTargetLength, maxHeaderLength }: Limits,
): Refusal | undefined {
  // Node gives both as Latin-1: a character is a byte.
  if (url.length > maxTargetLength) {
    return refusal(closeCodes.tooLarge, 'The path of the request is too long.');
  }
  const length = rawHeaders.reduce((sum, part) => sum + part.length, 0);
  if (length <= maxHeaderLength) return undefined;
  return refusal(closeCodes.tooLarge, 'The headers of the request are too long.');
}

/**
 * @returns the client's entries, undefined where there is none; a refusal where they are malformed;
 *   HTTP where they are somebody else's.
 */
function readOffer(header: string | undefined): ParsedOffer | Refusal | HttpAnswer | undefined {
  if (header === undefined) return undefined;
  const offered = header.split(',').map((entry) => entry.trim());
  if (!offered.includes(subprotocol)) return { kind: 'http', status: 400, sentence: unknownOffer };
  try {
    return parseSubprotocols(header);
  } catch (error) {
    if (!isGitWsError(error, 'PROTOCOL_ERROR')) throw error;
    return refusal(closeCodes.malformed, error.message);
  }
}

function isAnswer(
  offer: ParsedOffer | Refusal | HttpAnswer | undefined,
): offer is Refusal | HttpAnswer {
  return offer !== undefined && 'kind' in offer;
}

const unknownOffer = `This is a git repository's endpoint for the subprotocol ${subprotocol}, and none of the offered ones is known.`;

async function askInTime(
  context: UpgradeContext,
  attempt: Parameters<typeof decideAccess>[0],
): ReturnType<typeof decideAccess> {
  try {
    const decided = decideAccess(attempt, context.authenticate, context.authorize);
    return await inAccessTime(decided, context);
  } catch (error) {
    return thrownRefusal(error, context);
  }
}

/** Whether it is there may be impossible to find out, or take too long: that is not "no". */
async function lookFor(
  segments: readonly string[],
  context: UpgradeContext,
): Promise<LocalPlace | Refusal | undefined> {
  const { startTime } = context.limits;
  try {
    const found = findServed(context.root, segments, context.only);
    const place = found.then((repository) => repository && localPlace(repository));
    return await inTime(place, startTime, () => {
      context.onError(new Error(`looking for a repository took over ${startTime} ms`));
      return refusal(closeCodes.unavailable, 'The server could not look for the repository.');
    });
  } catch (error) {
    context.onError(error);
    return failure(error, 'The server could not look for the repository.');
  }
}

/** @returns what is answered where a function can say neither yes nor no. */
export function thrownRefusal(
  error: unknown,
  { onError }: Pick<UpgradeContext, 'onError'>,
): Refusal {
  const answer = reasonedRefusal(error);
  if (answer !== undefined) return answer;
  onError(error);
  return failure(error, notChecked);
}

/** It may say why: too many failures, no keys at present. */
function reasonedRefusal(error: unknown): Refusal | undefined {
  if (!isGitWsError(error, 'REFUSED')) return undefined;
  const { closeCode } = error.data;
  const code = Object.values(closeCodes).find((one) => one === closeCode && one >= 4000);
  return code === undefined ? undefined : refusal(code, error.message);
}
