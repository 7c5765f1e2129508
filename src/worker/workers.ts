/** The workers of this page: one for each storage, shared by all who have started it. */
import { proxy, type Remote } from 'comlink';
import { inTime } from '../base/in-time.js';
import { callFunction, Caller, closed, notSent, type PageFunction } from './caller.js';
import { restore } from './carried.js';
import { makeErrorClasses, type ErrorClass } from './error-classes.js';
import { meetWorker, type Met, type WorkerSource } from './meet-worker.js';
import type { Core, PageFunctions, StorageSettings } from './protocol.js';

/** How long a worker may take to end what runs, in ms: what takes longer is cut off. */
export const closeTime = 5_000;

/** A worker whose storage is open. */
export class SharedWorkerOfPage {
  readonly caller: Caller;
  readonly commands: readonly string[];
  readonly classes: ReadonlyMap<string, ErrorClass>;
  readonly #met: Met;
  /** Takes it out of the page's list. */
  readonly #forget: () => void;
  #users = 0;

  constructor(met: Met, classes: ReadonlyMap<string, ErrorClass>, forget: () => void) {
    this.#met = met;
    this.#forget = forget;
    this.classes = classes;
    this.commands = met.greeting.commands;
    this.caller = new Caller(met.core, classes);
    met.death.catch((error: unknown) => {
      forget();
      this.caller.die(error as Error);
      met.end();
    });
  }

  use(): void {
    this.#users += 1;
  }

  /** The last one ends the worker. */
  async leave(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#forget();
    await closeCore(this.#met.core, this.#met.death);
    this.caller.die(closed());
    this.#met.end();
  }
}

/** Has it end what runs and store what is left, as long as it may take. */
async function closeCore(core: Remote<Core>, death: Promise<never>): Promise<void> {
  const late = (): Error => new Error('It does not end.');
  // Whether it could or not: it is ended now.
  await inTime(Promise.race([core.close(), death]), closeTime, late).catch(() => undefined);
}

const workers = new Map<string, Promise<SharedWorkerOfPage>>();

/** What is needed to start one. */
export interface StartSettings extends StorageSettings {
  readonly worker: WorkerSource | undefined;
  readonly startTimeout: number;
  /** Those of `promisor`. */
  readonly functions: Readonly<Record<string, PageFunction>>;
}

/**
 * @returns the page's worker for the storage, started where there is none.
 * @throws GitWsError WORKER_UNAVAILABLE, WORKER_FAILED; what the storage cannot be opened for.
 */
export async function joinWorker(settings: StartSettings): Promise<SharedWorkerOfPage> {
  const { storage } = settings;
  for (;;) {
    let starting = workers.get(storage);
    if (starting === undefined) {
      const forget = (): void => {
        if (workers.get(storage) === starting) workers.delete(storage);
      };
      starting = start(settings, forget);
      workers.set(storage, starting);
      starting.catch(forget);
    }
    const shared = await starting;
    // It may have been closed, or have died, since then.
    if (workers.get(storage) !== starting) continue;
    shared.use();
    return shared;
  }
}

async function start(settings: StartSettings, forget: () => void): Promise<SharedWorkerOfPage> {
  const { worker, startTimeout, functions, ...storage } = settings;
  const met = await meetWorker(worker, startTimeout);
  const classes = makeErrorClasses(met.greeting.errors);
  try {
    const opening = met.core.open(storage, pageOf(functions)).catch((cause: unknown) => {
      throw notSent(cause);
    });
    const outcome = await Promise.race([opening, met.death]);
    if ('error' in outcome) throw restore(outcome.error, { classes });
  } catch (error) {
    met.end();
    throw error;
  }
  return new SharedWorkerOfPage(met, classes, forget);
}

/** @returns the functions as the worker calls them, for as long as it lives. */
function pageOf(functions: StartSettings['functions']): PageFunctions | undefined {
  if (Object.keys(functions).length === 0) return undefined;
  const page: PageFunctions = { call: (name, args) => callFunction(functions, name, args) };
  return proxy(page);
}
