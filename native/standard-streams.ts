/**
 * stdin, stdout and stderr as they were handed to this process: shared with git, with a shell or
 * with a terminal. O_NONBLOCK belongs to what is shared and not to the one who sets it. Node.js
 * sets it on the pipe or socket behind `process.stderr` when anybody looks at that property, and
 * it does so itself when a connection ends. git, whose stderr it is too, then loses what does not
 * fit at once. So the three properties are replaced before anybody looks:
 *
 * - Output is written by threads that may wait (fs.write). The loop goes on, and with it the
 *   connection's pings, however slowly somebody reads. This is the same on Linux and macOS.
 * - A pipe to read from is opened anew where the system can do that (Linux, by /proc): flags of
 *   what was opened anew are nobody else's. On macOS, and for sockets, Node.js does with stdin
 *   what it always does: git keeps only the other end, so that this one is shared with nobody.
 *   Node.js itself opens a terminal anew to read from it.
 *
 * Windows has no such flag, and writing to its consoles takes more than bytes: nothing is replaced.
 */
import { closeSync, constants, fstatSync, openSync, write } from 'node:fs';
import { Socket } from 'node:net';
import { Writable, type Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { messageOf } from '../src/base/failure.js';

const isWindows = process.platform === 'win32';

/** Time until output is tried again that is full and that somebody else made non-blocking, in ms. */
const retryTime = 10;

/** stdout or stderr, with what is used of Node.js's own. */
class SharedOutput extends Writable {
  readonly fd: 1 | 2;
  readonly isTTY: boolean;

  constructor(fd: 1 | 2) {
    super({ decodeStrings: true });
    this.fd = fd;
    this.isTTY = isatty(fd);
    // Nobody reads any more: a failed write is told to its callback.
    this.on('error', () => undefined);
  }

  override _write(
    bytes: Uint8Array,
    encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    write(this.fd, bytes, (error, count) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this._write(bytes, encoding, done), retryTime);
      else if (error !== null || count === bytes.length) done(error);
      else this._write(bytes.subarray(count), encoding, done);
    });
  }
}

function openInput(): Readable | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    if (!fstatSync(0).isFIFO()) return undefined;
    const fd = openSync('/proc/self/fd/0', constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  } catch {
    // No /proc, or another user's pipe: as on macOS.
    return undefined;
  }
}

/** Makes `process.stdin`, `process.stdout` and `process.stderr` such. To be called first of all. */
export function keepSharedFlags(): void {
  if (isWindows) return;
  const stdin = openInput();
  const streams = {
    stdout: new SharedOutput(1),
    stderr: new SharedOutput(2),
    ...(stdin === undefined ? {} : { stdin }),
  };
  for (const [name, value] of Object.entries(streams)) {
    Object.defineProperty(process, name, { value, configurable: true, enumerable: true });
  }
}

/**
 * Runs a command, and ends this process with its exit code. What it rejects with, or what is thrown
 * where nobody waits for it, is one sentence and an exit code as any other failure: a stack trace is
 * for nobody who uses git.
 *
 * @param prefix what stands before the sentence, for example `fatal: `.
 * @param failure the exit code for that.
 */
export function runCommand(
  command: () => Promise<number>,
  { prefix, failure }: { readonly prefix: string; readonly failure: number },
): void {
  keepSharedFlags();
  let failed = false;
  const fail = (error: unknown): void => {
    if (failed) return;
    failed = true;
    const [line = ''] = messageOf(error).split('\n');
    process.stderr.write(`${prefix}unexpected error: ${line}\n`);
    endProcess(failure).catch(() => process.exit(failure));
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  command().then(endProcess, fail);
}

/**
 * Ends this process when everything that was said is written, or when nobody reads it. stdin is
 * closed before: git may be waiting for somebody to read what it says, and read nothing itself.
 *
 * @param code the exit code.
 */
export async function endProcess(code: number): Promise<never> {
  if (!isWindows) {
    process.stdin.destroy();
    closeSync(0);
    await Promise.all([process.stdout, process.stderr].map(finish));
  }
  process.exit(code);
}

function finish(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.end(() => {
      resolve();
    });
  });
}
