/** What the clients in other processes are asked to do: plain data, both ways. */
import type { ClonedFiles, CloneOptions, CloneTimes } from './clone.js';
import type { CommandName } from './library-commands.js';

/** What carries the bytes. */
export type Transport = 'gitws' | 'http' | 'git' | 'pipe';

/** What brings a clone: by `gitws-engine` the pack is indexed by gitws, too. */
export type CloneTransport = 'gitws' | 'gitws-engine' | 'http';

/** A clone by isomorphic-git. */
export interface CloneTask extends CloneOptions {
  readonly transport: CloneTransport;
}

/**
 * A clone in a page: by isomorphic-git, by `gitws/git` into `createLightningFS`, in the page or in its worker, or by
 * wasm-git in its own worker, in memory.
 */
export interface PageCloneTask extends CloneOptions {
  readonly transport: CloneTransport | 'gitws-git' | 'gitws-worker' | 'wasm-git';
}

/** A clone in a page of which one file is read first, and then all are checked out. */
export interface FirstFileTask extends PageCloneTask {
  /** Of a partial clone. */
  readonly filter?: string | undefined;
  /** A path in HEAD. */
  readonly file: string;
}

/** What {@link FirstFileTask} comes to, in ms. */
export interface FirstFileTimes {
  readonly firstFile: number;
  readonly total: number;
}

/** What {@link PageCloneTask} comes to, without what it cost the browser. */
export interface PageCloneResult {
  readonly times: CloneTimes;
  /** Longest task of the page's thread that began before the pack was in, in ms; 0: under 50. */
  readonly longestTask: number;
  /** The same for those that began later. */
  readonly longestTaskAfter: number;
}

/** Raw transfers of everything, one after another or at once. */
export interface RawTask {
  readonly transport: Transport;
  /** URL of the repository; for `pipe` the path of its directory. */
  readonly url: string;
  readonly repeats: number;
  readonly concurrency: number;
}

/** What {@link RawTask} comes to. */
export interface RawResult {
  /** ms for all of it. */
  readonly total: number;
  /** Sum of all answers. */
  readonly bytes: number;
}

/** The index of a pack in Node, written beside it. */
export interface IndexTask {
  /** `gitws-plain`: without SIMD; `gitws-trusting`: without a search for collisions of SHA-1. */
  readonly engine: 'gitws' | 'gitws-plain' | 'gitws-trusting' | 'isomorphic-git';
  /** Path of the pack. */
  readonly path: string;
  /** Path of the engine without SIMD. */
  readonly plainEngine: string;
}

/** A command of isomorphic-git in Node that reads a repository, the first one that does. */
export interface ReadTask {
  /** `checkout` writes the working tree, too. */
  readonly what: 'readBlob' | 'log' | 'walk' | 'contents' | 'checkout';
  /** The plain file system, or the one that `bindRepository` hands out; `gitws/git`'s checkout then. */
  readonly over: 'plain' | 'gitws';
  /** A repository; for `checkout` a clone of it without a working tree. */
  readonly gitDir: string;
  readonly dir: string;
  /** A file in HEAD. */
  readonly file: string;
}

/** What {@link ReadTask} comes to. */
export interface ReadResult {
  /** ms. */
  readonly total: number;
  /** Commits, files or bytes that were read: the same over each file system. */
  readonly count: number;
}

/** Small operations in a clone in Node, one after the other in one process. */
export interface CommandsTask {
  /** `gitws-git-anew`: with a connection for each; `http`: isomorphic-git over HTTP. */
  readonly client: 'gitws-git' | 'gitws-git-anew' | 'gitws' | 'http' | 'native';
  /** Of the remote. */
  readonly url: string;
  /** Where it is cloned to. */
  readonly dir: string;
  /** The remote's directory: others commit to it. */
  readonly gitDir: string;
  readonly repeats: number;
}

/** The same in a page, which begins with a clone. */
export interface PageCommandsTask {
  /** `gitws-git`: in the page, over `createLightningFS`; `http`: isomorphic-git over HTTP and LightningFS. */
  readonly client: 'gitws-git' | 'gitws-worker' | 'http';
  readonly url: string;
  readonly dir: string;
}

/** What {@link CommandsTask} comes to. */
export interface CommandsResult {
  /** ms, by the name of the operation. */
  readonly times: Readonly<Record<string, number>>;
}

/** What {@link IndexTask} comes to. */
export interface IndexResult {
  /** ms. */
  readonly total: number;
}

/** The index of a pack in a page, while it is downloaded. */
export interface PageIndexTask {
  readonly url: string;
  readonly inWorker: boolean;
}

/** What the page puts on its window, as `bench`. */
export interface BenchPage {
  clone(task: PageCloneTask): Promise<PageCloneResult>;
  firstFile(task: FirstFileTask): Promise<FirstFileTimes>;
  /** What the last clone has come to. */
  inspect(): Promise<ClonedFiles>;
  transfer(task: RawTask): Promise<RawResult>;
  startCommands(task: PageCommandsTask): Promise<void>;
  /** Of the clone that was started, as the others. @returns how long it took, in ms. */
  timeCommand(name: CommandName): Promise<number>;
  commit(): Promise<void>;
  tip(ref: string): Promise<string>;
  index(task: PageIndexTask): Promise<IndexResult & { readonly objects: number }>;
}

/** What the Node client is sent, and what it answers. */
export type NodeRequest =
  | { readonly kind: 'clone'; readonly task: CloneTask }
  | { readonly kind: 'inspect'; readonly task: CloneTask }
  | { readonly kind: 'raw'; readonly task: RawTask }
  | { readonly kind: 'index'; readonly task: IndexTask }
  | { readonly kind: 'read'; readonly task: ReadTask }
  | { readonly kind: 'commands'; readonly task: CommandsTask };
export type NodeAnswer =
  | {
      readonly ok: true;
      readonly result: unknown;
      /** CPU time in seconds. */
      readonly cpu: number;
    }
  | { readonly ok: false; readonly error: string };

/** Runs `once` as often, and as often at once, as the task says. */
export async function repeat(task: RawTask, once: () => Promise<number>): Promise<RawResult> {
  const start = performance.now();
  let bytes = 0;
  for (let number = 0; number < task.repeats; number += 1) {
    const each = await Promise.all(Array.from({ length: task.concurrency }, once));
    bytes += each.reduce((sum, length) => sum + length, 0);
  }
  return { total: performance.now() - start, bytes };
}
