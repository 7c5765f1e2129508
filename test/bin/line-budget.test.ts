import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineBudget } from '../../bin/line-budget.js';

let leftOut: number[];
let budget: LineBudget;

beforeEach(() => {
  vi.useFakeTimers();
  leftOut = [];
  budget = new LineBudget({ lines: 5, linesPerCause: 2, time: 1_000 }, (count) =>
    leftOut.push(count),
  );
});

afterEach(() => {
  vi.useRealTimers();
});

function take(...causes: string[]): boolean[] {
  return causes.map((cause) => budget.take(cause));
}

describe('lines that strangers cause', () => {
  it('are as many as there may be of one cause, and of all', () => {
    const [one, two, three] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
    expect(take(one, one, one)).toEqual([true, true, false]);
    expect(take(two, two, two)).toEqual([true, true, false]);
    expect(take(three, three)).toEqual([true, false]);
  });

  it('are counted where they are left out, and told once the period is over', () => {
    take(...Array.from({ length: 100 }, () => '192.0.2.1'));
    vi.advanceTimersByTime(999);
    expect(leftOut).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(leftOut).toEqual([98]);
    expect(take('192.0.2.1')).toEqual([true]);
    vi.advanceTimersByTime(5_000);
    expect(leftOut).toEqual([98]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are told at the end, too', () => {
    take('192.0.2.1', '192.0.2.1', '192.0.2.1');
    budget.flush();
    expect(leftOut).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);
    budget.flush();
    expect(leftOut).toEqual([1]);
  });
});
