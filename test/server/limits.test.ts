import { describe, expect, it } from 'vitest';
import { completeLimits, defaultLimits } from '../../server/limits/limits.js';

describe('the limits', () => {
  it('have defaults', () => {
    expect(completeLimits()).toEqual(defaultLimits);
    expect(completeLimits({ idleTime: 5 })).toEqual({ ...defaultLimits, idleTime: 5 });
  });

  it.each<[string, unknown, RegExp]>([
    ['idleTime', -1, /idleTime/],
    ['idleTime', Number.NaN, /idleTime/],
    ['idleTime', '5', /idleTime/],
    ['idleTime', 2 ** 31, /of ms, 1ms to 2147483647ms \(24\.8 days\)\.$/],
    ['maxSessions', 2 ** 31, /number, 0 to 2147483647\.$/],
    ['maxRequestSize', 0, /of bytes, 1KiB or more\.$/],
    ['idleTimes', 1, /there is no such limit/],
    ['window', 65_535, /64KiB to 16MiB/],
    ['window', 16 * 1024 * 1024 + 1, /64KiB to 16MiB/],
    ['maxReplay', 1, /64KiB to 2147483647B \(just below 2GiB\)/],
  ])('are checked: %s cannot be %s', (name, value, message) => {
    expect(() => completeLimits({ [name]: value })).toThrow(message);
  });
});
