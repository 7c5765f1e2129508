/** What a user of git reads of a connection that comes and goes. The other sentences: errors.interop.test.ts. */
import { expect, it } from 'vitest';
import { ConnectionNews } from '../../native/fatal-messages.js';
import type { ConnectionEvent } from '../../src/index.js';

const mib = 1024 * 1024;

function event(state: ConnectionEvent['state'], attempt: number): ConnectionEvent {
  return { state, attempt, wait: 0, received: 41.3 * mib, sent: 7 * mib, reason: '' };
}

const told = (pushes: boolean, ...events: ConnectionEvent[]) => {
  const news = new ConnectionNews(pushes);
  return events.map((one) => news.describe(one));
};

it('tells where a transfer goes on, in the direction that it has', () => {
  const lost = event('interrupted', 1);
  expect(told(false, lost)).toEqual(['connection lost, resuming at 41.3 MiB']);
  expect(told(true, lost)).toEqual(['connection lost, resuming at 7.0 MiB']);
});

it('tells those who had to wait that it went on, and nothing of each attempt', () => {
  const waited = [event('interrupted', 1), event('interrupted', 2), event('resumed', 2)];
  const lines = ['connection lost, resuming at 41.3 MiB', undefined, 'connection resumed'];
  expect(told(false, ...waited)).toEqual(lines);
  // Lost again before anything got through: the attempts are counted on.
  const again = [event('interrupted', 3), event('resumed', 3)];
  expect(told(false, ...waited, ...again)).toEqual([...lines, lines[0], lines[2]]);
});

it('says nothing where nothing was noticed', () => {
  const events = [event('connecting', 0), event('open', 0), event('connecting', 2)];
  expect(told(false, ...events)).toEqual([undefined, undefined, undefined]);
  expect(told(false, event('interrupted', 1), event('resumed', 1))[1]).toBeUndefined();
});
