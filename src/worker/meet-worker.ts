/** Makes the worker, sees that it is one of ours, and hears of its end. */
import { wrap, type Remote } from 'comlink';
import { inTime } from '../base/in-time.js';
import { GitWsError, isGitWsError } from '../base/errors.js';
import { callBack, messageOf } from '../base/failure.js';
import { whenLifeEnds } from '../base/life-lock.js';
import { watchNetwork } from '../tunnel/client/network.js';
import { protocolVersion, type Core, type Greeting } from './protocol.js';

/** How a page makes the worker: its script's address, or a function that makes it. */
export type WorkerSource = URL | string | (() => Worker | Promise<Worker>);

/** How long a worker may take to load and to answer, in ms. */
export const defaultStartTimeout = 30_000;

/** A worker that has answered. */
export interface Met {
  readonly core: Remote<Core>;
  readonly greeting: Greeting;
  /** Rejects with WORKER_FAILED when it dies. */
  readonly death: Promise<never>;
  /** Ends it, and listens to it no more. */
  readonly end: () => void;
}

/**
 * @param source where it comes from; undefined for the script that the library brings.
 * @param timeout in ms, or Infinity.
 * @throws GitWsError WORKER_UNAVAILABLE; what the caller's function throws.
 */
export async function meetWorker(source: WorkerSource | undefined, timeout: number): Promise<Met> {
  const worker = await makeWorker(source);
  const listening = new AbortController();
  const { signal } = listening;
  const end = (): void => {
    listening.abort();
    worker.terminate();
  };
  const isOver = new Promise<never>((_, reject) => {
    const fail = (event: Event): void =>
      reject(new Error('message' in event ? String(event.message) : event.type));
    worker.addEventListener('error', fail, { signal });
    worker.addEventListener('messageerror', fail, { signal });
  });
  isOver.catch(() => undefined);
  const core = wrap<Core>(worker);
  try {
    const greeting = await inTime(Promise.race([isOver, core.greet()]), timeout, silent);
    if (greeting.protocol !== protocolVersion) throw new Error('It is of another version.');
    const death = Promise.race([isOver, ended(greeting.lock, signal)]).catch((cause: unknown) => {
      throw new GitWsError('WORKER_FAILED', 'The worker died.', { cause });
    });
    death.catch(() => undefined);
    const stop = watchNetwork(() => void core.chance().catch(() => undefined));
    signal.addEventListener('abort', stop);
    return { core, greeting, death, end };
  } catch (cause) {
    end();
    throw unavailable(cause);
  }
}

async function makeWorker(source: WorkerSource | undefined): Promise<Worker> {
  if (typeof source === 'function') {
    const made = await callBack('worker', source);
    if (typeof made.postMessage === 'function' && typeof made.addEventListener === 'function') {
      return made;
    }
    throw new GitWsError('INVALID_OPTION', 'worker has to return a Worker.');
  }
  const { Worker: WorkerClass } = globalThis as { Worker?: typeof Worker };
  if (WorkerClass === undefined) throw unavailable(new Error('There are no workers here.'));
  const address = source ?? (await inlinedScript());
  try {
    return new WorkerClass(address);
  } catch (cause) {
    // A Content-Security-Policy, or an address that is none.
    throw unavailable(cause);
  } finally {
    if (source === undefined) URL.revokeObjectURL(String(address));
  }
}

/** @returns the address of a Blob, which has the page's origin and needs no file beside the script. */
async function inlinedScript(): Promise<string> {
  const { gitWorkerScript } = await import('./inlined/script.js').catch((cause: unknown) => {
    throw unavailable(cause);
  });
  return URL.createObjectURL(new Blob([gitWorkerScript], { type: 'text/javascript' }));
}

const silent = (): Error => new Error('It does not answer.');

/** Rejects when the worker was ended, of which there is no event. */
function ended(lock: string | undefined, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    whenLifeEnds(lock, signal, () => reject(new Error('It was ended.')));
  });
}

function unavailable(cause: unknown): GitWsError {
  if (isGitWsError(cause)) return cause;
  const message = `The worker cannot be started: ${messageOf(cause)}`;
  return new GitWsError('WORKER_UNAVAILABLE', message, { cause });
}
