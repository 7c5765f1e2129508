/**
 * Runs the git that runs us, for its configuration and its credentials: the one file of native/
 * that starts processes. It inherits the environment, so that `-c` settings and GIT_DIR count.
 */
import { spawn, type ChildProcess } from 'node:child_process';

/** How a git command ended. */
export interface GitOutcome {
  /** -1 where git could not be started. */
  readonly code: number;
  readonly stdout: string;
  /** Why git could not be started. */
  readonly error?: unknown;
}

/** What {@link runGit} takes beside the arguments. */
export interface GitRun {
  /** What it reads on stdin; nothing by default. */
  readonly input?: string | undefined;
  /** Variables on top of this process's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether what it writes to stderr is the user's: a credential helper says there what to do, and
   * git why it does not ask. Default false.
   */
  readonly showErrors?: boolean | undefined;
}

/**
 * @param what git was to be asked for.
 * @param cause why it could not be started.
 * @returns what to throw for that.
 */
export function notAsked(what: string, cause: unknown): Error {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return new Error(`git could not be asked for ${what} (${code})`, { cause });
}

/** Runs git to its end. Never rejects: where git could not be started, for whatever reason, either. */
export function runGit(args: readonly string[], options: GitRun = {}): Promise<GitOutcome> {
  const { input, env, showErrors = false } = options;
  return new Promise<GitOutcome>((resolve, reject) => {
    const child: ChildProcess = spawn('git', args, {
      stdio: ['pipe', 'pipe', showErrors ? 'inherit' : 'ignore'],
      ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
    });
    child.on('error', reject);
    let stdout = '';
    // Neither is there where no descriptor was left for it.
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    // Its exit code tells whether it missed what it did not read.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    child.on('close', (code) => {
      resolve({ code: code ?? -1, stdout });
    });
  }).catch((error: unknown) => ({ code: -1, stdout: '', error }));
}
