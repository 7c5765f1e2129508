/** What a server says of itself and of its refs: isomorphic-git's commands, over gitws. */
import * as isomorphicGit from 'isomorphic-git';
import { joinSignals } from '../base/signals.js';
import { createHttpClient } from '../isomorphic/http.js';
import { failureOf } from './outcome.js';
import { ownSettings, warnOfProxy, type RemoteArguments } from './remote-access.js';

/** What these commands take: isomorphic-git's options, and `gateway`, `fallback`, `onConnection` and `signal`. */
type Arguments<Given> = Omit<Given, keyof RemoteArguments> & Omit<RemoteArguments, 'onMessage'>;

type ServerRefs = Parameters<typeof isomorphicGit.listServerRefs>[0];
type Info = Parameters<typeof isomorphicGit.getRemoteInfo>[0];
type Info2 = Parameters<typeof isomorphicGit.getRemoteInfo2>[0];

/**
 * What isomorphic-git's `listServerRefs` takes, and more. `http` may be left out.
 *
 * @interface
 */
export type ListServerRefsArguments = Arguments<ServerRefs>;

/**
 * What isomorphic-git's `getRemoteInfo` takes, and more. `http` may be left out.
 *
 * @interface
 */
export type GetRemoteInfoArguments = Arguments<Info>;

/**
 * What isomorphic-git's `getRemoteInfo2` takes, and more. `http` may be left out.
 *
 * @interface
 */
export type GetRemoteInfo2Arguments = Arguments<Info2>;

/**
 * Lists the refs of a server, as isomorphic-git does; where nothing else is said over protocol version 0, whose
 * first answer has them all, unless a prefix, or where symbolic refs point, is asked for.
 *
 * @throws isomorphic-git's HttpError, UserCanceledError; what else `createHttpClient`'s requests throw; what the
 *   callbacks throw.
 */
export function listServerRefs(
  given: ListServerRefsArguments,
): ReturnType<typeof isomorphicGit.listServerRefs> {
  const { protocolVersion = given.prefix || given.symrefs ? 2 : 1 } = given;
  const how = { ...given, protocolVersion };
  return ask(how, (own) => isomorphicGit.listServerRefs(own as ServerRefs));
}

/** Says what a server has, as isomorphic-git does. @throws as {@link listServerRefs}. */
export function getRemoteInfo(
  given: GetRemoteInfoArguments,
): ReturnType<typeof isomorphicGit.getRemoteInfo> {
  return ask(given, (own) => isomorphicGit.getRemoteInfo(own as Info));
}

/** Says what a server can do, as isomorphic-git does. @throws as {@link listServerRefs}. */
export function getRemoteInfo2(
  given: GetRemoteInfo2Arguments,
): ReturnType<typeof isomorphicGit.getRemoteInfo2> {
  return ask(given, (own) => isomorphicGit.getRemoteInfo2(own as Info2));
}

async function ask<Result>(
  given: RemoteArguments,
  command: (own: object) => Promise<Result>,
): Promise<Result> {
  const settings = ownSettings(given);
  if (settings === undefined) return command(given);
  warnOfProxy(given);
  const { signal, release } = joinSignals([given.signal, settings.signal]);
  try {
    const client = createHttpClient(settings);
    const http: isomorphicGit.HttpClient = {
      request: (request) => client.request({ ...request, signal }),
    };
    return await command({ ...given, http, corsProxy: undefined });
  } catch (error) {
    throw failureOf(error);
  } finally {
    release();
  }
}
