/** Who misses what a promisor has promised: gathered, asked for once, told of failures, never left waiting. */
import { describe, expect, it } from 'vitest';
import { GitWsError } from '../../src/base/errors.js';
import { mostInRequest, Promisor } from '../../src/repository/promisor.js';

const oid = (number: number): string => number.toString(16).padStart(40, '0');

interface Request {
  readonly oids: readonly string[];
  readonly signal: AbortSignal;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A promisor, and what it is asked for: answered by the test. */
function asked(): { promisor: Promisor; requests: Request[] } {
  const requests: Request[] = [];
  const promisor = new Promisor({
    fetch: (oids, { signal }) =>
      new Promise((resolve, reject) => {
        requests.push({ oids, signal, resolve, reject });
      }),
  });
  return { promisor, requests };
}

const failure = new GitWsError('CONNECTION_FAILED', 'There is no network.');

describe('Promisor', () => {
  it('asks once for all that is missed at one moment, and for each of it once', async () => {
    const { promisor, requests } = asked();
    const gets = [1, 2, 3, 1, 2].map((number) => promisor.get([oid(number)]));
    gets.push(promisor.get([oid(3), oid(4)]));
    await expect.poll(() => requests).toHaveLength(1);
    expect(requests[0]?.oids).toEqual([1, 2, 3, 4].map(oid));
    requests[0]?.resolve();
    await Promise.all(gets);
  });

  it('gathers while it waits for an answer, and asks for nothing that is under way', async () => {
    const { promisor, requests } = asked();
    const first = promisor.get([oid(1)]);
    await expect.poll(() => requests).toHaveLength(1);
    const later = [promisor.get([oid(1), oid(2)])];
    // At another moment.
    await new Promise((resolve) => setTimeout(resolve, 20));
    later.push(promisor.get([oid(3)]));
    expect(requests).toHaveLength(1);
    requests[0]?.resolve();
    await first;
    await expect.poll(() => requests).toHaveLength(2);
    expect(requests[1]?.oids).toEqual([2, 3].map(oid));
    requests[1]?.resolve();
    await Promise.all(later);
  });

  it('tells all who wait of a failure, each with its own object, and asks again later', async () => {
    const { promisor, requests } = asked();
    const gets = [1, 2].map((number) => promisor.get([oid(number)]));
    const settled = Promise.allSettled(gets);
    await expect.poll(() => requests).toHaveLength(1);
    requests[0]?.reject(failure);
    expect(await settled).toMatchObject(
      [1, 2].map((number) => ({
        reason: { code: 'OBJECT_UNAVAILABLE', data: { oid: oid(number) }, cause: failure },
      })),
    );
    const again = promisor.get([oid(1)]);
    await expect.poll(() => requests).toHaveLength(2);
    requests[1]?.resolve();
    await again;
  });

  it.each([
    ['a function of the caller’s', new Error('mine')],
    ['the file system', Object.assign(new Error('full'), { code: 'ENOSPC' })],
    ['a full storage', new GitWsError('QUOTA', 'No room.')],
    ['who was asked for a password', Object.assign(new Error('no'), { code: 'UserCanceledError' })],
  ])('passes on what %s has thrown', async (_, error) => {
    const { promisor, requests } = asked();
    const get = promisor.get([oid(1)]);
    get.catch(() => undefined);
    await expect.poll(() => requests).toHaveLength(1);
    requests[0]?.reject(error);
    await expect(get).rejects.toBe(error);
  });

  it('lets one who gives up go, and ends the request when nobody waits any more', async () => {
    const { promisor, requests } = asked();
    const [one, other] = [new AbortController(), new AbortController()];
    const gets = [one, other].map(({ signal }, at) => promisor.get([oid(at)], signal));
    const settled = Promise.allSettled(gets);
    await expect.poll(() => requests).toHaveLength(1);
    one.abort();
    await expect(gets[0]).rejects.toMatchObject({ code: 'UserCanceledError' });
    expect(requests[0]?.signal.aborted).toBe(false);
    other.abort();
    await settled;
    expect(requests[0]?.signal.aborted).toBe(true);
    // Whoever comes then waits for a request of its own.
    const next = promisor.get([oid(0)]);
    requests[0]?.reject(failure);
    await expect.poll(() => requests).toHaveLength(2);
    requests[1]?.resolve();
    await next;
  });

  it('asks for nothing where the signal has fired before', async () => {
    const { promisor, requests } = asked();
    const get = promisor.get([oid(1)], AbortSignal.abort());
    await expect(get).rejects.toMatchObject({ code: 'UserCanceledError' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(requests).toHaveLength(0);
    const gone = new AbortController();
    const given = promisor.get([oid(1)], gone.signal);
    gone.abort();
    await expect(given).rejects.toMatchObject({ code: 'UserCanceledError' });
    const next = promisor.get([oid(1)]);
    await expect.poll(() => requests).toHaveLength(1);
    requests[0]?.resolve();
    await next;
  });

  it('asks for very many in several requests, one after the other', async () => {
    const { promisor, requests } = asked();
    const get = promisor.get(Array.from({ length: mostInRequest + 1 }, (_, number) => oid(number)));
    await expect.poll(() => requests.length).toBe(1);
    requests[0]?.resolve();
    await expect.poll(() => requests.length).toBe(2);
    expect(requests.map(({ oids }) => oids.length)).toEqual([mostInRequest, 1]);
    requests[1]?.resolve();
    await get;
  });
});
