/**
 * The one file that starts what clients talk to. Fixed arguments, no shell, the repository as working
 * directory and `.` as path, an environment built from an allow-list, a process group of its own.
 */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { GitService } from '../../../src/tunnel/machine/request-target.js';
import type { ExitStatus } from '../../../src/tunnel/machine/message.js';
import { requireDescriptorsForProcess } from '../../base/descriptors.js';
import { configArguments, gitEnvironment, type Environment } from '../../git/environment.js';
import { services } from '../../services.js';
import type { SlabPool } from '../../base/slabs.js';
import type { Ending } from '../service.js';
import { readIntoSlabs } from './reused-reads.js';
import { socketPairs, type SocketPair } from './socket-pair.js';
import type { GitSetting } from '../../git/setting.js';

/** What to run where. */
export interface ServiceOptions {
  readonly service: GitService;
  /** Absolute real path of the git directory. */
  readonly gitDir: string;
  /** Settings for `git -c`: later ones beat earlier ones. */
  readonly config: readonly GitSetting[];
  /** The whole environment. */
  readonly environment: Environment;
  /** What its output is read into. */
  readonly slabs: SlabPool;
  /** Run in the place of the service's own: its CGI program. */
  readonly command?: readonly string[] | undefined;
}

/** How often a process group is looked at while its end is awaited, and otherwise, in ms. */
const groupPolls = { ending: 50, idle: 5_000 } as const;

/** Time from SIGKILL on in which what is left of a group counts as running, in ms. */
const reapTime = 1_000;

/**
 * Starts one service of one repository.
 *
 * @throws the system's error where it cannot be started (ENOENT: no git; EAGAIN: too many).
 */
export async function spawnService(options: ServiceOptions): Promise<ServiceProcess> {
  const output = services[options.service].finishes ? await lastingOutput() : undefined;
  try {
    return await start(options, output);
  } catch (error) {
    for (const [own] of output ?? []) own.destroy();
    throw error;
  } finally {
    // The child has its own copies of these ends.
    for (const [, childs] of output ?? []) childs.destroy();
  }
}

async function start(
  options: ServiceOptions,
  output: readonly SocketPair[] | undefined,
): Promise<ServiceProcess> {
  const settings: SpawnOptions = {
    cwd: options.gitDir,
    env: { ...options.environment },
    shell: false,
    // A group of its own: its helpers and hooks end with it, and a Ctrl-C for the server is not
    // one for a push under way.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  };
  if (output !== undefined) {
    settings.stdio = ['pipe', ...output.map(([, childs]) => childs), ...output.map(([own]) => own)];
  }
  requireDescriptorsForProcess();
  const child = spawn(
    'git',
    [...configArguments(options.config), ...(options.command ?? services[options.service].command)],
    settings,
  );
  // Before anything can have been read.
  const ends = output?.map(([own]) => own) ?? [stdoutOf(child, options), child.stderr];
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => {
      // Paused, they would never learn that there is nothing at their other end.
      for (const end of ends) end?.destroy();
      reject(error);
    });
  });
  const { stdin } = child;
  const [stdout, stderr] = ends;
  if (!stdin || !stdout || !stderr) throw new Error('git has no streams');
  return new ServiceProcess(child, { stdin, stdout, stderr });
}

/** Of a CGI program it goes through a stream that keeps what it is given. */
function stdoutOf({ stdout }: ChildProcess, { command, slabs }: ServiceOptions): Readable | null {
  return stdout === null || command !== undefined ? stdout : readIntoSlabs(stdout, slabs);
}

/**
 * stdout and stderr for a process that must not die when its reader does. When a server is killed,
 * receive-pack's report would meet a broken pipe, and SIGPIPE would end it: with its quarantine left
 * behind, or, after the refs were changed, without its post-receive hook. So the child is given the
 * reading ends too, which it never uses: as long as it lives they exist.
 */
async function lastingOutput(): Promise<SocketPair[] | undefined> {
  // With plain pipes a push works as well, as long as the server lives. Deno makes what a child is
  // given block whoever reads it, itself as well: the server would stand still.
  if ('Deno' in globalThis) return undefined;
  return socketPairs(2).catch(() => undefined);
}

