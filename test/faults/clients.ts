/**
 * The clients that are put to the test: isomorphic-git with the plugin, git with its helper, and the library's
 * own commands.
 */
import * as fs from 'node:fs';
import * as isomorphicGit from 'isomorphic-git';
import * as gitwsGit from '../../src/git/index.js';
import { createHttpClient, type HttpClientOptions } from '../../src/index.js';
import { gitStatus } from '../helpers/git.js';
import type { Operation } from './ground.js';

/** Names of the clients. */
export const clientNames = ['isomorphic-git', 'git-remote-ws', 'gitws/git'] as const;
export type ClientName = (typeof clientNames)[number];

/** One operation, as a user asks for it. */
export interface Wish {
  readonly operation: Operation;
  /** `http://127.0.0.1:PORT/NAME`. */
  readonly url: string;
  /** Where the client's repository is, or is to be. */
  readonly clone: string;
}

/** How clients are set up. */
export interface ClientSettings {
  /** For isomorphic-git, and for the library's own commands. */
  readonly http?: HttpClientOptions;
  /** For git. */
  readonly env?: Readonly<Record<string, string>>;
}

/** An operation that failed, in the words in which its user hears of it. */
export class Failed extends Error {
  /** @param code of the library's error; undefined where git says it in a sentence. */
  constructor(
    readonly code: string | undefined,
    sentence: string,
    cause?: unknown,
  ) {
    super(sentence, { cause });
  }
}

/** @throws Failed */
export async function carryOut(
  client: ClientName,
  wish: Wish,
  settings: ClientSettings,
): Promise<void> {
  await { 'isomorphic-git': byPlugin, 'git-remote-ws': byGit, 'gitws/git': byOwn }[client](
    wish,
    settings,
  );
}

async function byPlugin({ operation, url, clone }: Wish, settings: ClientSettings): Promise<void> {
  const http = createHttpClient(settings.http);
  const common = { fs, http, dir: clone, url };
  try {
    switch (operation) {
      case 'clone':
        await isomorphicGit.clone({ ...common, noCheckout: true });
        return;
      case 'fetch':
        await isomorphicGit.fetch({ ...common, remote: 'origin', tags: true });
        return;
      case 'push': {
        const { ok, error } = await isomorphicGit.push({
          ...common,
          remote: 'origin',
          ref: 'main',
        });
        if (!ok) throw new Error(error ?? 'not ok');
        return;
      }
    }
  } catch (error) {
    throw failedWith(error);
  }
}

async function byOwn({ operation, url, clone }: Wish, settings: ClientSettings): Promise<void> {
  const http = createHttpClient(settings.http);
  const common = { fs, http, dir: clone, url };
  try {
    switch (operation) {
      case 'clone':
        await gitwsGit.clone(common);
        return;
      case 'fetch':
        await gitwsGit.fetch({ ...common, remote: 'origin', tags: true });
        return;
      case 'push':
        await gitwsGit.push({ ...common, remote: 'origin', ref: 'main' });
        return;
    }
  } catch (error) {
    throw failedWith(error);
  }
}

function failedWith(error: unknown): Failed {
  const { code, message } = error as { code?: string; message: string };
  return new Failed(code, message, error);
}

async function byGit({ operation, url, clone }: Wish, settings: ClientSettings): Promise<void> {
  const remote = url.replace(/^http/, 'ws');
  const args = {
    clone: ['clone', '-q', '--no-checkout', remote, clone],
    fetch: ['-C', clone, 'fetch', '-q', '--tags', remote, '+refs/heads/*:refs/remotes/origin/*'],
    push: ['-C', clone, 'push', '-q', remote, 'refs/heads/main'],
  }[operation];
  const { code, stderr } = await gitStatus(args, { env: { ...settings.env } });
  if (code !== 0) throw new Failed(undefined, stderr);
}
