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
    ['idleTime', 2 ** 31, /2\^31/],
    ['idleTimes', 1, /there is no such limit/],
    ['window', 65_535, /64KiB to 16MiB/],
    ['window', 16 * 1024 * 1024 + 1, /64KiB to 16MiB/],
    ['maxReplay', 1, /64KiB or more/],
  ])('are checked: %s cannot be %s', (name, value, message) => {
    expect(() => completeLimits({ [name]: value })).toThrow(message);
  });
});
