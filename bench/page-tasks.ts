/**
 * The tasks of a page's thread, from a trace of Chromium: how long each kept the thread, and how
 * much of that it worked. On a busy machine the two differ, since the thread has to wait for a core.
 */
import type { TraceEvent } from './devtools.js';

/** What a trace has to have for this: tasks, and what the page marks. */
export const taskCategories = ['toplevel', 'blink.user_timing'];

/** What a page marks (performance.mark) to have its tasks told apart. */
export const marks = {
  start: 'bench:start',
  /** The pack is where it has to be: what follows is the client's own. */
  received: 'bench:received',
  end: 'bench:end',
} as const;

/** The longest of some tasks, in ms. */
export interface LongestTasks {
  /** By the clock. */
  readonly wall: number;
  /** By the CPU time of the thread: mostly, but not always, the same task. */
  readonly cpu: number;
}

/**
 * @param from and `to`: marks of the page. A task that was under way at one of them counts.
 * @throws Error if the page did not make them.
 */
export function longestTasks(
  events: readonly TraceEvent[],
  from: string,
  to: string,
): LongestTasks {
  const [start, end] = [findMark(events, from), findMark(events, to)];
  let [wall, cpu] = [0, 0];
  for (const { name, ph, pid, tid, ts, dur = 0, tdur = 0 } of events) {
    if (ph !== 'X' || name !== 'ThreadControllerImpl::RunTask') continue;
    if (pid !== start.pid || tid !== start.tid || ts > end.ts || ts + dur < start.ts) continue;
    wall = Math.max(wall, dur);
    cpu = Math.max(cpu, tdur);
  }
  return { wall: wall / 1e3, cpu: cpu / 1e3 };
}

function findMark(events: readonly TraceEvent[], name: string): TraceEvent {
  const found = events.find((event) => event.name === name);
  if (found === undefined) throw new Error(`The page did not mark ${name}.`);
  return found;
}
