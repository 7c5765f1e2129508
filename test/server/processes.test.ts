import { setTimeout as later } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Admission } from '../../server/admission/upgrade.js';
import type { Service } from '../../server/backend/service.js';
import { Turns } from '../../server/base/turns.js';
import { Deciding } from '../../server/deciding.js';
import { completeLimits } from '../../server/limits/limits.js';
import { Processes } from '../../server/processes.js';

const admission = { place: { kind: 'local' }, service: 'git-upload-pack' } as Admission;
const service = { gone: Promise.resolve(), end: () => undefined } as unknown as Service;

/** Holds everything up, as starting a process does on a busy machine. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('many processes that are to start at once', () => {
  it('are not counted as late for waiting in line', async () => {
    const processes = new Processes({
      limits: { ...completeLimits(), startTime: 200 },
      onError: (error) => {
        throw error;
      },
      open: async () => {
        block(30);
        await later(1);
        return service;
      },
    });
    const starts = Array.from({ length: 20 }, () => processes.start(admission, (work) => work));
    // The last of them begins after 600 ms.
    expect(await Promise.all(starts)).toEqual(starts.map(() => service));
  });

  it('let all else have its turn between them', async () => {
    const processes = new Processes({
      limits: completeLimits(),
      onError: () => undefined,
      open: () => {
        block(10);
        return Promise.resolve(service);
      },
    });
    const starts = Array.from({ length: 20 }, () => processes.start(admission, (work) => work));
    let rounds = 0;
    const watch = (): void => {
      rounds += 1;
      next = setImmediate(watch);
    };
    let next = setImmediate(watch);
    await Promise.all(starts);
    clearImmediate(next);
    expect(rounds).toBeGreaterThanOrEqual(19);
  });

  it('are not started for clients that have left meanwhile', async () => {
    let opened = 0;
    const processes = new Processes({
      limits: completeLimits(),
      onError: () => undefined,
      open: () => {
        opened += 1;
        return Promise.resolve(service);
      },
    });
    const gone = { kind: 'refusal', code: 4503, sentence: 'The server shuts down.' } as const;
    const deciding = new Deciding(() => undefined);
    const starts = Array.from({ length: 5 }, () => {
      return processes.start(admission, (work) => deciding.unlessAnswered(work));
    });
    await deciding.answer(gone);
    expect(await Promise.all(starts)).toEqual(starts.map(() => gone));
    await processes.close();
    expect(opened).toBe(0);
  });
});

describe('turns', () => {
  it('come in the order in which they were asked for', async () => {
    const turns = new Turns();
    const order: number[] = [];
    await Promise.all([1, 2, 3].map(async (each) => turns.next().then(() => order.push(each))));
    expect(order).toEqual([1, 2, 3]);
  });
});
