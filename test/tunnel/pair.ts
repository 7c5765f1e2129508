/** Two machines joined back to back: what one sends, the other receives, in order. */
import { Tunnel, type TunnelEvent } from '../../src/tunnel/machine/tunnel.js';

export const kib = 1024;
export const mib = 1024 * kib;

export interface PairOptions {
  clientWindow?: number;
  serverWindow?: number;
  maxReplay?: number;
}

export class Pair {
  readonly client: Tunnel;
  readonly server: Tunnel;
  readonly clientEvents: TunnelEvent[] = [];
  readonly serverEvents: TunnelEvent[] = [];
  now = 1_000;

  constructor({ clientWindow = mib, serverWindow = mib, maxReplay = 4 * mib }: PairOptions = {}) {
    this.client = new Tunnel({ role: 'client', window: clientWindow, maxReplay, now: this.now });
    this.server = new Tunnel({
      role: 'server',
      window: serverWindow,
      maxReplay,
      now: this.now,
      peerWindow: clientWindow,
      session: 's1',
      token: 'secret',
      resumeFor: 0,
    });
  }

  /** Delivers until both are silent. */
  settle(): void {
    while (this.serverToClient() + this.clientToServer() > 0);
  }

  serverToClient(): number {
    const frames = this.server.takeOutgoing(this.now);
    for (const frame of frames) this.clientEvents.push(...this.client.receive(frame, this.now));
    return frames.length;
  }

  clientToServer(): number {
    const frames = this.client.takeOutgoing(this.now);
    for (const frame of frames) this.serverEvents.push(...this.server.receive(frame, this.now));
    return frames.length;
  }
}

/** A pair after the opening exchange, its events forgotten. */
export function openPair(options?: PairOptions): Pair {
  const pair = new Pair(options);
  pair.settle();
  pair.clientEvents.length = 0;
  pair.serverEvents.length = 0;
  return pair;
}

export function dataOf(events: readonly TunnelEvent[]): Uint8Array[] {
  return events.flatMap((event) => (event.type === 'data' ? [event.bytes] : []));
}

export function byteCount(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}
