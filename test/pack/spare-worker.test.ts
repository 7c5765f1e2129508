/** The worker that is kept for the next pack: a program of Bun, where it holds the process, may end. */
import { describe, expect, it } from 'vitest';
import { leaveWorker, takeSpare } from '../../src/pack/index/spare-worker.js';

class HoldingWorker {
  held = true;
  ref(): void {
    this.held = true;
  }
  unref(): void {
    this.held = false;
  }
  terminate(): void {}
}

describe('a spare worker', () => {
  it('keeps no process from ending, and does again when it is taken', () => {
    const worker = new HoldingWorker();
    leaveWorker({ worker: worker as unknown as Worker, lock: undefined, isOwn: true }, 1);
    expect(worker.held).toBe(false);
    expect(takeSpare()?.worker).toBe(worker);
    expect(worker.held).toBe(true);
  });

  it('may be one that holds no process, as in a page', () => {
    const worker = { terminate: () => undefined } as unknown as Worker;
    leaveWorker({ worker, lock: undefined, isOwn: true }, 1);
    expect(takeSpare()?.worker).toBe(worker);
  });
});
