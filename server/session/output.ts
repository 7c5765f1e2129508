/**
 * What a process says: its stdout by way of {@link Gather}, its stderr as text, and its exit, which
 * counts only when both have ended. Reading stops while there is no credit; that is the whole
 * backpressure, since the process then blocks on its pipe.
 */
import type { Readable } from 'node:stream';
import type { ExitStatus } from '../../src/tunnel/machine/message.js';
import type { Gather } from './gather.js';
import type { Service } from '../backend/service.js';

/** What {@link ServiceOutput} works with. */
export interface OutputOptions {
  readonly running: Service;
  readonly gather: Gather;
  /** Time that streams may stay open and silent (dropped: open) after the service ended, in ms. */
  readonly lingerTime: number;
  /** @returns false where there is no credit. */
  writeStderr(text: string): boolean;
  /** Every byte of stdout was sent, and no more come. */
  onStdoutEnd(): void;
  /** stdout broke off: what was read is not whole. */
  onError(error: unknown): void;
  /** Something was written. */
  flush(): void;
}

/** The output of one service, until it is all sent or the client has left. */
export class ServiceOutput {
  /** How the service ended, once its output has ended too and was sent or dropped. */
  readonly exit: Promise<ExitStatus>;
  readonly #options: OutputOptions;
  readonly #stdout: Readable;
  readonly #stderr: Readable;
  /** Pieces of stderr that wait for credit. */
  #pieces: string[] = [];
  #discarding = false;
  #stdoutClosed = false;
  #stdoutEnded = false;
  #stderrClosed = false;
  #linger: ReturnType<typeof setTimeout> | undefined;
  #resolveDrained!: () => void;

  constructor(options: OutputOptions) {
    this.#options = options;
    const { stdout, stderr } = options.running;
    this.#stdout = stdout;
    this.#stderr = stderr;
    const drained = new Promise<void>((resolve) => {
      this.#resolveDrained = resolve;
    });
    stdout.on('data', (chunk: Buffer) => {
      if (this.#discarding) return;
      this.#linger?.refresh();
      // Defence: the server's paths are taken out of what git says on stdout.
      this.#gather(options.running.text.stdout.push(chunk));
    });
    stderr.on('data', (chunk: Buffer) => {
      // Defence: stderr that is dropped holds up nothing.
      if (this.#discarding) return;
      this.#linger?.refresh();
      this.#pieces.push(...options.running.text.stderr.decode(chunk));
      this.pump();
    });
    // A stream that was handed to a child as well was paused by that.
    stdout.resume();
    stderr.resume();
    // Their close events follow.
    stdout.on('error', (error) => {
      if (!this.#discarding) options.onError(error);
    });
    stderr.on('error', () => undefined);
    stdout.on('close', () => {
      this.#stdoutClosed = true;
      if (!this.#discarding) this.#gather(options.running.text.stdout.end());
      options.gather.finish();
      this.pump();
    });
    stderr.on('close', () => {
      this.#stderrClosed = true;
      this.#pieces.push(...options.running.text.stderr.end());
      this.pump();
    });
    this.exit = options.running.exited.then(async (status) => {
      this.#armLinger();
      await drained;
      clearTimeout(this.#linger);
      return status;
    });
  }

  #gather(pieces: readonly Buffer[]): void {
    for (const piece of pieces) this.#options.gather.push(piece);
    this.pump();
  }

  /** Sends what can be sent, and reads on or stops reading accordingly. */
  pump(): void {
    const { gather } = this.#options;
    if (this.#discarding) {
      this.#finish();
      return;
    }
    // stderr first: it is little, and says why.
    while (this.#pieces[0] !== undefined && this.#options.writeStderr(this.#pieces[0]))
      this.#pieces.shift();
    gather.pump();
    if (this.#stdoutClosed && gather.size === 0 && !this.#stdoutEnded) {
      this.#stdoutEnded = true;
      this.#options.onStdoutEnd();
    }
    this.#options.flush();
    read(this.#stdout, !gather.full);
    read(this.#stderr, this.#pieces.length === 0);
    this.#finish();
  }

  /**
   * Nobody wants the output any more: it is read and dropped, and once the process has ended, what
   * others go on writing holds up nothing.
   */
  discard(): void {
    this.#discarding = true;
    this.#options.gather.clear();
    this.#pieces = [];
    this.#stdout.resume();
    this.#stderr.resume();
    this.#finish();
  }

  #finish(): void {
    if (!this.#stdoutClosed || !this.#stderrClosed) return;
    const sent = this.#options.gather.size === 0 && this.#pieces.length === 0;
    if (sent || this.#discarding) this.#resolveDrained();
  }

  /** A process in the background may hold the streams open for ever; not while we hold them up. */
  #armLinger(): void {
    this.#linger = setTimeout(() => {
      if (this.#stdout.isPaused() || this.#stderr.isPaused()) {
        this.#armLinger();
        return;
      }
      this.#stdout.destroy();
      this.#stderr.destroy();
    }, this.#options.lingerTime);
  }
}

function read(stream: Readable, wanted: boolean): void {
  if (wanted === !stream.isPaused()) return;
  if (wanted) stream.resume();
  else stream.pause();
}
