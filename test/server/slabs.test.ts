import { afterEach, describe, expect, it, vi } from 'vitest';
import { hold, release, slabBytes, SlabPool, spareBytes } from '../../server/base/slabs.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('a slab', () => {
  it('is used again when all of it was released', () => {
    const pool = new SlabPool();
    const slab = pool.take();
    const [one, other] = [slab.add(Buffer.from('one')), slab.add(Buffer.from('other'))];
    expect([one.toString(), other.toString()]).toEqual(['one', 'other']);
    release(other);
    expect(pool.spare).toBe(0);
    release(one);
    expect(pool.spare).toBe(1);
    // Nothing can be added for whoever had it.
    expect(slab.free).toBe(0);
    expect(pool.take().add(Buffer.from('new')).buffer).toBe(one.buffer);
  });

  it('is not used again while somebody holds a piece of it', () => {
    const pool = new SlabPool();
    const piece = pool.take().add(Buffer.alloc(100));
    const done = hold(piece.subarray(40, 60));
    release(piece);
    expect(pool.spare).toBe(0);
    done();
    expect(pool.spare).toBe(1);
  });

  it('is not used again where a part of it was never released', () => {
    const pool = new SlabPool();
    const piece = pool.take().add(Buffer.alloc(100));
    release(piece.subarray(0, 99));
    expect(pool.spare).toBe(0);
    expect(pool.take().add(Buffer.alloc(1)).buffer).not.toBe(piece.buffer);
  });

  it('takes as much as it has room for', () => {
    const slab = new SlabPool().take();
    slab.add(Buffer.alloc(slabBytes - 1));
    expect(slab.free).toBe(1);
  });

  it('has nothing to do with bytes of others', () => {
    const pool = new SlabPool();
    const piece = pool.take().add(Buffer.alloc(100));
    hold(Buffer.alloc(100))();
    release(Buffer.alloc(100));
    expect(pool.spare).toBe(0);
    release(piece);
    expect(pool.spare).toBe(1);
  });
});

describe('spare slabs', () => {
  function releaseMany(pool: SlabPool, count: number): void {
    const pieces = Array.from({ length: count }, () => pool.take().add(Buffer.alloc(1)));
    for (const piece of pieces) release(piece);
  }

  it('are given up when they were not needed for 5 to 10 s', () => {
    vi.useFakeTimers();
    const pool = new SlabPool();
    releaseMany(pool, 10);
    expect(pool.spare).toBe(10);
    vi.advanceTimersByTime(5_000);
    releaseMany(pool, 3);
    expect(pool.spare).toBe(10);
    vi.advanceTimersByTime(5_000);
    expect(pool.spare).toBe(3);
    vi.advanceTimersByTime(5_000);
    expect(pool.spare).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are no more than 64 MiB', () => {
    vi.useFakeTimers();
    const pool = new SlabPool();
    releaseMany(pool, spareBytes / slabBytes + 1);
    expect(pool.spare * slabBytes).toBe(64 * 1024 * 1024);
  });
});
