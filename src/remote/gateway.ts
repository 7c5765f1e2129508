/**
 * The way through a gateway (docs/gateway.md): a repository of any host has a URL there, and what the
 * two hosts refuse for want of credentials is told apart. Credentials of one never go to the other.
 */
import { GitWsError, isGitWsError } from '../base/errors.js';
import type { Authorization } from '../tunnel/client/channel.js';
import { parseRepositoryUrl, repositoryEndpoint } from '../tunnel/client/endpoint.js';
import { sshRepositoryName } from './ssh-url.js';
import { closeCodes } from '../tunnel/machine/close.js';

/** A gitws server that reaches other hosts for its clients. */
export interface GatewayOptions {
  /** Its address: `wss://` or `https://`, or without TLS; with a path where it has one. */
  readonly url: string;
  /**
   * Its own credentials: an `Authorization` value, or a function asked for one at each connect.
   * Default: those in its URL. The hosts behind it never see them.
   */
  readonly authorization?: Authorization;
}

/** A gateway, or its address alone. */
export type Gateway = string | GatewayOptions;

/** How a repository is reached. */
export interface Way {
  readonly repository: string;
  readonly authorization: Authorization;
  /** Those for the host behind the gateway. */
  readonly upstreamAuthorization?: Authorization;
  readonly isThroughGateway: boolean;
  /** What is thrown in place of what opening throws. */
  readonly failure: (error: unknown) => unknown;
}

const anyService = 'git-upload-pack';

/** @throws GitWsError INVALID_OPTION for a gateway whose address is none. */
export function checkGateway(gateway: Gateway | undefined): void {
  if (gateway === undefined) return;
  try {
    parseRepositoryUrl(below(gateway, 'host/repository'));
  } catch (cause) {
    // Not quoted: it may have a password in it.
    const message = 'gateway must be the address of a gitws server, such as wss://gateway.example.';
    throw new GitWsError('INVALID_OPTION', message, { cause, data: { option: 'gateway' } });
  }
}

/**
 * @param repository URL of a repository, or its address over ssh; one of `ws:` or `wss:` is on a gitws server, and needs no
 *   gateway.
 * @param authorization credentials for it, which beat those in its URL.
 * @throws GitWsError INVALID_URL
 */
export function wayTo(
  repository: string,
  authorization: Authorization,
  gateway: Gateway | undefined,
): Way {
  const failure = (error: unknown): unknown => error;
  const direct = { repository, authorization, isThroughGateway: false, failure };
  if (gateway === undefined) return direct;
  const own = typeof gateway === 'string' ? undefined : gateway.authorization;
  const through = { authorization: own, isThroughGateway: true, failure: asHttpSays };
  const name = sshRepositoryName(repository);
  if (name !== undefined) {
    // A gateway that reaches that host over HTTP can use them; one that does over ssh says that it cannot.
    return {
      ...{ ...through, repository: below(gateway, name), upstreamAuthorization: authorization },
    };
  }
  const url = parseRepositoryUrl(repository);
  if (!/^https?:$/.test(url.protocol)) return direct;
  return {
    ...through,
    repository: below(gateway, `${url.host}${url.pathname}`),
    upstreamAuthorization: authorization ?? urlAuthorization(repository, gateway),
  };
}

/**
 * @param repository URL of a repository, or its address over ssh where there is a gateway.
 * @returns an `Authorization` value made of what is in it: nothing of an account of ssh.
 * @throws GitWsError INVALID_URL
 */
export function urlAuthorization(
  repository: string,
  gateway: Gateway | undefined,
): string | undefined {
  if (gateway !== undefined && sshRepositoryName(repository) !== undefined) return undefined;
  return repositoryEndpoint(repository, anyService).authorization;
}

function below(gateway: Gateway, path: string): string {
  const url = typeof gateway === 'string' ? gateway : gateway.url;
  return `${url.replace(/\/+$/, '')}/${path}`;
}

/** As HTTP has it for a host behind a proxy: 401 is the host's, and 407 the proxy's own. */
function asHttpSays(error: unknown): unknown {
  if (!isGitWsError(error, 'REFUSED')) return error;
  const { closeCode } = error.data;
  const statuses: Readonly<Record<number, number>> = {
    [closeCodes.upstreamUnauthorized]: 401,
    [closeCodes.unauthorized]: 407,
  };
  const status = statuses[closeCode];
  if (status === undefined) return error;
  const whose = status === 407 ? `The gateway refuses: ${error.message}` : error.message;
  return new GitWsError('REFUSED', whose, { data: { ...error.data, status }, cause: error });
}
