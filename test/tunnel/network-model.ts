/**
 * Two tunnel machines and the sockets between them, of which every one may be lost at any moment:
 * each side hears of it on its own, with what was under way delivered up to some frame. Every
 * invariant that can be looked at between two steps is looked at.
 */
import { Tunnel, type TunnelEvent } from '../../src/tunnel/machine/tunnel.js';
import { kib } from './pair.js';

export type Side = 'client' | 'server';

export interface ModelOptions {
  readonly clientWindow: number;
  readonly serverWindow: number;
  readonly maxReplay: number;
}

/** One socket: what is under way on it, to each side. */
interface Wire {
  readonly to: Record<Side, (string | Uint8Array)[]>;
  /** What the client said when it opened it; undefined for the first one. */
  readonly resume: number | undefined;
  /** The server knows of it. */
  accepted: boolean;
}

/** One direction of the stream: byte n of it is n modulo {@link period}. */
interface Stream {
  written: number;
  /** Arrived at the other side, in order. */
  arrived: number;
  /** Of those, taken by its reader. */
  consumed: number;
}

const maxWritten = 512 * kib;

/** A prime, so that no message is as long as another one's place. */
const period = 251;
const pattern = Buffer.from(Array.from({ length: maxWritten + period }, (_, n) => n % period));

/** Two tunnel machines and the sockets between them. */
export class NetworkModel {
  readonly tunnel: Readonly<Record<Side, Tunnel>>;
  /** By the side that writes. */
  readonly streams: Readonly<Record<Side, Stream>> = {
    client: { written: 0, arrived: 0, consumed: 0 },
    server: { written: 0, arrived: 0, consumed: 0 },
  };
  /** Words for a person: those written, and those that arrived. */
  readonly words = { written: [] as string[], arrived: [] as string[] };
  exited = false;
  /** How often the server took up another socket. */
  resumed = 0;
  now = 1_000;
  readonly #limits: Readonly<Record<Side, number>>;
  /** By the side that receives: costs of what arrived and was not consumed, oldest first. */
  readonly #waiting: Readonly<Record<Side, number[]>> = { client: [], server: [] };
  readonly #ended: Record<Side, boolean> = { client: false, server: false };
  /** The socket that each side believes in. */
  readonly #wires: { client: Wire | undefined; server: Wire | undefined };
  #exitArrived = 0;

