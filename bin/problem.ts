/** What went wrong, for the person at the terminal: one sentence on stderr, and exit code 1. */
import { isGitWsError } from '../server/index.js';

/** Tells it, and makes the process end with code 1 when it ends. */
export function fail(error: unknown): void {
  process.stderr.write(`gitws: ${sentenceOf(error)}\n`);
  process.exitCode = 1;
}

function sentenceOf(error: unknown): string {
  const { code, message, syscall, address, port, path } = error as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
  };
  if (isGitWsError(error)) return message;
  if (syscall?.startsWith('spawn') === true) return 'there is no git here: install it first.';
  const where = address ?? 'that host';
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${where} is in use: choose another one with --port.`;
    case 'EACCES':
      if (syscall !== 'listen') break;
      return `this user may not listen on port ${port}: choose one above 1023 with --port.`;
    case 'EADDRNOTAVAIL':
      return `${where} is not an address of this machine: choose another one with --host.`;
    case 'ENOTFOUND':
      return `${(error as { hostname?: string }).hostname ?? where} is not an address of this machine: choose another one with --host.`;
    default:
  }
  // "ENOENT: no such file or directory, open 'x'", as Node has it for the system's errors.
  const [, reason] = /^E[A-Z0-9]+: ([^,]+), /.exec(message) ?? [];
  return path === undefined || reason === undefined ? message : `${path}: ${reason}.`;
}
