/**
 * Runs git for a test, in a process that is small: to fork costs what the process that forks has in
 * memory, 5 ms of CPU for 50 MB and 30 ms for 350 MB, and a worker of the tests grows. Plain JavaScript,
 * since it is started as it stands.
 */
import { spawn } from 'node:child_process';

/** @param {{ id: number, args: string[], cwd?: string, env: Record<string, string>, input?: string | Uint8Array }} request */
function run({ id, args, cwd, env, input }) {
  const child = spawn('git', args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  /** @type {Buffer[]} */
  const stdout = [];
  /** @type {Buffer[]} */
  const stderr = [];
  child.stdout.on('data', (/** @type {Buffer} */ piece) => stdout.push(piece));
  child.stderr.on('data', (/** @type {Buffer} */ piece) => stderr.push(piece));
  child.on('error', (error) => process.send?.({ id, error }));
  child.on('close', (code, signal) => {
    process.send?.({
      ...{ id, code, signal },
      ...{ stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) },
    });
  });
  // git may end without having read all of it; its exit code tells what that means.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
}

process.on('message', run);
process.on('disconnect', () => {
  process.exit();
});
