/** Bytes that one side hands to the other: their order, the pace, and how each side may end. */
import { describe, expect, it } from 'vitest';
import { HandOff } from '../../src/base/hand-off.js';
import { Wake } from '../../src/base/wake.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = ({ value }: IteratorResult<Uint8Array, undefined>): string | undefined =>
  value && new TextDecoder().decode(value);

/** @returns whether a promise is settled after all that can go on has gone on. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  const late = new Promise((resolve) => setImmediate(resolve, pending));
  return (await Promise.race([promise.catch(() => undefined), late])) !== pending;
}

describe('a hand-off', () => {
  it('takes a piece when the reader asks for it, and not before', async () => {
    const handOff = new HandOff();
    const written = handOff.write(bytes('one'));
    expect(await isSettled(written)).toBe(false);
    expect(textOf(await handOff.next())).toBe('one');
    expect(await isSettled(written)).toBe(true);
  });

  it('takes as much as it has room for before anything is read, in order', async () => {
    const handOff = new HandOff(6);
    const written = ['one', 'two', 'three', 'four'].map((text) => handOff.write(bytes(text)));
    const settled = (): Promise<boolean[]> => Promise.all(written.map(isSettled));
    expect(await settled()).toEqual([true, true, false, false]);
    const texts = [textOf(await handOff.next()), textOf(await handOff.next())];
    expect(await settled()).toEqual([true, true, false, false]);
    texts.push(textOf(await handOff.next()));
    expect(await settled()).toEqual([true, true, true, false]);
    texts.push(textOf(await handOff.next()));
    expect(texts).toEqual(['one', 'two', 'three', 'four']);
    expect(await settled()).toEqual([true, true, true, true]);
  });

  it('gives a reader who waits what comes next', async () => {
    const handOff = new HandOff();
    const read = handOff.next();
    await handOff.write(bytes('one'));
    expect(textOf(await read)).toBe('one');
  });

  it('ends behind what was written', async () => {
    const handOff = new HandOff();
    void handOff.write(bytes('one'));
    handOff.end();
    expect(textOf(await handOff.next())).toBe('one');
    expect((await handOff.next()).done).toBe(true);
  });

  it('ends a reader who waits', async () => {
    const handOff = new HandOff();
    const read = handOff.next();
    handOff.end();
    expect((await read).done).toBe(true);
  });

  it.each([undefined, null, 'words', new Error('over')])(
    'fails with what it was told, whatever that is (%s)',
    async (reason) => {
      const handOff = new HandOff();
      const read = handOff.next();
      handOff.fail(reason);
      handOff.fail(new Error('a second one'));
      await expect(read).rejects.toBe(reason);
      await expect(handOff.next()).rejects.toBe(reason);
    },
  );

  it('lets go a writer where it fails, and drops what was offered', async () => {
    const handOff = new HandOff();
    const written = handOff.write(bytes('one'));
    handOff.fail(new Error('over'));
    expect(await isSettled(written)).toBe(true);
    expect(await isSettled(handOff.write(bytes('two')))).toBe(true);
    await expect(handOff.next()).rejects.toThrow('over');
  });

  it('drops what is written for a reader who has left', async () => {
    const handOff = new HandOff();
    const written = handOff.write(bytes('one'));
    for await (const piece of handOff) {
      expect(piece).toEqual(bytes('one'));
      break;
    }
    expect(await isSettled(written)).toBe(true);
    expect(await isSettled(handOff.write(bytes('two')))).toBe(true);
    expect((await handOff.next()).done).toBe(true);
  });
});

describe('who waits', () => {
  it('goes on at the next call, and hears nothing of one before', async () => {
    const wake = new Wake();
    wake.call();
    const waiting = wake.wait();
    expect(await isSettled(waiting)).toBe(false);
    wake.call();
    expect(await isSettled(waiting)).toBe(true);
  });
});
