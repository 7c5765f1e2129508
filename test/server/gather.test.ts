import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SlabPool } from '../../server/base/slabs.js';
import { Gather } from '../../server/session/gather.js';

const messageBytes = 128 * 1024;

function setUp() {
  const sent: Buffer[] = [];
  const state = { credit: Infinity };
  const gather = new Gather({
    credit: () => state.credit,
    send: (bytes) => {
      sent.push(bytes as Buffer);
      state.credit -= bytes.length;
    },
  });
  return { gather, sent, state, sizes: () => sent.map(({ length }) => length) };
}

describe('git’s output', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is sent at once after a pause', () => {
    const { gather, sizes } = setUp();
    gather.push(Buffer.alloc(10));
    expect(sizes()).toEqual([10]);
    vi.advanceTimersByTime(100);
    gather.push(Buffer.alloc(20));
    expect(sizes()).toEqual([10, 20]);
  });

  it('waits 2 ms for more while bytes are under way', () => {
    const { gather, sizes } = setUp();
    gather.push(Buffer.alloc(10));
    gather.push(Buffer.alloc(20));
    vi.advanceTimersByTime(1);
    gather.push(Buffer.alloc(30));
    expect(sizes()).toEqual([10]);
    vi.advanceTimersByTime(1);
    expect(sizes()).toEqual([10, 50]);
  });

  it('is sent in whole messages as soon as there is one', () => {
    const { gather, sizes } = setUp();
    gather.push(Buffer.alloc(1));
    for (let count = 0; count < 20; count += 1) gather.push(Buffer.alloc(16 * 1024));
    expect(sizes()).toEqual([1, messageBytes, messageBytes]);
    expect(gather.size).toBe(4 * 16 * 1024);
    gather.finish();
    expect(sizes()).toEqual([1, messageBytes, messageBytes, 64 * 1024]);
  });

  it('is not copied where small pieces lie behind each other in memory', () => {
    const { gather, sent } = setUp();
    const memory = randomBytes(messageBytes);
    gather.push(memory.subarray(0, 10));
    for (let at = 10; at < 50_010; at += 10_000) gather.push(memory.subarray(at, at + 10_000));
    gather.finish();
    expect(sent.map(({ byteOffset, length }) => [byteOffset, length])).toEqual([
      [memory.byteOffset, 10],
      [memory.byteOffset + 10, 50_000],
    ]);
    expect(Buffer.concat(sent)).toEqual(memory.subarray(0, 50_010));
  });

  it('is copied where it does not, and the pieces are released', () => {
    const { gather, sent } = setUp();
    const pool = new SlabPool();
    gather.push(Buffer.from('first'));
    gather.push(pool.take().add(Buffer.from('second')));
    gather.push(pool.take().add(Buffer.from('third')));
    expect(pool.spare).toBe(0);
    gather.finish();
    expect(pool.spare).toBe(2);
    expect(sent.map(String)).toEqual(['first', 'secondthird']);
  });

  it('is not copied where it comes in large pieces, and does not wait then', () => {
    const { gather, sent, sizes } = setUp();
    const [small, large] = [Buffer.alloc(10), Buffer.alloc(64 * 1024)];
    for (const piece of [small, large, small, large]) gather.push(piece);
    expect(sizes()).toEqual([10, 64 * 1024]);
    expect(sent[1]?.buffer).toBe(large.buffer);
    vi.advanceTimersByTime(2);
    expect(sizes()).toEqual([10, 64 * 1024, 10, 64 * 1024]);
    expect(sent[3]?.buffer).toBe(large.buffer);
  });

  it('is not changed or reordered by being gathered', () => {
    const { gather, sent } = setUp();
    const whole = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251));
    for (let start = 0; start < whole.length;) {
      const length = 1 + ((start * 31) % 9_000);
      gather.push(whole.subarray(start, start + length));
      start += length;
    }
    gather.finish();
    expect(Buffer.concat(sent).equals(whole)).toBe(true);
  });

  it('waits for credit, says when it is too much, and goes on', () => {
    const { gather, sizes, state } = setUp();
    state.credit = 100;
    gather.push(Buffer.alloc(messageBytes));
    expect(sizes()).toEqual([100]);
    expect(gather.full).toBe(false);
    gather.push(Buffer.alloc(200));
    expect(gather.full).toBe(true);
    state.credit = 1_000_000;
    gather.pump();
    expect(sizes()).toEqual([100, messageBytes - 100, 200]);
    expect(gather.size).toBe(0);
  });

  it('is sent to the last byte when credit comes after the end', () => {
    const { gather, sizes, state } = setUp();
    state.credit = 0;
    gather.push(Buffer.alloc(50));
    gather.finish();
    expect(sizes()).toEqual([]);
    state.credit = 50;
    gather.pump();
    expect(sizes()).toEqual([50]);
  });

  it('can be dropped', () => {
    const { gather, sizes, state } = setUp();
    state.credit = 0;
    gather.push(Buffer.alloc(50));
    gather.clear();
    state.credit = 100;
    gather.pump();
    vi.advanceTimersByTime(10);
    expect(sizes()).toEqual([]);
  });
});
