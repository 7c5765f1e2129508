/**
 * The requests of git's smart HTTP (gitprotocol-http(5)) to upstreams: the advertisement, by which it
 * is found out where the repository is, and what is posted to it there. Credentials go to the host that
 * they are for, and to no other.
 */
import { Readable } from 'node:stream';
import type { Pool } from 'undici';
import { decodeSegment } from '../../../src/tunnel/machine/request-target.js';
import { closeCodes } from '../../../src/tunnel/machine/close.js';
import { refusal, type Refusal } from '../../admission/refusal.js';
import { encodePath } from '../../admission/target.js';
import {
  bodyOf,
  drop,
  headerOf,
  isOfType,
  isUnanswered,
  notGit,
  refusalOf,
  refusalOfFailure,
  type Answer,
} from './answers.js';
import type { GiveBack } from '../../admission/places.js';
import type { Gates } from './gates.js';
import type { Proof } from './proof.js';
import { lfsType, readBatchAnswer, type BatchAnswer, type BatchRequest } from './lfs.js';
import { openPool, type PoolOptions } from './pool.js';
import { upstreamPathFault, type Upstream, type Upstreams } from './upstreams.js';

/** Most redirects that are followed before a repository is found: git follows 20, nobody needs 5. */
export const mostRedirects = 5;

/** A repository of an upstream. */
export interface Location {
  readonly upstream: Upstream;
  /** Its path there, decoded. */
  readonly segments: readonly string[];
}

/** What is asked of a repository. */
export interface Asked {
  readonly service: string;
  readonly gitProtocol: string | undefined;
  /** The user's `Authorization` for the host that was asked for. */
  readonly authorization: string | undefined;
  /** The operator's credentials for a repository, where the user has given none. */
  operatorProof(location: Location): Promise<Proof | undefined>;
  readonly signal: AbortSignal;
  /** Whether a repository to which a redirect leads may be had as well, by its name. */
  allows(name: string): Promise<boolean>;
}

/**
 * Posts a request.
 *
 * @throws UpstreamFailure for every answer but a success; with a `cause` where there was no answer.
 */
export type Post = (body: Buffer | Readable, signal: AbortSignal) => Promise<Readable>;

/** The way to a service of a repository. */
export interface Found {
  /** Where it is, in the end. */
  readonly location: Location;
  readonly advertisement: Readable;
  readonly post: Post;
  /** To be called when the service is over: gives back the places that were taken on the way. */
  leave(): void;
}

/** An upstream did not do what it was asked, after the session began; the message is for the client. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure';
}

/** @returns what a path of the gateway calls a repository. */
export function nameOf({ upstream, segments }: Location): string {
  return [upstream.host, ...segments].join('/');
}

/** How it speaks. */
export interface SmartHttpOptions extends PoolOptions {
  /** Time for the whole answer to a batch of git-lfs, in ms. */
  readonly batchTime: number;
  /** Most bytes of one. */
  readonly maxBatchSize: number;
}

/** What is told of upstreams. */
export interface SmartHttpNews {
  /** Told of every request, and asked for the way to where a redirect leads. */
  readonly gates: Gates;
  /** Told why an upstream could not be reached. */
  readonly onError: (error: unknown) => void;
}

/** Speaks with the upstreams of one server. */
export class SmartHttp {
  readonly #upstreams: Upstreams;
  readonly #pools: ReadonlyMap<string, Pool>;
  readonly #gates: Gates;
  readonly #options: SmartHttpOptions;
  readonly #onError: (error: unknown) => void;

  constructor(upstreams: Upstreams, options: SmartHttpOptions, { gates, onError }: SmartHttpNews) {
    this.#upstreams = upstreams;
    const reached = upstreams.all.filter(({ ssh }) => ssh === undefined);
    this.#pools = new Map(reached.map((one) => [one.host, openPool(one, options)]));
    this.#gates = gates;
    this.#options = options;
    this.#onError = onError;
  }

