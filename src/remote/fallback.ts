/**
 * Which way a run goes: over a WebSocket, or, where none gets through and the caller wants that, over git's
 * plain smart HTTP.
 */
import { GitWsError, isGitWsError } from '../base/errors.js';
import { Script } from '../pack/index/script.js';
import { openChannel, type Channel, type ChannelOptions } from '../tunnel/client/channel.js';
import { parseRepositoryUrl } from '../tunnel/client/endpoint.js';
import { closeCodes } from '../tunnel/machine/close.js';

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
  const isRemembered = (overHttp.get(origin) ?? 0) > Date.now();
  if (isRemembered) return openOverHttpAgain(repository, options, origin);
  try {
    return await openChannel(repository, inTime(options));
  } catch (error) {
    if (!isUnreached(error)) throw error;
    return openOverHttp(repository, options, origin, error);
  }
}

/** The options of a channel over a WebSocket, which has less time where there is another way. */
function inTime(options: ChannelOptions): ChannelOptions {
  const { openTimeout = webSocketTime } = options;
  return { ...options, openTimeout: Math.min(openTimeout, webSocketTime) };
}

/** Whether no server is known to have heard of it. */
function isUnreached(error: unknown): error is GitWsError {
  return isGitWsError(error, 'CONNECTION_FAILED') || isGitWsError(error, 'TIMEOUT');
}

/**
 * Opens a channel over HTTP, where that was the way a while ago. What answers may be something else by now,
 * or for this repository: then a WebSocket is tried after all.
 */
async function openOverHttpAgain(
  repository: string,
  options: ChannelOptions,
  origin: string,
): Promise<Channel> {
  const { openHttpChannel } = await httpScript.load();
  try {
    return await openHttpChannel(repository, options);
  } catch (failure) {
    if (!isNoGit(failure)) throw failure;
    const channel = await openAfterAll(repository, inTime(options), failure);
    overHttp.delete(origin);
    return channel;
  }
}

/** Whether the repository is not to be had over HTTP, as far as its server says. */
function isNoGit(error: unknown): error is GitWsError {
  if (isGitWsError(error, 'CONNECTION_FAILED')) return true;
  if (!isGitWsError(error, 'REFUSED')) return false;
  const { closeCode } = error.data;
  return closeCode === closeCodes.notFound || closeCode === closeCodes.failed;
}

/** Opens a channel over a WebSocket, where HTTP leads nowhere. @throws `failure` where it does not either. */
async function openAfterAll(
  repository: string,
  options: ChannelOptions,
  failure: GitWsError,
): Promise<Channel> {
  try {
    return await openChannel(repository, options);
  } catch (error) {
    throw isUnreached(error) ? failure : error;
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
    const { openTimeout = Infinity } = options;
    if (isGitWsError(failure, 'TIMEOUT') && openTimeout > webSocketTime && isNoGit(error)) {
      // With all the time that the caller gives: there is no other way.
      return openAfterAll(repository, options, isUnreached(error) ? failure : error);
    }
    if (isUnreached(error) || isGitWsError(error, 'PACK_ENGINE_UNAVAILABLE')) throw failure;
    // It speaks HTTP, and wants to know who asks.
    if (isGitWsError(error, 'REFUSED') && error.data.status === 401) remember();
    throw error;
  }
}
