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
import type { ClientOffer } from '../machine/subprotocol.js';
import type { Tunnel } from '../machine/tunnel.js';

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
  /** What git is to be given first; undefined where it was. */
  #input: string | undefined;

  /** @param repository WebSocket URL of the repository. */
  constructor(repository: string, options: ChannelOptions) {
    this.#as = { repository, WebSocket: options.WebSocket };
    this.#options = options;
    this.#keepAlive = options.keepAlive ?? 0;
    this.#input = options.input;
  }

  /** Whether both sides keep a connection. */
  keeps(connection: Attempt): boolean {
    return this.#keepAlive > 0 && connection.byServer.time > 0 && connection.canRest;
  }

  /** Leaves a connection to the next run. @returns whether it was, and is nobody's business here. */
  keep(connection: Attempt): boolean {
    if (!this.keeps(connection)) return false;
    keptConnections.add(this.#as, connection, this.#keepAlive);
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
    let hasInput = false;
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
        if (answer.type === 'open') {
          if (hasInput) this.#input = undefined;
          events.onOpen(data);
        } else this.#refused(connection, closeError(answer.code, answer.reason), events);
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
    const input = connection.byServer.takesInput ? this.#input : undefined;
    const run = { type: 'run', service, gitProtocol, window, ...credentials, input } as const;
    const asked = between.ask(run, gaveUp);
    hasInput = asked.hasInput;
    for (const frame of asked.frames) connection.send(frame);
    return connection;
  }

  /** The session has begun: gives it its input, unless that came along. */
  giveInput(tunnel: Tunnel): void {
    if (this.#input !== undefined) tunnel.write(new TextEncoder().encode(this.#input));
    this.#input = undefined;
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
