/**
 * What is told of an upgrade that was refused, for logs and figures: what the client was told, and
 * what is known of it. Made of names alone, so that no credential, query or header can get into it.
 */
import type { IncomingMessage } from 'node:http';
import type { GitService } from '../../src/tunnel/machine/request-target.js';
import type { CloseCode } from '../../src/tunnel/machine/close.js';
import { httpStatusOf, type HttpAnswer, type Refusal } from './refusal.js';
import { isGitService, parseTarget } from './target.js';
import type { User } from './user.js';

/**
 * One upgrade that was refused, one more run over the connection of an upgrade, or a request of plain
 * smart HTTP.
 */
export interface RefusalReport {
  /**
   * The close code that says why, 4400 to 4503; undefined where there is none, since the client
   * offered subprotocols and no gitws.v1. A raw pipe is told `status` alone.
   */
  readonly closeCode: CloseCode | undefined;
  /** The HTTP status that says the same. */
  readonly status: number;
  /** The sentence that the client was told. */
  readonly sentence: string;
  /** The client's address; undefined where it had gone before it was asked for. */
  readonly remoteAddress: string | undefined;
  /** The path as asked, a stranger's word; undefined where it names none, or was not looked at. */
  readonly repository: string | undefined;
  /** Undefined where the path names none, or was not looked at. */
  readonly service: GitService | undefined;
  /** Who asked; null where that was not found out, or nobody signed in. */
  readonly user: User | null;
}

/** What the report is made of. */
export interface RefusedUpgrade {
  readonly request: IncomingMessage;
  /** The service that a `run` named, in place of the request's. */
  readonly service?: string | undefined;
  /** The target of the endpoint that was meant, in place of the request's. */
  readonly endpoint?: string | undefined;
  readonly address: string | undefined;
  readonly basePath: string;
  /** Longest request target that is looked at, in bytes. */
  readonly maxTargetLength: number;
}

/** @returns what to tell of it. */
export function reportOf(
  { request, service, endpoint, address, basePath, maxTargetLength }: RefusedUpgrade,
  refused: Refusal | HttpAnswer,
): RefusalReport {
  const closeCode = refused.kind === 'refusal' ? refused.code : undefined;
  const url = endpoint ?? request.url ?? '';
  const target = url.length > maxTargetLength ? undefined : parseTarget(url, basePath);
  const named = target?.kind === 'endpoint' ? target : undefined;
  const asked = service ?? named?.service;
  return {
    closeCode,
    status: refused.kind === 'http' ? refused.status : httpStatusOf(refused.code),
    sentence: refused.sentence,
    remoteAddress: address,
    repository: named?.segments.join('/'),
    service: asked !== undefined && isGitService(asked) ? asked : undefined,
    user: (refused.kind === 'refusal' ? refused.user : undefined) ?? null,
  };
}
