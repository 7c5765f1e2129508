/**
 * What a case of the contract is given, wherever it runs: isomorphic-git, the library, a file
 * system and a repository's directory of that place; and the oracle, which runs on the test's
 * Node side and knows real git. Everything that crosses to the oracle is plain data.
 */
import type * as Git from 'isomorphic-git';
import type * as GitWs from '../../src/index.js';

export type { FakeScript } from './fake-scripts.js';
import type { Faults } from '../helpers/proxy.js';
import type { FakeScript } from './fake-scripts.js';

/** One statement about the plugin: a sentence, and the proof. */
export interface ContractCase {
  readonly name: string;
  /** Whether the long tests alone have it: it says again, or in another way, what others say. */
  readonly isLong?: boolean;
  readonly run: (context: ContractContext) => Promise<void>;
}

/** What a case of the contract is given. */
export interface ContractContext {
  readonly git: typeof Git;
  /** The library: its sources in Node, its built bundle in a page. */
  readonly gitws: typeof GitWs;
  /** The ready-made client. */
  readonly http: GitWs.HttpClient;
  readonly fs: ContractFs;
  /** Where to clone to: does not exist yet, and no other case uses it or what begins with it. */
  readonly dir: string;
  readonly oracle: Oracle;
}

/** The part of a file system that cases use themselves. */
export interface ContractFs {
  readonly promises: Git.PromiseFsClient['promises'] & {
    readdir(path: string): Promise<string[]>;
    stat(path: string): Promise<{ readonly size: number; isDirectory(): boolean }>;
    readFile(path: string): Promise<Uint8Array>;
    writeFile(path: string, content: string | Uint8Array): Promise<void>;
  };
}

/** A repository on the server, made for one case. */
export interface ServerRepository {
  /** Names it to the oracle. */
  readonly name: string;
  /** Open to everybody, push included. */
  readonly url: string;
  /** The same one, for user `ada` with password `open sesame` only. */
  readonly guardedUrl: string;
}

/** Kinds of repositories that can be asked for. */
export type Template = 'sample' | 'large' | 'empty' | 'sha256';

/** What real git made of the same wish: the commits it has, newest first, and its `shallow`. */
export interface ReferenceClone {
  readonly commits: string;
  readonly shallow: string;
}

/** Functions that run on the test's Node side. */
export interface Oracle {
  /**
   * A new repository on the server. `sample` has 60 commits, `large` more than 5,000 objects;
   * both have branches main, topic and release/1.0 and two tags.
   */
  repository(template: Template): Promise<ServerRepository>;
  /** Runs git in a repository of the server; its stdout, trimmed. */
  serverGit(name: string, args: readonly string[]): Promise<string>;
  /** Adds a commit with one file to a branch on the server; its oid. */
  commitOnServer(name: string, branch: string, path: string, text: string): Promise<string>;
  /** Installs a hook (a shell script without its first line) on the server. */
  hook(name: string, hook: string, script: string): Promise<void>;
  /** Waits until a file exists in a repository of the server: hooks make them. */
  waitForFile(name: string, file: string): Promise<void>;
  /** Makes a file in a repository of the server: hooks wait for them. */
  makeFile(name: string, file: string): Promise<void>;
  /** Waits until a ref of the server has a value. */
  waitForRef(name: string, ref: string, oid: string): Promise<void>;
  /** Throws unless a repository of the server passes `git fsck --strict` and holds no leftovers. */
  expectSoundServer(name: string): Promise<void>;
  /** The same for every repository that was made since this was last called. */
  expectSoundServers(): Promise<void>;
  /** The same for a client's repository. */
  expectSoundClient(dir: string): Promise<void>;
  /** Runs git in a client's repository; its stdout, trimmed. */
  clientGit(dir: string, args: readonly string[]): Promise<string>;
  /** Clones with real git, then fetches with each further list of arguments. */
  reference(
    name: string,
    cloneArgs: readonly string[],
    ...fetchArgs: readonly (readonly string[])[]
  ): Promise<ReferenceClone>;
  /** Starts a proxy in front of the open server; the repository's URL through it. */
  proxy(repository: ServerRepository, faults: Faults): Promise<string>;
  /** Cuts every connection through a proxy; new ones are served. */
  cut(proxiedUrl: string): Promise<void>;
  /** Cuts every connection through a proxy, and refuses new ones. */
  closeProxy(proxiedUrl: string): Promise<void>;
  /** Starts a server that plays a script; a repository's URL on it. */
  play(script: FakeScript): Promise<string>;
  /** Waits until no session is left on the servers. */
  idle(): Promise<void>;
}
