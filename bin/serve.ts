/**
 * `gitws serve ROOT`: the server on an HTTP server of its own, until a signal ends it.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createGitServer, isGitWsError, type SessionReport } from '../server/index.js';
import { gitVersion } from '../server/spawn.js';

/** The options, as the command line gave them. */
export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly allowPush?: true;
  readonly allowArchive?: true;
  readonly origin?: string[];
  readonly publicUrl?: string;
}

/** Serves until SIGINT or SIGTERM. What prevents it is said in one sentence; exit code 1. */
export async function serve(root: string, options: ServeOptions): Promise<void> {
  try {
    await run(root, options);
  } catch (error) {
    process.stderr.write(`gitws: ${sentence(error, options)}\n`);
    process.exitCode = 1;
  }
}

async function run(root: string, options: ServeOptions): Promise<void> {
  const { host, port, allowPush, allowArchive, origin, publicUrl } = options;
  const gitServer = createGitServer({
    root,
    allowPush: allowPush === true,
    allowArchive: allowArchive === true,
    origins: origin,
    publicUrl,
    onSession: (report) => process.stderr.write(`${describe(report)}\n`),
    onError: (error) => process.stderr.write(`gitws: ${String(error)}\n`),
  });
  await gitVersion();
  const httpServer = createServer((request, response) => {
    if (gitServer.handleRequest(request, response)) return;
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' });
    response.end('There is nothing here but git repositories, for WebSockets.\n');
  });
  gitServer.attach(httpServer);
  httpServer.listen(port, host);
  await once(httpServer, 'listening');
  const address = httpServer.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  process.stdout.write(
    `gitws listening on http://${host.includes(':') ? `[${host}]` : host}:${actualPort}\n`,
  );
  await signal();
  httpServer.close();
  const closed = gitServer.close();
  // Whoever asks twice does not want to wait for pushes under way.
  void signal().then(() => {
    process.exitCode = 1;
    void gitServer.close({ drainTime: 0 });
  });
  await closed;
  httpServer.closeAllConnections();
}

/** The next signal that asks the process to end. */
function signal(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    const onSignal = (): void => {
      for (const name of signals) process.off(name, onSignal);
      resolve();
    };
    for (const name of signals) process.on(name, onSignal);
  });
}

/** One line of the log, without anything that a terminal would obey. */
function describe({
  repository,
  service,
  user,
  bytesIn,
  bytesOut,
  ...rest
}: SessionReport): string {
  const { duration, outcome } = rest;
  const end =
    outcome.kind === 'exit'
      ? `exit ${outcome.signal ?? outcome.code ?? ''}`
      : `closed ${outcome.closeCode}`;
  const who = user === null ? '' : ` ${user.name}`;
  const bytes = `${bytesIn} bytes in, ${bytesOut} out`;
  const line = `${service} ${repository}${who}: ${bytes}, ${Math.round(duration)} ms, ${end}`;
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

function sentence(error: unknown, { host, port }: ServeOptions): string {
  if (isGitWsError(error)) return error.message;
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (syscall?.startsWith('spawn') === true) return 'there is no git here: install it first.';
  switch (code) {
    case 'EADDRINUSE':
      return `port ${port} of ${host} is in use: choose another one with --port.`;
    case 'EACCES':
      return `this user may not listen on port ${port}: choose one above 1023 with --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine: choose another one with --host.`;
    default:
      return message;
  }
}
