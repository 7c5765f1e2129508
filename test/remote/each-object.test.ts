/** Objects of which the server lacks some: all others come, in few requests, whatever the server says. */
import { describe, expect, it } from 'vitest';
import { GitWsError } from '../../src/base/errors.js';
import { eachOf, mostRefused, type Refusal } from '../../src/remote/each-object.js';

const oid = (number: number): string => number.toString(16).padStart(40, '0');
const oids = (length: number): string[] => Array.from({ length }, (_, number) => oid(number));

const saying = (message: string): Refusal => ({
  error: new GitWsError('REMOTE_ERROR', message, { data: { message } }),
});

/** A server that lacks some, and what it is asked for. */
function serverWithout(
  lacking: readonly string[],
  words: (first: string) => string,
): {
  asked: (readonly string[])[];
  ask: (some: readonly string[]) => Promise<Refusal | undefined>;
} {
  const asked: (readonly string[])[] = [];
  return {
    asked,
    ask: (some) => {
      asked.push(some);
      const first = some.find((one) => lacking.includes(one));
      return Promise.resolve(first === undefined ? undefined : saying(words(first)));
    },
  };
}

const named = (first: string) => `upload-pack: not our ref ${first}`;
const unnamed = () => 'aborting due to possible repository corruption on the remote side.';

describe('eachOf', () => {
  it('asks once where nothing is lacking', async () => {
    const { asked, ask } = serverWithout([], named);
    expect(await eachOf(oids(200), ask)).toEqual(new Map());
    expect(asked).toEqual([oids(200)]);
  });

  it('asks once more for each object that the server names', async () => {
    const lacking = [3, 77, 199].map(oid);
    const { asked, ask } = serverWithout(lacking, named);
    const failures = await eachOf(oids(200), ask);
    expect([...failures.keys()]).toEqual(lacking);
    expect(failures.get(oid(77))).toMatchObject({ data: { message: named(oid(77)) } });
    expect(asked).toHaveLength(4);
    expect(asked.at(-1)).toEqual(oids(200).filter((one) => !lacking.includes(one)));
  });

  it.each([[[0]], [[131]], [[0, 199]], [[63, 64]]])(
    'finds %j by halves where the server names nothing, or what was not asked for',
    async (numbers) => {
      for (const words of [unnamed, () => named('f'.repeat(40)), () => '']) {
        const { asked, ask } = serverWithout(numbers.map(oid), words);
        const failures = await eachOf(oids(200), ask);
        expect([...failures.keys()].sort()).toEqual(numbers.map(oid));
        expect(asked.length).toBeLessThan(mostRefused * 2);
      }
    },
  );

  it('asks a server that always refuses only so often, and all have failed', async () => {
    for (const words of [named, unnamed]) {
      const { asked, ask } = serverWithout(oids(500), words);
      const failures = await eachOf(oids(500), ask);
      expect([...failures.keys()].sort()).toEqual(oids(500));
      expect(asked).toHaveLength(mostRefused);
    }
  });

  it('asks once for one object', async () => {
    const { asked, ask } = serverWithout([oid(0)], unnamed);
    expect([...(await eachOf([oid(0)], ask)).keys()]).toEqual([oid(0)]);
    expect(asked).toHaveLength(1);
  });

  it('believes a server that lies about what it has, and no more than that', async () => {
    const { ask } = serverWithout([oid(5)], () => named(oid(6)));
    // 6 was named, and 5 is found when nothing else is.
    const failures = await eachOf(oids(10), ask);
    expect([...failures.keys()].sort()).toEqual([5, 6].map(oid));
  });

  it('ends where something else goes wrong', async () => {
    const failure = new Error('No network.');
    await expect(eachOf(oids(2), () => Promise.reject(failure))).rejects.toBe(failure);
  });
});
