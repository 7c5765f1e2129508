/**
 * What clone, fetch and push have in common: where progress and the server's words go, credentials, and
 * being cancelled.
 */
import type {
  AuthCallback,
  AuthFailureCallback,
  AuthSuccessCallback,
  GitAuth,
} from 'isomorphic-git';
import { GitWsError, type ConnectionEvent } from 'gitws';
import type { ProgressEvent } from './progress.js';

/** What a person signs in with. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string };

/** Where credentials come from, and who remembers them. */
export interface CredentialSource {
  /**
   * @param url the repository.
   * @param refused those that the server has just refused, if any.
   * @returns undefined to give up.
   */
  ask(url: string, refused: Credentials | undefined): Promise<Credentials | undefined>;
  /** They were right. */
  approve(url: string, credentials: Credentials): void;
}

/** What a transfer tells while it runs, and what ends it. */
export interface Transfer {
  readonly signal: AbortSignal;
  readonly credentials: CredentialSource;
  readonly onProgress: (event: ProgressEvent) => void;
  /** The connection was lost, or goes on. */
  readonly onConnection: (event: ConnectionEvent) => void;
  /** A line of the server's git or of its hooks. */
  readonly onMessage: (line: string) => void;
}

/** The part of a command's options that reaches the network. */
export type RemoteArguments = Pick<Transfer, 'signal' | 'onProgress' | 'onConnection'> & {
  readonly onMessage: (line: string) => void;
  readonly gateway?: string;
} & SigningIn;

/** Callbacks that ask for credentials. */
export interface SigningIn {
  readonly onAuth: AuthCallback;
  readonly onAuthFailure: AuthFailureCallback;
  readonly onAuthSuccess: AuthSuccessCallback;
}

/** How a repository is reached. */
export interface Way {
  /** The address of a gitws server, where it is on another host. */
  readonly gateway: string | undefined;
}

/** Options for one command. A transfer is used once: its signal ends what it began. */
export function remoteArguments(transfer: Transfer, way: Way): RemoteArguments {
  const { signal, credentials, onProgress, onConnection, onMessage } = transfer;
  return {
    ...{ signal, onProgress, onConnection, onMessage },
    ...signingIn(credentials),
    ...wayArguments(way),
  };
}

/** The option that has a command go through a gateway. */
export function wayArguments({ gateway }: Way): { readonly gateway?: string } {
  return gateway === undefined ? {} : { gateway };
}

/** Callbacks of one command, which ask again where a server refuses. */
export function signingIn(credentials: CredentialSource): SigningIn {
  let offered: Credentials | undefined;
  const ask = async (url: string): Promise<GitAuth> => {
    const refused = offered;
    offered = await credentials.ask(url, refused);
    return offered === undefined ? { cancel: true } : authOf(offered);
  };
  return {
    onAuth: ask,
    onAuthFailure: ask,
    onAuthSuccess(url) {
      if (offered !== undefined) credentials.approve(url, offered);
    },
  };
}

/** @throws GitWsError UserCanceledError */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new GitWsError('UserCanceledError', 'It was cancelled.');
}

function authOf(credentials: Credentials): GitAuth {
  if (credentials.kind === 'token') {
    return { headers: { Authorization: `Bearer ${credentials.token}` } };
  }
  return { username: credentials.username, password: credentials.password };
}
