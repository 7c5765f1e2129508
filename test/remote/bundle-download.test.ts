/** What a download does where nothing comes, by a clock of the test's own. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Download } from '../../src/remote/bundle/download.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function begin(): Download {
  const url = new URL('https://host.example/all.bundle');
  const signal = new AbortController().signal;
  return new Download(url, { signal, onProgress: () => undefined, most: 100 });
}

it('goes on over another connection where one has been silent', async () => {
  const ranges: (string | null)[] = [];
  const signals: AbortSignal[] = [];
  vi.stubGlobal('fetch', (_: URL, { headers, signal }: RequestInit) => {
    const range = new Headers(headers).get('range');
    ranges.push(range);
    signals.push(signal!);
    const start = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      controller.enqueue(Uint8Array.of(1, 2, 3));
      if (ranges.length === 3) controller.close();
    };
    const status = range === null ? 200 : 206;
    return Promise.resolve(new Response(new ReadableStream({ start }), { status }));
  });
  const download = begin();
  const all: number[] = [];
  const read = (async () => {
    for await (const bytes of download.rest()) all.push(...bytes);
  })();
  await vi.advanceTimersByTimeAsync(29_000);
  expect(ranges).toEqual([null]);
  await vi.advanceTimersByTimeAsync(40_000);
  await read;
  expect(ranges).toEqual([null, 'bytes=3-', 'bytes=6-']);
  expect(all).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
});

it('opens no other connection where nobody reads on any more', async () => {
  let count = 0;
  let isFirst = true;
  vi.stubGlobal('fetch', () => {
    count += 1;
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
      if (isFirst) controller.enqueue(Uint8Array.of(1, 2, 3));
      else controller.error(new Error('cut'));
      isFirst = false;
    };
    return Promise.resolve(new Response(new ReadableStream({ pull }, { highWaterMark: 0 })));
  });
  const download = begin();
  expect(await download.next()).toEqual(Uint8Array.of(1, 2, 3));
  const next = download.next();
  const settled = expect(next).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  // At once, and after a wait then.
  await vi.advanceTimersByTimeAsync(1);
  expect(count).toBe(2);
  download.close();
  await vi.advanceTimersByTimeAsync(60_000);
  await settled;
  expect(count).toBe(2);
});
