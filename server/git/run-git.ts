/**
 * Runs git for the server itself: questions to a repository, and its maintenance. No client's bytes
 * or words come near it; what clients talk to is started by spawn.ts.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Duplex, Readable } from 'node:stream';
import { requireDescriptorsForProcess } from '../base/descriptors.js';
import { configArguments, gitEnvironment, type Environment } from './environment.js';
import { ServiceProcess } from '../backend/local/spawn.js';
import type { GitSetting } from './setting.js';

/** What to run where. */
export interface GitCommand {
  readonly args: readonly string[];
  /** Absolute real path of the git directory. */
  readonly gitDir: string;
  /** Whether that is a directory to make a repository in, and none itself. Default false. */
  readonly makes?: boolean;
  /** Variables beside those that every git gets. */
  readonly environment?: Environment;
  readonly config?: readonly GitSetting[];
  /** As nice(1) has it: 19 is the nicest. */
  readonly niceness?: number;
}

/** Most that is kept of what a command writes, in bytes: a configuration may have many entries. */
const maxOutput = 1024 * 1024;

/** Time that a question may take, in ms, and then to SIGKILL: a file system may not answer. */
const askTime = 30_000;
const killTime = 2_000;

/** Starts a command in a process group of its own, with nothing to read. */
export async function startGit(command: GitCommand): Promise<ServiceProcess> {
  return runningGit(await start(command, []), command);
}

/** The descriptor by which git's own children reach the pipe of {@link startGitWithPipe}. */
export const pipeDescriptor = 3;

/** The same with one descriptor more, of both directions. */
export async function startGitWithPipe(
  command: GitCommand,
): Promise<{ readonly process: ServiceProcess; readonly pipe: Duplex }> {
  const child = await start(command, ['pipe']);
  const pipe = child.stdio[pipeDescriptor] as Duplex | null | undefined;
  const process = runningGit(child, command);
  if (pipe) return { process, pipe };
  process.end({ term: 0, kill: 0 });
  throw new Error('git has no pipe');
}

async function start(
  { args, gitDir, config = [], makes = false, environment = {} }: GitCommand,
  more: readonly 'pipe'[],
): Promise<ChildProcess> {
  requireDescriptorsForProcess();
  const child = spawn('git', [...configArguments(config), ...args], {
    cwd: gitDir,
    // Said, not searched for: git looks no further up, and asks for no owner.
    env: { ...gitEnvironment(), ...environment, ...(makes ? {} : { GIT_DIR: '.' }) },
    stdio: ['pipe', 'pipe', 'pipe', ...more],
    shell: false,
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return child;
}

function runningGit(child: ChildProcess, { niceness }: GitCommand): ServiceProcess {
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error('git has no streams');
  stdin.end();
  if (niceness !== undefined && child.pid !== undefined) {
    try {
      setPriority(child.pid, niceness);
    } catch {
      // It has ended already.
    }
  }
  return new ServiceProcess(child, { stdin, stdout, stderr });
}

/**
 * Runs a command to its end.
 *
 * @param onStart told of the process, so that somebody may end it before its time.
 * @returns what it wrote to stdout.
 * @throws Error where it did not end with 0, or not in time, or wrote more than is kept.
 */
export async function askGit(
  gitDir: string,
  args: readonly string[],
  onStart?: (child: ServiceProcess) => void,
): Promise<Uint8Array> {
  const child = await startGit({ gitDir, args });
  onStart?.(child);
  const timer = setTimeout(() => {
    child.end({ term: 0, kill: killTime });
  }, askTime);
  const [stdout, stderr, { code }] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    child.exited,
  ]);
  clearTimeout(timer);
  const command = `git ${args.join(' ')} in ${gitDir}`;
  if (stdout.length >= maxOutput) throw new Error(`${command} wrote too much.`);
  if (code === 0) return stdout;
  throw new Error(`${command} failed: ${stderr.toString('utf8').trim()}`);
}

/** Reads a stream until it ends or is destroyed. @returns its first bytes. */
export async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    if (length < maxOutput) chunks.push(chunk.subarray(0, maxOutput - length));
    length += chunk.length;
  });
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
  return Buffer.concat(chunks);
}
