import { describe, expect, it } from 'vitest';
import { Tunnel } from '../../src/tunnel/machine/tunnel.js';
import { maxUncountedPerSecond } from '../../src/tunnel/machine/rate.js';
import { byteCount, dataOf, kib, mib, openPair, Pair } from './pair.js';

const breach = expect.objectContaining({ code: 'PROTOCOL_ERROR' }) as Error;
const bytes = (size: number, fill = 1) => new Uint8Array(size).fill(fill);

describe('opening', () => {
  it('takes one message of the server, and the first ack of the client answers it', () => {
    const pair = new Pair();
    pair.serverToClient();
    expect(pair.clientEvents).toEqual([
      { type: 'open', session: 's1', token: 'secret', window: mib, received: 0, resumeFor: 0 },
    ]);
    expect(pair.client.takeOutgoing(pair.now)).toEqual(['{"type":"ack","consumed":0}']);
  });

  it('lets git speak right behind open, without waiting for the client', () => {
    const pair = new Pair();
    pair.server.write(bytes(10));
    expect(pair.server.takeOutgoing(pair.now)).toHaveLength(2);
  });

  it('leaves the client without credit until the window is known', () => {
    const pair = new Pair();
    expect(pair.client.credit).toBe(0);
    pair.serverToClient();
    expect(pair.client.credit).toBeGreaterThan(mib - kib);
  });

  it.each([
    ['data', bytes(1)],
    ['an ack', '{"type":"ack","consumed":0}'],
    ['an exit', '{"type":"exit","code":0}'],
  ])('with %s before open breaks the protocol', (_, frame) => {
    expect(() => new Pair().client.receive(frame, 0)).toThrow(breach);
  });

  it('twice breaks the protocol', () => {
    const [open] = new Pair().server.takeOutgoing(0);
    const pair = openPair();
    expect(() => pair.client.receive(open ?? '', pair.now)).toThrow(breach);
  });

  it('with a window too small to send anything breaks the protocol', () => {
    const open = '{"type":"open","session":"","token":"","window":1,"received":0,"resumeFor":0}';
    expect(() => new Pair().client.receive(open, 0)).toThrow(breach);
  });
});

describe('data', () => {
  it('is cut into messages of 128 KiB and arrives in order', () => {
    const pair = openPair();
    const sent = Uint8Array.from({ length: 300 * kib }, (_, index) => index % 251);
    expect(pair.server.write(sent)).toBe(sent.length);
    pair.serverToClient();
    const chunks = dataOf(pair.clientEvents);
    expect(chunks.map((chunk) => chunk.length)).toEqual([128 * kib, 128 * kib, 44 * kib]);
    expect(Buffer.concat(chunks).equals(Buffer.from(sent))).toBe(true);
  });

  it('stops at the window of a peer that takes nothing, and goes on with its acks', () => {
    const pair = openPair({ clientWindow: 64 * kib });
    const taken = pair.server.write(bytes(mib));
    expect(taken).toBeLessThanOrEqual(64 * kib);
    pair.settle();
    expect(pair.server.write(bytes(mib))).toBe(0);
    pair.client.consume(pair.now);
    pair.settle();
    expect(pair.serverEvents).toContainEqual({ type: 'credit' });
    expect(pair.server.write(bytes(mib))).toBe(taken);
  });

  it('never fills more than maxReplay, whatever window the peer names', () => {
    const pair = openPair({ clientWindow: 16 * mib, maxReplay: 256 * kib });
    expect(pair.server.write(bytes(mib))).toBeLessThanOrEqual(256 * kib);
  });

  it('in tiny messages costs credit for each, since each costs memory', () => {
    const pair = openPair({ clientWindow: 64 * kib });
    let messages = 0;
    while (pair.server.write(bytes(1)) === 1) messages += 1;
    expect(messages).toBeLessThanOrEqual(256);
  });

  it('beyond the credit breaks the protocol', () => {
    const pair = openPair({ clientWindow: 64 * kib });
    pair.client.receive(bytes(40 * kib), pair.now);
    expect(() => pair.client.receive(bytes(40 * kib), pair.now)).toThrow(breach);
  });

  it('is not beyond the credit where the peer had our ack', () => {
    const pair = openPair({ clientWindow: 64 * kib });
    pair.client.receive(bytes(40 * kib), pair.now);
    pair.client.consume(pair.now);
    pair.client.takeOutgoing(pair.now);
    expect(() => pair.client.receive(bytes(40 * kib), pair.now)).not.toThrow();
  });

  it.each([
    ['that is empty', bytes(0)],
    ['of more than 1 MiB', bytes(mib + 1)],
  ])('%s breaks the protocol', (_, frame) => {
    const pair = openPair({ clientWindow: 16 * mib });
    expect(() => pair.client.receive(frame, pair.now)).toThrow(breach);
  });

  it('after end breaks the protocol', () => {
    const pair = openPair();
    pair.server.receive('{"type":"end"}', pair.now);
    expect(() => pair.server.receive(bytes(1), pair.now)).toThrow(breach);
    expect(() => pair.server.receive('{"type":"end"}', pair.now)).toThrow(breach);
  });
});

