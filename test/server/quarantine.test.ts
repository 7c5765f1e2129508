import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lookTimes, Quarantine } from '../../server/backend/local/quarantine.js';

const hour = 60 * 60 * 1000;

let looks: number;
let found: string | undefined;
let quarantine: Quarantine;

beforeEach(() => {
  vi.useFakeTimers();
  looks = 0;
  found = undefined;
  quarantine = new Quarantine(1, '/srv/site.git', () => {
    looks += 1;
    return Promise.resolve(found);
  });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the search for the quarantine of a receive-pack', () => {
  it('costs nothing while its client says nothing', async () => {
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(hour);
    expect(looks).toBe(0);
  });

  it('ends some time after the last input, however long the process lives', async () => {
    quarantine.expect();
    await vi.advanceTimersByTimeAsync(hour);
    expect(looks).toBe(lookTimes.length);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('begins anew with the next input', async () => {
    quarantine.expect();
    await vi.advanceTimersByTimeAsync(hour);
    quarantine.expect();
    await vi.advanceTimersByTimeAsync(lookTimes[0]);
    expect(looks).toBe(lookTimes.length + 1);
  });

  it('looks no more often than that, however often there is input', async () => {
    for (let time = 0; time < 10 * lookTimes[0]; time += 1) {
      quarantine.expect();
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(looks).toBe(10);
  });

  it('ends when it is found, and input is no reason for another', async () => {
    quarantine.expect();
    found = '/srv/site.git/objects/incoming-1';
    await vi.advanceTimersByTimeAsync(lookTimes[0]);
    quarantine.expect();
    await vi.advanceTimersByTimeAsync(hour);
    expect(looks).toBe(1);
  });

  it('ends with the process', async () => {
    quarantine.expect();
    quarantine.stop();
    quarantine.expect();
    await vi.advanceTimersByTimeAsync(hour);
    expect(looks).toBe(0);
  });
});
