/** The turn to fetch what a partial clone lacks, where file system, signal or lock fail. */
import { describe, expect, it } from 'vitest';
import { FetchTurn } from '../../src/repository/fetch-turn.js';

const oid = '1234567890123456789012345678901234567890';
const gitdir = '/site/.git';
const missing = async (): Promise<never> => {
  await Promise.resolve();
  throw Object.assign(new Error('It is not there.'), { code: 'ENOENT' });
};

type Hold = (path: string, wait?: AbortSignal) => Promise<(() => Promise<void>) | undefined>;

/** A file system with nothing in it but what is given. */
function fileSystem(hold: Hold | undefined, stat: () => Promise<unknown> = missing): object {
  const names = ['readFile', 'writeFile', 'unlink', 'readdir', 'mkdir', 'rmdir', 'lstat'] as const;
  const others = ['readlink', 'symlink'] as const;
  const none = Object.fromEntries([...names, ...others].map((name) => [name, missing]));
  return { promises: { ...none, stat, lstat: stat, readdir: stat, hold } };
}

const take = (turn: FetchTurn, signal = new AbortController().signal): Promise<unknown> =>
  turn.take([oid], signal, (oids) => Promise.resolve(oids));

describe('FetchTurn', () => {
  it('gives what was fetched where the turn cannot be given back', async () => {
    const hold = () => Promise.resolve(() => Promise.reject(new Error('the lock is gone')));
    expect(await take(new FetchTurn(fileSystem(hold), gitdir))).toEqual([oid]);
  });

  it('gives the turn back where the file system fails behind the wait for it', async () => {
    let held = 0;
    const hold: Hold = async (_, wait) => {
      await Promise.resolve();
      if (wait === undefined) return undefined;
      held += 1;
      return async () => {
        await Promise.resolve();
        held -= 1;
      };
    };
    const failure = Object.assign(new Error('The disk is gone.'), { code: 'EIO' });
    const fs = fileSystem(hold, () => Promise.reject(failure));
    await expect(take(new FetchTurn(fs, gitdir))).rejects.toBe(failure);
    expect(held).toBe(0);
  });

  it('waits again after a wait that was canceled', async () => {
    let waits = 0;
    let free = false;
    const controller = new AbortController();
    const hold: Hold = async (_, wait) => {
      if (wait === undefined) return undefined;
      waits += 1;
      if (free) return () => Promise.resolve();
      controller.abort();
      await Promise.resolve();
      return undefined;
    };
    const turn = new FetchTurn(fileSystem(hold), gitdir);
    await expect(take(turn, controller.signal)).rejects.toThrow('aborted');
    free = true;
    expect(await take(turn)).toEqual([oid]);
    expect(waits).toBe(2);
  });

  it('waits for nobody where the file system knows no turns', async () => {
    expect(await take(new FetchTurn(fileSystem(undefined), gitdir))).toEqual([oid]);
  });
});
