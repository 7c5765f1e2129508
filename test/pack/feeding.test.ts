/** How bytes go to the worker: when at once, when gathered, and when they have to wait. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Feeding, pieceSize } from '../../src/pack/index/feeding.js';

let sent: Uint8Array[];
let feeding: Feeding;

beforeEach(() => {
  sent = [];
  feeding = new Feeding((bytes) => sent.push(bytes));
});

/** Bytes that tell their place in the whole. */
let place = 0;
const next = (length: number): Uint8Array =>
  Uint8Array.from({ length }, () => (place++ * 7919) >>> 5);

const lengths = (): number[] => sent.map(({ length }) => length);

describe('what goes to the worker', () => {
  it('goes at once while it has little to do, and is a copy', () => {
    const bytes = next(1_000);
    expect(feeding.give(bytes)).toBeUndefined();
    expect(sent).toEqual([bytes]);
    expect(sent[0]?.buffer).not.toBe(bytes.buffer);
    expect(sent[0]?.buffer.byteLength).toBe(1_000);
  });

  it('is gathered when it has enough to do, and goes when it has caught up', () => {
    void feeding.give(next(0x100000));
    for (let count = 0; count < 6; count += 1) void feeding.give(next(50_000));
    // 300,000 bytes: one piece is full, the rest waits.
    expect(lengths()).toEqual([0x100000, pieceSize]);
    feeding.takeBack(pieceSize, []);
    expect(lengths()).toEqual([0x100000, pieceSize]);
    feeding.takeBack(pieceSize, []);
    expect(lengths()).toEqual([0x100000, pieceSize, 300_000 - pieceSize]);
  });

  it('is all that was given, in its order, however the worker takes it', () => {
    const given: Uint8Array[] = [];
    let taken = 0;
    for (let count = 0; count < 200; count += 1) {
      const bytes = next(count % 3 === 0 ? 70_000 : 9_000 + count);
      given.push(bytes);
      void feeding.give(bytes);
      if (count % 7 !== 0 || sent.length <= taken) continue;
      const piece = sent[taken]!;
      taken += 1;
      feeding.takeBack(piece.length, []);
    }
    feeding.flush();
    expect(Buffer.concat(sent).equals(Buffer.concat(given))).toBe(true);
  });

  it('is put into what the worker has given back', () => {
    void feeding.give(next(0x100000));
    const spent = new ArrayBuffer(pieceSize);
    feeding.takeBack(0, [spent]);
    void feeding.give(next(pieceSize));
    expect(sent[1]?.buffer === spent).toBe(true);
  });

  it('waits when there are 8 MiB on their way, until they are fewer', async () => {
    const order: string[] = [];
    expect(feeding.give(next(0x800000))).toBeUndefined();
    const wait = feeding.give(next(pieceSize))?.then(() => order.push('room'));
    expect(wait).toBeDefined();
    await Promise.resolve();
    order.push('later');
    feeding.takeBack(pieceSize, []);
    await wait;
    expect(order).toEqual(['later', 'room']);
  });

  it('waits no longer when the work has ended', async () => {
    void feeding.give(next(0x800000));
    const wait = feeding.give(next(pieceSize));
    feeding.release();
    await expect(wait).resolves.toBeUndefined();
  });
});
