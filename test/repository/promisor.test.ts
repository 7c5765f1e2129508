/** Who misses what a promisor has promised: gathered, asked for once, told of failures, never left waiting. */
import { describe, expect, it } from 'vitest';
import { GitWsError } from '../../src/base/errors.js';
import { mostInRequest, Promisor, type Failures } from '../../src/repository/promisor.js';

const oid = (number: number): string => number.toString(16).padStart(40, '0');

interface Request {
  readonly oids: readonly string[];
  readonly along: readonly string[] | undefined;
  readonly below: boolean | undefined;
  readonly signal: AbortSignal;
  readonly resolve: (failures?: Failures) => void;
  readonly reject: (error: Error) => void;
}

/** A promisor, and what it is asked for: answered by the test. */
function asked(): { promisor: Promisor; requests: Request[] } {
  const requests: Request[] = [];
  const promisor = new Promisor({
    fetch: (oids, { signal, along, below }) =>
      new Promise((resolve, reject) => {
        const answer = (failures: Failures = new Map()) => {
          resolve(failures);
        };
        requests.push({ oids, along, below, signal, resolve: answer, reject });
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

  it('asks for what is below where all who ask at one moment want it', async () => {
    const { promisor, requests } = asked();
    const both = [1, 2].map((number) => promisor.get([oid(number)], undefined, [], true));
    await expect.poll(() => requests).toHaveLength(1);
    const mixed = [true, false, true].map((below, at) =>
      promisor.get([oid(3 + at)], undefined, [], below),
    );
    requests[0]?.resolve();
    await Promise.all(both);
    await expect.poll(() => requests).toHaveLength(2);
    requests[1]?.resolve();
    await Promise.all(mixed);
    expect(requests.map(({ below }) => below)).toEqual([true, false]);
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

  it('tells of one that cannot be had those who wait for it, and nobody else', async () => {
    const { promisor, requests } = asked();
    const gets = [[1], [2], [3, 2], [1, 3], [4, 1, 5]].map((numbers) =>
      promisor.get(numbers.map(oid)),
    );
    const settled = Promise.allSettled(gets);
    await expect.poll(() => requests).toHaveLength(1);
    requests[0]?.resolve(new Map([oid(2), oid(5)].map((one) => [one, failure])));
    const failed = (number: number) => ({
      status: 'rejected',
      reason: { code: 'OBJECT_UNAVAILABLE', data: { oid: oid(number) }, cause: failure },
    });
    const fulfilled = { status: 'fulfilled' };
    expect(await settled).toMatchObject([fulfilled, failed(2), failed(2), fulfilled, failed(5)]);
  });

  it('has what came before a failure that ends all, and asks for nothing after it', async () => {
    const { promisor, requests } = asked();
    const first = promisor.get([oid(0)]);
    const rest = promisor.get(
      Array.from({ length: 2 * mostInRequest }, (_, number) => oid(number + 1)),
    );
    const settled = Promise.allSettled([first, rest]);
    await expect.poll(() => requests.length).toBe(1);
    requests[0]?.resolve();
    await expect.poll(() => requests.length).toBe(2);
    requests[1]?.reject(failure);
    expect(await settled).toMatchObject([
      { status: 'fulfilled' },
      { reason: { code: 'OBJECT_UNAVAILABLE', data: { oid: oid(mostInRequest) } } },
    ]);
    expect(requests).toHaveLength(2);
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

  it('says what may come along, but for what is asked for anyway', async () => {
    const { promisor, requests } = asked();
    const gets = [promisor.get([oid(1)], undefined, [2, 3, 4, 3].map(oid)), promisor.get([oid(3)])];
    await expect.poll(() => requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ oids: [1, 3].map(oid), along: [2, 4].map(oid) });
    // On their way.
    gets.push(promisor.get([oid(5)], undefined, [1, 2, 6].map(oid)));
    gets.push(promisor.get([oid(4)]));
    requests[0]?.resolve();
    await expect.poll(() => requests).toHaveLength(2);
    expect(requests[1]).toMatchObject({ oids: [oid(5)], along: [oid(6)] });
    requests[1]?.resolve();
    await Promise.all(gets);
    expect(requests).toHaveLength(2);
  });

  it('asks for what did not come along where somebody misses it, and fails nobody else', async () => {
    const { promisor, requests } = asked();
    const first = promisor.get([oid(1)], undefined, [oid(2), oid(3)]);
    await expect.poll(() => requests).toHaveLength(1);
    const second = promisor.get([oid(2)]);
    requests[0]?.resolve(new Map([2, 3].map((number) => [oid(number), failure])));
    await first;
    await expect.poll(() => requests).toHaveLength(2);
    expect(requests[1]?.oids).toEqual([oid(2)]);
    requests[1]?.resolve(new Map([[oid(2), failure]]));
    await expect(second).rejects.toMatchObject({ data: { oid: oid(2) }, cause: failure });
  });

  it('ends what comes along with whoever missed something', async () => {
    const { promisor, requests } = asked();
    const gone = new AbortController();
    const get = promisor.get([oid(1)], gone.signal, [oid(2)]);
    await expect.poll(() => requests).toHaveLength(1);
    gone.abort();
    await expect(get).rejects.toMatchObject({ code: 'UserCanceledError' });
    expect(requests[0]?.signal.aborted).toBe(true);
  });
});
