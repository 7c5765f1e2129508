/** What is left of a command that is interrupted; interruptions.long.test.ts tries more places. */
import { beforeAll, describe, expect, it } from 'vitest';
import { commands, Scene } from './interruptions.js';

/** Of each kind. */
const places = 2;

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.make();
});

describe.each(commands)('a %s whose file system', (command) => {
  it.each([
    ['is left while the signal fires', 'abort'],
    ['fails with nothing', 'fails with nothing'],
    ['does nothing, and says that it did', 'does nothing'],
  ] as const)('%s is whole, or leaves what was there', async (_, interruption) => {
    const calls = await scene.count(command);
    for (let place = 0; place < places; place += 1) {
      await scene.interrupt(command, interruption, Math.floor((calls * (place + 0.5)) / places));
    }
  });
});

it.each(commands)(
  'a %s whose signal has fired before rejects, and has written nothing',
  async (command) => {
    expect(await scene.begin(command, AbortSignal.abort())).toEqual({
      code: 'UserCanceledError',
      isAsItWas: true,
    });
  },
);
