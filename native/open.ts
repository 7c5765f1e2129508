/**
 * Opens a service of a repository the way git opens an https:// one: configuration, certificates,
 * proxy and credentials are those that git's users have set already.
 */
import type { Agent } from 'node:http';
import type { GitService } from '../src/tunnel/machine/request-target.js';
import { GitWsError, isGitWsError } from '../src/base/errors.js';
import {
  openChannel,
  type Channel,
  type ChannelOptions,
  type ConnectionEvent,
} from '../src/tunnel/client/channel.js';
import { basicAuthorization, fillCredentials } from './credentials.js';
import type { GitConfig } from './git-config.js';
import { configuredHeaders } from './headers.js';
import { hostOf } from './host.js';
import { AlreadySaid } from './fatal-messages.js';
import { readNetrc } from './netrc.js';
import { chooseProxy } from './proxy-choice.js';
import type { ServiceUrl } from './service-url.js';
import { systemAuthorities, tlsOptions, type TlsOptions } from './tls.js';
import { speaksTls } from './tls-probe.js';
import { trace } from './trace.js';
import { createWebSocketClass, Sockets } from './web-socket.js';

/** What to open. */
export interface ServiceRequest {
  readonly url: ServiceUrl;
  readonly service: GitService;
  /** What ssh would pass as GIT_PROTOCOL. */
  readonly gitProtocol: string | undefined;
  readonly config: GitConfig;
  readonly family?: 4 | 6 | undefined;
  readonly onStderr: (text: string) => void;
  /** Hears of the connection, once the service runs. */
  readonly onConnection: (event: ConnectionEvent) => void;
}

/** A service that runs. */
export interface OpenService {
  readonly channel: Channel;
  /** Resolves when the last WebSocket is gone: later than the channel, which does not wait for it. */
  readonly gone: Promise<void>;
  /** Resolves when credentials were handed back to those who keep them. */
  readonly settled: Promise<void>;
  /**
   * Runs the same service once more, with the same credentials: to ask what became of it. Nothing
   * is heard of it, and it is not resumed.
   */
  readonly again: (signal: AbortSignal) => Promise<Channel>;
}

/**
 * @throws GitWsError as openChannel() does; HttpError (data: `status`, `location`) where a server
 *   or proxy answered in HTTP; INVALID_OPTION for settings that cannot be used. AlreadySaid where
 *   git has told the user why there are no credentials.
 */
export async function openService(request: ServiceRequest): Promise<OpenService> {
  const { url, config } = request;
  const connection = await Connection.prepare(request);
  const given = givenAuthorization(url, config);
  const proactive = /^(auto|basic)$/.test(config.text('proactiveAuth') ?? '');
  if (given !== undefined || !proactive) {
    try {
      return { ...(await connection.open(given?.value)), settled: Promise.resolve() };
    } catch (error) {
      // A password in the URL is the user's last word, as with git's https://.
      if (statusOf(error) !== 401 || given?.final === true) throw error;
    }
    const noted = readNetrc(hostOf(url.http), url.username);
    if (noted !== undefined) {
      try {
        const authorization = basicAuthorization(noted.login, noted.password);
        return { ...(await connection.open(authorization)), settled: Promise.resolve() };
      } catch (error) {
        if (statusOf(error) !== 401) throw error;
      }
    }
  }
  const filled = await fillCredentials(url);
  if (filled === undefined) throw new AlreadySaid();
  try {
    const opened = await connection.open(filled.authorization);
    return { ...opened, settled: filled.approve() };
  } catch (error) {
    if (statusOf(error) === 401) await filled.reject();
    throw error;
  }
}

/** The HTTP status that an error stands for. */
export function statusOf(error: unknown): number | undefined {
  if (!isGitWsError(error, 'REFUSED') && !isGitWsError(error, 'HttpError')) return undefined;
  return error.data.status;
}