describe('an ack', () => {
  it('goes out when a quarter of the window was consumed', () => {
    const pair = openPair({ clientWindow: 400 * kib });
    pair.server.write(bytes(50 * kib));
    pair.server.write(bytes(51 * kib));
    pair.serverToClient();
    pair.client.consume(pair.now);
    expect(pair.client.takeOutgoing(pair.now)).toEqual([]);
    pair.client.consume(pair.now);
    expect(pair.client.takeOutgoing(pair.now)).toEqual(['{"type":"ack","consumed":2}']);
  });

  it('goes out when a quarter of what the server keeps was, where that is less', () => {
    const pair = openPair({ clientWindow: 4 * mib, maxReplay: 400 * kib });
    pair.server.write(bytes(50 * kib));
    pair.server.write(bytes(51 * kib));
    pair.serverToClient();
    pair.client.consume(pair.now, 2);
    expect(pair.client.takeOutgoing(pair.now)).toEqual(['{"type":"ack","consumed":2}']);
  });

  it('goes out at the latest 200 ms after something was consumed', () => {
    const pair = openPair();
    pair.server.write(bytes(5));
    pair.serverToClient();
    pair.client.consume(pair.now);
    expect(pair.client.deadline).toBe(pair.now + 200);
    expect(pair.client.takeOutgoing(pair.now + 199)).toEqual([]);
    expect(pair.client.takeOutgoing(pair.now + 200)).toEqual(['{"type":"ack","consumed":1}']);
  });

  it.each([
    ['above what was sent', 2],
    ['that goes back', 0],
  ])('%s breaks the protocol', (_, consumed) => {
    const pair = openPair();
    pair.server.write(bytes(5));
    pair.settle();
    pair.client.consume(pair.now);
    pair.now += 200;
    pair.settle();
    const frame = JSON.stringify({ type: 'ack', consumed });
    expect(() => pair.server.receive(frame, pair.now)).toThrow(breach);
  });

  it('for what was written but not yet given to the socket breaks the protocol', () => {
    const pair = openPair();
    pair.server.write(bytes(5));
    expect(() => pair.server.receive('{"type":"ack","consumed":1}', pair.now)).toThrow(breach);
  });

  it('that frees something is never too many, one that says nothing new is', () => {
    const pair = openPair();
    for (let index = 1; index <= 3 * maxUncountedPerSecond; index += 1) {
      pair.server.write(bytes(1));
      pair.serverToClient();
      pair.server.receive(JSON.stringify({ type: 'ack', consumed: index }), pair.now);
    }
    const again = JSON.stringify({ type: 'ack', consumed: 3 * maxUncountedPerSecond });
    const repeat = () => {
      for (let index = 0; index <= maxUncountedPerSecond; index += 1) {
        pair.server.receive(again, pair.now);
      }
    };
    expect(repeat).toThrow(breach);
  });
});

describe('half-close', () => {
  it('of one direction leaves the other open', () => {
    const pair = openPair();
    pair.client.write(bytes(3));
    pair.client.end();
    pair.settle();
    expect(pair.serverEvents.map((event) => event.type)).toEqual(['data', 'end']);
    pair.server.write(bytes(4));
    pair.settle();
    expect(byteCount(dataOf(pair.clientEvents))).toBe(4);
    expect(() => pair.client.write(bytes(1))).toThrow(TypeError);
  });

  it('needs no credit', () => {
    const pair = openPair({ serverWindow: 64 * kib });
    pair.client.write(bytes(mib));
    pair.client.end();
    pair.settle();
    expect(pair.serverEvents.at(-1)).toEqual({ type: 'end' });
  });
});

describe('exit', () => {
  it('comes last, is acknowledged at once, and settles both ends', () => {
    const pair = openPair();
    pair.server.write(bytes(3));
    expect(pair.server.writeStderr('done\n')).toBe(true);
    pair.server.exit({ code: 0, signal: null });
    pair.settle();
    expect(pair.clientEvents.map((event) => event.type)).toEqual(['data', 'stderr', 'end', 'exit']);
    expect(pair.client.settled).toBe(false);
    pair.client.consume(pair.now, 4);
    expect(pair.client.settled).toBe(true);
    expect(pair.server.settled).toBe(false);
    pair.settle();
    expect(pair.server.settled).toBe(true);
  });

  it('is not acknowledged before the data in front of it is', () => {
    const pair = openPair();
    pair.server.write(bytes(3));
    pair.server.exit({ code: 0, signal: null });
    pair.settle();
    expect(pair.client.settled).toBe(false);
    expect(pair.server.settled).toBe(false);
  });

  it.each([
    ['data', bytes(1)],
    ['stderr', '{"type":"stderr","text":"x"}'],
    ['another exit', '{"type":"exit","code":0}'],
  ])('followed by %s breaks the protocol', (_, frame) => {
    const pair = openPair();
    pair.server.exit({ code: 1, signal: null });
    pair.settle();
    expect(() => pair.client.receive(frame, pair.now)).toThrow(breach);
  });
});

