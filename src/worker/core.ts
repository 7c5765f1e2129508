/** The worker's side: opens the storage, and runs what the page asks for. */
import { releaseProxy, transfer, type Remote } from 'comlink';
import { GitWsError } from '../base/errors.js';
import { fileSystemFailure } from '../base/failure.js';
import { holdLifeLock } from '../base/life-lock.js';
import { git } from '../git/commands.js';
import { ownSettings } from '../git/remote-access.js';
import { gitdirOf } from '../git/fetch.js';
import { defaultLockTimeout } from '../storage/lightning/lock.js';
import { handOver } from './bytes.js';
import { carry, restore, type Carried } from './carried.js';
import { Files } from './in-worker-files.js';
import { hasWorkdir, walkFor, Walks } from './in-worker-walk.js';
import { Latest } from './latest.js';
import {
  protocolVersion,
  type Call,
  type Core,
  type Greeting,
  type Outcome,
  type PageFunctions,
  type StorageSettings,
} from './protocol.js';
import { Repositories, type PromisorArguments } from './repositories.js';
import type { OwnCommands } from './own-commands.js';
import { unlocked } from './unlocked.js';

type Command = (options: Record<string, unknown>) => unknown;
type Asking = (name: string, args: readonly unknown[]) => Promise<unknown>;
type Ask = (...values: unknown[]) => Promise<unknown>;

/**
 * The storage that the commands work on.
 *
 * @inline
 */
export interface Storage {
  readonly promises: { stat(path: string): Promise<unknown>; close?(): Promise<void> };
}

/** What is open. */
interface Opened {
  readonly storage: Storage;
  readonly files: Files;
  readonly repositories: Repositories;
}

/** See above. */
export class GitCore implements Core {
  readonly #makeStorage: (settings: StorageSettings) => Storage;
  readonly #commands: ReadonlyMap<string, Command>;
  readonly #unlocked: ReadonlySet<string>;
  readonly #walks = new Walks();
  readonly #running = new Map<number, AbortController>();
  readonly #ends = new Set<Promise<unknown>>();
  #opened: Opened | undefined;

  /**
   * @param makeStorage makes the storage of a name.
   * @param own commands beside git's.
   * @param reading names of those that change neither an index nor a branch.
   */
  constructor(
    makeStorage: (settings: StorageSettings) => Storage,
    own: OwnCommands = {},
    reading: Iterable<string> = [],
  ) {
    this.#makeStorage = makeStorage;
    this.#commands = new Map([...gitCommands(), ...Object.entries(own)]);
    this.#unlocked = new Set([...unlocked, ...reading]);
  }

