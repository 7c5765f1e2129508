/** When a lost connection is tried again: the waits, their end, and what shortens them. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoff, backoffDelay, Reconnection } from '../../src/tunnel/client/reconnection.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the wait before an attempt', () => {
  it('is none before the first', () => {
    expect(backoffDelay(1)).toBe(0);
  });

  it('doubles from half a second to ten, and chance takes away up to half of it', () => {
    const waits = Array.from({ length: 8 }, (_, index) => index + 2);
    expect(waits.map((attempt) => backoffDelay(attempt, 1))).toEqual([
      ...[500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000],
    ]);
    expect(waits.map((attempt) => backoffDelay(attempt, 0))).toEqual([
      ...[250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000],
    ]);
  });

  it('stays within bounds, however many attempts there were', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5_000 }), (attempt) => {
        const wait = backoffDelay(attempt);
        expect(wait).toBeGreaterThanOrEqual(backoff.first / 2);
        expect(wait).toBeLessThanOrEqual(backoff.longest);
      }),
    );
  });

  it('is not the same for two clients that lose their connections at once', () => {
    const waits = new Set(Array.from({ length: 50 }, () => backoffDelay(7)));
    expect(waits.size).toBeGreaterThan(10);
  });
});

describe('attempts', () => {
  it('go on until the session’s time is over; the last one is made at its very end', () => {
    const attempts = new Reconnection(Infinity);
    expect(attempts.next(0, 60_000)).toBe(0);
    expect(attempts.next(1_000, 60_000)).toBeGreaterThan(0);
    expect(attempts.next(59_900, 60_000)).toBe(100);
    expect(attempts.next(60_000, 60_000)).toBeUndefined();
  });

  it('are no more in a row than wanted', () => {
    const attempts = new Reconnection(2);
    expect(attempts.next(0, 60_000)).toBe(0);
    expect(attempts.next(1, 60_000)).toBeGreaterThan(0);
    expect(attempts.next(2, 60_000)).toBeUndefined();
  });

  it('begin anew once a connection was good for something', () => {
    const attempts = new Reconnection(2);
    attempts.next(0, 60_000);
    attempts.next(1, 60_000);
    attempts.succeeded();
    expect(attempts.next(59_000, 60_000)).toBe(0);
    // With a whole session's time before it.
    expect(attempts.next(100_000, 60_000)).toBeGreaterThan(0);
  });

  it('are none where there is no resuming, or none is wanted', () => {
    expect(new Reconnection(Infinity).next(0, 0)).toBeUndefined();
    expect(new Reconnection(0).next(0, 60_000)).toBeUndefined();
  });

  it('wait for the network where there is none, but for the first', () => {
    vi.stubGlobal('navigator', { onLine: false });
    const attempts = new Reconnection(Infinity);
    expect(attempts.next(0, 60_000)).toBe(0);
    expect(attempts.next(10_000, 60_000)).toBe(50_000);
  });
});

describe('a wait', () => {
  it('ends by time', () => {
    const [attempts, run] = [new Reconnection(Infinity), vi.fn()];
    attempts.wait(300, run);
    vi.advanceTimersByTime(299);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledOnce();
  });

  it('ends at once when there is hurry, and not again by time', () => {
    const [attempts, run] = [new Reconnection(Infinity), vi.fn()];
    attempts.wait(300, run);
    attempts.hurry();
    expect(run).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1_000);
    attempts.hurry();
    expect(run).toHaveBeenCalledOnce();
  });

  it('is over without an attempt when it is canceled', () => {
    const [attempts, run] = [new Reconnection(Infinity), vi.fn()];
    attempts.wait(300, run);
    attempts.cancel();
    vi.advanceTimersByTime(1_000);
    attempts.hurry();
    expect(run).not.toHaveBeenCalled();
  });
});
