/**
 * The requests of git's smart HTTP (gitprotocol-http(5)) to upstreams: the advertisement, by which it
 * is found out where the repository is, and what is posted to it there. The user's credentials go to
 * the host that they are for, and to no other.
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
  notGit,
  refusalOf,
  refusalOfFailure,
  type Answer,
} from './answers.js';
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
  readonly signal: AbortSignal;
  /** Whether a repository to which a redirect leads may be had as well, by its name. */
  allows(name: string): Promise<boolean>;
}

/** The way to a service of a repository. */
export interface Found {
  readonly advertisement: Readable;
  /**
   * Posts a request.
   *
   * @throws UpstreamFailure for every answer but a success.
   */
  post(body: Buffer | Readable, signal: AbortSignal): Promise<Readable>;
}

/** An upstream did not do what it was asked, after the session began; the message is for the client. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure';
}

/** @returns what a path of the gateway calls a repository. */
export function nameOf({ upstream, segments }: Location): string {
  return [upstream.host, ...segments].join('/');
}

/** Speaks with the upstreams of one server. */
export class SmartHttp {
  readonly #upstreams: Upstreams;
  readonly #pools: ReadonlyMap<string, Pool>;
  readonly #onError: (error: unknown) => void;

  /** @param onError told why an upstream could not be reached. */
  constructor(upstreams: Upstreams, options: PoolOptions, onError: (error: unknown) => void) {
    this.#upstreams = upstreams;
    this.#pools = new Map(upstreams.all.map((one) => [one.host, openPool(one, options)]));
    this.#onError = onError;
  }

  /** Asks for the advertisement, and follows redirects to where it is. */
  async find(asked: Location, how: Asked): Promise<Found | Refusal> {
    let location = asked;
    let { authorization } = how;
    for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
      const { host } = location.upstream;
      let answer: Answer;
      try {
        answer = await this.#get(location, how, authorization);
      } catch (error) {
        this.#onError(error);
        return refusalOfFailure(host, error);
      }
      if (answer.statusCode === 200) return this.#found(location, how, authorization, answer);
      const target = headerOf(answer.headers, 'location');
      if (!isRedirect(answer.statusCode) || target === '') {
        return refusalOf(host, answer, authorization !== undefined);
      }
      drop(answer);
      const next = await this.#follow(location, target, how);
      if ('kind' in next) return next;
      // They are for one host, and stay with it.
      if (next.upstream.origin !== location.upstream.origin) authorization = undefined;
      location = next;
    }
    return refusal(closeCodes.failed, `${asked.upstream.host} redirects again and again.`);
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #get(location: Location, how: Asked, authorization: string | undefined): Promise<Answer> {
    return this.#pool(location).request({
      method: 'GET',
      path: `${pathOf(location)}${advertisementEnd(how.service)}`,
      headers: headersFor(how, authorization, '*/*'),
      signal: how.signal,
    });
  }

  #found(
    location: Location,
    how: Asked,
    authorization: string | undefined,
    answer: Answer,
  ): Found | Refusal {
    const { host } = location.upstream;
    if (!isOfType(answer, `application/x-${how.service}-advertisement`)) {
      drop(answer);
      return notGit(host);
    }
    const advertisement = bodyOf(answer);
    if (advertisement === undefined) return notGit(host);
    return {
      advertisement,
      post: (body, signal) => this.#post(location, how, authorization, body, signal),
    };
  }

  async #post(
    location: Location,
    how: Asked,
    authorization: string | undefined,
    body: Buffer | Readable,
    signal: AbortSignal,
  ): Promise<Readable> {
    const { service } = how;
    const { host } = location.upstream;
    let answer: Answer;
    try {
      answer = await this.#pool(location).request({
        method: 'POST',
        path: `${pathOf(location)}/${service}`,
        headers: {
          ...headersFor(how, authorization, `application/x-${service}-result`),
          'content-type': `application/x-${service}-request`,
        },
        ...{ body, signal },
      });
    } catch (error) {
      // The client's own part of it broke off: that is nothing of the upstream's.
      if (body instanceof Readable && body.errored !== null) throw body.errored;
      if (!signal.aborted) this.#onError(error);
      throw new UpstreamFailure(refusalOfFailure(host, error).sentence, { cause: error });
    }
    if (answer.statusCode !== 200) {
      const { sentence } = await refusalOf(host, answer, authorization !== undefined);
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
    if (upstream === undefined || url.username !== '' || url.password !== '') return leaves;
    // Else it leads to a page for people, and not to a repository.
    const whole = `${url.pathname}${url.search}`;
    if (!whole.endsWith(end)) return notGit(host);
    const path = whole.slice(1, -end.length).split('/').map(decodeSegment);
    const segments = path.filter((segment) => segment !== undefined);
    const isPath = segments.length === path.length && upstreamPathFault(segments) === undefined;
    if (!isPath) return leaves;
    const next = { upstream, segments };
    return (await how.allows(nameOf(next))) ? next : leaves;
  }

  #pool({ upstream }: Location): Pool {
    const pool = this.#pools.get(upstream.host);
    if (pool === undefined) throw new Error(`There are no connections to ${upstream.host}.`);
    return pool;
  }
}

function headersFor(
  { gitProtocol }: Asked,
  authorization: string | undefined,
  accept: string,
): Record<string, string> {
  return {
    accept,
    'accept-encoding': 'gzip',
    // Hosts tell git from browsers by its beginning.
    'user-agent': 'git/gitws',
    ...(gitProtocol === undefined ? {} : { 'git-protocol': gitProtocol }),
    ...(authorization === undefined ? {} : { authorization }),
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
