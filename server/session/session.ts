/**
 * One session: a running service on one side, a tunnel on the other, and the rules of how each
 * ends the other (docs/protocol.md, "Flow control", "Resuming" and "How a session ends"). It starts
 * nothing and accepts nothing: server.ts hands it a running service and open sockets, one after the
 * other.
 */
import { randomUUID } from 'node:crypto';
import { isGitWsError } from '../../src/base/errors.js';
import { closeCodes, isResumableClose, type CloseCode } from '../../src/tunnel/machine/close.js';
import type { ExitStatus } from '../../src/tunnel/machine/message.js';
import type { Tunnel, TunnelEvent } from '../../src/tunnel/machine/tunnel.js';
import type { Connection } from './connection.js';
import { Gather } from './gather.js';
import type { Limits } from '../limits/limits.js';
import type { Link } from './link.js';
import { ServiceOutput } from './output.js';
import { serviceEnd } from './service-end.js';
import { SessionLinks } from './session-links.js';
import { createTunnel, type SessionOptions } from './session-options.js';
import { outcomeOf, type RunningSession, type SessionFigures } from './running-session.js';
import { services } from '../services.js';
import type { Ending, Service } from '../backend/service.js';
import { hold } from '../base/slabs.js';
import { Wait } from '../base/wait.js';

