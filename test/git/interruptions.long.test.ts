/** The same as interruptions.test.ts, in more places. */
import { beforeAll, describe, expect, it } from 'vitest';
import { median } from '../../bench/compare.js';
import { commands, Scene } from './interruptions.js';

const placesOf = { abort: 40, 'fails with nothing': 16, 'does nothing': 16 } as const;

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.make();
});

describe.each(commands)('a %s whose file system', (command) => {
  it.each(['abort', 'fails with nothing', 'does nothing'] as const)(
    'meets this at any call: %s',
    async (interruption) => {
      const calls = await scene.count(command);
      const places = placesOf[interruption];
      for (let place = 0; place < places; place += 1) {
        await scene.interrupt(command, interruption, Math.floor((calls * (place + 0.5)) / places));
      }
      if (interruption !== 'abort') return;
      const times = scene.abortTimes.splice(0);
      // Only what is nearly done when the signal fires resolves.
      expect(times.length).toBeGreaterThan(places / 2);
      console.log(
        `${command}: ${times.length} aborted, ${median(times).toFixed(1)} ms until it rejects`,
      );
      console.log(`${command}: ${Math.max(...times).toFixed(1)} ms at most`);
    },
  );
});
