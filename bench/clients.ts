/** The clients beside the browser: Node in a process of its own, and real git. */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ClonedFiles, CloneTimes } from './clone.js';
import { git, gitEnvironment } from './git.js';
import { canMeasure, cpuTime, peakMemory, watchMemory } from './processes.js';
import type {
  CloneTask,
  CommandsResult,
  CommandsTask,
  FirstFileTimes,
  IndexResult,
  IndexTask,
  NodeAnswer,
  NodeRequest,
  RawResult,
  RawTask,
  ReadResult,
  ReadTask,
} from './tasks.js';

/** A result and what it cost the client. */
export type Costly<Result> = Result & {
  /** CPU time in seconds. */
  readonly cpu: number | undefined;
  /** Peak RSS in bytes. */
  readonly memory: number | undefined;
};

/** Clones in a new process of Node, and looks at what has come of it when that was measured. */
export async function cloneInNode(
  out: string,
  task: CloneTask,
): Promise<Costly<{ readonly times: CloneTimes; readonly cloned: ClonedFiles }>> {
  return withNode(out, async (ask) => {
    const { cpu, memory, ...times } = await ask<CloneTimes>({ kind: 'clone', task });
    const { head, files } = await ask<ClonedFiles>({ kind: 'inspect', task });
    return { cpu, memory, times, cloned: { head, files } };
  });
}

/** Indexes a pack in a new process of Node. */
export async function indexInNode(out: string, task: IndexTask): Promise<Costly<IndexResult>> {
  return withNode(out, (ask) => ask({ kind: 'index', task }));
}

/** Reads a repository in a new process of Node. */
export async function readInNode(out: string, task: ReadTask): Promise<Costly<ReadResult>> {
  return withNode(out, (ask) => ask({ kind: 'read', task }));
}

/** Does small operations in a new process of Node. */
export async function timeCommandsInNode(
  out: string,
  task: CommandsTask,
): Promise<CommandsResult['times']> {
  return withNode(out, async (ask) => {
    return (await ask<CommandsResult>({ kind: 'commands', task })).times;
  });
}

/** Transfers in a new process of Node; the first transfer, which warms it up, does not count. */
export async function transferInNode(
  out: string,
  task: RawTask,
  onWarm: () => Promise<void>,
): Promise<Costly<RawResult>> {
  return withNode(out, async (ask) => {
    await ask({ kind: 'raw', task: { ...task, repeats: 1, concurrency: 1 } });
    await onWarm();
    return ask({ kind: 'raw', task });
  });
}

type Ask = <Result>(request: NodeRequest) => Promise<Costly<Result>>;

async function withNode<Result>(out: string, work: (ask: Ask) => Promise<Result>): Promise<Result> {
  const child = fork(join(out, 'node-client.js'), {
    env: gitEnvironment,
    serialization: 'advanced',
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the client ended');
  });
  ended.catch(() => undefined);
  try {
    return await work(async <Answer>(request: NodeRequest): Promise<Costly<Answer>> => {
      child.send(request);
      const [answer] = (await Promise.race([once(child, 'message'), ended])) as [NodeAnswer];
      if (!answer.ok) throw new Error(answer.error);
      const memory = canMeasure ? await peakMemory(child.pid ?? 0) : undefined;
      return { ...(answer.result as Answer), cpu: answer.cpu, memory };
    });
  } finally {
    child.disconnect();
    if (child.exitCode === null) await once(child, 'exit');
  }
}

/** Times of real git, in ms. */
export interface NativeTimes {
  /** When it began, in ms of the epoch. */
  readonly startedAt: number;
  readonly total: number;
}

/** `git clone`, with the settings that it has where nobody changed any. */
export async function cloneNatively(
  url: string,
  directory: string,
  options: readonly string[] = [],
): Promise<Costly<NativeTimes>> {
  const before = await cpuTime(process.pid);
  const startedAt = performance.timeOrigin + performance.now();
  const child = spawn('git', ['clone', '--quiet', ...options, url, directory], {
    env: gitEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
  const stopWatching = watchMemory(child.pid ?? 0);
  const [code] = (await once(child, 'close')) as [number | null];
  const total = performance.timeOrigin + performance.now() - startedAt;
  const memory = stopWatching();
  if (code !== 0) throw new Error(`git clone ended with ${code}: ${stderr}`);
  const cpu = (await cpuTime(process.pid)).children - before.children;
  return {
    startedAt,
    total,
    ...(canMeasure ? { cpu, memory } : { cpu: undefined, memory: undefined }),
  };
}

/**
 * A clone by real git of which one file is read first.
 *
 * @param options of `git clone`.
 * @param file a path in HEAD.
 */
export async function firstFileNatively(
  url: string,
  directory: string,
  options: readonly string[],
  file: string,
): Promise<FirstFileTimes> {
  const start = performance.now();
  await git(['clone', '--quiet', '--no-checkout', ...options, url, directory]);
  await git(['-C', directory, 'cat-file', 'blob', `HEAD:${file}`]);
  const firstFile = performance.now() - start;
  await git(['-C', directory, 'checkout', '--quiet']);
  return { firstFile, total: performance.now() - start };
}
