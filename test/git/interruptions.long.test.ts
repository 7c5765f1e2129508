/** The same as interruptions.test.ts, in 40 places of each. */
import { beforeAll, describe, it } from 'vitest';
import { Scene } from './interruptions.js';

const places = 40;

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.make();
});

describe.each(['clone', 'pull'] as const)('a %s whose file system', (command) => {
  it.each(['abort', 'fails with nothing', 'does nothing'] as const)(
    'meets this at any call: %s',
    async (interruption) => {
      const calls = await scene.count(command);
      for (let place = 0; place < places; place += 1) {
        await scene.interrupt(command, interruption, Math.floor((calls * (place + 0.5)) / places));
      }
    },
  );
});
