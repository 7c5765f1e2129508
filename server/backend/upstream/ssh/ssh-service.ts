/** A service at the other end of ssh: its process here, and what its end means. */
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { Socket } from 'node:net';
import type { ExitStatus } from '../../../../src/tunnel/machine/message.js';
import { died } from '../../../../src/wire/stateless/conversation.js';
import { inTime } from '../../../base/in-time.js';
import { passedText, type ServiceText } from '../../../text/service-text.js';
import { brokeOff } from '../answers.js';
import type { ServiceProcess } from '../../local/spawn.js';
import type { Ending, Service } from '../../service.js';
import { ownFailure, refusalOfEnd } from './refusals.js';

/** What {@link SshService} is made of. */
export interface SshServiceOptions {
  readonly child: ServiceProcess;
  /** For the sentences that a client reads. */
  readonly host: string;
  /** What the other end has said on stderr so far, none of which was handed on. */
  readonly words: readonly Buffer[];
  /** Time in which nothing may pass in either direction, in ms. */
  readonly silence: number;
  /** Time from SIGTERM to SIGKILL, in ms. */
  readonly killTime: number;
  /** What ssh itself has said. Called once, when it has ended. */
  readLog(): Promise<string>;
  readonly onError: (error: unknown) => void;
}

/** Time for what was said before the end to be read, in ms. */
const readTime = 2_000;

/** How often it is looked at within the time of silence. */
const looks = 4;

/** A process of ssh. */
export class SshService implements Service {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr = new PassThrough();
  readonly text: ServiceText = passedText();
  readonly exited: Promise<ExitStatus>;
  readonly tidied: Promise<void>;
  readonly gone: Promise<void>;
  readonly #options: SshServiceOptions;
  #ended = false;
  #silent = false;
  /** How much had passed at the last look, and at how many looks in a row it was that. */
  #passed = -1;
  #quiet = 0;

  constructor(options: SshServiceOptions) {
    const { child, words, silence } = options;
    this.#options = options;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    for (const piece of words) this.stderr.write(piece);
    child.stderr.pipe(this.stderr, { end: false });
    // Nobody reads what it says any more: it must not wait for that.
    this.stderr.once('close', () => child.stderr.resume());
    this.gone = child.gone;
    const timer = setInterval(() => {
      this.#look();
    }, silence / looks);
    this.exited = this.#run().finally(() => {
      clearInterval(timer);
    });
    this.tidied = this.exited.then(() => undefined);
  }

  write(bytes: Uint8Array, taken?: (error?: Error | null) => void): boolean {
    return this.#options.child.write(bytes, taken);
  }

  end(ending: Ending): void {
    this.#ended = true;
    this.#options.child.end(ending);
  }

  async #run(): Promise<ExitStatus> {
    const { child, host, onError } = this.#options;
    const status = await child.exited;
    const log = await this.#options.readLog();
    await closed(child.stderr);
    child.stderr.unpipe(this.stderr).resume();
    // One that shares a connection ends by itself when it is told to.
    if (this.#ended) {
      this.stderr.end();
      return { code: null, signal: status.signal ?? 'SIGTERM' };
    }
    if (!this.#silent && status.signal === null && status.code !== ownFailure) {
      this.stderr.end();
      return status;
    }
    if (log.trim() !== '') onError(new Error(`ssh to ${host}: ${log.trim()}`));
    const sentence = this.#sentenceOf(log, status);
    this.stderr.end(`fatal: ${sentence}\n`);
    return { code: died, signal: null };
  }

  #sentenceOf(log: string, { code }: ExitStatus): string {
    const { child, host } = this.#options;
    if (this.#silent) return `${host} said nothing for too long.`;
    const { stdout } = child;
    const hasSpoken = !(stdout instanceof Socket) || stdout.bytesRead > 0;
    return hasSpoken ? brokeOff(host) : refusalOfEnd({ host, code, log, words: '' }).sentence;
  }

  /** Nobody can say what is due, but that something has to pass; a client that is slow is not silence. */
  #look(): void {
    const { child, killTime } = this.#options;
    const passed = [child.stdin, child.stdout, child.stderr].reduce(
      (sum, stream) =>
        sum + (stream instanceof Socket ? stream.bytesRead + stream.bytesWritten : 0),
      0,
    );
    const waits = this.stdout.isPaused() || this.stdout.readableLength > 0;
    this.#quiet = waits || passed !== this.#passed ? 0 : this.#quiet + 1;
    this.#passed = passed;
    if (this.#quiet < looks) return;
    this.#silent = true;
    child.end({ term: 0, kill: killTime });
  }
}

/** Waits until a stream of a process that has ended is read to its end, where nobody else holds it open. */
export async function closed(stream: Readable): Promise<void> {
  if (stream.closed) return;
  const over = new Promise<void>((resolve) => {
    stream.once('close', resolve);
  });
  await inTime(over, readTime, () => undefined);
}