/** @returns what `git --version` says. @throws the system's error where there is no git. */
export async function gitVersion(): Promise<string> {
  const child = spawn('git', ['--version'], {
    env: gitEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      resolve(text.trim());
    });
  });
}

interface ServiceStreams {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** A running service and whatever it started. */
export class ServiceProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** How the service itself ended; its streams may be open still. */
  readonly exited: Promise<ExitStatus>;
  /** Resolves when no process of its group is left. */
  readonly gone: Promise<void>;
  /** Called before each piece of input. */
  beforeInput: (() => void) | undefined;
  /** Called before each signal to the group. */
  beforeSignal: (() => void) | undefined;
  readonly #pid: number;
  #exited = false;
  #groupGone = false;
  #ending = false;
  #killAt = Infinity;
  #termTimer: ReturnType<typeof setTimeout> | undefined;
  #killTimer: ReturnType<typeof setTimeout> | undefined;
  #poll: ReturnType<typeof setTimeout> | undefined;
  #resolveGone!: () => void;

  /** @param streams the server's ends. */
  constructor(child: ChildProcess, streams: ServiceStreams) {
    this.#pid = child.pid ?? 0;
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr;
    // A child that closed its stdin makes writing fail: whoever writes learns it by the callback.
    this.stdin.on('error', () => undefined);
    child.on('error', () => undefined);
    this.gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exited = true;
        this.#watchGroup();
        resolve({ code: signal === null ? code : null, signal });
      });
    });
  }

  /** Id of the process, and of its group. */
  get pid(): number {
    return this.#pid;
  }

  /**
   * Gives the service input.
   *
   * @param taken called when the pipe took it, or with an error where the service has closed it.
   * @returns whether more may be given before `drain`.
   */
  write(bytes: Uint8Array, taken?: (error?: Error | null) => void): boolean {
    this.beforeInput?.();
    return this.stdin.write(bytes, taken);
  }

  /** Whether {@link end} was called. */
  get ending(): boolean {
    return this.#ending;
  }

  /**
   * Ends the whole group: closes its stdin, what was not yet taken is dropped; then SIGTERM, then
   * SIGKILL. A later call can only hasten the end.
   */
  end({ term, kill }: Ending): void {
    this.stdin.destroy();
    const killAt = performance.now() + kill;
    if (this.#groupGone || killAt >= this.#killAt) return;
    this.#ending = true;
    this.#killAt = killAt;
    clearTimeout(this.#termTimer);
    clearTimeout(this.#killTimer);
    if (term === 0) this.#signal('SIGTERM');
    else this.#termTimer = setTimeout(() => this.#signal('SIGTERM'), term);
    this.#killTimer = setTimeout(() => this.#signal('SIGKILL'), kill);
    if (this.#exited) this.#watchGroup();
  }

  #signal(signal: NodeJS.Signals): void {
    // Once the group is gone its number may be another's.
    if (this.#exited && !this.#groupLives()) this.#finish();
    if (this.#groupGone) return;
    this.beforeSignal?.();
    try {
      process.kill(-this.#pid, signal);
    } catch {
      // It ended between the two calls.
    }
  }

  /** After the leader's end, until the last one: hooks may leave processes in the background. */
  #watchGroup(): void {
    clearTimeout(this.#poll);
    if (this.#groupGone) return;
    // A zombie that nobody reaps keeps its group for ever: there is nothing more to kill in it.
    if (!this.#groupLives() || performance.now() > this.#killAt + reapTime) {
      this.#finish();
      return;
    }
    this.#poll = setTimeout(
      () => {
        this.#watchGroup();
      },
      this.#ending ? groupPolls.ending : groupPolls.idle,
    );
    if (!this.#ending) this.#poll.unref();
  }

  #groupLives(): boolean {
    try {
      process.kill(-this.#pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  }

  #finish(): void {
    this.#groupGone = true;
    clearTimeout(this.#termTimer);
    clearTimeout(this.#killTimer);
    clearTimeout(this.#poll);
    this.#resolveGone();
  }
}