/** Credentials that need no asking: of the URL, of the environment, of `http.extraHeader`. */
function givenAuthorization(
  { http, username, password }: ServiceUrl,
  config: GitConfig,
): { value: string; final: boolean } | undefined {
  if (password !== '') return { value: basicAuthorization(username, password), final: true };
  const token = process.env['GITWS_TOKEN']?.trim() ?? '';
  if (token !== '') return { value: `Bearer ${token}`, final: false };
  const value = configuredHeaders(config, http).authorization;
  return value === undefined ? undefined : { value, final: false };
}

type Opened = Omit<OpenService, 'settled'>;

/** Everything about connecting that stays the same from one try to the next. */
class Connection {
  readonly #request: ServiceRequest;
  readonly #agent: Agent | undefined;
  readonly #headers: Readonly<Record<string, string>>;
  #tls: TlsOptions;

  private constructor(request: ServiceRequest, agent: Agent | undefined) {
    const { url, config } = request;
    this.#request = request;
    this.#agent = agent;
    this.#headers = configuredHeaders(config, url.http).others;
    this.#tls = url.secure ? tlsOptions(config) : {};
  }

  static async prepare(request: ServiceRequest): Promise<Connection> {
    const proxy = chooseProxy(request.url.http, request.config.proxy);
    if (proxy === undefined) return new Connection(request, undefined);
    const { proxyAgent } = await import('./proxy.js');
    return new Connection(request, await proxyAgent(proxy));
  }

  async open(authorization: string | undefined): Promise<Opened> {
    try {
      return await this.#openOnce(authorization);
    } catch (error) {
      if (!isGitWsError(error, 'CONNECTION_FAILED') || !this.#request.url.secure) throw error;
      const tls = systemAuthorities(this.#tls, error.cause);
      if (tls === undefined) throw error;
      this.#tls = tls;
      return await this.#openOnce(authorization);
    }
  }

  async #openOnce(
    authorization: string | undefined,
    options: Partial<ChannelOptions> = {},
  ): Promise<Opened> {
    const { url, service, gitProtocol, family, onStderr, onConnection } = this.#request;
    let answer: { status: number; location: string | undefined } | undefined;
    const sockets = new Sockets();
    trace('open', service, url.plain, gitProtocol ?? '', authorization ? 'with credentials' : '');
    const WebSocket = createWebSocketClass({
      // A real header, not an entry: reverse proxies may check it too.
      headers: { ...this.#headers, ...(authorization === undefined ? {} : { authorization }) },
      ...{ tls: this.#tls, agent: this.#agent, family },
      onAnswer(status, location) {
        answer = { status, location };
      },
      sockets,
    });
    try {
      const channel = await openChannel(url.plain, {
        ...{ service, gitProtocol, WebSocket, onStderr, onConnection, ...options },
      });
      trace('opened session', channel.session);
      const again = async (signal: AbortSignal): Promise<Channel> => {
        const quiet = { signal, resumeFor: 0, onStderr: undefined, onConnection: undefined };
        return (await this.#openOnce(authorization, quiet)).channel;
      };
      return { channel, gone: channel.closed.then(() => sockets.gone()), again };
    } catch (cause) {
      trace('failed', (cause as Error).message);
      if (await this.#lacksTls(cause, answer?.status)) {
        const data = { lacksTls: true };
        throw new GitWsError('CONNECTION_FAILED', 'The server speaks TLS.', { data, cause });
      }
      if (answer === undefined || !isGitWsError(cause, 'CONNECTION_FAILED')) throw cause;
      throw new GitWsError('HttpError', `The server answered ${answer.status}.`, {
        data: answer,
        cause,
      });
    }
  }

  async #lacksTls(error: unknown, status: number | undefined): Promise<boolean> {
    const { url, family } = this.#request;
    if (url.secure || this.#agent !== undefined || !mayWantTls(error, status)) return false;
    return speaksTls(url.http, family);
  }
}

/** What servers do to those who speak no TLS to them: say 400, or nothing, or something strange. */
function mayWantTls(error: unknown, status: number | undefined): boolean {
  if (!isGitWsError(error, 'CONNECTION_FAILED')) return false;
  if (status !== undefined) return status === 400;
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^(ECONNRESET|EPIPE|ECONNABORTED|HPE_.*)$/.test(code);
}
