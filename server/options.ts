/**
 * The options of a server: what they mean, and the checks of those that are plain values.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { GitService } from '../src/tunnel/machine/request-target.js';
import { GitWsError } from '../src/base/errors.js';
import { checkKinds, type Kind } from './option-kinds.js';
import type { UpstreamReport } from './backend/upstream/gates.js';
import type { UpstreamCredentials } from './backend/upstream/proof.js';
import type { UpstreamOptions } from './backend/upstream/upstreams.js';
import type { UpstreamSshOptions } from './backend/upstream/ssh/files.js';
import type { Authenticate, Authorize, User } from './admission/access.js';
import type { Limits } from './limits/limits.js';
import type { OriginOptions } from './admission/origin.js';
import type { GitOptions } from './git/preparation.js';
import type { CacheOptions } from './backend/cache/cache-options.js';
import type { CacheUse } from './backend/service.js';
import type { RefusalReport } from './admission/refusal-report.js';
import type { ServiceOptions } from './services.js';
import type { SessionFigures } from './session/running-session.js';

/** One session, told when it is over. */
export interface SessionReport extends SessionFigures {
  /** Who asked; null where nobody signed in. */
  readonly user: User | null;
  /** The client's address; undefined where it had gone before it was asked for. */
  readonly remoteAddress: string | undefined;
  /** The repository's path as asked, for example `team/site.git`. */
  readonly repository: string;
  /** What was run. */
  readonly service: GitService;
  /** How the cache of upstreams came to serve it; undefined where it did not. */
  readonly cache?: CacheUse | undefined;
}

/** Options of {@link createGitServer}. */
export interface GitServerOptions extends OriginOptions, GitOptions, ServiceOptions {
  /** Directory that holds the repositories, at any depth, bare or with a work tree. */
  readonly root: string;
  /**
   * Path below root of one repository, for example `site.git`: it alone is served, and no other is
   * there for anybody. Default: all are.
   */
  readonly repository?: string | undefined;
  /**
   * Hosts whose repositories clients may reach through this server, each below its own name
   * (docs/gateway.md): `https://git.example`, `ssh://git@forge.example:2222`, or an object with more.
   * Default: none.
   */
  readonly upstreams?: readonly (string | UpstreamOptions)[] | undefined;
  /** With what those of `ssh://` are reached, which need it: files of this machine, for all clients. */
  readonly upstreamSsh?: UpstreamSshOptions | undefined;
  /** Keeps what anybody may read of them on this machine. Default: nothing is kept. */
  readonly cache?: CacheOptions | undefined;
  /**
   * The server's own credentials for upstreams, for clients that give none for them: whoever may, by
   * `authorize`, acts there with the rights of these. Needs `authorize`. Default: none.
   */
  readonly upstreamCredentials?: UpstreamCredentials | undefined;
  /** Path under which the repositories appear, for example `/git`. Default: directly under `/`. */
  readonly basePath?: string | undefined;
  /**
   * Whether git's plain smart HTTP is answered, too, by `handleRequest`: for clients and networks
   * where no WebSocket passes. Without resuming, and of upstreams batch requests of git-lfs alone.
   * Default false.
   */
  readonly smartHttp?: boolean | undefined;
  /**
   * Addresses and CIDR ranges of one's own proxies, for example `10.0.0.0/8`: behind them a
   * client's address is read from X-Forwarded-For. Default: none.
   */
  readonly trustedProxies?: readonly string[] | undefined;
  /**
   * This process's name among several behind one balancer, 1 to 16 letters and digits: tokens of its
   * sessions begin with it, so that the balancer can send a lost session back to where it waits.
   * Default: none.
   */
  readonly node?: string | undefined;
  /**
   * Finds out who is asking. Default: nobody is known. It may refuse by throwing a GitWsError
   * REFUSED, for example with the `data` { closeCode: 4429, status: 429, reason: 'Later.' }.
   */
  readonly authenticate?: Authenticate | undefined;
  /**
   * Decides whether somebody may. Default: everybody may read, and what is allowed above; but nobody may
   * push to an upstream of `ssh://`, where this server's key would do it.
   */
  readonly authorize?: Authorize | undefined;
  /** Limits that differ from the defaults. */
  readonly limits?: Partial<Limits> | undefined;
  /** Told of every session when it is over, for logs and figures. */
  readonly onSession?: ((report: SessionReport) => void) | undefined;
  /**
   * Told of every upgrade that was refused, of every further run over the connection of one, and of
   * every request of plain smart HTTP.
   * Whoever floods the server calls it as often: bound what
   * is made of it.
   */
  readonly onRefusal?: ((report: RefusalReport) => void) | undefined;
  /**
   * Told when an upstream is asked no more since it does not answer, and when it has answered again:
   * once for each such change.
   */
  readonly onUpstream?: ((report: UpstreamReport) => void) | undefined;
  /** Told of what went wrong on the server. Default: a warning of the process. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

const kinds: Readonly<Record<keyof GitServerOptions, Kind>> = {
  root: 'a text',
  repository: 'a text',
  upstreams: 'a list',
  upstreamSsh: 'an object',
  cache: 'an object',
  upstreamCredentials: 'a function',
  basePath: 'a text',
  smartHttp: 'true or false',
  trustedProxies: 'a list',
  node: 'a text',
  authenticate: 'a function',
  authorize: 'a function',
  limits: 'an object',
  onSession: 'a function',
  onRefusal: 'a function',
  onUpstream: 'a function',
  onError: 'a function',
  origins: 'a list',
  hosts: 'a list',
  publicUrl: 'a text',
  gitConfig: 'an object',
  safeDirectories: 'a list',
  protectedRefs: 'a function',
  maintenance: 'true or false',
  hooksParent: 'a text',
  allowPush: 'true or false',
  allowArchive: 'true or false',
};

/**
 * @returns the absolute path of root, which is looked at once every option is known to be one.
 * @throws GitWsError INVALID_OPTION
 */
export function checkedRoot(options: GitServerOptions): string {
  checkKinds(options, kinds);
  const { root } = options;
  if ((root as string | undefined) === undefined) {
    throw new GitWsError('INVALID_OPTION', 'root: it is missing.', { data: { option: 'root' } });
  }
  const path = resolve(root);
  const invalid = (why: string): GitWsError =>
    new GitWsError('INVALID_OPTION', `root: "${root}" ${why}.`, { data: { option: 'root' } });
  let isDirectory: boolean;
  try {
    isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    // To reach anything in it. Reading its names is not needed.
    if (isDirectory) accessSync(path, constants.X_OK);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw invalid(`cannot be entered by the user that the server runs as (${code})`);
  }
  if (!isDirectory) throw invalid('is not a directory');
  return path;
}

/** @returns the name, or an empty one. @throws GitWsError INVALID_OPTION */
export function checkedNode(node = ''): string {
  if (/^[A-Za-z0-9]{0,16}$/.test(node)) return node;
  const message = `node: ${JSON.stringify(node)} is not a name of 1 to 16 letters and digits.`;
  throw new GitWsError('INVALID_OPTION', message, { data: { option: 'node' } });
}

/** @returns the path without a slash at its end. @throws GitWsError INVALID_OPTION */
export function checkedBasePath(basePath: string): string {
  const path = basePath.replace(/\/+$/, '');
  if (path === '' || /^(\/[A-Za-z0-9._~!$&'()*+,;=:@-]+)+$/.test(path)) return path;
  throw new GitWsError('INVALID_OPTION', `basePath: "${basePath}" is not a path such as /git.`, {
    data: { option: 'basePath' },
  });
}
