/** The whole matrix of a client: every operation, position and kind of fault. Judged in trial.ts. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { ClientName } from './clients.js';
import { measure } from './course.js';
import { Ground, type Operation } from './ground.js';
import { casesOf, runCase, silentCases } from './matrix.js';

const operations: readonly Operation[] = ['clone', 'fetch', 'push'];
let ground: Ground;
/** Whose server waits for clients that take as long to notice as git's helper does. */
let patientGround: Ground;

beforeAll(async () => {
  ground = await Ground.start();
  patientGround = await Ground.start({ limits: { resumeTime: 60_000 } });
});

afterAll(() => Promise.all([ground.close(), patientGround.close()]));

/** Registers its tests, in a file for each client: together they take longest of all. */
export function testWholeMatrix(client: ClientName): void {
  describe(client, () => {
    it.each(operations)('ends a %s right, wherever the connection was cut', async (operation) => {
      const course = await measure(ground, client, operation);
      let [all, failed] = [0, 0];
      for (const one of casesOf(course)) {
        const { failure } = await runCase(ground, client, operation, one);
        all += 1;
        if (failure !== undefined) failed += 1;
      }
      console.log(`${client}, ${operation}: ${all - failed} right, ${failed} failed clearly`);
    });

    it.each(operations)(
      'notices in a %s that its connection died in silence',
      async (operation) => {
        const course = await measure(patientGround, client, operation);
        // git's helper waits as long as it always does.
        const settings = { http: { liveness: { silence: 200, answer: 200 } } };
        for (const one of silentCases(course)) {
          await runCase(patientGround, client, operation, one, settings);
        }
      },
    );
  });
}
