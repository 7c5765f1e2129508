/**
 * Runs git for the demo's own needs: to see whether it is there, and to make the sample
 * repository. What serves clients is the library's server, which runs git its own way.
 */
import { spawn } from 'node:child_process';
import { devNull } from 'node:os';

/** git itself is missing, or a call of it failed. The message is for the person at the terminal. */
export class GitFailed extends Error {
  override readonly name = 'GitFailed';
}

/**
 * Runs git to its end, apart from the settings and repositories of whoever started the demo.
 *
 * @returns its stdout.
 * @throws GitFailed
 */
export function runGit(
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: Uint8Array } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: isolatedEnvironment(),
    });
    const output: Buffer[] = [];
    const complaints: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === 'ENOENT'
          ? 'git was not found. The demo serves repositories with the real git: install it (https://git-scm.com) and start again.'
          : `git could not be started: ${cause.message}`;
      reject(new GitFailed(message, { cause }));
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(output).toString());
      else {
        const words = Buffer.concat(complaints).toString().trim();
        reject(new GitFailed(`git ${args[0] ?? ''} ended with ${code ?? signal}: ${words}`));
      }
    });
    // A git that ends early says why on stderr; the broken pipe adds nothing.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input);
  });
}

function isolatedEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    // GIT_DIR and its like are set where the demo is started from a hook, and would lead astray.
    if (!name.startsWith('GIT_')) env[name] = value;
  }
  return { ...env, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: devNull, LC_ALL: 'C' };
}
