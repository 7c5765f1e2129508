/** The servers that are compared, each a process of its own on loopback, and what they cost. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { git, gitEnvironment } from './git.js';
import { canMeasure, cpuTime, peakMemory, resetPeakMemory } from './processes.js';

/** What a server cost while it was watched. */
export interface ServerCost {
  /** CPU time of the server's own process, in seconds. */
  readonly cpu: number;
  /** CPU time of the git processes that it ran, in seconds. */
  readonly gitCpu: number;
  /** The most memory that the server's own process had, in bytes. */
  readonly memory: number;
}

/** A server that runs. */
export class RunningServer {
  /** Without a slash at its end: a repository's path is put behind it. */
  readonly url: string;
  readonly #child: ChildProcess;

  constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Starts counting. @returns ends it, when the server has come to rest. */
  async watch(): Promise<() => Promise<ServerCost | undefined>> {
    const { pid = 0 } = this.#child;
    await resetPeakMemory(pid);
    const before = await cpuTime(pid);
    return async () => {
      // The last git may not have been waited for yet.
      await new Promise((resolve) => setTimeout(resolve, 100));
      const after = await cpuTime(pid);
      if (!canMeasure) return undefined;
      return {
        cpu: after.own - before.own,
        gitCpu: after.children - before.children,
        memory: await peakMemory(pid),
      };
    };
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, 'close');
    this.#child.kill();
    await closed;
  }
}

/**
 * `gitws serve`, the command as it is installed.
 *
 * @param out where dist/ was copied to.
 * @param origins of the pages that may connect.
 * @param more options of the command.
 */
export function startGitWs(
  out: string,
  serverRoot: string,
  origins: readonly string[],
  more: readonly string[] = [],
): Promise<RunningServer> {
  const args = [join(out, 'dist/bin/gitws.js'), 'serve', serverRoot, '--port', '0'];
  // As many at once as are measured, all from one address.
  const room = ['--max-sessions', '--max-sessions-per-address', '--max-children'];
  room.push('--max-connections-per-address');
  args.push(...room.flatMap((limit) => [limit, '300']), '--first-byte-time', '5m');
  const allowed = origins.flatMap((origin) => ['--origin', origin]);
  return startServer(
    process.execPath,
    [...args, ...allowed, ...more],
    /listening on (http:\S+)/,
    (url) => url,
  );
}

/** Smart HTTP, and the page of the benchmarks at `/`. */
export function startHttp(out: string, serverRoot: string): Promise<RunningServer> {
  const args = [join(out, 'http-server.js'), serverRoot, out];
  return startServer(process.execPath, args, /listening on (http:\S+)/, (url) => url);
}

/** `git daemon`, for git:// URLs. */
export async function startGitDaemon(serverRoot: string): Promise<RunningServer> {
  const port = await freePort();
  // The program itself: `git` before it would be one process more.
  const program = join(await git(['--exec-path']), 'git-daemon');
  const args = ['--verbose', '--export-all', '--reuseaddr', '--listen=127.0.0.1'];
  args.push('--max-connections=0');
  return startServer(
    program,
    [...args, `--port=${port}`, `--base-path=${serverRoot}`, serverRoot],
    /Ready to rumble/,
    () => `git://127.0.0.1:${port}`,
  );
}

/** @param ready what it says when it listens; the first group is an address. */
export async function startServer(
  program: string,
  args: readonly string[],
  ready: RegExp,
  url: (address: string) => string,
): Promise<RunningServer> {
  const child = spawn(program, args, { env: gitEnvironment, stdio: ['ignore', 'pipe', 'pipe'] });
  process.once('exit', () => child.kill());
  let said = '';
  const address = await new Promise<string>((resolve, reject) => {
    const listen = (piece: Buffer): void => {
      // Its log goes on for ever, and only the beginning matters.
      if (said.length > 10_000) return;
      said += piece.toString();
      const match = ready.exec(said);
      if (match !== null) resolve(match[1] ?? '');
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`${program} ended with ${code}: ${said}`));
    });
  });
  return new RunningServer(url(address), child);
}

/** git daemon cannot be told to pick a port by itself. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