  /**
   * Asks for the advertisement, and follows redirects to where it is. The way to `asked` is open
   * already (`Gates.enter`); that to every other upstream is asked for here.
   */
  async find(asked: Location, how: Asked): Promise<Found | Refusal> {
    const ways: GiveBack[] = [];
    const leave = (): void => {
      for (const way of ways) way();
    };
    try {
      const found = await this.#find(asked, how, ways);
      if (!('kind' in found)) return { ...found, leave };
      leave();
      return found;
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #find(
    asked: Location,
    how: Asked,
    ways: GiveBack[],
  ): Promise<Omit<Found, 'leave'> | Refusal> {
    let location = asked;
    let proof = await firstProof(asked, how);
    for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
      const { host } = location.upstream;
      // What took the time was not this upstream, which was not asked yet.
      if (how.signal.aborted) return refusalOfFailure(host, how.signal.reason);
      const told = this.#gates.ask(host);
      let answer: Answer;
      try {
        answer = await this.#get(location, how, proof);
      } catch (error) {
        if (isUnanswered(error, how.signal)) told(false);
        this.#onError(error);
        return refusalOfFailure(host, error);
      }
      // Defence: an answer of an upstream is one, whatever it says.
      told(true);
      if (answer.statusCode === 200) return this.#found(location, how, proof, answer);
      const target = headerOf(answer.headers, 'location');
      if (!isRedirect(answer.statusCode) || target === '') {
        return refusalOf(host, answer, proof?.whose);
      }
      drop(answer);
      const next = await this.#follow(location, target, how);
      if ('kind' in next) return next;
      proof = await proofAfter(proof, location, next, how);
      if (next.upstream.host !== asked.upstream.host) {
        const way = await this.#gates.enter(next.upstream.host);
        if (typeof way !== 'function') return way;
        ways.push(way);
      }
      location = next;
    }
    return refusal(closeCodes.failed, `${asked.upstream.host} redirects again and again.`);
  }

  /** The way to a service that is known to be there, for everybody: nothing is asked before. */
  postTo(location: Location, how: Asked): Post {
    return (body, signal) => this.#post(location, how, undefined, body, signal);
  }

