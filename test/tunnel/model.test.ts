/** The machine against random interleavings: nothing lost, nothing twice, credit kept, progress. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Tunnel } from '../../src/tunnel/machine/tunnel.js';
import { byteCount, dataOf, kib, openPair, type Pair } from './pair.js';

type Step =
  | { do: 'write'; from: 'client' | 'server'; size: number }
  | { do: 'stderr'; size: number }
  | { do: 'consume'; at: 'client' | 'server' }
  | { do: 'deliver'; to: 'client' | 'server' }
  | { do: 'wait'; ms: number };

const side = fc.constantFrom('client' as const, 'server' as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('write' as const),
    from: side,
    size: fc.integer({ min: 1, max: 200 * kib }),
  }),
  fc.record({ do: fc.constant('stderr' as const), size: fc.integer({ min: 0, max: 1000 }) }),
  fc.record({ do: fc.constant('consume' as const), at: side }),
  fc.record({ do: fc.constant('deliver' as const), to: side }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 300 }) }),
);

/** One direction's stream as a counter: byte n of it is n modulo 251. */
class Writer {
  written = 0;
  constructor(readonly tunnel: Tunnel) {}

  write(size: number): void {
    const chunk = Uint8Array.from({ length: size }, (_, index) => (this.written + index) % 251);
    this.written += this.tunnel.write(chunk);
  }
}

function unconsumed(pair: Pair, at: 'client' | 'server', taken: number): number {
  const events = at === 'client' ? pair.clientEvents : pair.serverEvents;
  return events.filter((event) => event.type !== 'credit').length - taken;
}

it('delivers every byte once and in order, whatever the interleaving', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 120 }),
      fc.integer({ min: 64 * kib, max: 512 * kib }),
      fc.integer({ min: 64 * kib, max: 512 * kib }),
      (steps, clientWindow, serverWindow) => {
        const pair = openPair({ clientWindow, serverWindow });
        const writers = { client: new Writer(pair.client), server: new Writer(pair.server) };
        const taken = { client: 0, server: 0 };
        const consume = (at: 'client' | 'server', messages: number) => {
          pair[at].consume(pair.now, messages);
          taken[at] += messages;
        };
        for (const now of steps) {
          switch (now.do) {
            case 'write':
              writers[now.from].write(now.size);
              break;
            case 'stderr':
              pair.server.writeStderr('e'.repeat(now.size));
              break;
            case 'consume':
              if (unconsumed(pair, now.at, taken[now.at]) > 0) consume(now.at, 1);
              break;
            case 'deliver':
              if (now.to === 'client') pair.serverToClient();
              else pair.clientToServer();
              break;
            case 'wait':
              pair.now += now.ms;
              break;
          }
        }
        // Progress: once the readers read, both writers can finish and both ends settle.
        pair.client.end();
        pair.server.exit({ code: 0, signal: null });
        for (let round = 0; round < 1000 && !pair.server.settled; round += 1) {
          pair.settle();
          for (const at of ['client', 'server'] as const) {
            const waiting = unconsumed(pair, at, taken[at]);
            if (waiting > 0) consume(at, waiting);
          }
          pair.now += 200;
        }
        expect(pair.server.settled && pair.client.settled).toBe(true);
        for (const [events, written] of [
          [pair.serverEvents, writers.client.written],
          [pair.clientEvents, writers.server.written],
        ] as const) {
          const chunks = dataOf(events);
          expect(byteCount(chunks)).toBe(written);
          expect(Buffer.concat(chunks).every((byte, index) => byte === index % 251)).toBe(true);
        }
      },
    ),
    { numRuns: 150 },
  );
});