  constructor({ clientWindow, serverWindow, maxReplay }: ModelOptions) {
    const common = { maxReplay, now: this.now };
    this.tunnel = {
      client: new Tunnel({ role: 'client', window: clientWindow, ...common }),
      server: new Tunnel({
        ...{ role: 'server', window: serverWindow, peerWindow: clientWindow, ...common },
        ...{ session: 's1', token: 'secret', resumeFor: 60 },
      }),
    };
    this.#limits = {
      client: Math.min(serverWindow, maxReplay),
      server: Math.min(clientWindow, maxReplay),
    };
    const first: Wire = { to: { client: [], server: [] }, resume: undefined, accepted: true };
    this.#wires = { client: first, server: first };
    // Only what was acknowledged once can be resumed.
    while (this.send('server') + this.send('client') > 0) {
      while (this.deliver('client') || this.deliver('server'));
    }
  }

  write(side: Side, size: number): void {
    if (this.#ended[side]) return;
    const stream = this.streams[side];
    stream.written += this.tunnel[side].write(bytesAt(stream.written, Math.min(size, maxWritten)));
    this.#check();
  }

  stderr(size: number): void {
    if (this.exited) return;
    const text = `${this.words.written.length} `.padEnd(size, 'e').slice(0, 1000);
    if (this.tunnel.server.writeStderr(text)) this.words.written.push(text);
  }

  end(side: Side): void {
    this.#ended[side] = true;
    this.tunnel[side].end();
  }

  exit(): void {
    if (this.exited) return;
    this.exited = true;
    this.#ended.server = true;
    this.tunnel.server.exit({ code: 0, signal: null });
  }

  /** A side's reader takes messages. @returns how many it took. */
  consume(side: Side, most = 1): number {
    const taken = this.#waiting[side].splice(0, most);
    if (taken.length === 0) return 0;
    this.tunnel[side].consume(this.now, taken.length);
    this.streams[other(side)].consumed += taken.reduce((sum, bytes) => sum + bytes, 0);
    return taken.length;
  }

  /** A side gives its socket what it has to say. @returns how many frames. */
  send(side: Side): number {
    const frames = this.tunnel[side].takeOutgoing(this.now);
    const wire = this.#wires[side];
    if (wire === undefined) {
      if (frames.length > 0) throw new Error(`${side} speaks without a socket`);
      return 0;
    }
    wire.to[other(side)].push(...frames);
    return frames.length;
  }

  /** One frame arrives at a side, on the socket that it believes in. @returns whether one did. */
  deliver(side: Side): boolean {
    const frame = this.#wires[side]?.to[side].shift();
    if (frame === undefined) return false;
    for (const event of this.tunnel[side].receive(frame, this.now)) this.#take(side, event);
    this.#check();
    return true;
  }

  /** A side hears that its socket is gone; the other one need not, and what it sent may arrive. */
  lose(side: Side): void {
    if (this.#wires[side] === undefined) return;
    this.#wires[side] = undefined;
    this.tunnel[side].detach();
  }

  /** The client opens a new socket, if it has none. */
  reconnect(): void {
    if (this.#wires.client !== undefined) return;
    const { client } = this.tunnel;
    this.#wires.client = {
      to: { client: [], server: [] },
      resume: client.received,
      accepted: false,
    };
    client.reconnect(this.now);
  }

  /** The server takes up the client's newest socket: in place of its old one, where it has one. */
  accept(): void {
    const wire = this.#wires.client;
    if (wire === undefined || wire.accepted) return;
    wire.accepted = true;
    this.resumed += 1;
    this.lose('server');
    this.#wires.server = wire;
    this.tunnel.server.attach(wire.resume ?? 0);
  }

  /** Whatever each side believed: from here on there is one socket, and both know of it. */
  heal(): void {
    const wire = this.#wires.client;
    if (wire?.accepted === true && wire !== this.#wires.server) this.lose('client');
    this.reconnect();
    this.accept();
  }

  /** The client has all there is, and goes. */
  get done(): boolean {
    return this.tunnel.client.settled;
  }

  /** @throws Error unless everything that these sides wrote has arrived, once and in order. */
  checkWhole(sides: readonly Side[]): void {
    for (const side of sides) {
      const { written, arrived, consumed } = this.streams[side];
      if (arrived !== written || consumed !== written) {
        throw new Error(`${side}: ${written} written, ${arrived} arrived, ${consumed} consumed`);
      }
    }
    if (this.words.arrived.join() !== this.words.written.join()) throw new Error('other words');
    if (this.#exitArrived !== 1) throw new Error(`exit came ${this.#exitArrived} times`);
  }

  #take(side: Side, event: TunnelEvent): void {
    const waiting = this.#waiting[side];
    const stream = this.streams[other(side)];
    switch (event.type) {
      case 'data':
        if (!bytesAt(stream.arrived, event.bytes.length).equals(event.bytes)) {
          throw new Error(`other bytes arrived at the ${side} behind byte ${stream.arrived}`);
        }
        stream.arrived += event.bytes.length;
        waiting.push(event.bytes.length);
        return;
      case 'stderr':
        this.words.arrived.push(event.text);
        waiting.push(0);
        return;
      case 'exit':
        this.#exitArrived += 1;
        waiting.push(0);
        return;
      case 'end':
        waiting.push(0);
        return;
      case 'run':
        throw new Error(`the ${side} was asked for another run, which nobody does here`);
      case 'open':
      case 'credit':
        return;
    }
  }

  #check(): void {
    for (const side of ['client', 'server'] as const) {
      const { written, arrived, consumed } = this.streams[side];
      if (arrived > written) throw new Error(`more than was written arrived from the ${side}`);
      // What the sender may believe to be outstanding is never less than what is.
      if (written - consumed > this.#limits[side]) {
        throw new Error(`the ${side} has ${written - consumed} bytes outstanding`);
      }
    }
  }
}

function other(side: Side): Side {
  return side === 'client' ? 'server' : 'client';
}

function bytesAt(position: number, length: number): Buffer {
  return pattern.subarray(position % period, (position % period) + length);
}
