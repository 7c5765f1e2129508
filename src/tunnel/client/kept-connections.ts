/**
 * Connections whose run has ended, kept for the next one (docs/protocol.md, "Another run over the same
 * connection"). Never used by two at once. What a run may do is not a matter of its connection: each
 * brings credentials of its own.
 */
import { startTimer } from '../../base/duration.js';
import type { Attempt } from './attempt.js';
import { closeCodes } from '../machine/close.js';
import { ClientBetweenRuns } from '../machine/between-runs.js';
import { hold } from '../../base/hold.js';
import type { WebSocketConstructor } from './socket.js';

/** How long a connection is kept, in ms, where nobody says otherwise. */
export const defaultKeepAlive = 15_000;

/** Most connections that are kept of one repository: so many runs side by side are rare. */
export const mostKept = 4;

/** Time before the server closes in which a connection is not used any more, in ms. */
const margin = 1_000;

/** What runs have in common that may go over one connection. */
export interface KeptAs {
  /** WebSocket URL of the repository. */
  readonly repository: string;
  readonly WebSocket: WebSocketConstructor | undefined;
}

/** A run of which nobody wants anything more. */
export interface SparedRun {
  /** The newest one, if there is any. */
  readonly connection: Attempt | undefined;
  /** Ends it. @returns its connection, where another run may go over that. */
  yield(): Attempt | undefined;
}

/** A connection for the next run. */
export interface TakenConnection {
  readonly connection: Attempt;
  /** Whether the run before was given up for it. */
  readonly gaveUp: boolean;
}

/** A connection that waits. */
interface Entry {
  readonly connection: Attempt;
  /** When it is no use any more, in ms. */
  readonly end: number;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

interface Pool {
  readonly idle: Set<Entry>;
  readonly spared: Set<SparedRun>;
}

/** All of one page, worker or process. */
export class KeptConnections {
  /** By the class first: an undefined one is that of the platform. */
  readonly #pools = new Map<WebSocketConstructor | undefined, Map<string, Pool>>();

  /** How many wait, of all repositories. */
  get size(): number {
    let size = 0;
    for (const pools of this.#pools.values()) {
      for (const { idle } of pools.values()) size += idle.size;
    }
    return size;
  }

  /**
   * Keeps a connection that has no run.
   *
   * @param keepAlive how long at most, in ms.
   */
  add(as: KeptAs, connection: Attempt, keepAlive: number): void {
    const time = Math.min(keepAlive, connection.byServer.time - margin);
    if (time <= 0) {
      connection.close(closeCodes.done, '');
      return;
    }
    const { idle } = this.#poolOf(as);
    const timer = startTimer(() => {
      end();
    }, time);
    const entry: Entry = { connection, end: performance.now() + time, timer };
    const end = (): void => {
      this.#remove(as, entry);
      connection.close(closeCodes.done, '');
    };
    idle.add(entry);
    connection.hold(false);
    hold(timer, false);
    const between = new ClientBetweenRuns();
    connection.listen({
      onMessage: (data) => {
        try {
          between.receive(data, performance.now());
        } catch {
          end();
        }
      },
      onClose: () => {
        this.#remove(as, entry);
      },
      onFailure: () => undefined,
    });
    const [oldest] = idle;
    if (idle.size <= mostKept || oldest === undefined) return;
    this.#remove(as, oldest);
    oldest.connection.close(closeCodes.done, '');
  }

  /** @returns the one that was used last, or that of a run that is spared; undefined for none. */
  take(as: KeptAs): TakenConnection | undefined {
    const { idle, spared } = this.#poolOf(as);
    for (const entry of [...idle].reverse()) {
      this.#remove(as, entry);
      // A page that was frozen has timers that are late.
      if (performance.now() < entry.end) return { connection: entry.connection, gaveUp: false };
      entry.connection.close(closeCodes.done, '');
    }
    for (const run of [...spared].reverse()) {
      spared.delete(run);
      const connection = run.yield();
      if (connection !== undefined) return { connection, gaveUp: true };
    }
    this.#tidy(as);
    return undefined;
  }

  /** Whether a run may bring its input along over the one that {@link take} would give, as it seems. */
  takesInput({ repository, WebSocket }: KeptAs): boolean {
    const { idle = [], spared = [] } = this.#pools.get(WebSocket)?.get(repository) ?? {};
    const newest = [...idle].at(-1) ?? [...spared].at(-1);
    return newest?.connection?.byServer.takesInput === true;
  }

  /** A run is spared from now on. */
  offer(as: KeptAs, run: SparedRun): void {
    this.#poolOf(as).spared.add(run);
  }

  /** It is wanted again, or over. Nothing where it was not spared. */
  withdraw(as: KeptAs, run: SparedRun): void {
    this.#pools.get(as.WebSocket)?.get(as.repository)?.spared.delete(run);
    this.#tidy(as);
  }

  #remove(as: KeptAs, entry: Entry): void {
    clearTimeout(entry.timer);
    this.#pools.get(as.WebSocket)?.get(as.repository)?.idle.delete(entry);
    this.#tidy(as);
  }

  #poolOf({ repository, WebSocket }: KeptAs): Pool {
    const pools = this.#pools.get(WebSocket) ?? new Map<string, Pool>();
    this.#pools.set(WebSocket, pools);
    const pool = pools.get(repository) ?? { idle: new Set(), spared: new Set() };
    pools.set(repository, pool);
    return pool;
  }

  /** What holds nothing takes no memory. */
  #tidy({ repository, WebSocket }: KeptAs): void {
    const pools = this.#pools.get(WebSocket);
    const pool = pools?.get(repository);
    if (pool?.idle.size === 0 && pool.spared.size === 0) pools?.delete(repository);
    if (pools?.size === 0) this.#pools.delete(WebSocket);
  }
}

/** Those of this page, worker or process. */
export const keptConnections = new KeptConnections();
