import { describe, expect, it } from 'vitest';
import { formatQuantity, parseQuantity, type Unit } from '../../server/limits/quantity-text.js';

describe('a quantity', () => {
  it.each<[string, Unit, number | undefined]>([
    ['30s', 'ms', 30_000],
    ['10m', 'ms', 600_000],
    ['4h', 'ms', 14_400_000],
    ['90d', 'ms', 7_776_000_000],
    ['1.5s', 'ms', 1_500],
    ['250', 'ms', undefined],
    ['250', 'bytes', undefined],
    ['0', 'ms', 0],
    ['250 ms', 'ms', 250],
    ['64MiB', 'bytes', 67_108_864],
    ['64mib', 'bytes', 67_108_864],
    ['512B', 'bytes', 512],
    ['0', 'bytes', 0],
    ['100', 'count', 100],
    ['10s', 'bytes', undefined],
    ['10MB', 'bytes', undefined],
    ['10s', 'count', undefined],
    ['1.5', 'count', undefined],
    ['-1', 'count', undefined],
    ['1e3', 'count', undefined],
    ['99999999999d', 'ms', undefined],
    ['', 'ms', undefined],
    ['s', 'ms', undefined],
  ])('is read: "%s" of %s', (text, unit, value) => {
    expect(parseQuantity(text, unit)).toBe(value);
  });

  it.each<[number, Unit, string]>([
    [600_000, 'ms', '10m'],
    [1_500, 'ms', '1500ms'],
    [4 * 1024 * 1024, 'bytes', '4MiB'],
    [1_000, 'bytes', '1000B'],
    [100, 'count', '100'],
    [0, 'ms', '0'],
  ])('is written so that it is read again: %d %s', (value, unit, text) => {
    expect(formatQuantity(value, unit)).toBe(text);
    expect(parseQuantity(text, unit)).toBe(value);
  });
});
