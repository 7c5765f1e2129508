/** Finds the worker that a pack is indexed in: starts it, if need be, and sees that it is there. */
import { GitWsError } from '../../base/errors.js';
import { greeting, type Greeted, type Met } from './worker-messages.js';
import type { IndexPackOptions } from './index-pack-options.js';
import { canceled, throwIfCanceled } from './pace.js';
import { Script } from './script.js';
import { takeSpare } from './spare-worker.js';

/**
 * How long a worker may take to load and to answer, in ms. One that has been ended, or is no worker
 * of gitws, never does.
 */
export const answerTime = 30_000;

/**
 * @param given see `IndexPackOptions.packWorker`.
 * @returns a worker; undefined for the caller's thread.
 * @throws GitWsError `PACK_ENGINE_UNAVAILABLE` if the caller named one that is not to be had,
 * `UserCanceledError`.
 */
export async function meetWorker(
  given: IndexPackOptions['packWorker'],
  signal: AbortSignal | undefined,
): Promise<Met | undefined> {
  if (given === false) return undefined;
  if (given !== undefined && !(given instanceof URL)) {
    const worker = given as Worker;
    return { worker, lock: await greet(worker, signal), isOwn: false };
  }
  const hasWorkers = typeof globalThis.Worker === 'function';
  if (given === undefined && !hasWorkers) return undefined;
  if (!hasWorkers) throw unavailable();
  const spare = given === undefined ? takeSpare() : undefined;
  if (spare !== undefined) return spare;
  try {
    return await startWorker(given, signal);
  } catch (error) {
    if (signal?.aborted === true || given !== undefined) throw error;
    // A Content-Security-Policy that forbids it, for example.
    return undefined;
  }
}

async function startWorker(given: URL | undefined, signal: AbortSignal | undefined): Promise<Met> {
  const address = given?.href ?? (await inlinedWorker());
  let worker: Worker | undefined;
  try {
    worker = new globalThis.Worker(address);
    return { worker, lock: await greet(worker, signal), isOwn: true };
  } catch (cause) {
    worker?.terminate();
    throw cause instanceof GitWsError ? cause : unavailable(cause);
  } finally {
    if (given === undefined) URL.revokeObjectURL(address);
  }
}

/** The worker's text. */
export const workerScript = new Script(() => import('../inlined/worker.js'));

/** @returns the address of a Blob, which has the page's origin and needs no file beside the script. */
async function inlinedWorker(): Promise<string> {
  const { workerScript: text } = await workerScript.load();
  return URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
}

/** @returns the worker's lock. */
function greet(worker: Worker, signal: AbortSignal | undefined): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    throwIfCanceled(signal);
    const settle = (end: () => void): void => {
      clearTimeout(timer);
      worker.removeEventListener('message', listen);
      worker.removeEventListener('error', fail);
      signal?.removeEventListener('abort', cancel);
      end();
    };
    const listen = ({ data }: MessageEvent<unknown>): void => {
      const answer = data as Partial<Greeted> | null;
      if (answer?.type === greeting) settle(() => resolve(answer.lock));
    };
    const fail = (): void => settle(() => reject(unavailable()));
    const cancel = (): void => settle(() => reject(canceled(signal)));
    const timer = setTimeout(fail, answerTime);
    worker.addEventListener('message', listen);
    worker.addEventListener('error', fail);
    signal?.addEventListener('abort', cancel);
    worker.postMessage(greeting);
  });
}

function unavailable(cause?: unknown): GitWsError {
  const sentence = 'The worker that indexes packs could not be started.';
  return new GitWsError('PACK_ENGINE_UNAVAILABLE', sentence, cause === undefined ? {} : { cause });
}
