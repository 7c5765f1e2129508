/**
 * The session of a client that offers no subprotocol (docs/protocol.md, "Raw pipe"): the bytes of
 * one service and nothing else, for tools that know no gitws.v1. TCP is the backpressure here, and
 * only here; there is no half-close, no stderr and no exit status but the close code.
 */
import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import { closeCodes, type CloseCode } from '../../src/tunnel/machine/close.js';
import type { ExitStatus } from '../../src/tunnel/machine/message.js';
import { release } from '../base/slabs.js';
import { Connection } from './connection.js';
import { Gather } from './gather.js';
import { giveInput, maxWaiting } from './input.js';
import type { Limits } from '../limits/limits.js';
import { ServiceOutput } from './output.js';
import { serviceEnd, type RunningService } from './service-end.js';
import { services } from '../services.js';
import type { RunningSession, SessionFigures } from './running-session.js';

/** What a raw pipe is made of. */
export interface RawPipeOptions extends RunningService {
  readonly socket: WebSocket;
  readonly limits: Limits;
}

/** Pings that may go unanswered: kernels hold megabytes, which a ping waits behind. */
const patience = 4;

/** The last of git's stderr that is kept, in characters: a close reason holds less. */
const keptStderr = 1_000;

/** A running raw pipe. */
export class RawPipe implements RunningSession {
  readonly over: Promise<SessionFigures>;
  readonly #options: RawPipeOptions;
  readonly #connection: Connection;
  readonly #output: ServiceOutput;
  readonly #started = performance.now();
  #bytesIn = 0;
  #bytesOut = 0;
  #stderr = '';
  #clientLeft: number | undefined;
  #exit: ExitStatus | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RawPipeOptions) {
    const { running, limits, socket } = options;
    this.#options = options;
    const events = {
      onMessage: (data: string | Uint8Array) => {
        this.#receive(data);
      },
      onPong: () => undefined,
      onLeft: (closeCode: number) => {
        this.#leave(closeCode);
      },
    };
    this.#connection = new Connection(socket, limits, events, patience);
    const gather = new Gather({
      credit: () => Math.max(0, maxWaiting - this.#connection.waiting),
      send: (bytes) => {
        this.#bytesOut += bytes.length;
        this.#expectLife();
        this.#connection.send(bytes, () => {
          release(bytes);
          this.#expectLife();
          this.#output.pump();
        });
      },
    });
    this.#output = new ServiceOutput({
      ...{ running, gather, lingerTime: limits.lingerTime },
      writeStderr: (words) => {
        this.#stderr = (this.#stderr + words).slice(-keptStderr);
        return true;
      },
      onStdoutEnd: () => undefined,
      onError: (error) => {
        options.onError(error);
        this.end(closeCodes.failed, 'The server could not read what git wrote.');
      },
      flush: () => undefined,
    });
    this.over = this.#run();
    // A client may think before its first byte: git runs its pre-push hook then.
    this.#expectLife();
  }

  shutDown({ now = false } = {}): void {
    // Whether a push has arrived whole cannot be known here: each that has begun may finish.
    const mayFinish = this.#pushes && this.#bytesIn > 0;
    if (now || !mayFinish) this.end(closeCodes.unavailable, 'The server shuts down.');
    const { running, limits, service } = this.#options;
    if (now) running.end({ ...services[service].ending(limits), term: 0 });
  }

  get #pushes(): boolean {
    return services[this.#options.service].finishes;
  }

  async #run(): Promise<SessionFigures> {
    const status = await serviceEnd(this.#options.running, this.#output);
    if (this.#clientLeft === undefined) {
      this.#exit = status;
      if (status.code === 0) this.#connection.close(closeCodes.done);
      else this.#connection.close(closeCodes.failed, this.#failure(status));
    }
    await this.#connection.closed;
    clearTimeout(this.#silence);
    const outcome: SessionFigures['outcome'] =
      this.#exit === undefined
        ? { kind: 'closed', closeCode: this.#clientLeft ?? 1006 }
        : { kind: 'exit', ...status };
    const duration = performance.now() - this.#started;
    const [bytesIn, bytesOut] = [this.#bytesIn, this.#bytesOut];
    return { id: randomUUID(), bytesIn, bytesOut, resumes: 0, duration, outcome };
  }

  /** The last line of git's stderr says it best. */
  #failure({ code, signal }: ExitStatus): string {
    const line = this.#stderr
      .trim()
      .split(/[\r\n]+/)
      .at(-1);
    return `git ended with ${signal ?? code ?? 'a signal'}${line ? `: ${line}` : '.'}`;
  }

  #receive(data: string | Uint8Array): void {
    if (typeof data === 'string') {
      this.end(closeCodes.malformed, 'A raw pipe takes binary messages only.');
      return;
    }
    this.#bytesIn += data.length;
    this.#expectLife();
    const { running, limits, service } = this.#options;
    if (this.#bytesIn > services[service].maxInput(limits)) {
      this.end(closeCodes.tooLarge, 'The request is too large.');
      return;
    }
    giveInput(running, data, this.#connection);
  }

  end(code: CloseCode, sentence: string): void {
    this.#connection.close(code, sentence);
  }

  #expectLife(): void {
    clearTimeout(this.#silence);
    if (this.#clientLeft !== undefined) return;
    this.#silence = setTimeout(() => {
      // A git that computes, or that is held up by a client that takes its time, is at work.
      this.end(closeCodes.timedOut, 'Nothing happened for too long.');
    }, this.#options.limits.idleTime);
  }

  #leave(closeCode: number): void {
    this.#clientLeft = closeCode;
    clearTimeout(this.#silence);
    this.#output.discard();
    const { running, limits, service } = this.#options;
    // An unfinished push ends by itself at the end of its input. One that was whole may be moving
    // refs: nobody can tell from here, so it is never signalled.
    if (this.#pushes) running.stdin.end();
    else if (this.#exit === undefined) running.end(services[service].ending(limits));
  }
}
