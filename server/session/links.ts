/**
 * The links of one server that wait for another run: few of an address, and for a while. They hold a
 * socket and nothing else, so the oldest of them is the first to go wherever there is no room.
 */
import type { WebSocket } from 'ws';
import type { RunMessage } from '../../src/tunnel/machine/message.js';
import { closeCodes } from '../../src/tunnel/machine/close.js';
import { Connection } from './connection.js';
import type { Limits } from '../limits/limits.js';
import { Link, type LinkEvents, type LinkOrigin } from './link.js';
import { Shares } from '../admission/shares.js';

/** What {@link Links} works with. */
export interface LinksOptions {
  readonly limits: Limits;
  /** See {@link LinkEvents.onRun}. */
  onRun(link: Link, run: RunMessage, before: Promise<unknown>): void;
  /** A connection asks nothing from now on, or something again. */
  onResting(origin: LinkOrigin, rests: boolean): void;
}

/** All of one server. */
export class Links {
  readonly #options: LinksOptions;
  readonly #sockets = new Set<Promise<void>>();
  readonly #free = new Set<Link>();
  readonly #shares = new Shares<Link>();
  readonly #events: LinkEvents;
  #closing = false;

  constructor(options: LinksOptions) {
    this.#options = options;
    this.#events = {
      onFree: (link) => {
        this.#keep(link);
      },
      onBusy: (link) => {
        this.#free.delete(link);
        this.#shares.delete(link.origin.address, link);
        options.onResting(link.origin, false);
      },
      onRun: (link, run, before) => {
        options.onRun(link, run, before);
      },
    };
  }

  /** How many wait. */
  get size(): number {
    return this.#free.size;
  }

  /** @param keeps whether the client may want another run over this socket. */
  open(socket: WebSocket, origin: LinkOrigin, keeps: boolean): Link {
    const { limits } = this.#options;
    const connection = new Connection(socket, limits);
    const { closed } = connection;
    this.#sockets.add(closed);
    void closed.then(() => this.#sockets.delete(closed));
    return new Link(connection, origin, keeps && !this.#closing, limits, this.#events);
  }

  /** Descriptors are wanted for something better: none waits any more. */
  makeRoom(): void {
    for (const link of this.#free) link.close(closeCodes.done);
  }

  /** The server closes: none waits from now on. */
  shutDown(): void {
    this.#closing = true;
    for (const link of this.#free) link.close(goingAway, sentence);
  }

  /** Resolves when no socket is left. */
  async over(): Promise<void> {
    await Promise.all(this.#sockets);
  }

  #keep(link: Link): void {
    const { maxKept, maxKeptPerAddress } = this.#options.limits;
    const { address } = link.origin;
    this.#free.add(link);
    const share = this.#shares.add(address, link);
    this.#options.onResting(link.origin, true);
    if (this.#closing) link.close(goingAway, sentence);
    if (share.size > maxKeptPerAddress) first(share)?.close(closeCodes.done);
    if (this.#free.size > maxKept) first(this.#free)?.close(closeCodes.done);
  }
}

/** As an endpoint says that is going away (RFC 6455, section 7.4.1). */
const goingAway = 1001;
const sentence = 'The server is shutting down.';

function first(links: ReadonlySet<Link>): Link | undefined {
  const [link] = links;
  return link;
}
