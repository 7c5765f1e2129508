/** Runs what takes time: one thing after the other, with progress, a way to stop it, and words. */
import { advance, connecting } from '../repository/progress.js';
import type { CredentialSource, Transfer } from '../repository/remote.js';
import { describeInterruption, explain, isCancel } from '../words.js';
import { credentialSource } from './dialogs.js';
import { activity, notice, type Activity } from './session.js';
import { explainUnreachable, isUnreachable } from './unreachable.js';

/** Something to run. */
export interface Task {
  /** What it is, for whoever shows it. */
  readonly kind: Activity['kind'];
  /** What is being done: "Pushing main". */
  readonly title: string;
  /** The repository on the server, for what goes to one. */
  readonly url?: string;
  /** What to say if it was cancelled; without it, it cannot be. */
  readonly cancelled?: string;
}

/** What was done, and what the server said about it. */
export interface Performed<T> {
  readonly value: T;
  readonly remote: readonly string[];
  /** How long it took, without the time in which a person was asked something. */
  readonly seconds: number;
}

/** What git on a server always says; what remains is said by hooks, and by git when it matters. */
const chatter =
  /^(Enumerating|Counting|Compressing|Receiving|Resolving|Writing|Unpacking|Checking) \S+|^Total \d+|^(Delta compression|Reusing|Pack-reused|Done)/;

/**
 * @param work ends early when its signal fires.
 * @returns undefined if it failed, which has been said then, or if something else is running.
 */
export async function perform<T>(
  { kind, title, url, cancelled }: Task,
  work: (transfer: Transfer) => Promise<T>,
): Promise<Performed<T> | undefined> {
  if (activity.value !== undefined) return undefined;
  const controller = new AbortController();
  const remote: string[] = [];
  const cancel = cancelled === undefined ? undefined : () => controller.abort();
  // Only what goes to a server connects to one.
  const progress = url === undefined ? { ...connecting, label: '' } : connecting;
  notice.value = undefined;
  activity.value = {
    ...{ kind, title, progress, interruption: undefined, cancel },
    ...{ startedAt: performance.now(), waitsSince: undefined },
  };
  const transfer: Transfer = {
    signal: controller.signal,
    credentials: offTheClock(credentialSource(controller.signal)),
    onProgress: (event) => change(({ progress: before }) => ({ progress: advance(before, event) })),
    onConnection: (event) => change(() => ({ interruption: describeInterruption(event) })),
    onMessage(line) {
      const text = line.trimEnd();
      if (text !== '' && !chatter.test(text)) remote.push(text);
    },
  };
  try {
    const value = await work(transfer);
    return { value, remote, seconds: (performance.now() - activity.value.startedAt) / 1000 };
  } catch (error) {
    if (isCancel(error)) notice.value = { tone: 'info', title: cancelled ?? 'Cancelled' };
    else if (url !== undefined && isUnreachable(error)) {
      notice.value = await explainUnreachable(error, url);
    } else notice.value = { ...explain(error), remote };
    return undefined;
  } finally {
    activity.value = undefined;
  }
}

/** Changes what is told of the thing that runs. */
function change(next: (running: Activity) => Partial<Activity>): void {
  const running = activity.value;
  if (running !== undefined) activity.value = { ...running, ...next(running) };
}

/** Stops the clock while a person thinks. */
function offTheClock(source: CredentialSource): CredentialSource {
  return {
    ...source,
    async ask(url, refused) {
      const since = performance.now();
      change(() => ({ waitsSince: since }));
      try {
        return await source.ask(url, refused);
      } finally {
        change(({ startedAt }) => ({
          startedAt: startedAt + performance.now() - since,
          waitsSince: undefined,
        }));
      }
    },
  };
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
