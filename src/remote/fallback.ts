/**
 * Which way a run goes: over a WebSocket, or, where none gets through and the caller wants that, over git's
 * plain smart HTTP.
 */
import { GitWsError, isGitWsError } from '../base/errors.js';
import { Script } from '../pack/index/script.js';
import { openChannel, type Channel, type ChannelOptions } from '../tunnel/client/channel.js';
import { parseRepositoryUrl } from '../tunnel/client/endpoint.js';

/** What is done where no WebSocket reaches a server: nothing, or git's smart HTTP. */
export type Fallback = 'http' | undefined;

/** What speaks HTTP, loaded when it is needed. */
export const httpScript = new Script(() => import('./http/http-channel.js'));

/**
 * Time until the server's first message over a WebSocket, in ms, where there is another way: some
 * networks let a request for one wait for ever.
 */
export const webSocketTime = 5_000;

/** How long a server that no WebSocket reached is asked over HTTP at once, in ms. */
export const fallbackMemory = 600_000;

/** Servers that are asked over HTTP, and until when. By origin, as `https://host:port`. */
const overHttp = new Map<string, number>();

/** @throws GitWsError INVALID_OPTION for any other value. */
export function checkFallback(fallback: unknown): void {
  if (fallback === undefined || fallback === 'http') return;
  const message = 'fallback must be "http", or left out.';
  throw new GitWsError('INVALID_OPTION', message, { data: { fallback } });
}

/**
 * Opens a channel over a WebSocket, as {@link openChannel} does. Where none reaches the server, which
 * is no refusal, and `fallback` says so, it is opened over HTTP; the next ones to that server are then
 * for a while.
 *
 * @throws GitWsError as {@link openChannel} does: where neither way leads anywhere, what became of the
 *   WebSocket; and REFUSED where the server answers over HTTP with a refusal.
 */
export async function openEitherWay(
  repository: string,
  options: ChannelOptions,
  fallback: Fallback,
): Promise<Channel> {
  if (fallback === undefined) return openChannel(repository, options);
  const origin = parseRepositoryUrl(repository).origin.replace(/^ws/, 'http');
  if ((overHttp.get(origin) ?? 0) > Date.now()) {
    const { openHttpChannel } = await httpScript.load();
    return openHttpChannel(repository, options);
  }
  const { openTimeout = webSocketTime } = options;
  try {
    const inTime = { ...options, openTimeout: Math.min(openTimeout, webSocketTime) };
    return await openChannel(repository, inTime);
  } catch (error) {
    if (!isGitWsError(error, 'CONNECTION_FAILED') && !isGitWsError(error, 'TIMEOUT')) throw error;
    return openOverHttp(repository, options, origin, error);
  }
}

async function openOverHttp(
  repository: string,
  options: ChannelOptions,
  origin: string,
  failure: GitWsError,
): Promise<Channel> {
  const remember = (): void => {
    overHttp.set(origin, Date.now() + fallbackMemory);
  };
  try {
    const { openHttpChannel } = await httpScript.load();
    const channel = await openHttpChannel(repository, options);
    remember();
    return channel;
  } catch (error) {
    const isNoWay = ['CONNECTION_FAILED', 'TIMEOUT', 'PACK_ENGINE_UNAVAILABLE'].some((code) =>
      isGitWsError(error, code as GitWsError['code']),
    );
    if (isNoWay) throw failure;
    // It speaks HTTP, and wants to know who asks.
    if (isGitWsError(error, 'REFUSED') && error.data.status === 401) remember();
    throw error;
  }
}