describe('a client', () => {
  it.each([
    '{"type":"stderr","text":"x"}',
    '{"type":"exit","code":0}',
    '{"type":"pong","id":1}',
    '{"type":"open","session":"","token":"","window":65536,"received":0,"resumeFor":0}',
  ])('that sends %s breaks the protocol', (frame) => {
    const pair = openPair();
    expect(() => pair.server.receive(frame, pair.now)).toThrow(breach);
  });

  it('gets a pong for each ping, but not for a flood of them', () => {
    const pair = openPair();
    pair.server.receive('{"type":"ping","id":9}', pair.now);
    expect(pair.server.takeOutgoing(pair.now)).toEqual(['{"type":"pong","id":9}']);
    const flood = () => {
      for (let id = 0; id <= maxUncountedPerSecond; id += 1) {
        pair.server.receive(JSON.stringify({ type: 'ping', id }), pair.now);
      }
    };
    expect(flood).toThrow(breach);
  });

  it('that floods with types of a later version breaks the protocol as well', () => {
    const pair = openPair();
    const flood = () => {
      for (let id = 0; id <= maxUncountedPerSecond; id += 1) {
        pair.server.receive('{"type":"later"}', pair.now);
      }
    };
    expect(flood).toThrow(breach);
  });
});

describe('a server that is told what was acknowledged', () => {
  const serverOf = (resumeFor: number) => {
    const forgotten: Uint8Array[] = [];
    const server = new Tunnel({
      ...{ role: 'server', window: mib, peerWindow: mib, maxReplay: mib, now: 0 },
      ...{ session: 's1', token: 'secret', resumeFor },
      onForget: (data) => forgotten.push(data),
    });
    return { server, forgotten };
  };
  const pieces = [bytes(10, 1), bytes(10, 2), bytes(10, 3)];

  it('hears of each piece of data once, in order', () => {
    const { server, forgotten } = serverOf(60);
    for (const piece of pieces) server.write(piece);
    server.takeOutgoing(0);
    server.receive('{"type":"ack","consumed":2}', 0);
    expect(forgotten).toEqual(pieces.slice(0, 2));
    server.detach();
    server.attach(2);
    server.takeOutgoing(0);
    server.receive('{"type":"ack","consumed":3}', 0);
    expect(forgotten).toEqual(pieces);
  });

  it('hears nothing where no data is kept for another socket', () => {
    const { server, forgotten } = serverOf(0);
    for (const piece of pieces) server.write(piece);
    server.takeOutgoing(0);
    server.receive('{"type":"ack","consumed":3}', 0);
    expect(forgotten.filter((data) => data.length > 0)).toEqual([]);
  });
});

describe('stderr', () => {
  it('waits for credit like data', () => {
    const pair = openPair({ clientWindow: 64 * kib });
    while (pair.server.writeStderr('x'.repeat(1000)));
    pair.settle();
    const sent = pair.clientEvents.length;
    expect(sent).toBeGreaterThan(10);
    pair.client.consume(pair.now, sent);
    pair.now += 200;
    pair.settle();
    expect(pair.server.writeStderr('more')).toBe(true);
  });

  it('of control characters fits a text message even when each is escaped', () => {
    const pair = openPair();
    pair.server.writeStderr('\u0001'.repeat(1000));
    pair.settle();
    expect(pair.clientEvents).toEqual([{ type: 'stderr', text: '\u0001'.repeat(1000) }]);
  });
});

describe('liveness of a client', () => {
  it('asks after ten seconds of silence and gives up after ten more', () => {
    const { client, now } = openPair();
    expect(client.deadline).toBe(now + 10_000);
    expect(client.tick(now + 10_000)).toBe('alive');
    expect(client.takeOutgoing(now + 10_000)).toEqual(['{"type":"ping","id":1}']);
    expect(client.tick(now + 20_000)).toBe('alive');
    expect(client.deadline).toBe(now + 21_000);
    expect(client.tick(now + 21_000)).toBe('dead');
  });

  it('asks at once where the connection has become doubtful', () => {
    const { client, now } = openPair();
    client.doubt(now + 5);
    expect(client.deadline).toBe(now + 5);
    expect(client.tick(now + 5)).toBe('alive');
    expect(client.takeOutgoing(now + 5)).toEqual(['{"type":"ping","id":1}']);
  });

  it('waits for open, which has a time of its own', () => {
    expect(new Pair().client.deadline).toBe(null);
  });

  it('does not take a page that was frozen for a dead peer', () => {
    const pair = openPair();
    pair.client.tick(pair.now + 10_000);
    // Frozen for an hour: the timer fires first, the messages of that hour are handled next.
    expect(pair.client.tick(pair.now + 3_600_000)).toBe('alive');
    pair.client.receive('{"type":"pong","id":1}', pair.now + 3_600_000);
    expect(pair.client.tick(pair.now + 3_601_000)).toBe('alive');
  });

  it('is proved by any message', () => {
    const pair = openPair();
    pair.now += 9_000;
    pair.server.write(bytes(1));
    pair.settle();
    expect(pair.client.tick(pair.now + 1_000)).toBe('alive');
    expect(pair.client.takeOutgoing(pair.now + 1_000)).toEqual([]);
  });
});
