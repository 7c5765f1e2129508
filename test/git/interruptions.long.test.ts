/** The same as interruptions.test.ts, in more places. */
import { beforeAll, describe, expect, it } from 'vitest';
import { median } from '../../bench/compare.js';
import { commands, Scene } from './interruptions.js';

const placesOf = { abort: 40, 'fails with nothing': 12, 'does nothing': 12 } as const;

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
      const times: number[] = [];
      for (let place = 0; place < places; place += 1) {
        const at = Math.floor((calls * (place + 0.5)) / places);
        const time = await scene.interrupt(command, interruption, at);
        if (time !== undefined) times.push(time);
      }
      if (interruption !== 'abort') return;
      // Only what is nearly done when the signal fires resolves.
      expect(times.length).toBeGreaterThan(places / 2);
      const most = Math.max(...times).toFixed(1);
      console.log(
        `${command}: ${times.length} aborted, rejected after ${median(times).toFixed(1)} ms, ${most} at most`,
      );
    },
  );
});
