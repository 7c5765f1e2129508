/**
 * What one channel does with connections that last longer than a run: it asks for its own over one
 * that was kept, and leaves its own to the next.
 */
import { startTimer } from '../../base/duration.js';
import type { GitWsError } from '../../base/errors.js';
import type { Attempt } from './attempt.js';
import type { ChannelOptions } from './channel-options.js';
import { closeCodes, closeError } from '../machine/close.js';
import { ClientBetweenRuns, type Answered } from '../machine/between-runs.js';
import { hold } from '../../base/hold.js';
import { keptConnections, type KeptAs, type SparedRun } from './kept-connections.js';
import { lastCall } from '../machine/liveness.js';
import type { OpenMessage } from '../machine/message.js';
import type { ClientOffer } from '../machine/subprotocol.js';

/**
 * Longest time that a connection which was kept may be silent when it is asked for a run, in ms: one
 * round trip, on the slowest of networks. A new one is opened then, once what has arrived meanwhile
 * had its chance to be handled.
 */
export const keptAnswerTime = 2_000;

/** What comes of asking: the first of them that is called is the last. */
export interface AskEvents {
  /** The session has begun, and this is its first message; `connection` tells nobody of the next. */
  onOpen(data: string | Uint8Array): void;
  /** It is not to be, and a new connection would change nothing. */
  onFailure(error: GitWsError): void;
  /** The connection is of no use, and nothing has begun. */
  onUseless(): void;
}

/** That of one channel. */
export class Keeping {
  readonly #as: KeptAs;
  readonly #options: ChannelOptions;
  readonly #keepAlive: number;
  /** Runs out where nobody answers. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #held = true;

  /** @param repository WebSocket URL of the repository. */
  constructor(repository: string, options: ChannelOptions) {
    this.#as = { repository, WebSocket: options.WebSocket };
    this.#options = options;
    this.#keepAlive = options.keepAlive ?? 0;
  }

  /** Whether both sides keep a connection, of which the server has said this. */
  keeps(connection: Attempt, greeting: OpenMessage | undefined): boolean {
    return this.#keepAlive > 0 && (greeting?.keepFor ?? 0) > 0 && connection.canRest;
  }

  /** Leaves a connection to the next run. @returns whether it was, and is nobody's business here. */
  keep(connection: Attempt, greeting: OpenMessage | undefined): boolean {
    if (!this.keeps(connection, greeting)) return false;
    keptConnections.add(this.#as, connection, this.#keepAlive, (greeting?.keepFor ?? 0) * 1000);
    return true;
  }

  /** Says whether another run may end this one. */
  spare(run: SparedRun, spared: boolean): void {
    if (spared) keptConnections.offer(this.#as, run);
    else keptConnections.withdraw(this.#as, run);
  }

  /**
   * Asks for a run over a connection that is there, or seems to be.
   *
   * @returns that connection; undefined where there is none.
   */
  ask(offer: ClientOffer, openTimeout: number, events: AskEvents): Attempt | undefined {
    const taken = this.#keepAlive > 0 ? keptConnections.take(this.#as) : undefined;
    if (taken === undefined) return undefined;
    const { connection, gaveUp } = taken;
    const between = new ClientBetweenRuns();
    const end = (): void => {
      this.end();
      connection.opened();
    };
    const useless = (): void => {
      end();
      events.onUseless();
    };
    connection.listen({
      onMessage: (data) => {
        this.end();
        let answer: Answered;
        try {
          answer = between.receive(data, performance.now());
        } catch {
          connection.close(closeCodes.malformed, '');
          useless();
          return;
        }
        if (answer.type === 'alive') return;
        end();
        if (answer.type === 'open') events.onOpen(data);
        else this.#refused(connection, closeError(answer.code, answer.reason), events);
      },
      onClose: useless,
      // Somebody is there, and takes too long: another connection would not help.
      onFailure: (error) => {
        end();
        events.onFailure(error);
      },
    });
    connection.hold(true);
    connection.expectOpen(openTimeout);
    this.#wait(keptAnswerTime, () => {
      this.#wait(lastCall, () => {
        connection.terminate();
        useless();
      });
    });
    const { service, gitProtocol } = this.#options;
    const { window, authorization, upstreamAuthorization } = offer;
    const credentials = { authorization, upstreamAuthorization };
    const run = { type: 'run', service, gitProtocol, window, ...credentials } as const;
    for (const frame of between.ask(run, gaveUp)) connection.send(frame);
    return connection;
  }

  /** Node: whether the process stays for an answer. */
  hold(held: boolean): void {
    this.#held = held;
    hold(this.#timer, held);
  }

  /** Nobody waits for an answer any more. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #wait(time: number, over: () => void): void {
    this.#timer = startTimer(over, time);
    hold(this.#timer, this.#held);
  }

  /** The server says no, over a connection that is good for another try. */
  #refused(connection: Attempt, error: GitWsError, events: AskEvents): void {
    // Behind a balancer there may be others, who have more to give.
    if (error.data['closeCode'] === closeCodes.unavailable) {
      connection.close(closeCodes.done, '');
      events.onUseless();
      return;
    }
    keptConnections.add(this.#as, connection, this.#keepAlive);
    events.onFailure(error);
  }
}