  /**
   * Asks where large files are. Follows no redirect, and shows none of the operator's credentials:
   * answers may have those of the request in them, for who asked.
   *
   * @param authorization the user's, for this upstream.
   */
  async batch(
    location: Location,
    request: BatchRequest,
    authorization: string | undefined,
  ): Promise<BatchAnswer | Refusal> {
    const { batchTime, maxBatchSize } = this.#options;
    const { host } = location.upstream;
    const signal = AbortSignal.timeout(batchTime);
    const told = this.#gates.ask(host);
    try {
      const answer = await this.#pool(location).request({
        method: 'POST',
        path: `${pathOf(location)}/info/lfs/objects/batch`,
        headers: {
          ...{ accept: lfsType, 'content-type': lfsType, 'user-agent': 'git-lfs/gitws' },
          ...(authorization === undefined ? {} : { authorization }),
        },
        ...{ body: JSON.stringify(request), signal },
      });
      told(true);
      const whose = authorization === undefined ? undefined : 'user';
      return await readBatchAnswer(host, answer, whose, maxBatchSize);
    } catch (error) {
      if (isUnanswered(error, signal)) told(false);
      this.#onError(error);
      return refusalOfFailure(host, error);
    }
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #get(location: Location, how: Asked, proof: Proof | undefined): Promise<Answer> {
    return this.#pool(location).request({
      method: 'GET',
      path: `${pathOf(location)}${advertisementEnd(how.service)}`,
      headers: headersFor(how, proof, '*/*'),
      signal: how.signal,
    });
  }

  #found(
    location: Location,
    how: Asked,
    proof: Proof | undefined,
    answer: Answer,
  ): Omit<Found, 'leave'> | Refusal {
    const { host } = location.upstream;
    // Defence: an answer has to be git's.
    if (!isOfType(answer, `application/x-${how.service}-advertisement`)) {
      drop(answer);
      return notGit(host);
    }
    const advertisement = bodyOf(answer);
    if (advertisement === undefined) return notGit(host);
    return {
      ...{ location, advertisement },
      post: (body, signal) => this.#post(location, how, proof, body, signal),
    };
  }

  async #post(
    location: Location,
    how: Asked,
    proof: Proof | undefined,
    body: Buffer | Readable,
    signal: AbortSignal,
  ): Promise<Readable> {
    const { service } = how;
    const { host } = location.upstream;
    const told = this.#gates.ask(host);
    let answer: Answer;
    try {
      answer = await this.#pool(location).request({
        method: 'POST',
        path: `${pathOf(location)}/${service}`,
        headers: {
          ...headersFor(how, proof, `application/x-${service}-result`),
          'content-type': `application/x-${service}-request`,
        },
        ...{ body, signal },
      });
    } catch (error) {
      // The client's own part of it broke off: that is nothing of the upstream's.
      if (body instanceof Readable && body.errored !== null) throw body.errored;
      if (isUnanswered(error, signal)) told(false);
      if (!signal.aborted) this.#onError(error);
      throw new UpstreamFailure(refusalOfFailure(host, error).sentence, { cause: error });
    }
    told(true);
    if (answer.statusCode !== 200) {
      const { sentence } = await refusalOf(host, answer, proof?.whose);
      throw new UpstreamFailure(sentence);
    }
    const plain = isOfType(answer, `application/x-${service}-result`) ? bodyOf(answer) : undefined;
    if (plain === undefined) {
      drop(answer);
      throw new UpstreamFailure(notGit(host).sentence);
    }
    return plain;
  }

  /** @returns where a redirect of an advertisement leads to, as far as that may be gone to. */
  async #follow(from: Location, target: string, how: Asked): Promise<Location | Refusal> {
    const { host, origin } = from.upstream;
    const leaves = refusal(
      closeCodes.forbidden,
      `${host} redirects to where this server does not go.`,
    );
    const end = advertisementEnd(how.service);
    if (!URL.canParse(target, `${origin}${pathOf(from)}${end}`)) return notGit(host);
    const url = new URL(target, `${origin}${pathOf(from)}${end}`);
    const upstream = this.#upstreams.at(url);
    // Defence: a redirect goes to an upstream alone.
    if (upstream === undefined || url.username !== '' || url.password !== '') return leaves;
    // Else it leads to a page for people, and not to a repository.
    const whole = `${url.pathname}${url.search}`;
    if (!whole.endsWith(end)) return notGit(host);
    const path = whole.slice(1, -end.length).split('/').map(decodeSegment);
    const segments = path.filter((segment) => segment !== undefined);
    const isPath = segments.length === path.length && upstreamPathFault(segments) === undefined;
    if (!isPath) return leaves;
    const next = { upstream, segments };
    // Defence: a redirect goes to what rules allow.
    return (await how.allows(nameOf(next))) ? next : leaves;
  }

  #pool({ upstream }: Location): Pool {
    const pool = this.#pools.get(upstream.host);
    if (pool === undefined) throw new Error(`There are no connections to ${upstream.host}.`);
    return pool;
  }
}

/** The user's own come before the operator's. */
async function firstProof(location: Location, how: Asked): Promise<Proof | undefined> {
  const { authorization } = how;
  // Defence: who gives credentials is not helped by those of the operator.
  if (authorization !== undefined) return { authorization, whose: 'user' };
  return how.operatorProof(location);
}

/** @returns what a redirect takes along. */
async function proofAfter(
  proof: Proof | undefined,
  from: Location,
  to: Location,
  how: Asked,
): Promise<Proof | undefined> {
  // They are for one host, and stay with it; nor does it choose which of another's are shown there.
  if (proof === undefined) return undefined;
  // Defence: credentials for one host stay with it when another is redirected to.
  if (to.upstream.origin !== from.upstream.origin) return undefined;
  // The operator's are for some repositories.
  // Defence: a redirect takes the operator's credentials for where it leads, or none.
  return proof.whose === 'operator' ? how.operatorProof(to) : proof;
}

function headersFor(
  { gitProtocol }: Asked,
  proof: Proof | undefined,
  accept: string,
): Record<string, string> {
  return {
    accept,
    'accept-encoding': 'gzip',
    // Hosts tell git from browsers by its beginning.
    'user-agent': 'git/gitws',
    ...(gitProtocol === undefined ? {} : { 'git-protocol': gitProtocol }),
    ...(proof === undefined ? {} : { authorization: proof.authorization }),
  };
}

function pathOf({ segments }: Location): string {
  return `/${encodePath(segments.join('/'))}`;
}

function advertisementEnd(service: string): string {
  return `/info/refs?service=${service}`;
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}
