/** The page's side of one worker: calls it, and sees that every call ends. */
import { proxy, type Remote } from 'comlink';
import { GitWsError } from '../base/errors.js';
import { callbackFailure, fileSystemFailure } from '../base/failure.js';
import { checkedSignal } from '../base/signals.js';
import { toSend } from './bytes.js';
import { carry, restore, type Arrival } from './carried.js';
import type { Core, Order, Outcome, PageFunctions } from './protocol.js';

/** A function among the options. */
export type PageFunction = (...args: never[]) => unknown;

/** What a call takes that cannot be sent. */
export interface NotSent {
  readonly functions?: Readonly<Record<string, PageFunction>>;
  readonly signal?: AbortSignal | undefined;
}

interface Pending {
  readonly owner: object;
  readonly fail: (error: Error) => void;
}

/** See above. */
export class Caller {
  readonly #core: Remote<Core>;
  readonly #classes: Arrival['classes'];
  readonly #pending = new Map<number, Pending>();
  #failure: Error | undefined;
  #next = 1;

  /** @param classes for errors of isomorphic-git, by their codes. */
  constructor(core: Remote<Core>, classes: Arrival['classes']) {
    this.#core = core;
    this.#classes = classes;
  }

  /**
   * @param owner whose call it is: see {@link failAll}.
   * @throws what it rejects with in the worker; GitWsError INVALID_OPTION for arguments that cannot be
   *   sent, WORKER_FAILED, WORKER_CLOSED.
   */
  call(owner: object, order: Order, { functions = {}, signal }: NotSent = {}): Promise<unknown> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.#next++;
    /** What its functions have thrown, to be thrown as it is where it comes back. */
    const thrown: object[] = [];
    const keep = (error: object): number => thrown.push(error);
    const arrival: Arrival = { classes: this.#classes, own: (number) => thrown[number - 1] };
    return new Promise((resolve, reject) => {
      // Before anything waits: what throws here could not be ended any more.
      checkedSignal(signal);
      const cancel = (): void => void this.#core.cancel(id, carry(signal?.reason, keep));
      const settle = (end: () => void): void => {
        if (!this.#pending.delete(id)) return;
        signal?.removeEventListener('abort', cancel);
        end();
      };
      const fail = (error: Error): void => settle(() => reject(error));
      this.#pending.set(id, { owner, fail });
      const page: PageFunctions = {
        call: (name, args) =>
          this.#pending.has(id)
            ? callFunction(functions, name, args, keep)
            : Promise.resolve({ error: carry(closed()) }),
      };
      const names = Object.keys(functions);
      const { args, ...rest } = order;
      const call = { ...rest, args: args.map(toSend), id, functions: names };
      this.#core.run(call, names.length === 0 ? undefined : proxy(page)).then(
        (outcome) =>
          settle(() =>
            'error' in outcome
              ? reject(fileSystemFailure(restore(outcome.error, arrival)))
              : resolve(outcome.value),
          ),
        (cause: unknown) => fail(notSent(cause)),
      );
      if (signal?.aborted === true) cancel();
      else signal?.addEventListener('abort', cancel);
    });
  }

  /** Rejects the calls of an owner, and ends them in the worker. */
  failAll(owner: object, error: Error): void {
    for (const [id, pending] of this.#pending) {
      if (pending.owner !== owner) continue;
      void this.#core.cancel(id, carry(error));
      pending.fail(error);
    }
  }

  /** The worker is no more: rejects all calls, and all that come. */
  die(error: Error): void {
    this.#failure ??= error;
    for (const { fail } of [...this.#pending.values()]) fail(error);
  }
}

/** @returns the error of what is closed. */
export function closed(): GitWsError {
  return new GitWsError('WORKER_CLOSED', 'It is closed.');
}

/** @param keep see `carry`. */
export async function callFunction(
  functions: Readonly<Record<string, PageFunction>>,
  name: string,
  args: readonly unknown[],
  keep?: (error: object) => number,
): Promise<Outcome> {
  try {
    const value: unknown = await functions[name]?.(...(args as never[]));
    // What only the page can do something with must not end in a DataCloneError.
    return { value: toSend(value) };
  } catch (reason) {
    return { error: carry(callbackFailure(reason, name), keep) };
  }
}

/** @returns the error for what Comlink could not send. */
export function notSent(cause: unknown): GitWsError {
  const isArgument = (cause as { name?: unknown } | null)?.name === 'DataCloneError';
  return isArgument
    ? new GitWsError('INVALID_OPTION', 'An option cannot be sent to a worker.', { cause })
    : new GitWsError('WORKER_FAILED', 'What a call resolved with cannot be sent.', { cause });
}
