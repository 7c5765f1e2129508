/** Runs git apart from the machine's and the user's settings. Tests import it from git.ts. */
import { fork, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keptVariable } from './kept.js';

/** What the functions here take beside git's arguments. */
export interface GitOptions {
  /** Directory to run in; the tests' own one by default. */
  readonly cwd?: string;
  /** Variables put on top of {@link gitEnvironment}. */
  readonly env?: Readonly<Record<string, string>>;
  /** What git reads on stdin; nothing by default. */
  readonly input?: string | Uint8Array;
}

/** How a git process ended, and what it wrote. */
export interface GitResult {
  /** Exit code; 128 and the signal's number, as a shell says it, where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What each new repository holds: git's own template is 14 files that no test looks at. */
const template = process.env[keptVariable] && join(process.env[keptVariable], 'template');

/**
 * The environment git runs with in tests: no system or user settings, a fixed identity, fixed
 * dates, English messages and never a prompt. For tests that spawn git themselves.
 */
export const gitEnvironment: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  // Must not exist: git would read .gitconfig, .netrc and .config/git/ignore there.
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: fileURLToPath(new URL('./gitconfig', import.meta.url)),
  ...(template !== undefined && { GIT_TEMPLATE_DIR: template }),
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Test Author',
  GIT_AUTHOR_EMAIL: 'author@example.com',
  GIT_AUTHOR_DATE: '1735689600 +0000',
  GIT_COMMITTER_NAME: 'Test Author',
  GIT_COMMITTER_EMAIL: 'author@example.com',
  GIT_COMMITTER_DATE: '1735689600 +0000',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/**
 * Runs git to its end.
 *
 * @returns its stdout as text, without white space at either end.
 * @throws Error with git's stderr in the message if the exit code is not 0.
 */
export async function git(args: readonly string[], options: GitOptions = {}): Promise<string> {
  const bytes = await gitBytes(args, options);
  return new TextDecoder().decode(bytes).trim();
}

/** As {@link git}, with stdout as the bytes that it is: for packs and blobs. */
export async function gitBytes(
  args: readonly string[],
  options: GitOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { code, stdout, stderr } = await run(args, options);
  if (code !== 0) {
    throw new Error(
      `git ${args.join(' ')} ended with ${code}: ${stderr || new TextDecoder().decode(stdout)}`,
    );
  }
  return stdout;
}

/** As {@link git}, for calls that are expected to fail: never throws for an exit code. */
export async function gitStatus(
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitResult> {
  const { code, stdout, stderr } = await run(args, options);
  return { code, stdout: new TextDecoder().decode(stdout), stderr };
}

function run(
  args: readonly string[],
  { cwd, env, input }: GitOptions,
): Promise<{ code: number; stdout: Uint8Array<ArrayBuffer>; stderr: string }> {
  const id = (lastId += 1);
  const own = (runner ??= startRunner());
  // A process with nothing else to do may end, but not while it waits for this.
  own.channel?.ref();
  return new Promise((resolve, reject) => {
    waiting.set(id, (answer) => {
      waiting.delete(id);
      if (waiting.size === 0) own.channel?.unref();
      if (answer.error !== undefined) {
        reject(answer.error);
        return;
      }
      const { code, signal, stdout, stderr } = answer;
      resolve({
        code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
        stdout: new Uint8Array(stdout),
        stderr: Buffer.from(stderr).toString('utf8').trim(),
      });
    });
    own.send({ id, args, cwd, env: { ...gitEnvironment, ...env }, input });
  });
}

/** What {@link runner} answers. */
interface Answer {
  readonly id: number;
  /** It could not be started. */
  readonly error?: Error;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

const waiting = new Map<number, (answer: Answer) => void>();
let lastId = 0;
let runner: ChildProcess | undefined;

/** One for all of this process. It ends with it. */
function startRunner(): ChildProcess {
  const child = fork(fileURLToPath(new URL('./git-runner.mjs', import.meta.url)), {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer));
  child.on('exit', (code, signal) => {
    runner = undefined;
    const error = new Error(`git-runner.mjs ended with ${code ?? signal}`);
    for (const [id, answer] of waiting) {
      answer({ id, error, code, signal, stdout: new Uint8Array(), stderr: new Uint8Array() });
    }
  });
  child.unref();
  child.channel?.unref();
  return child;
}
