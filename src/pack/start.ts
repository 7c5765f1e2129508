/** Chooses where a pack is indexed, and sees that whatever was opened for it is closed. */
import { loadEngineModule } from './engine-module.js';
import { indexInWorker, startWorker } from './in-worker.js';
import type { PackLimits } from './limits.js';
import type { IndexPackOptions, IndexedPack } from './options.js';
import { canceled, Pace } from './pace.js';
import { sliceSizes } from './job.js';
import { runJob } from './run.js';
import { openStore } from './store.js';

/** How long the caller's thread is kept at once, in ms; one call of the engine longer at most. */
const slice = 8;

/** @throws GitWsError as `indexPack` documents. */
export async function startIndexing(
  options: IndexPackOptions,
  limits: PackLimits,
): Promise<IndexedPack> {
  const { signal, packWorker } = options;
  if (signal?.aborted === true) throw canceled(signal);
  const module = await loadEngineModule(options.wasm);
  const worker = await chooseWorker(packWorker);
  const source = openSource(options.source);
  try {
    const result =
      worker === undefined
        ? await indexHere(module, source, limits, options)
        : await indexInWorker(worker, module, source, limits, options);
    return result;
  } catch (error) {
    // Whoever sends need not go on. What comes of that is less than what came before.
    Promise.resolve(source.return?.()).catch(() => undefined);
    throw error;
  } finally {
    if (worker !== undefined && worker !== packWorker) worker.terminate();
  }
}

/** @returns undefined for the caller's thread. */
async function chooseWorker(given: IndexPackOptions['packWorker']): Promise<Worker | undefined> {
  if (given === false) return undefined;
  if (given === undefined || given instanceof URL) return startWorker(given);
  return given as Worker;
}

async function indexHere(
  module: WebAssembly.Module,
  source: AsyncIterator<Uint8Array>,
  limits: PackLimits,
  { signal, sink, onProgress, base }: IndexPackOptions,
): Promise<IndexedPack> {
  const pace = new Pace(slice, signal);
  const store = openStore(sink);
  try {
    return await withAbort(signal, () =>
      runJob({ module, source, limits, store, pace, sizes: sliceSizes, onProgress, base }),
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
