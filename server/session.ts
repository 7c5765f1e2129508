/**
 * One session: a service's process on one side, a tunnel on the other, and the rules of how each
 * ends the other (docs/protocol.md, "Flow control" and "Ending"). It starts nothing and accepts
 * nothing: server.ts hands it a running process and an open socket.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { GitService } from '../src/endpoint.js';
import { isGitWsError } from '../src/errors.js';
import { closeCodes, type CloseCode } from '../src/tunnel/close.js';
import type { ExitStatus } from '../src/tunnel/message.js';
import { Tunnel, type TunnelEvent } from '../src/tunnel/tunnel.js';
import { Connection } from './connection.js';
import { Gather } from './gather.js';
import { maxInput, type Limits } from './limits.js';
import { ProcessOutput } from './output.js';
import { endingOf, processEnd } from './process-end.js';
import type { Repository } from './repository.js';
import type { Ending, ServiceProcess } from './spawn.js';
import type { StderrText } from './stderr.js';

/** How a session ended. */
export type SessionOutcome =
  /** git ended and the client was told so. */
  | ({ readonly kind: 'exit' } & ExitStatus)
  /** The client left first, or was closed with this code. */
  | { readonly kind: 'closed'; readonly closeCode: number };

/** A session's life in figures. */
export interface SessionFigures {
  /** The session's public id, as the client knows it. */
  readonly id: string;
  /** Bytes that the client sent for git's stdin. */
  readonly bytesIn: number;
  /** Bytes of git's stdout that were sent. */
  readonly bytesOut: number;
  /** From start to end, in ms. */
  readonly duration: number;
  readonly outcome: SessionOutcome;
}

/** What a session is made of. */
export interface SessionOptions {
  readonly service: GitService;
  readonly repository: Repository;
  readonly child: ServiceProcess;
  readonly socket: WebSocket;
  readonly stderr: StderrText;
  /** The client's receive window, in bytes. */
  readonly peerWindow: number;
  readonly limits: Limits;
  /** Told of what should not happen. */
  onError(error: unknown): void;
}

/** What a server needs to know of a session, whatever its client speaks. */
export interface RunningSession {
  /** Resolves when neither process nor socket is left. Processes that a hook left may be. */
  readonly over: Promise<SessionFigures>;
  /**
   * The server closes. A push whose every byte has arrived goes on, with its client, until it is
   * called with `now`; everything else ends at once.
   */
  shutDown(options?: { readonly now?: boolean }): void;
  /** Closes the connection with a code and a sentence. A push that is complete goes on without it. */
  end(code: CloseCode, sentence: string): void;
}

