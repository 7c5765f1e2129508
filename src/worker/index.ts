/** `gitws/worker`: the whole of `gitws/git` off the page's thread, with its storage. */
import type { git } from '../git/commands.js';
import type { Fallback } from '../remote/fallback.js';
import type { Gateway } from '../remote/gateway.js';
import { checkedDuration } from '../base/duration.js';
import { GitWsError } from '../base/errors.js';
import { checkPrefetch } from '../repository/prefetch.js';
import { askForPersistence } from '../storage/lightning/failure.js';
import { closed, type NotSent, type PageFunction } from './caller.js';
import { defaultStartTimeout, type WorkerSource } from './meet-worker.js';
import { makeFileSystem } from './page-files.js';
import { walkers, walkInPage } from './page-walk.js';
import type { Order } from './protocol.js';
import type { OwnCommands } from './own-commands.js';
import type { OffThreadCommands, WorkerGit } from './surface.js';
import { joinWorker, type SharedWorkerOfPage } from './workers.js';

export {
  GitWsError,
  isGitWsError,
  type ErrorCode,
  type ErrorData,
  type GitWsErrorOf,
} from '../base/errors.js';
export type { Fallback } from '../remote/fallback.js';
export type { Gateway, GatewayOptions } from '../remote/gateway.js';
export type { ErrorClasses } from './error-classes.js';
export type { WorkerSource } from './meet-worker.js';
export type { WorkerFilePromises, WorkerFileSystem } from './page-files.js';
export type { InWorker, OwnCommands } from './own-commands.js';
export type { OffThreadCommands, WorkerCommands, WorkerGit } from './surface.js';

type FetchArguments = Parameters<typeof git.fetch>[0];

/** How whoever has promised objects is asked for them: as the options of a command that fetches. */
export interface PromisorOptions {
  /** Asked for credentials, as isomorphic-git's `onAuth`; undefined for none, which a private repository refuses. */
  readonly onAuth?: FetchArguments['onAuth'];
  /** Asked for others where those are refused, as isomorphic-git's `onAuthFailure`. */
  readonly onAuthFailure?: FetchArguments['onAuthFailure'];
  /** Told of those that were taken, as isomorphic-git's `onAuthSuccess`. */
  readonly onAuthSuccess?: FetchArguments['onAuthSuccess'];
  /** An `Authorization` among them is sent, unless the URL has credentials; others are not. */
  readonly headers?: Record<string, string> | undefined;
  /** A gitws server through which other hosts are reached. It is sent: no function may be in it. */
  readonly gateway?: Gateway | undefined;
  /** What is done where no WebSocket reaches the server: see `HttpClientOptions.fallback`. */
  readonly fallback?: Fallback;
  /** How many files or folders come along with one, at most: see `BindRepositoryOptions.prefetch`. */
  readonly prefetch?: number | undefined;
}

/** Options of {@link startGit}. */
export interface StartGitOptions {
  /** Name of the file system: see `createLightningFS`. */
  readonly storage: string;
  /**
   * Where the worker comes from: the address of its script, `gitws/worker-script`, or a function that
   * makes it, such as `() => new Worker(new URL('gitws/worker-script', import.meta.url))`. One with
   * commands of your own is made by `serveGit` of `gitws/in-worker`. Default: the script that the library
   * brings, from a Blob, which a Content-Security-Policy may forbid.
   */
  readonly worker?: WorkerSource | undefined;
  /** How long the worker may take to load and to answer, in ms; default 30,000. Infinity for no end. */
  readonly startTimeout?: number | undefined;
  /**
   * How long a call waits for another tab that uses the storage, or changes the repository, in ms.
   * Default 10 minutes; Infinity for no end. Then it rejects with STORAGE_LOCKED.
   */
  readonly lockTimeout?: number | undefined;
  /**
   * For what a partial clone lacks and is fetched when it is read, by `fs` and by commands that speak with
   * no remote. The others have options of their own.
   */
  readonly promisor?: PromisorOptions | undefined;
  /** Has the browser asked not to remove what is stored when room is short. Default false. */
  readonly persist?: boolean | undefined;
  /** Name of the database. Default: that of the file system. */
  readonly fileDbName?: string | undefined;
  /** The store that plain LightningFS has kept the files in. Default: the name and `_files`. */
  readonly fileStoreName?: string | undefined;
}