  async greet(): Promise<Greeting> {
    return {
      protocol: protocolVersion,
      commands: [...this.#commands.keys()],
      errors: Object.keys(git.Errors),
      lock: await holdLifeLock('gitws-worker'),
    };
  }

  open(settings: StorageSettings, page?: PageFunctions): Promise<Outcome> {
    return outcomeOf(async () => {
      const { options, functions } = settings.promisor ?? { options: {}, functions: [] };
      const asking: PromisorArguments = { ...options, ...inPage(functions, askingOf(page)) };
      // Says now that a gateway, or a fallback, is none.
      ownSettings(asking);
      const storage = this.#makeStorage(settings);
      const { promises } = storage;
      await promises.stat('/').catch((reason: unknown) => {
        throw storageError(reason);
      });
      const repositories = new Repositories(
        ...([
          storage,
          settings.storage,
          settings.lockTimeout ?? defaultLockTimeout,
          asking,
        ] as const),
      );
      this.#opened = { storage, files: new Files(promises), repositories };
    });
  }

  run(call: Call, page?: PageFunctions): Promise<Outcome> {
    const controller = new AbortController();
    this.#running.set(call.id, controller);
    const running = outcomeOf(() => this.#run(call, page, controller.signal)).then((outcome) => {
      this.#running.delete(call.id);
      (page as Remote<PageFunctions> | undefined)?.[releaseProxy]?.();
      if ('error' in outcome) return outcome;
      const { value, memory } = handOver(outcome.value, call.of !== 'git');
      return transfer({ value }, memory);
    });
    this.#ends.add(running);
    void running.finally(() => this.#ends.delete(running));
    return running;
  }

  cancel(id: number, reason: Carried): void {
    this.#running.get(id)?.abort(restore(reason));
  }

  chance(): void {
    // No browser tells a worker that its page is seen. To whoever waits here it is as that event is.
    globalThis.dispatchEvent(new Event('online'));
  }

  close(): Promise<Outcome> {
    return outcomeOf(async () => {
      const reason = new GitWsError('WORKER_CLOSED', 'The worker is being closed.');
      for (const controller of this.#running.values()) controller.abort(reason);
      await Promise.all(this.#ends);
      await this.#opened?.storage.promises.close?.();
    });
  }

  async #run(call: Call, page: PageFunctions | undefined, signal: AbortSignal): Promise<unknown> {
    const { of, name, args, target } = call;
    if (of === 'entry') return this.#walks.ask(target, name);
    if (of === 'step') return this.#walks.step(target, args[0] as number);
    if (this.#opened === undefined) {
      throw new GitWsError('WORKER_CLOSED', 'The worker has no storage open.');
    }
    const { files, repositories, storage } = this.#opened;
    if (of === 'fs') return files.call(name, args);
    if (of === 'file') return files.callFile(target, name, args);
    const [given = {}] = args as [Record<string, unknown>?];
    const ask = askingOf(page);
    const progress = new Latest((event) => ask('onProgress', [event]));
    const tell: Asking = (key, values) =>
      key === 'onProgress' ? progress.say(values[0]) : ask(key, values);
    const options: Record<string, unknown> = {
      ...{ ...given, signal },
      ...inPage(call.functions, tell),
    };
    const work = async (): Promise<unknown> => {
      const result =
        name === 'walk'
          ? await walkFor(options, call.functions, ask, this.#walks)
          : await this.#command(name)(options);
      await progress.end();
      return result;
    };
    if (given['dir'] === undefined && given['gitdir'] === undefined) {
      options['fs'] = storage;
      return work();
    }
    const repository = repositories.at(gitdirOf({ ...given, fs: storage }));
    Object.assign(options, { fs: repository.fs, cache: repository.cache });
    const isUnlocked = name === 'walk' ? !hasWorkdir(options['trees']) : this.#unlocked.has(name);
    return isUnlocked ? work() : repository.lock.whileHeld(signal, work);
  }

  #command(name: string): Command {
    const command = this.#commands.get(name);
    if (command !== undefined) return command;
    throw new GitWsError('INVALID_OPTION', 'The worker knows no such command.');
  }
}

/** @returns what calls a function of the page's. */
function askingOf(page: PageFunctions | undefined): Asking {
  return async (asked, values) => {
    if (page === undefined) throw new GitWsError('WORKER_FAILED', `${asked} is not there.`);
    return valueOf(await page.call(asked, values));
  };
}

/** @returns functions of these names, which call those of the page. */
function inPage(names: readonly string[], ask: Asking): Record<string, Ask> {
  const made = names.map((name): [string, Ask] => [
    name,
    (...values) => {
      const called = ask(name, values);
      // Not every command waits for all of them.
      called.catch(() => undefined);
      return called;
    },
  ]);
  return Object.fromEntries(made);
}

/** @returns those of `gitws/git`, by their names. */
export function gitCommands(): [string, Command][] {
  const isCommand = ([name, value]: [string, unknown]): boolean =>
    typeof value === 'function' && !['TREE', 'WORKDIR', 'STAGE'].includes(name);
  return Object.entries(git as object).filter(isCommand) as [string, Command][];
}

async function outcomeOf(work: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await work() };
  } catch (reason) {
    // Nothing but an error goes to the page: what is none, is of the file system.
    return { error: carry(fileSystemFailure(reason)) };
  }
}

function valueOf(outcome: Outcome): unknown {
  if ('error' in outcome) throw restore(outcome.error);
  return outcome.value;
}

/** What a storage that cannot be opened fails with: browsers say it without a code. */
function storageError(reason: unknown): Error {
  const error = fileSystemFailure(reason);
  if (typeof (error as { code?: unknown }).code === 'string') return error;
  const message = `The storage cannot be opened: ${error.message}`;
  return new GitWsError('FILE_SYSTEM_FAILED', message, { cause: error });
}
