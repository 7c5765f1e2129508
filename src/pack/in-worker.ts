/** Indexes a pack in a worker: the caller's side. What the worker does is run.ts, as without one. */
import { GitWsError } from '../errors.js';
import { ready, type Answer, type Order, type Posted, type Question } from './messages.js';
import type { Report } from './messages.js';
import type { IndexPackOptions, IndexedPack } from './options.js';
import type { PackLimits } from './limits.js';
import { canceled } from './pace.js';

/** Bytes that may be on their way to the worker. */
const window = 0x800000;

/** Packs so far: what tells the messages about one from those about another. */
let packs = 0;

/**
 * @returns a worker that has started; undefined where none can be, so that the work has to be done
 * on this thread.
 * @throws GitWsError `PACK_ENGINE_UNAVAILABLE` if the caller named a script that cannot be loaded.
 */
export async function startWorker(url: URL | undefined): Promise<Worker | undefined> {
  if (typeof globalThis.Worker !== 'function') {
    if (url === undefined) return undefined;
    throw unavailable();
  }
  const address = url?.href ?? (await inlinedWorker());
  try {
    return await new Promise<Worker>((resolve, reject) => {
      const worker = new globalThis.Worker(address);
      worker.onmessage = ({ data }) => {
        if (data === ready) resolve(worker);
      };
      worker.onerror = () => {
        worker.terminate();
        reject(unavailable());
      };
    });
  } catch (cause) {
    // A Content-Security-Policy that forbids it, for example.
    if (url === undefined) return undefined;
    throw unavailable(cause);
  } finally {
    if (url === undefined) URL.revokeObjectURL(address);
  }
}

/** @returns the address of a Blob, which has the page's origin and needs no file beside the script. */
async function inlinedWorker(): Promise<string> {
  const { workerScript } = await import('./inlined/worker.js');
  return URL.createObjectURL(new Blob([workerScript], { type: 'text/javascript' }));
}

function unavailable(cause?: unknown): GitWsError {
  const sentence = 'The worker that indexes packs could not be started.';
  return new GitWsError('PACK_ENGINE_UNAVAILABLE', sentence, cause === undefined ? {} : { cause });
}

/**
 * @param worker is free when the promise has settled, but for what it still has to forget.
 * @param source the bytes of the pack.
 * @throws GitWsError as `indexPack` documents.
 */
export function indexInWorker(
  worker: Worker,
  module: WebAssembly.Module,
  source: AsyncIterator<Uint8Array>,
  limits: PackLimits,
  options: IndexPackOptions,
): Promise<IndexedPack> {
  const pack = ++packs;
  const { sink, signal } = options;
  return new Promise((resolve, reject) => {
    const post = (order: Order, transfer: Transferable[] = []): void =>
      worker.postMessage({ pack, ...order } satisfies Posted<Order>, transfer);
    let isOver = false;
    const settle = (end: () => void): void => {
      if (isOver) return;
      isOver = true;
      worker.removeEventListener('message', listen);
      worker.removeEventListener('error', die);
      worker.removeEventListener('messageerror', die);
      signal?.removeEventListener('abort', cancel);
      feeding.wake();
      end();
    };
    const fail = (error: Error): void => {
      if (!isOver) post({ type: 'cancel' });
      settle(() => reject(error));
    };
    const cancel = (): void => fail(canceled(signal));
    const die = (event: Event): void => {
      const cause = new Error(event instanceof ErrorEvent ? event.message : event.type);
      settle(() =>
        reject(
          new GitWsError('PACK_ENGINE_FAILED', 'The worker that indexes packs died.', { cause }),
        ),
      );
    };
    const feeding = new Feeding();
    const answer = async (question: Question): Promise<void> => {
      const given = await answerOf(question, options);
      if (!isOver) post(given);
    };
    const listen = ({ data }: MessageEvent<unknown>): void => {
      const report = data as Posted<Report>;
      if (report.pack !== pack) return;
      try {
        switch (report.type) {
          case 'taken':
            feeding.takeBack(report.bytes);
            break;
          case 'progress':
            options.onProgress?.(report.progress);
            break;
          case 'done':
            settle(() => resolve(report.result));
            break;
          case 'failed':
            settle(() => reject(errorOf(report)));
            break;
          default:
            answer(report).catch(fail);
        }
      } catch (error) {
        fail(error as Error);
      }
    };
    worker.addEventListener('message', listen);
    worker.addEventListener('error', die);
    worker.addEventListener('messageerror', die);
    signal?.addEventListener('abort', cancel);
    post({
      type: 'start',
      module,
      limits,
      hasBase: options.base !== undefined,
      hasProgress: options.onProgress !== undefined,
      sink: sink === undefined ? 'none' : sink.read === undefined ? 'writes' : 'reads',
    });
    const feed = async (): Promise<void> => {
      let position = 0;
      for (;;) {
        const read = await source.next();
        if (isOver) return;
        if (read.done === true) break;
        const { value } = read;
        // The source's bytes may be part of something larger, which is not to be given away.
        const bytes = new Uint8Array(value);
        // Beyond the limit the worker refuses them, and no sink gets what nobody can read.
        if (position + bytes.length <= limits.packBytes)
          await sink?.write(new Uint8Array(value), position);
        position += bytes.length;
        if (isOver) return;
        post({ type: 'bytes', bytes }, [bytes.buffer]);
        await feeding.wait(bytes.length);
      }
      post({ type: 'end' });
    };
    feed().catch(fail);
  });
}

/** How much is on its way to the worker. */
class Feeding {
  #underway = 0;
  wake: () => void = () => undefined;

  /** Waits, after so many bytes were sent, until more may be. */
  async wait(bytes: number): Promise<void> {
    this.#underway += bytes;
    if (this.#underway <= window) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
  }

  takeBack(bytes: number): void {
    this.#underway -= bytes;
    if (this.#underway <= window) this.wake();
  }
}

async function answerOf(question: Question, options: IndexPackOptions): Promise<Answer> {
  switch (question.type) {
    case 'want-bases':
      return { type: 'bases', bases: (await options.base?.(question.oids)) ?? [] };
    case 'want-read': {
      const { position, length } = question;
      const bytes = await options.sink?.read?.(position, length);
      return { type: 'read', bytes: bytes ?? new Uint8Array(0) };
    }
    case 'want-written':
      await options.sink?.write(question.bytes, question.position);
      return { type: 'written' };
  }
}

function errorOf({ code, message, data }: Extract<Report, { type: 'failed' }>): GitWsError {
  return new GitWsError(code ?? 'PACK_ENGINE_FAILED', message, { data });
}