/**
 * Starts git in a worker, or joins the page's worker for this storage: then the options of whoever has
 * started it count.
 *
 * @throws GitWsError INVALID_OPTION; WORKER_UNAVAILABLE where the worker cannot be started, WORKER_FAILED
 *   where it dies while it opens the storage; what the storage cannot be opened for (QUOTA,
 *   STORAGE_LOCKED, FILE_SYSTEM_FAILED).
 * @returns the commands. Each rejects with what it would reject with in the page, with its class and
 *   `code`; with WORKER_FAILED where the worker died, WORKER_CLOSED after `close`, STORAGE_LOCKED, and
 *   INVALID_OPTION for options that cannot be sent.
 */
export async function startGit<Commands extends OwnCommands = Readonly<Record<never, never>>>(
  options: StartGitOptions,
): Promise<WorkerGit & OffThreadCommands<Commands>> {
  check(
    'storage',
    isObject(options) && typeof options.storage === 'string' && options.storage !== '',
  );
  const { storage, worker, persist = false, lockTimeout, fileDbName, fileStoreName } = options;
  const isSource =
    worker === undefined || ['string', 'function'].includes(typeof worker) || worker instanceof URL;
  check('worker', isSource);
  check('promisor', options.promisor === undefined || isObject(options.promisor));
  checkPrefetch(options.promisor?.prefetch);
  checkedDuration('lockTimeout', lockTimeout, 0);
  const startTimeout =
    checkedDuration('startTimeout', options.startTimeout, 1) ?? defaultStartTimeout;
  const { functions, sent } = parted({ ...options.promisor });
  const promisor = { options: sent, functions: Object.keys(functions) };
  if (persist) void askForPersistence();
  const opening = { storage, lockTimeout, fileDbName, fileStoreName, promisor };
  const git = makeGit(await joinWorker({ ...opening, worker, startTimeout, functions }), storage);
  return git as WorkerGit & OffThreadCommands<Commands>;
}

/** What one caller of startGit gets. */
function makeGit(shared: SharedWorkerOfPage, storage: string): WorkerGit {
  const owner = {};
  let closing: Promise<void> | undefined;
  const ask = (order: Order, notSent?: NotSent): Promise<unknown> =>
    closing === undefined ? shared.caller.call(owner, order, notSent) : Promise.reject(closed());
  const fs = makeFileSystem(ask, storage);
  const command =
    (name: string) =>
    async (given: Record<string, unknown> = {}): Promise<unknown> => {
      const { signal, ...options } = optionsOf(given, fs);
      if (name === 'walk') {
        return walkInPage(options as unknown as Parameters<typeof git.walk>[0], ask);
      }
      const { filter } = options;
      // Its answer is wanted at once, which nobody has in a worker.
      const isFilter = name === 'statusMatrix' && typeof filter === 'function';
      if (isFilter) delete options['filter'];
      const { functions, sent } = parted(options);
      const result = await ask(
        { of: 'git', name, args: [sent] },
        { functions, signal: signal as AbortSignal | undefined },
      );
      if (!isFilter) return result;
      return (result as [string][]).filter(([path]) => (filter as (path: string) => boolean)(path));
    };
  const close = async (): Promise<void> => {
    shared.caller.failAll(owner, closed());
    await shared.leave();
  };
  const made = {
    ...Object.fromEntries(shared.commands.map((name) => [name, command(name)])),
    ...walkers,
    ...{ fs, Errors: Object.fromEntries(shared.classes) },
    close: () => (closing ??= close()),
  };
  return made as unknown as WorkerGit;
}

/** @returns the functions among options, and the others, which can be sent. */
function parted(options: Record<string, unknown>): {
  readonly functions: Readonly<Record<string, PageFunction>>;
  readonly sent: Record<string, unknown>;
} {
  const entries = Object.entries(options);
  const isFunction = ([, value]: [string, unknown]): boolean => typeof value === 'function';
  return {
    functions: Object.fromEntries(entries.filter(isFunction)) as Record<string, PageFunction>,
    sent: Object.fromEntries(entries.filter((entry) => !isFunction(entry))),
  };
}

/** @throws GitWsError INVALID_OPTION for what the worker has itself. */
function optionsOf(given: Record<string, unknown>, fs: object): Record<string, unknown> {
  const { fs: otherFs = fs, http, ...options } = given;
  // One of the page's cannot be sent, and the worker keeps one for each repository.
  delete options['cache'];
  if (otherFs !== fs) {
    throw new GitWsError('INVALID_OPTION', 'fs has to be left out: the worker has its storage.');
  }
  if (http === undefined) return options;
  throw new GitWsError('INVALID_OPTION', 'http has to be left out: the worker connects itself.');
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function check(option: string, isRight: boolean): void {
  if (isRight) return;
  throw new GitWsError('INVALID_OPTION', `${option} has a value that it cannot have.`);
}
