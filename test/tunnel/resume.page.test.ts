/**
 * What a page's browser says of the network and of the page, and what a client makes of it: the
 * globals are played, the sockets are real. In a real Chromium: ../faults.browser.long.test.ts.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { beginAndDrop, brief, goOn, open, openMessage, serve } from './resuming-server.js';

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('in a page', () => {
  /** The globals of a page, as far as they are used. */
  function stubPage(): {
    fire: (type: string) => void;
    document: { visibilityState: string };
    listeners: () => number;
  } {
    const all = new Map<string, Set<() => void>>();
    const add = (type: string, listener: () => void): void => {
      all.set(type, (all.get(type) ?? new Set()).add(listener));
    };
    const remove = (type: string, listener: () => void): void => {
      all.get(type)?.delete(listener);
    };
    const target = { addEventListener: add, removeEventListener: remove };
    const document = { ...target, visibilityState: 'visible' };
    for (const [name, value] of Object.entries({ ...target, document })) vi.stubGlobal(name, value);
    return {
      document,
      fire: (type) => {
        for (const listener of [...(all.get(type) ?? [])]) listener();
      },
      listeners: () => [...all.values()].reduce((sum, { size }) => sum + size, 0),
    };
  }

  it.each([
    ['the network is back', 'online'],
    ['the page is shown again', 'visibilitychange'],
  ])('without a network nothing is tried until %s', async (_when, type) => {
    const { fire, listeners } = stubPage();
    const url = await serve((connection, number) => {
      if (number === 0) return beginAndDrop(connection);
      if (number === 1) {
        vi.stubGlobal('navigator', { onLine: false });
        connection.socket.terminate();
      } else {
        goOn(connection);
      }
    });
    let wait = 0;
    const { told, all } = await open(url, {
      onConnection: (event) => {
        if (event.state !== 'interrupted' || event.attempt !== 2) return;
        ({ wait } = event);
        vi.stubGlobal('navigator', { onLine: true });
        fire(type);
      },
    });
    expect(await all).toBe('abcdef');
    // All that is left of the session's time.
    expect(wait).toBeGreaterThan(30_000);
    expect(brief(told).slice(-4)).toEqual([
      ...['connecting 1', 'interrupted 2', 'connecting 2', 'resumed 2'],
    ]);
    await expect.poll(listeners).toBe(0);
  });

  it.each(['online', 'visibilitychange'])(
    'an open connection is asked at once whether it lives, at %s',
    async (type) => {
      const { fire } = stubPage();
      let ping = '';
      const url = await serve(async (connection) => {
        connection.socket.send(openMessage());
        await connection.text('"ack"');
        fire(type);
        ping = await connection.text('"ping"');
        connection.socket.send('{"type":"exit","code":0}');
      });
      // By itself it would not ask in this test's time.
      const { channel } = await open(url, { liveness: { silence: 600_000, answer: 10_000 } });
      expect(await channel.exit).toEqual({ code: 0, signal: null });
      expect(ping).toBe('{"type":"ping","id":1}');
    },
  );

  it('a page that is hidden asks nothing', async () => {
    const { fire, document } = stubPage();
    const asked: string[] = [];
    const url = await serve(async ({ socket, text }) => {
      socket.on('message', (data: Buffer) => asked.push(data.toString()));
      socket.send(openMessage());
      await text('"ack"');
      document.visibilityState = 'hidden';
      fire('visibilitychange');
      socket.send(Buffer.from('x'));
      // Comes a while later: a ping would have come before.
      await text('"consumed":1');
      socket.send('{"type":"exit","code":0}');
    });
    const { channel } = await open(url);
    await channel.closed;
    expect(asked.filter((text) => text.includes('ping'))).toEqual([]);
  });
});
