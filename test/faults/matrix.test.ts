/**
 * A sample of the matrix: what the long tests try at all positions, and in silence, at some. Each trial is
 * judged in trial.ts.
 */
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { clientNames } from './clients.js';
import { measure } from './course.js';
import { Ground, type Operation } from './ground.js';
import { casesOf, runCase } from './matrix.js';

const operations: readonly Operation[] = ['clone', 'fetch', 'push'];
// Each test is many transfers, on what may be a busy machine.
vi.setConfig({ testTimeout: 180_000 });

/** One case of so many is tried. */
const step = 90;

let ground: Ground;

beforeAll(async () => {
  ground = await Ground.start();
});

afterAll(() => ground.close());

describe.each(clientNames)('%s', (client) => {
  it.each(operations)('ends a %s right, wherever the connection was cut', async (operation) => {
    const course = await measure(ground, client, operation);
    const cases = casesOf(course);
    // Each cell of the matrix begins elsewhere, so that together they try all kinds.
    const first = clientNames.indexOf(client) * 3 + operations.indexOf(operation);
    const sample = cases.filter((_, index) => index % step === first);
    for (const one of sample) await runCase(ground, client, operation, one);
  });
});
