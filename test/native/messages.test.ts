/** What a user of git reads of a connection that comes and goes. The other sentences: errors.interop.test.ts. */
import { expect, it } from 'vitest';
import { describeConnection } from '../../native/messages.js';
import type { ConnectionEvent } from '../../src/index.js';

const mib = 1024 * 1024;

function event(state: ConnectionEvent['state'], attempt: number): ConnectionEvent {
  return { state, attempt, wait: 0, received: 41.3 * mib, sent: 7 * mib, reason: '' };
}

it('tells where a transfer goes on, in the direction that it has', () => {
  const lost = event('interrupted', 1);
  expect(describeConnection(lost, false)).toBe('connection lost, resuming at 41.3 MiB');
  expect(describeConnection(lost, true)).toBe('connection lost, resuming at 7.0 MiB');
});

it('tells those who had to wait that it went on, and nothing of each attempt', () => {
  expect(describeConnection(event('interrupted', 2), false)).toBeUndefined();
  expect(describeConnection(event('connecting', 2), false)).toBeUndefined();
  expect(describeConnection(event('resumed', 2), false)).toBe('connection resumed');
});

it('says nothing where nothing was noticed', () => {
  expect(describeConnection(event('connecting', 0), false)).toBeUndefined();
  expect(describeConnection(event('open', 0), false)).toBeUndefined();
  expect(describeConnection(event('resumed', 1), false)).toBeUndefined();
});
