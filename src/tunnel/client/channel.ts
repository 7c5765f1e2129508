/**
 * A channel: one run of a git service on a server, as streams. What a caller gives and gets, and
 * the checks before anything is opened; client-channel.ts does the rest.
 */
import { repositoryEndpoint } from './endpoint.js';
import { callBack } from '../../base/failure.js';
import type { Authorization, Channel, ChannelOptions } from './channel-options.js';
import { ClientChannel } from './client-channel.js';
import { checkConnectionOptions } from './connection-options.js';
import { canceled } from './failures.js';
import type { StoredSession } from './stored-session.js';
import {
  formatSubprotocols,
  windowBytes,
  type ClientOffer,
  type Resumption,
} from '../machine/subprotocol.js';

export type { Authorization, Channel, ChannelOptions, ConnectionEvent } from './channel-options.js';

/**
 * Opens a WebSocket and runs one git service through it, stateful, as ssh does.
 *
 * @param repositoryUrl `http(s)://` or `ws(s)://` URL of the repository.
 * @param options see {@link ChannelOptions}.
 * @returns the channel, once the server has accepted. The first bytes of git are then under way.
 * @throws GitWsError INVALID_URL, INVALID_OPTION, CREDENTIALS_TOO_LONG, CONNECTION_FAILED,
 *   REFUSED (data: `closeCode`, `status`, `reason`), TIMEOUT, PROTOCOL_ERROR, UserCanceledError,
 *   and what `authorization` throws;
 *   later, through the streams and `exit`, also CONNECTION_LOST.
 */
export function openChannel(repositoryUrl: string, options: ChannelOptions): Promise<Channel> {
  return begin(repositoryUrl, options, undefined);
}

/**
 * Goes on with a session that another page or process had.
 *
 * @param options as they were when it was opened; credentials are asked for anew.
 * @param stored what was stored of it.
 * @returns the channel, once the server has accepted; its stream begins at `stored.position`.
 * @throws GitWsError CONNECTION_LOST where the session is gone, or could not be resumed in time; else as
 *   {@link openChannel}.
 */
export function resumeChannel(
  repositoryUrl: string,
  options: ChannelOptions,
  stored: StoredSession,
): Promise<Channel> {
  return begin(repositoryUrl, options, stored);
}

async function begin(
  repositoryUrl: string,
  options: ChannelOptions,
  stored: StoredSession | undefined,
): Promise<Channel> {
  const { signal } = options;
  if (signal?.aborted === true) throw canceled(signal.reason);
  checkConnectionOptions(options);
  const { window = windowBytes.default } = options;
  const endpoint = repositoryEndpoint(repositoryUrl, options.service, options.gitProtocol);
  // Asked at each connect: tokens that live shortly have expired by the next.
  const next = (options.keepAlive ?? 0) > 0;
  const offer = async (resume?: Resumption): Promise<ClientOffer> => {
    const authorization = (await authorizationOf(options.authorization)) ?? endpoint.authorization;
    const upstreamAuthorization = await authorizationOf(options.upstreamAuthorization);
    const said = { window, resume, next, authorization, upstreamAuthorization };
    // What is too long for a handshake is too long for a connection that is kept, too.
    formatSubprotocols(said);
    return said;
  };
  const { url, repository } = endpoint;
  const first = stored === undefined ? await offer() : undefined;
  if (aborted(signal)) throw canceled(signal?.reason);
  const channel = new ClientChannel(window, options, { url, repository, offer }, stored);
  if (first === undefined) channel.resume();
  else channel.connect(first);
  return channel.opened;
}

/** @returns the value, asked for where it is a function. @throws what that throws. */
export async function authorizationOf(given: Authorization): Promise<string | undefined> {
  return (
    (typeof given === 'function' ? await callBack('authorization', given) : given) ?? undefined
  );
}

/** Read through a call: the compiler would take an earlier check for the present. */
function aborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
