/** The whole matrix of a client: every operation, position and kind of fault. Judged in trial.ts. */
import { describe, it } from 'vitest';
import type { ClientName } from './clients.js';
import { measure } from './course.js';
import { Ground, type GroundOptions, type Operation } from './ground.js';
import { casesOf, runCase, silentCases } from './matrix.js';

const operations: readonly Operation[] = ['clone', 'fetch', 'push'];

/**
 * Registers its tests, in a file for each client: together they take longest of all. Most of that is
 * waiting for the time to come back, so they go side by side, each on a ground of its own.
 */
export function testWholeMatrix(client: ClientName): void {
  describe.concurrent(client, () => {
    it.each(operations)('ends a %s right, wherever the connection was cut', async (operation) => {
      await onGround({}, async (ground) => {
        const course = await measure(ground, client, operation);
        let [all, failed] = [0, 0];
        for (const one of casesOf(course)) {
          const { failure } = await runCase(ground, client, operation, one);
          all += 1;
          if (failure !== undefined) failed += 1;
        }
        console.log(`${client}, ${operation}: ${all - failed} right, ${failed} failed clearly`);
      });
    });

    it.each(operations)('notices in a %s that its connection died in silence', (operation) =>
      // Its server waits for clients that take as long to notice as git's helper does.
      onGround({ limits: { resumeTime: 60_000 } }, async (ground) => {
        const course = await measure(ground, client, operation);
        // More than this process is ever busy for. git's helper waits as long as it always does.
        const settings = { http: { liveness: { silence: 1_000, answer: 1_000 } } };
        for (const one of silentCases(course)) {
          await runCase(ground, client, operation, one, settings);
        }
      }),
    );
  });
}

/** Does it on a ground of its own: what waits for a server to be at rest waits for nobody else. */
async function onGround(
  options: GroundOptions,
  work: (ground: Ground) => Promise<void>,
): Promise<void> {
  const ground = await Ground.start(options);
  try {
    await work(ground);
  } finally {
    await ground.close();
  }
}
