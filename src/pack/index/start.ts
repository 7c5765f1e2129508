/** Chooses where a pack is indexed, and sees that whatever was opened for it is closed. */
import { checkedQuantity } from '../../base/quantity.js';
import { loadEngineModule, wasmScript } from './engine-module.js';
import { indexInWorker } from './in-worker.js';
import type { PackLimits } from './limits.js';
import { meetWorker, workerScript } from './meet-worker.js';
import type { IndexPackOptions, IndexedPack } from './index-pack-options.js';
import { canceled, Pace, callersSlice, throwIfCanceled } from './pace.js';
import { sliceSizes } from './job.js';
import { runJob } from './run.js';
import { leaveWorker } from './spare-worker.js';
import { openStore } from './store.js';
import { watchProgress } from './watched-progress.js';

/**
 * Loads what is going to be needed for a pack, so that it is there when one comes.
 *
 * @throws GitWsError PACK_ENGINE_UNAVAILABLE
 */
export async function loadParts({
  wasm,
  packWorker,
}: Pick<IndexPackOptions, 'wasm' | 'packWorker'>): Promise<void> {
  await Promise.all([
    wasm === undefined ? wasmScript.load() : undefined,
    packWorker === undefined ? workerScript.load() : undefined,
  ]);
}

/** @throws GitWsError as `indexPack` documents. */
export async function startIndexing(
  given: IndexPackOptions,
  limits: PackLimits,
): Promise<IndexedPack> {
  const watched = watchProgress(given);
  try {
    return await startWatched(watched.options, limits);
  } catch (error) {
    const failure = watched.failure();
    throw failure === undefined ? error : failure.reason;
  } finally {
    watched.release();
  }
}

async function startWatched(options: IndexPackOptions, limits: PackLimits): Promise<IndexedPack> {
  const { signal } = options;
  throwIfCanceled(signal);
  checkedQuantity('keptBytes', options.keptBytes, { least: 0, most: 2 ** 31 - 1 });
  const module = await loadEngineModule(options.wasm);
  const met = await meetWorker(options.packWorker, signal);
  // It may have fired before anybody listened to it.
  if (signal?.aborted) {
    if (met !== undefined) leaveWorker(met, undefined);
    throw canceled(signal);
  }
  let bytes: number | undefined;
  const source = openSource(options.source);
  try {
    const result =
      met === undefined
        ? await indexHere(module, source, limits, options)
        : await indexInWorker(met, module, source, limits, options);
    if (options.packWorker === undefined) ({ bytes } = result);
    return result;
  } catch (error) {
    // Whoever sends need not go on. What comes of that is less than what came before.
    Promise.resolve(source.return?.()).catch(() => undefined);
    throw error;
  } finally {
    if (met !== undefined) leaveWorker(met, bytes);
  }
}

async function indexHere(
  module: WebAssembly.Module,
  source: AsyncIterator<Uint8Array>,
  limits: PackLimits,
  options: IndexPackOptions,
): Promise<IndexedPack> {
  const { signal, sink, onProgress, base, keptBytes } = options;
  const { detectCollisions: detectsCollisions = true } = options;
  const pace = new Pace(callersSlice, signal);
  const store = openStore(sink, keptBytes);
  try {
    return await withAbort(signal, () =>
      runJob({
        ...{ module, source, limits, store, pace, sizes: sliceSizes },
        ...{ detectsCollisions, onProgress, base },
      }),
    );
  } finally {
    pace.close();
  }
}

/** Ends at once when the signal fires, whatever the work is waiting for. */
function withAbort<Result>(
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  if (signal === undefined) return work();
  return new Promise((resolve, reject) => {
    const cancel = (): void => reject(canceled(signal));
    signal.addEventListener('abort', cancel);
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', cancel));
  });
}

/** A stream's iterator is not everywhere yet. */
function openSource(
  source: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>,
): AsyncIterator<Uint8Array> {
  if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
  const reader = (source as ReadableStream<Uint8Array>).getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<Uint8Array>>,
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}
