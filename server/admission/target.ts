/**
 * From the raw request target of an upgrade to the repository path and the service it names
 * (docs/protocol.md, "Endpoint"). Pure text: no file system, and never a URL class, which would
 * hide what must be refused (`//evil/a` moves the host, `%2e%2e` collapses).
 */

import {
  decodeSegment,
  gitServices,
  segmentFault,
  type GitService,
} from '../../src/tunnel/machine/request-target.js';

/** What a request target says. */
export type Target =
  /** Breaks the path rules; `why` completes "The path … ". */
  | { readonly kind: 'malformed'; readonly why: string }
  | {
      readonly kind: 'endpoint';
      /** The repository's path as asked, each segment decoded once; never empty. */
      readonly segments: readonly string[];
      /** The service as asked, for example `git-upload-pack`; perhaps one that does not exist. */
      readonly service: string;
      /** `version=0`, `version=1` or `version=2`; anything else is not passed on. */
      readonly gitProtocol: string | undefined;
    };

const serviceName = /^git-[a-z-]{1,60}$/;

/**
 * Whether a request for `target` is a gitws server's own by its path: below `basePath`, with a
 * service as its last segment, also when that is spelt so that it will be refused.
 */
export function looksLikeEndpoint(target: string, basePath: string): boolean {
  const path = pathOf(target);
  // An absolute-form target with a service at its end is nobody else's, and will be refused.
  if (path.startsWith('/') && !isBelow(path, basePath)) return false;
  const last = path.slice(path.lastIndexOf('/') + 1);
  const name = (decodeOnce(last) ?? last).split(/[\\/]/).at(-1) ?? '';
  return isGitService(name.toLowerCase());
}

/** Whether there is a service of this name, enabled or not. */
export function isGitService(name: string): name is GitService {
  return (gitServices as readonly string[]).includes(name);
}

/** Whether a service could be called so. */
export function isServiceName(name: string): boolean {
  return serviceName.test(name);
}

/** Whether `target` lies below `basePath`, whatever its last segment. */
export function isBelowBasePath(target: string, basePath: string): boolean {
  return isBelow(pathOf(target), basePath);
}

/**
 * @param target the raw request target, as it stood in the request line.
 * @param basePath where the repositories begin: empty, or `/…` without a slash at its end.
 */
export function parseTarget(target: string, basePath: string): Target {
  const path = pathOf(target);
  if (!path.startsWith('/')) return malformed('is not an absolute path');
  if (!isBelow(path, basePath)) return malformed(`is not below ${basePath}`);
  // A request target has none (RFC 9112 section 3.2), and proxies end the path before it: their
  // rules by path would not hold for a repository with this character in its name.
  // Defence: fragments are refused.
  if (path.includes('#')) return malformed('has a fragment');
  const raw = path.slice(basePath.length + 1).split('/');
  const segments: string[] = [];
  for (const part of raw) {
    const segment = decodeOnce(part);
    if (segment === undefined) return malformed('is not URL-encoded UTF-8');
    const fault = segmentFault(segment);
    if (fault !== undefined) return malformed(fault);
    segments.push(segment);
  }
  const service = segments.pop() ?? '';
  // A proxy that tells reads from writes by the last segment must see what this server sees.
  // Defence: the name of the service must not be encoded.
  if (service !== raw.at(-1)) return malformed('has an encoded service name');
  if (!serviceName.test(service)) return malformed('does not end in a service');
  if (segments.length === 0) return malformed('names no repository');
  return { kind: 'endpoint', segments, service, gitProtocol: gitProtocolOf(target) };
}

/**
 * @param name a repository's path, with slashes.
 * @returns the same as it stands in a URL, with nothing in it that a shell would take for its own.
 */
export function encodePath(name: string): string {
  const rest = /[!'()*]/g;
  const escape = (character: string): string => `%${character.charCodeAt(0).toString(16)}`;
  return name
    .split('/')
    .map((segment) => encodeURIComponent(segment).replace(rest, escape))
    .join('/');
}

function decodeOnce(segment: string): string | undefined {
  // Node gives raw bytes above 127 as Latin-1: they were never URL-encoded.
  if (!/^[\u0020-\u007e]*$/.test(segment)) return undefined;
  return decodeSegment(segment);
}

function gitProtocolOf(target: string): string | undefined {
  const query = target.indexOf('?');
  if (query === -1) return undefined;
  const value = new URLSearchParams(target.slice(query + 1)).get('git-protocol');
  return knownGitProtocol(value ?? undefined);
}

/** @returns what is passed on of what a client asks for: anything else is dropped, as git drops it. */
export function knownGitProtocol(asked: string | undefined): string | undefined {
  // Defence: only three protocol versions reach git.
  return asked !== undefined && /^version=[012]$/.test(asked) ? asked : undefined;
}

function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

function isBelow(path: string, basePath: string): boolean {
  return path.startsWith(`${basePath}/`);
}

function malformed(why: string): Target {
  return { kind: 'malformed', why };
}