/** A running session of gitws.v1. */
export class Session implements RunningSession {
  readonly id = randomUUID();
  readonly over: Promise<SessionFigures>;
  readonly #options: SessionOptions;
  readonly #limits: Limits;
  readonly #child: ServiceProcess;
  readonly #tunnel: Tunnel;
  readonly #connection: Connection;
  readonly #output: ProcessOutput;
  readonly #started = performance.now();
  #bytesIn = 0;
  #bytesOut = 0;
  /** The client's `end` came: a push is complete, and is never signalled any more. */
  #clientEnded = false;
  #clientLeft: number | undefined;
  /** Told to the client. */
  #exit: ExitStatus | undefined;
  #heard = false;
  #tunnelTimer: ReturnType<typeof setTimeout> | undefined;
  /** Runs out when the client is silent for too long; what that means depends on the moment. */
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SessionOptions) {
    const { child, limits, socket, stderr } = options;
    this.#options = options;
    this.#limits = limits;
    this.#child = child;
    this.#tunnel = new Tunnel({
      role: 'server',
      window: limits.window,
      maxReplay: limits.maxReplay,
      now: performance.now(),
      peerWindow: options.peerWindow,
      session: this.id,
      token: randomBytes(16).toString('base64url'),
      resumeFor: 0,
    });
    this.#connection = new Connection(socket, limits, {
      onMessage: (data) => {
        this.#receive(data);
      },
      onPong: () => {
        if (this.#exit !== undefined) this.#expectLife();
      },
      onLeft: (closeCode) => {
        this.#leave(closeCode);
      },
    });
    const gather = new Gather({
      credit: () => this.#tunnel.credit,
      send: (bytes) => {
        this.#bytesOut += bytes.length;
        this.#tunnel.write(bytes);
        this.#flush();
      },
    });
    this.#output = new ProcessOutput({
      child,
      gather,
      stderr,
      lingerTime: limits.lingerTime,
      writeStderr: (text) => this.#tunnel.writeStderr(text),
      onStdoutEnd: () => {
        this.#tunnel.end();
      },
      onError: (error) => {
        options.onError(error);
        this.end(closeCodes.failed, 'The server could not read what git wrote.');
      },
      flush: () => {
        this.#flush();
      },
    });
    this.over = this.#run();
    this.#silence = setTimeout(() => {
      this.end(closeCodes.timedOut, 'The client said nothing.');
    }, limits.openingTime);
    this.#flush();
  }

  shutDown({ now = false } = {}): void {
    if (this.#exit !== undefined) this.end(closeCodes.done, '');
    else if (now || !this.#mustFinish) this.end(closeCodes.unavailable, 'The server shuts down.');
    if (now) this.#child.end({ ...this.#ending, term: 0 });
  }

  /** Whether this is a push whose every byte has arrived, and whose outcome is not known yet. */
  get #mustFinish(): boolean {
    return this.#pushes && this.#clientEnded && this.#exit === undefined;
  }

  get #pushes(): boolean {
    return this.#options.service === 'git-receive-pack';
  }

  end(code: CloseCode, sentence: string): void {
    this.#connection.close(code, sentence);
  }

  async #run(): Promise<SessionFigures> {
    const status = await processEnd(this.#options, this.#output, this.#limits);
    this.#sendExit(status);
    await this.#connection.closed;
    clearTimeout(this.#tunnelTimer);
    clearTimeout(this.#silence);
    return this.#figures(status);
  }

  #sendExit(status: ExitStatus): void {
    if (this.#clientLeft !== undefined) return;
    this.#exit = status;
    this.#tunnel.exit(status);
    this.#expectLife();
    this.#flush();
  }

  #figures(status: ExitStatus): SessionFigures {
    const outcome: SessionOutcome =
      this.#exit === undefined
        ? { kind: 'closed', closeCode: this.#clientLeft ?? 1006 }
        : { kind: 'exit', ...status };
    const duration = performance.now() - this.#started;
    return { id: this.id, bytesIn: this.#bytesIn, bytesOut: this.#bytesOut, duration, outcome };
  }

  #receive(data: string | Uint8Array): void {
    let events: TunnelEvent[];
    try {
      events = this.#tunnel.receive(data, performance.now());
    } catch (error) {
      if (isGitWsError(error, 'PROTOCOL_ERROR')) this.end(closeCodes.malformed, error.message);
      else {
        this.#options.onError(error);
        this.end(closeCodes.failed, 'The server failed.');
      }
      return;
    }
    this.#heard = true;
    this.#expectLife();
    for (const event of events) this.#take(event);
    this.#flush();
  }

  #take(event: TunnelEvent): void {
    switch (event.type) {
      case 'data':
        this.#bytesIn += event.bytes.length;
        if (this.#bytesIn > maxInput(this.#options.service, this.#limits)) {
          this.end(closeCodes.tooLarge, 'The request is too large.');
          return;
        }
        // Called with an error where the child has closed its stdin: the bytes are dropped then.
        this.#child.stdin.write(event.bytes, this.#taken);
        return;
      case 'end':
        this.#clientEnded = true;
        this.#child.stdin.end(this.#taken);
        return;
      case 'credit':
        this.#output.pump();
        return;
      // Only servers send these: the tunnel has refused them.
      case 'open':
      case 'stderr':
      case 'exit':
        return;
    }
  }

  readonly #taken = (): void => {
    this.#tunnel.consume(performance.now());
    this.#flush();
  };

  /** Gives the socket what the tunnel has to say; closes when all was said and heard. */
  #flush(): void {
    if (this.#clientLeft !== undefined) return;
    const now = performance.now();
    const frames = this.#tunnel.takeOutgoing(now);
    for (const frame of frames) this.#connection.send(frame);
    if (frames.length > 0 && this.#heard && this.#exit === undefined) this.#expectLife();
    if (this.#tunnel.settled) {
      this.#connection.close(closeCodes.done);
      return;
    }
    clearTimeout(this.#tunnelTimer);
    const { deadline } = this.#tunnel;
    if (deadline === null) return;
    this.#tunnelTimer = setTimeout(() => {
      this.#tunnel.tick(performance.now());
      this.#flush();
    }, deadline - now);
  }

  /** The client showed that it lives: it must do so again in time. */
  #expectLife(): void {
    clearTimeout(this.#silence);
    if (this.#clientLeft !== undefined) return;
    const { idleTime, settleTime } = this.#limits;
    this.#silence =
      this.#exit === undefined
        ? setTimeout(() => {
            this.end(closeCodes.timedOut, 'Nothing happened for too long.');
          }, idleTime)
        : setTimeout(() => {
            this.end(closeCodes.done, '');
          }, settleTime);
  }

  /** The client has left: what it was for ends too, but never a push that is complete. */
  #leave(closeCode: number): void {
    this.#clientLeft = closeCode;
    clearTimeout(this.#tunnelTimer);
    clearTimeout(this.#silence);
    // Read to its end and dropped: with nobody reading, SIGPIPE would end receive-pack before its
    // post-receive hook.
    this.#output.discard();
    if (this.#exit === undefined && !this.#mustFinish) this.#child.end(this.#ending);
  }

  get #ending(): Ending {
    return endingOf(this.#options.service, this.#limits);
  }
}
