/** Workers that do not answer, as the caller's thread meets them: played, since real ones only do so when they are dead. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { indexPack } from '../../src/pack/index/index-pack.js';
import { makePack, plain } from './packs.js';

/** What a worker is to whoever has one; it hears, and says what the test wants it to say. */
class PlayedWorker extends EventTarget {
  readonly heard: unknown[] = [];
  isTerminated = false;

  postMessage(message: unknown): void {
    this.heard.push(message);
  }
  say(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
  terminate(): void {
    this.isTerminated = true;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** @returns a pack, and whether anybody has asked for it. */
function watchedSource() {
  const watched = { wasRead: false, source: read() };
  async function* read(): AsyncGenerator<Uint8Array> {
    watched.wasRead = true;
    yield makePack([plain('blob', 'x')]);
  }
  return watched;
}

const settled = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'indexed',
    (error: unknown) => error,
  );

it('a worker that was ended before is unavailable, and nothing is read from the source', async () => {
  const worker = new PlayedWorker();
  const watched = watchedSource();
  const outcome = settled(indexPack({ source: watched.source, packWorker: worker }));
  await expect.poll(() => worker.heard).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await outcome).toMatchObject({ code: 'PACK_ENGINE_UNAVAILABLE' });
  expect(watched.wasRead).toBe(false);
  // It is the caller's.
  expect(worker.isTerminated).toBe(false);
});

it('a signal ends the wait for a worker', async () => {
  const worker = new PlayedWorker();
  const abort = new AbortController();
  const watched = watchedSource();
  const outcome = settled(
    indexPack({ source: watched.source, packWorker: worker, signal: abort.signal }),
  );
  await expect.poll(() => worker.heard).toHaveLength(1);
  abort.abort(new Error('the user left'));
  expect(await outcome).toMatchObject({ code: 'UserCanceledError' });
  expect(vi.getTimerCount()).toBe(0);
});

it('where the worker of its own does not answer, the caller’s thread works', async () => {
  const started: PlayedWorker[] = [];
  vi.stubGlobal(
    'Worker',
    class extends PlayedWorker {
      constructor() {
        super();
        started.push(this);
      }
    },
  );
  const outcome = settled(indexPack({ source: watchedSource().source }));
  await expect.poll(() => started[0]?.heard).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(31_000);
  expect(await outcome).toBe('indexed');
  expect(started[0]?.isTerminated).toBe(true);
});

it('a worker hears whether it is to search for collisions', async () => {
  for (const detectCollisions of [undefined, false]) {
    const worker = new PlayedWorker();
    const { source } = watchedSource();
    const outcome = settled(indexPack({ source, packWorker: worker, detectCollisions }));
    await expect.poll(() => worker.heard).toHaveLength(1);
    worker.say({ type: 'gitws.pack-worker', lock: undefined });
    await expect.poll(() => worker.heard.length).toBeGreaterThan(1);
    expect(worker.heard[1]).toMatchObject({ detectsCollisions: detectCollisions === undefined });
    worker.dispatchEvent(new Event('error'));
    expect(await outcome).toMatchObject({ code: 'PACK_ENGINE_FAILED' });
  }
});

it('a worker that cannot read what it is sent fails the call', async () => {
  const worker = new PlayedWorker();
  const outcome = settled(indexPack({ source: watchedSource().source, packWorker: worker }));
  await expect.poll(() => worker.heard).toHaveLength(1);
  worker.say({ type: 'gitws.pack-worker', lock: undefined });
  await expect.poll(() => worker.heard.length).toBeGreaterThan(1);
  worker.dispatchEvent(new Event('messageerror'));
  expect(await outcome).toMatchObject({ code: 'PACK_ENGINE_FAILED' });
});
