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
  readonly onAuth: AuthCallback;
  readonly onAuthFailure: AuthFailureCallback;
  readonly onAuthSuccess: AuthSuccessCallback;
};

/** Options for one command. A transfer is used once: its signal ends what it began. */
export function remoteArguments(transfer: Transfer): RemoteArguments {
  const { signal, credentials, onProgress, onConnection, onMessage } = transfer;
  let offered: Credentials | undefined;
  const ask = async (url: string): Promise<GitAuth> => {
    const refused = offered;
    offered = await credentials.ask(url, refused);
    return offered === undefined ? { cancel: true } : authOf(offered);
  };
  return {
    ...{ signal, onProgress, onConnection, onMessage },
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
