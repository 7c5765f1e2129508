import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { closeAfterAdvertisement } from '../../src/remote/advertisement.js';
import type { ServiceRun } from '../../src/remote/service-run.js';

/** A run that ends when its test says so. */
function silentRun() {
  const state = { aborted: false, end: (): void => undefined };
  const ended = new Promise<void>((resolve) => {
    state.end = resolve;
  });
  const run = {
    spare: () => true,
    send: () => Promise.resolve(),
    drain: () => ended,
    abort: () => {
      state.aborted = true;
      state.end();
    },
  };
  return { run: run as unknown as ServiceRun, state };
}

it('a service that is asked for nothing is left once its time is over', async () => {
  const { run, state } = silentRun();
  await closeAfterAdvertisement(run, 1);
  expect(state.aborted).toBe(true);
});

it('and never where its time is Infinity, which timers take for 1 ms', async () => {
  const { run, state } = silentRun();
  const closed = closeAfterAdvertisement(run, Infinity);
  await setTimeout(50);
  expect(state.aborted).toBe(false);
  state.end();
  await closed;
});
