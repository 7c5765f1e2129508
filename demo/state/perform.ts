/** Runs what takes time: one thing after the other, with progress, a way to stop it, and words. */
import { advance, connecting } from '../repository/progress.js';
import type { Transfer } from '../repository/remote.js';
import { describeInterruption, explain, isCancel } from '../words.js';
import { credentialSource } from './dialogs.js';
import { activity, notice, type Activity } from './session.js';

/** What was done, and what the server said about it. */
export interface Performed<T> {
  readonly value: T;
  readonly remote: readonly string[];
}

/** What git on a server always says; what remains is said by hooks, and by git when it matters. */
const chatter =
  /^(Enumerating|Counting|Compressing|Receiving|Resolving|Writing|Unpacking|Checking) \S+|^Total \d+|^(Delta compression|Reusing|Pack-reused|Done)/;

/**
 * @param kind what it is, for whoever shows it.
 * @param title what is being done: "Pushing main".
 * @param work ends early when its signal fires.
 * @param cancelled what to say if it was cancelled.
 * @returns undefined if it failed, which has been said then, or if something else is running.
 */
export async function perform<T>(
  kind: Activity['kind'],
  title: string,
  work: (transfer: Transfer) => Promise<T>,
  cancelled?: string,
): Promise<Performed<T> | undefined> {
  if (activity.value !== undefined) return undefined;
  const controller = new AbortController();
  const remote: string[] = [];
  const cancel = cancelled === undefined ? undefined : () => controller.abort();
  notice.value = undefined;
  const startedAt = performance.now();
  activity.value = {
    ...{ kind, title, progress: connecting, interruption: undefined, startedAt, cancel },
  };
  const transfer: Transfer = {
    signal: controller.signal,
    credentials: credentialSource(controller.signal),
    onProgress(event) {
      if (activity.value === undefined) return;
      activity.value = { ...activity.value, progress: advance(activity.value.progress, event) };
    },
    onConnection(event) {
      if (activity.value === undefined) return;
      activity.value = { ...activity.value, interruption: describeInterruption(event) };
    },
    onMessage(line) {
      const text = line.trimEnd();
      if (text !== '' && !chatter.test(text)) remote.push(text);
    },
  };
  try {
    return { value: await work(transfer), remote };
  } catch (error) {
    notice.value = isCancel(error)
      ? { tone: 'info', title: cancelled ?? 'Cancelled' }
      : { ...explain(error), remote };
    return undefined;
  } finally {
    activity.value = undefined;
  }
}

let lastInTurn: Promise<unknown> = Promise.resolve();

/** Runs what changes files, or looks at all of them, one after the other. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = lastInTurn.then(work);
  lastInTurn = result.catch(() => undefined);
  return result;
}

/** As {@link perform}, for what is over at once: only its failure is shown. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    notice.value = explain(error);
    return undefined;
  }
}
