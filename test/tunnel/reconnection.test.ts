/** The waits before a lost connection is tried again, and what shortens them. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { backoff, backoffDelay, Delay } from '../../src/tunnel/client/reconnection.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
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

describe('a wait', () => {
  it('ends by time', () => {
    const [delay, run] = [new Delay(), vi.fn()];
    delay.wait(300, run);
    vi.advanceTimersByTime(299);
    expect(run).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(run).toHaveBeenCalledOnce();
  });

  it('ends at once when there is hurry, and not again by time', () => {
    const [delay, run] = [new Delay(), vi.fn()];
    delay.wait(300, run);
    delay.hurry();
    expect(run).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1_000);
    delay.hurry();
    expect(run).toHaveBeenCalledOnce();
  });

  it('is over without an attempt when it is canceled', () => {
    const [delay, run] = [new Delay(), vi.fn()];
    delay.wait(300, run);
    delay.cancel();
    vi.advanceTimersByTime(1_000);
    delay.hurry();
    expect(run).not.toHaveBeenCalled();
  });

  it('keeps a process of Node as long as it is told to', () => {
    vi.useRealTimers();
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const [delay, before] = [new Delay(), timers()];
    delay.wait(100_000, vi.fn(), false);
    const counts = [timers() - before];
    for (const held of [true, false, true]) {
      delay.hold(held);
      counts.push(timers() - before);
    }
    delay.cancel();
    expect([...counts, timers() - before]).toEqual([0, 1, 0, 1, 0]);
  });
});
