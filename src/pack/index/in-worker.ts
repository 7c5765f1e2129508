/** Indexes a pack in a worker: the caller's side. What the worker does is run.ts, as without one. */
import { Feeding } from './feeding.js';
import { errorOfFacts, GitWsError } from '../../base/errors.js';
import { whenLifeEnds } from '../../base/life-lock.js';
import type { Answer, Met, Order, Posted, Question, Report } from './worker-messages.js';
import type { IndexPackOptions, IndexedPack } from './index-pack-options.js';
import type { PackLimits } from './limits.js';
import { canceled } from './pace.js';

/** The most that is copied for it at once. */
const piece = 0x100000;

/** Packs so far: what tells the messages about one from those about another. */
let packs = 0;

/**
 * @param met the worker; it is free when the promise has settled, but for what it still has to
 * forget.
 * @param source the bytes of the pack.
 * @throws GitWsError as `indexPack` documents.
 */
export function indexInWorker(
  { worker, lock }: Met,
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
      waiting.abort();
      feeding.release();
      end();
    };
    const fail = (error: Error): void => {
      if (!isOver) post({ type: 'cancel' });
      settle(() => reject(error));
    };
    const cancel = (): void => fail(canceled(signal));
    const die = (event: Event): void => {
      const cause = new Error('message' in event ? String(event.message) : event.type);
      settle(() => reject(died(cause)));
    };
    // Where the worker was ended, there is no event, but its lock is free.
    const waiting = new AbortController();
    whenLifeEnds(lock, waiting.signal, () => settle(() => reject(died())));
    const feeding = new Feeding((bytes) => post({ type: 'bytes', bytes }, [bytes.buffer]));
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
            feeding.takeBack(report.bytes, report.spent);
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
      detectsCollisions: options.detectCollisions ?? true,
      keptBytes: options.keptBytes,
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
        for (let at = 0; at < read.value.length; at += piece) {
          const value = read.value.subarray(at, at + piece);
          // Beyond the limit the worker refuses them, and no sink gets what nobody can read.
          if (position + value.length <= limits.packBytes)
            await sink?.write(new Uint8Array(value), position);
          position += value.length;
          if (isOver) return;
          // Copied: they may be part of something larger, which is not to be given away.
          const room = feeding.give(value);
          if (room !== undefined) await room;
          if (isOver) return;
        }
      }
      feeding.flush();
      post({ type: 'end' });
    };
    feed().catch(fail);
  });
}

function died(cause?: Error): GitWsError {
  const sentence = 'The worker that indexes packs died.';
  return new GitWsError('PACK_ENGINE_FAILED', sentence, cause === undefined ? {} : { cause });
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
  return errorOfFacts(code ?? 'PACK_ENGINE_FAILED', message, { data });
}
