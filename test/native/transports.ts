/**
 * The ways for native git to reach a server, each as the contract (contract.ts) needs it. Import it
 * at the top of a test file.
 */
import { makeAuthority } from '../helpers/certificates.js';
import { git, gitStatus, type GitOptions, type GitResult } from '../helpers/git.js';
import { nativeEnvironment } from '../helpers/native.js';
import { startSecureServer } from '../helpers/secure-server.js';
import { startServer } from '../helpers/server.js';
import type { GitServerOptions } from '../../server/index.js';

/** A server, and git that knows the way to it. */
export interface Native {
  /** Before a repository's path, for example `ws://127.0.0.1:40123`. */
  readonly base: string;
  /** What git has to be told by its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs git with that environment. @throws Error if the exit code is not 0. */
  git(args: readonly string[], options?: GitOptions): Promise<string>;
  /** Runs git with that environment, for calls that may fail. */
  gitStatus(args: readonly string[], options?: GitOptions): Promise<GitResult>;
  /** Ends the server. */
  readonly close: () => Promise<void>;
}

/** Starts a server, and says how git reaches it. */
export type Transport = (options: GitServerOptions) => Promise<Native>;

function native(base: string, env: Record<string, string>, close: () => Promise<void>): Native {
  const within = (options: GitOptions = {}): GitOptions => ({
    ...options,
    env: { ...env, ...options.env },
  });
  return {
    ...{ base, env, close },
    git: (args, options) => git(args, within(options)),
    gitStatus: (args, options) => gitStatus(args, within(options)),
  };
}

/** `ws://` by git-remote-ws. */
export const overWs: Transport = async (options) => {
  const { url, ...server } = await startServer(options);
  return native(url.replace(/^http/, 'ws'), await nativeEnvironment(), () => server.close());
};

/** `wss://` by git-remote-wss, with an authority that git is told of. */
export const overWss: Transport = async (options) => {
  const authority = await makeAuthority();
  const { url, ...server } = await startSecureServer(options, await authority.serverCertificate());
  const env = { ...(await nativeEnvironment()), GIT_SSL_CAINFO: authority.file };
  return native(url.replace(/^http/, 'ws'), env, () => server.close());
};

/** `ssh://` by gitws-ssh. */
export const overSsh: Transport = async (options) => {
  const { url, ...server } = await startServer(options);
  const env = { ...(await nativeEnvironment()), GIT_SSH_COMMAND: 'gitws-ssh' };
  return native(url.replace(/^http/, 'ssh'), env, () => server.close());
};

/** `ssh://` by gitws-ssh, over TLS. */
export const overSecureSsh: Transport = async (options) => {
  const authority = await makeAuthority();
  const { url, ...server } = await startSecureServer(options, await authority.serverCertificate());
  const env = {
    ...(await nativeEnvironment()),
    ...{ GIT_SSH_COMMAND: 'gitws-ssh', GITWS_SSH_SCHEME: 'wss' },
    GIT_SSL_CAINFO: authority.file,
    // Saves the question whether this is OpenSSH.
    GIT_SSH_VARIANT: 'ssh',
  };
  return native(url.replace(/^https/, 'ssh'), env, () => server.close());
};
