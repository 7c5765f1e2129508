/** Errors on their way between page and worker: a structured clone is between the two. */
import * as isomorphicGit from 'isomorphic-git';
import { describe, expect, it } from 'vitest';
import { GitWsError, isGitWsError } from '../../src/base/errors.js';
import { carry, restore, type Arrival } from '../../src/worker/carried.js';
import { makeErrorClasses } from '../../src/worker/error-classes.js';

const classes = makeErrorClasses(Object.keys(isomorphicGit.Errors));

const arrive = (reason: unknown, arrival: Arrival = { classes }): Error & Record<string, unknown> =>
  restore(structuredClone(carry(reason)), arrival) as Error & Record<string, unknown>;

describe('an error that is carried', () => {
  it('of gitws is one again, with data, cause and whether to try again', () => {
    const cause = new GitWsError('TIMEOUT', 'It took too long.');
    const data = { closeCode: 4403, status: 403, reason: 'no' };
    const given = new GitWsError('REFUSED', 'No.', { data, cause, retryable: true });
    const error = arrive(Object.assign(given, { caller: 'git.push' }));
    expect(error).toBeInstanceOf(GitWsError);
    expect(isGitWsError(error, 'REFUSED')).toBe(true);
    expect(error).toMatchObject({ name: 'REFUSED', message: 'No.', data, retryable: true });
    expect(error['caller']).toBe('git.push');
    expect(isGitWsError(error.cause, 'TIMEOUT')).toBe(true);
    expect(error.stack).toBe(given.stack);
  });

  it('of isomorphic-git is of the class of that name', () => {
    for (const [name, Class] of Object.entries(isomorphicGit.Errors)) {
      const given = new (Class as unknown as new (...args: unknown[]) => Error)(
        ['a'],
        ['b'],
        ['c'],
      );
      const error = arrive(given);
      expect(error).toBeInstanceOf(classes.get(name));
      expect(error).toBeInstanceOf(Error);
      const { code, data, message } = given as Error & { code: string; data: unknown };
      expect(error).toMatchObject({ name, code, message, data });
      expect(classes.get(name)?.name).toBe(name);
      expect(classes.get(name)).toHaveProperty('code', name);
    }
  });

  it('of a file system keeps what Node says in it', () => {
    const facts = { code: 'ENOENT', errno: -2, path: '/x', syscall: 'open' };
    expect(arrive(Object.assign(new Error('no such file'), facts))).toMatchObject(facts);
  });

  it('of the language or of a browser is of its class', () => {
    expect(arrive(new TypeError('no'))).toBeInstanceOf(TypeError);
    expect(arrive(new RangeError('no'))).toBeInstanceOf(RangeError);
    const quota = arrive(new DOMException('full', 'QuotaExceededError'));
    expect(quota).toBeInstanceOf(DOMException);
    expect(quota.name).toBe('QuotaExceededError');
    class Own extends Error {
      override name = 'Own';
    }
    expect(arrive(new Own('mine'))).toMatchObject({ name: 'Own', message: 'mine' });
  });

  it('that is several keeps each', () => {
    const several = new isomorphicGit.Errors.MultipleGitError([new Error('a'), null as never]);
    expect(arrive(several)['errors']).toEqual([new Error('a'), null]);
  });

  it('loses of its data what cannot be sent, and nothing else', () => {
    const given = Object.assign(new Error('x'), { data: { at: 1, call: () => 1 }, call: () => 1 });
    expect(arrive(given)).toMatchObject({ data: { at: 1 }, call: '() => 1' });
  });

  it('that is its own cause has an end', () => {
    const given = new Error('round');
    given.cause = given;
    expect(arrive(given).cause).toMatchObject({ message: 'round' });
  });
});

describe('a rejection that is no error', () => {
  it.each([null, undefined, '', 'text', 0, 1, false, { a: 1 }])('arrives as it is: %j', (value) => {
    expect(arrive(value)).toEqual(value);
  });

  it('arrives as far as it can be sent', () => {
    expect(arrive({ a: 1, f: () => 1 })).toEqual({ a: 1 });
    expect(arrive(Symbol('x'))).toBe('Symbol(x)');
  });
});

describe('an error that the page has thrown', () => {
  it('is the same when it comes back, also as a cause', () => {
    const thrown: object[] = [];
    const given = Object.assign(new Error('mine'), { element: () => 1 });
    const there = restore(structuredClone(carry(given, (error) => thrown.push(error)))) as Error;
    expect(there).not.toBe(given);
    const own = (number: number) => thrown[number - 1];
    expect(restore(structuredClone(carry(there)), { own })).toBe(given);
    const wrapped = new GitWsError('UserCanceledError', 'No.', { cause: there });
    const back = restore(structuredClone(carry(wrapped)), { own }) as Error;
    expect(back.cause).toBe(given);
  });
});