/** A running session of gitws.v1. */
export class Session implements RunningSession {
  readonly id = randomUUID();
  readonly over: Promise<SessionFigures>;
  readonly #options: SessionOptions;
  readonly #limits: Limits;
  readonly #running: Service;
  readonly #tunnel: Tunnel;
  /** Undefined while the session waits for its client to come back. */
  #connection: Connection | undefined;
  readonly #links = new SessionLinks();
  #resolveLeft!: () => void;
  readonly #left = new Promise<void>((resolve) => {
    this.#resolveLeft = resolve;
  });
  readonly #output: ServiceOutput;
  readonly #started = performance.now();
  #bytesIn = 0;
  #bytesOut = 0;
  #resumes = 0;
  #closing = false;
  /** The client's `end` came: a push is complete, and is never signalled any more. */
  #clientEnded = false;
  /** The close code with which the client left for good. */
  #clientLeft: number | undefined;
  /** Told to the client. */
  #exit: ExitStatus | undefined;
  #heard = false;
  #tunnelTimer: ReturnType<typeof setTimeout> | undefined;
  /** Runs out when the client is silent for too long; what that means depends on the moment. */
  readonly #silence = new Wait();

  constructor(options: SessionOptions) {
    const { running, limits, link } = options;
    this.#options = options;
    this.#limits = limits;
    this.#running = running;
    this.#tunnel = createTunnel(options, this.id);
    this.#connect(link);
    const gather = new Gather({
      credit: () => this.#tunnel.credit,
      send: (bytes) => {
        this.#bytesOut += bytes.length;
        this.#tunnel.write(bytes);
        this.#flush();
      },
    });
    this.#output = new ServiceOutput({
      running,
      gather,
      lingerTime: limits.lingerTime,
      writeStderr: (words) => this.#tunnel.writeStderr(words),
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
    this.#expectFirst();
    // No message of the tunnel: nothing of it is acknowledged.
    if (options.input) this.#give(Buffer.from(options.input));
    this.#flush();
  }

  /** Whether its client is away and may come back. */
  get detached(): boolean {
    return this.#connection === undefined && this.#clientLeft === undefined;
  }

  /** Whether a client may go on with it. */
  get resumable(): boolean {
    return this.#clientLeft === undefined && !this.#closing && this.#limits.resumeTime >= 1000;
  }

  /**
   * Whether its client has received more than this since: a handshake that says so was given up, and
   * held back by the network.
   */
  isPast(received: number): boolean {
    return received < this.#tunnel.acknowledged;
  }

  /**
   * The client is back over another link; the old one, where it seems open still, is not listened
   * to any more.
   *
   * @param received how many counted messages the client says it has received.
   */
  resume(link: Link, received: number): void {
    if (this.#connection === undefined) this.#options.onAttach();
    this.#detach()?.close(closeCodes.takenOver, 'The session goes on over another connection.');
    this.#connect(link);
    this.#resumes += 1;
    this.#heard = false;
    try {
      this.#tunnel.attach(received, link.keepFor);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#expectFirst();
    this.#flush();
  }

  shutDown({ now = false } = {}): void {
    this.#closing = true;
    if (this.#exit !== undefined) this.end(closeCodes.done, '');
    else if (now || !this.#mustFinish) this.end(closeCodes.unavailable, 'The server shuts down.');
    if (now) this.#running.end({ ...this.#ending, term: 0 });
  }

  /** Whether this is a push whose every byte has arrived, and whose outcome is not known yet. */
  get #mustFinish(): boolean {
    return this.#pushes && this.#clientEnded && this.#exit === undefined;
  }

  /** Whether git was given anything to do. */
  get #hasAsked(): boolean {
    // Whoever came back wants it, though no message may have got through whole. What came along with the
    // question does not count until its client is heard of: it may not know the token.
    return (this.#heard && this.#bytesIn > 0) || this.#clientEnded || this.#resumes > 0;
  }

  get #pushes(): boolean {
    return services[this.#options.service].finishes;
  }

  end(code: CloseCode, sentence: string): void {
    if (this.#connection === undefined) this.#leave(code);
    else this.#connection.close(code, sentence);
  }

  #connect(link: Link): void {
    const { connection } = link;
    this.#links.take(link);
    this.#connection = connection;
    connection.listen({
      onMessage: (data) => {
        if (connection === this.#connection) this.#receive(data);
      },
      onPong: () => {
        if (connection === this.#connection && this.#exit !== undefined) this.#expectLife();
      },
      onLeft: (closeCode) => {
        if (connection === this.#connection) this.#lose(closeCode);
      },
    });
  }

  async #run(): Promise<SessionFigures> {
    const status = await serviceEnd(this.#running, this.#output);
    this.#sendExit(status);
    await this.#left;
    await this.#links.gone;
    clearTimeout(this.#tunnelTimer);
    this.#silence.end();
    return this.#figures(status);
  }

  #sendExit(status: ExitStatus): void {
    if (this.#clientLeft !== undefined) return;
    this.#exit = status;
    this.#tunnel.exit(status);
    if (this.#connection === undefined) {
      // Of a server that closes nobody can ask for the rest.
      if (this.#closing) this.#leave(closeCodes.unavailable);
      return;
    }
    this.#expectLife();
    this.#flush();
  }

  #figures(status: ExitStatus): SessionFigures {
    return {
      ...{ id: this.id, bytesIn: this.#bytesIn, bytesOut: this.#bytesOut, resumes: this.#resumes },
      duration: performance.now() - this.#started,
      outcome: outcomeOf(this.#exit && status, this.#clientLeft),
    };
  }

  #receive(data: string | Uint8Array): void {
    let events: TunnelEvent[];
    try {
      events = this.#tunnel.receive(data, performance.now());
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#heard = true;
    this.#expectLife();
    for (const event of events) this.#take(event);
    this.#flush();
  }

  #refuse(error: unknown): void {
    if (isGitWsError(error, 'PROTOCOL_ERROR')) {
      this.end(closeCodes.malformed, error.message);
      return;
    }
    this.#options.onError(error);
    this.end(closeCodes.failed, 'The server failed.');
  }

  #take(event: TunnelEvent): void {
    switch (event.type) {
      case 'data':
        this.#give(event.bytes, this.#taken);
        return;
      case 'end':
        this.#clientEnded = true;
        this.#running.stdin.end(this.#taken);
        return;
      case 'credit':
        this.#output.pump();
        return;
      case 'run':
        // It wants no more of this one, but something else over the same connection.
        this.#handOver().next(event, this.over);
        return;
      // Only servers send these: the tunnel has refused them.
      case 'open':
      case 'stderr':
      case 'exit':
        return;
    }
  }

  /** @param taken called with an error where the service has closed its stdin: the bytes are dropped then. */
  #give(bytes: Uint8Array, taken?: () => void): void {
    this.#bytesIn += bytes.length;
    const isTooMuch = this.#bytesIn > services[this.#options.service].maxInput(this.#limits);
    // Defence: what git is asked has a largest size (maxRequestSize).
    if (isTooMuch) this.end(closeCodes.tooLarge, 'The request is too large.');
    else this.#running.write(bytes, taken);
  }

  readonly #taken = (): void => {
    this.#tunnel.consume(performance.now());
    this.#flush();
  };

  /** Gives the socket what the tunnel has to say; closes when all was said and heard. */
  #flush(): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const now = performance.now();
    const frames = this.#tunnel.takeOutgoing(now);
    for (const frame of frames) {
      // Until the system has taken it, the socket keeps it too, whatever its client acknowledges.
      // Defence: a buffer that a socket has to send is not used again.
      connection.send(frame, typeof frame === 'string' ? undefined : hold(frame));
    }
    if (frames.length > 0 && this.#heard && this.#exit === undefined) this.#expectLife();
    if (this.#tunnel.settled) {
      if (!this.#links.isKept) connection.close(closeCodes.done);
      else this.#handOver().free(this.over);
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

  /** The client has left, and its connection is another's. */
  #handOver(): Link {
    this.#leave(closeCodes.done);
    return this.#links.handOver();
  }

  /** A socket has opened: the client acknowledges `open`, in time. */
  #expectFirst(): void {
    this.#silence.begin(() => {
      // Defence: a first message comes in time (openingTime).
      if (this.#resumes === 0) this.end(closeCodes.timedOut, 'The client said nothing.');
      // A connection of a client that came back, and carries nothing: it will come once more.
      else this.#connection?.terminate();
    }, this.#limits.openingTime);
  }

  /** The client showed that it lives: it must do so again in time. */
  #expectLife(): void {
    if (this.#connection === undefined) {
      this.#silence.end();
      return;
    }
    const { idleTime, settleTime } = this.#limits;
    if (this.#exit === undefined) this.#silence.begin(this.#onIdle, idleTime);
    else this.#silence.begin(this.#onSettled, settleTime);
  }

  readonly #onIdle = (): void => {
    // Defence: a client that falls silent is given up (idleTime).
    this.end(closeCodes.timedOut, 'Nothing happened for too long.');
  };

  readonly #onSettled = (): void => this.end(closeCodes.done, '');

  /** The connection has ended: the session may wait for another, if it did not end on purpose. */
  #lose(closeCode: number): void {
    this.#detach();
    const isLoss = isResumableClose(closeCode, this.#tunnel.isStored);
    const wait = isLoss && this.resumable && !this.#tunnel.settled;
    if (!wait || !this.#options.onDetach(this.#tunnel.reserve, this.#hasAsked)) {
      this.#leave(closeCode);
      return;
    }
    const { openingTime, resumeTime } = this.#limits;
    // Whoever has asked nothing has nothing to lose but a connection, and may have wanted the refs
    // alone; whoever has never acknowledged an `open` may not even know the token.
    this.#silence.begin(
      () => {
        this.#leave(closeCode);
      },
      this.#hasAsked ? resumeTime : Math.min(resumeTime, openingTime),
    );
  }

  /** @returns the connection that there was. */
  #detach(): Connection | undefined {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#tunnel.detach();
    clearTimeout(this.#tunnelTimer);
    this.#silence.end();
    return connection;
  }

  /** The client has left: what it was for ends too, but never a push that is complete. */
  #leave(closeCode: number): void {
    if (this.#clientLeft !== undefined) return;
    if (this.detached) this.#options.onAttach();
    this.#clientLeft = closeCode;
    this.#detach();
    this.#resolveLeft();
    // Read to its end and dropped: with nobody reading, SIGPIPE would end receive-pack before its
    // post-receive hook.
    this.#output.discard();
    if (this.#exit === undefined && !this.#mustFinish) this.#running.end(this.#ending);
  }

  get #ending(): Ending {
    return services[this.#options.service].ending(this.#limits);
  }
}
