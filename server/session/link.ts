/**
 * A client's WebSocket of gitws.v1, which carries one run after the other where both sides want it
 * (docs/protocol.md, "Another run over the same connection"). While a session has it, this is no more
 * than its holder; between two of them it waits to be asked.
 */
import type { IncomingMessage } from 'node:http';
import { isGitWsError } from '../../src/base/errors.js';
import { closeCodes, formatCloseReason } from '../../src/tunnel/machine/close.js';
import { ServerBetweenRuns } from '../../src/tunnel/machine/between-runs.js';
import type { RunMessage } from '../../src/tunnel/machine/message.js';
import type { Connection } from './connection.js';
import type { Limits } from '../limits/limits.js';
import type { Refusal } from '../admission/refusal.js';
import { Wait } from '../base/wait.js';

/** The upgrade that a link came of. */
export interface LinkOrigin {
  readonly request: IncomingMessage;
  /** The client's address; undefined where it had gone. */
  readonly address: string | undefined;
}

/** What a link tells. */
export interface LinkEvents {
  /** No session has it: it waits. */
  onFree(link: Link): void;
  /** It waits no longer, whatever comes now. Only after {@link onFree}. */
  onBusy(link: Link): void;
  /**
   * Its client asks for a run: to be answered by a session, or by {@link Link.refuse}.
   *
   * @param before resolves when the session before is over.
   */
  onRun(link: Link, run: RunMessage, before: Promise<unknown>): void;
}

/** One of a server. */
export class Link {
  readonly connection: Connection;
  readonly origin: LinkOrigin;
  readonly #limits: Pick<Limits, 'keepTime' | 'maxRuns'>;
  readonly #events: LinkEvents;
  readonly #keeps: boolean;
  readonly #wait = new Wait();
  #between: ServerBetweenRuns | undefined;
  #before: Promise<unknown> = Promise.resolve();
  #free = false;
  #runs = 1;

  /** @param keeps whether its client may want another run over it. */
  constructor(
    connection: Connection,
    origin: LinkOrigin,
    keeps: boolean,
    limits: Pick<Limits, 'keepTime' | 'maxRuns'>,
    events: LinkEvents,
  ) {
    this.connection = connection;
    this.origin = origin;
    this.#keeps = keeps;
    this.#limits = limits;
    this.#events = events;
  }

  /** How long it is kept after the next `exit`, in seconds; 0 for not at all. */
  get keepFor(): number {
    const { keepTime, maxRuns } = this.#limits;
    return this.#keeps && this.#runs < maxRuns ? Math.floor(keepTime / 1000) : 0;
  }

  /** Whether nobody is there any more. */
  get gone(): boolean {
    return this.connection.left;
  }

  /** Its session has ended. @param over resolves when it is over. */
  free(over: Promise<unknown>): void {
    this.#before = over;
    this.#between = new ServerBetweenRuns();
    this.#listen();
    this.#rest();
  }

  /** Its client has given up its session, and asks for another. @param over as for {@link free}. */
  next(run: RunMessage, over: Promise<unknown>): void {
    this.#before = over;
    this.#between = new ServerBetweenRuns(true);
    this.#listen();
    this.#ask(run);
  }

  /** What was asked for is not to be. It waits as before, unless it was the last time. */
  refuse({ code, sentence }: Refusal): void {
    if (this.gone || this.#between === undefined) return;
    if (this.keepFor === 0) {
      this.connection.close(code, sentence);
      return;
    }
    this.connection.send(this.#between.refuse(code, formatCloseReason(sentence)));
    this.#rest();
  }

  /** Nobody is to ask anything any more. */
  close(code: number, sentence = ''): void {
    this.connection.close(code, sentence);
  }

  #listen(): void {
    this.connection.listen({
      onMessage: (data) => {
        this.#receive(data);
      },
      onPong: () => undefined,
      onLeft: () => {
        this.#busy();
      },
    });
  }

  #receive(data: string | Uint8Array): void {
    try {
      const { answer, run } = this.#between?.receive(data, performance.now()) ?? {};
      if (answer !== undefined) this.connection.send(answer);
      if (run !== undefined) this.#ask(run);
    } catch (error) {
      const sentence = isGitWsError(error) ? error.message : '';
      this.connection.close(closeCodes.malformed, sentence);
    }
  }

  #ask(run: RunMessage): void {
    this.#busy();
    this.#runs += 1;
    this.#events.onRun(this, run, this.#before);
  }

  #rest(): void {
    if (this.gone) return;
    this.#free = true;
    this.#wait.begin(this.#onOver, this.#limits.keepTime);
    this.#events.onFree(this);
  }

  #busy(): void {
    this.#wait.end();
    if (!this.#free) return;
    this.#free = false;
    this.#events.onBusy(this);
  }

  readonly #onOver = (): void => {
    this.connection.close(closeCodes.done);
  };
}
