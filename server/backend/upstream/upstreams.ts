/** The hosts whose repositories a server reaches for its clients: exactly those that it was told. */
import { X509Certificate } from 'node:crypto';
import { GitWsError } from '../../../src/base/errors.js';
import { segmentFault } from '../../../src/tunnel/machine/request-target.js';
import { parseSshAddress, sshName, type SshAddress } from './ssh/address.js';

/** A host, as an operator says it. */
export interface UpstreamOptions {
  /** `https://HOST` or `https://HOST:PORT`, the same with http, or `ssh://USER@HOST:PORT`. */
  readonly url: string;
  /**
   * Whether it may have addresses of this machine or its network (loopback, private, carrier-grade
   * NAT, unique local). Default false.
   */
  readonly private?: boolean | undefined;
  /**
   * Certificates, in PEM, of the authorities that alone may vouch for it, as git's `http.sslCAInfo`.
   * Default: those that Node.js trusts.
   */
  readonly ca?: string | undefined;
}

/** A host whose repositories are reached. */
export interface Upstream {
  /** The first segment of its repositories' paths: `HOST`, or `HOST:PORT` where that is not the scheme's. */
  readonly host: string;
  /** Scheme, host and port. */
  readonly origin: string;
  readonly private: boolean;
  /** Where it is reached over ssh: with this server's own key. */
  readonly ssh?: SshAddress | undefined;
  /** See {@link UpstreamOptions.ca}. */
  readonly ca: string | undefined;
}

/** Those of one server. */
export class Upstreams {
  readonly #byHost = new Map<string, Upstream>();

  /** @throws GitWsError INVALID_OPTION for a URL that is more, or less, than a host. */
  constructor(given: readonly (string | UpstreamOptions)[] = []) {
    for (const [index, one] of given.entries()) {
      const upstream = checkedUpstream(typeof one === 'string' ? { url: one } : one, index);
      if (this.#byHost.has(upstream.host))
        throw invalidUpstream(upstream.origin, 'is named twice', index);
      this.#byHost.set(upstream.host, upstream);
    }
  }

  /** All of them. */
  get all(): readonly Upstream[] {
    return [...this.#byHost.values()];
  }

  /** @param segments of a path as asked: a host has one name. @returns undefined where it is no upstream's. */
  find(segments: readonly string[]): Upstream | undefined {
    return this.#byHost.get(segments[0] ?? '');
  }

  /** Whether it is reached with this server's own key, so that a right to push is one that it gives. */
  isOnOwnKey(repository: string): boolean {
    return this.find(repository.split('/'))?.ssh !== undefined;
  }

  /** @returns the one that a URL leads to; undefined for every other scheme, host and port. */
  at(url: URL): Upstream | undefined {
    const upstream = this.#byHost.get(url.host);
    return upstream?.origin === url.origin ? upstream : undefined;
  }
}

/**
 * The rule for paths on an upstream, stricter than for those on a disk: servers there may decode a
 * path again, or take a part of it for something else.
 *
 * @param segments those behind the host, decoded once.
 * @returns what is wrong, completing "The path …".
 */
export function upstreamPathFault(segments: readonly string[]): string | undefined {
  if (segments.length === 0) return 'names no repository';
  for (const segment of segments) {
    const fault = segmentFault(segment);
    if (fault !== undefined) return fault;
    // Defence: what is decoded twice is no path.
    if (/[%?#;]/.test(segment)) return 'has one of % ? # ; in it';
  }
  return undefined;
}

function checkedUpstream(
  { url, private: allowPrivate = false, ca }: UpstreamOptions,
  index: number,
): Upstream {
  const invalid = (why: string): GitWsError => invalidUpstream(url, why, index);
  const ssh = parseSshAddress(url);
  if (ssh !== undefined) {
    if (ca !== undefined) throw invalid('has no certificate: its ca would mean nothing');
    const host = sshName(ssh);
    const port = host.endsWith(`:${ssh.port}`) ? '' : `:${ssh.port}`;
    const origin = `ssh://${ssh.user}@${host}${port}`;
    return { host, origin, private: allowPrivate, ca, ssh };
  }
  // Exactly a host: what URL parsing drops or turns into another would be somebody's mistake.
  const named = /^(https?):\/\/([^/?#\\@\s]+)\/?$/i.exec(url);
  if (named === null || !URL.canParse(url)) {
    throw invalid(
      'is not the address of a host, such as https://git.example, http://[::1]:3000 or ssh://git@git.example',
    );
  }
  const { host, origin, protocol } = new URL(url);
  if (ca !== undefined) {
    if (protocol !== 'https:') throw invalid('has no certificate: its ca would mean nothing');
    if (!isCertificate(ca)) throw invalid('has a ca that is no certificate in PEM');
  }
  return { host, origin, private: allowPrivate, ca };
}

/** At the start, and not at the first connection. */
function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== '';
  } catch {
    return false;
  }
}

/** @param index its place in the list. */
function invalidUpstream(url: string, why: string, index: number): GitWsError {
  // Without what may be a password.
  const shown = url.replace(/\/\/.*@/s, '//…@');
  const message = `upstreams: ${JSON.stringify(shown)} ${why}.`;
  return new GitWsError('INVALID_OPTION', message, { data: { option: 'upstreams', index } });
}
