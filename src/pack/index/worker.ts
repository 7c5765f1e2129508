/**
 * The worker: one pack after another, as the caller's thread (in-worker.ts) orders. A classic script
 * as well as a module. It loads nothing: the engine comes with the order.
 */
import { isGitWsError } from '../../base/errors.js';
import { holdLifeLock } from '../../base/life-lock.js';
import { Wake } from '../../base/wake.js';
import { pieceSize, reportedAtOnce } from './feeding.js';
import { greeting, type Answer, type Greeted, type Order, type Posted } from './worker-messages.js';
import type { Question, Report } from './worker-messages.js';
import type { PackSink } from './index-pack-options.js';
import { Pace } from './pace.js';
import { workerSizes } from './job.js';
import { runJob } from './run.js';
import { openStore } from './store.js';

/** What is used of a worker's global scope. */
interface Scope {
  onmessage: ((event: { readonly data: Posted<Order> | typeof greeting }) => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}
const scope = globalThis as unknown as Scope;

/** How long the work goes on before messages are looked at, in ms. */
const slice = 50;

/** One pack. */
class Task {
  readonly pack: number;
  readonly #canceling = new AbortController();
  readonly #pieces: Uint8Array[] = [];
  /** Bytes that were taken, and nobody told of it; what held the full pieces among them. */
  #unreported = 0;
  #spent: ArrayBuffer[] = [];
  /** What holds the piece that is in use. */
  #last: ArrayBuffer | undefined;
  #isEnded = false;
  readonly #arrival = new Wake();
  #answer: ((answer: Answer) => void) | undefined;

  constructor(pack: number) {
    this.pack = pack;
  }

  take(order: Exclude<Order, { type: 'start' }>): void {
    switch (order.type) {
      case 'bytes':
        this.#pieces.push(order.bytes);
        break;
      case 'end':
        this.#isEnded = true;
        break;
      case 'cancel':
        this.#canceling.abort();
        // Nobody will answer any more.
        this.#answer?.({ type: 'read', bytes: new Uint8Array(0) });
        break;
      default:
        this.#answer?.(order);
    }
    this.#arrival.call();
  }

  async run(start: Extract<Order, { type: 'start' }>): Promise<void> {
    const { module, limits, detectsCollisions, keptBytes, hasBase, hasProgress, sink } = start;
    const pace = new Pace(slice, this.#canceling.signal);
    const remote: PackSink = { write: async (bytes, at) => this.#write(bytes, at) };
    if (sink === 'reads') remote.read = (at, length) => this.#read(at, length);
    try {
      const result = await runJob({
        module,
        limits,
        detectsCollisions,
        pace,
        source: { next: () => this.#next() },
        store: openStore(sink === 'none' ? undefined : remote, keptBytes, true),
        sizes: workerSizes,
        onProgress: hasProgress
          ? (progress) => this.#post({ type: 'progress', progress })
          : undefined,
        base: hasBase ? (oids) => this.#askForBases(oids) : undefined,
      });
      const { idx, pack } = result;
      const buffers = [idx, pack].flatMap((bytes) => (bytes === undefined ? [] : [bytes.buffer]));
      this.#post({ type: 'done', result }, buffers as ArrayBuffer[]);
    } catch (error) {
      this.#post(failureOf(error));
    } finally {
      pace.close();
    }
  }

  /** The next bytes; empty ones after 'cancel', which lead to the pace's next look at its signal. */
  async #next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#last !== undefined) this.#spent.push(this.#last);
    this.#last = undefined;
    while (this.#pieces.length === 0 && !this.#canceling.signal.aborted) {
      if (this.#isEnded) return { done: true, value: undefined };
      await this.#arrival.wait();
    }
    const value = this.#pieces.shift() ?? new Uint8Array(0);
    this.#unreported += value.length;
    if (this.#pieces.length === 0 || this.#unreported >= reportedAtOnce) this.#report();
    // Of shorter ones something may still be in use when the next one is asked for.
    if (value.length === pieceSize) this.#last = value.buffer as ArrayBuffer;
    return { done: false, value };
  }

  #report(): void {
    const spent = this.#spent;
    this.#post({ type: 'taken', bytes: this.#unreported, spent }, spent);
    this.#unreported = 0;
    this.#spent = [];
  }

  async #askForBases(oids: readonly string[]) {
    const answer = await this.#ask({ type: 'want-bases', oids });
    return answer.type === 'bases' ? answer.bases : [];
  }

  async #read(position: number, length: number): Promise<Uint8Array> {
    const answer = await this.#ask({ type: 'want-read', position, length });
    return answer.type === 'read' ? answer.bytes : new Uint8Array(0);
  }

  async #write(bytes: Uint8Array, position: number): Promise<void> {
    await this.#ask({ type: 'want-written', bytes, position });
  }

  #ask(question: Question): Promise<Answer> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#post(question);
    });
  }

  #post(report: Report, transfer: Transferable[] = []): void {
    scope.postMessage({ pack: this.pack, ...report } satisfies Posted<Report>, transfer);
  }
}

function failureOf(error: unknown): Report {
  const message = error instanceof Error ? error.message : String(error);
  if (!isGitWsError(error)) return { type: 'failed', code: undefined, message, data: {} };
  return { type: 'failed', code: error.code, message, data: error.data };
}

let task: Task | undefined;

/** See {@link Greeted}. */
let lock: Promise<string | undefined> | undefined;

async function greet(): Promise<void> {
  lock ??= holdLifeLock(greeting);
  scope.postMessage({ type: greeting, lock: await lock } satisfies Greeted);
}

scope.onmessage = ({ data }) => {
  if (data === greeting) {
    void greet();
  } else if (data.type === 'start') {
    task = new Task(data.pack);
    void task.run(data);
  } else if (task?.pack === data.pack) {
    task.take(data);
  }
};
