/** The requests of smart HTTP by themselves: silence, and where credentials go after a redirect. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findOverHttp, httpSilence } from '../../src/remote/http/requests.js';

const service = 'git-upload-pack';
const authorization = 'Basic YWRhOnJpZ2h0';

/** What was asked, in order. */
let seen: { url: string; authorization: string | null }[];

beforeEach(() => {
  seen = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Has `fetch` answer with these bodies, as if it had been led to another address. */
function answerWith(bodies: readonly BodyInit[], at?: string): void {
  const left = [...bodies];
  vi.stubGlobal('fetch', (url: string, { headers }: { headers: Headers }) => {
    seen.push({ url, authorization: headers.get('authorization') });
    const kind = seen.length === 1 ? 'advertisement' : 'result';
    const answer = new Response(left.shift() ?? '', {
      headers: { 'content-type': `application/x-${service}-${kind}` },
    });
    if (at !== undefined) Object.defineProperty(answer, 'url', { value: at });
    return Promise.resolve(answer);
  });
}

const find = (url: string) =>
  findOverHttp({
    ...{ url, service, gitProtocol: undefined, authorization },
    signal: new AbortController().signal,
  });

describe('an answer of which nothing more comes', () => {
  it('is given up after five minutes, and not before', async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('0008NAK\n')),
    });
    answerWith(['001e# service=git-upload-pack\n', body]);
    const found = await find('http://git.example/site.git');
    vi.useFakeTimers();
    const pieces = (await found.post(new Uint8Array(0)))[Symbol.asyncIterator]();
    expect((await pieces.next()).value).toHaveLength(8);
    const next = pieces.next().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(httpSilence - 1);
    expect(await Promise.race([next, Promise.resolve('it waits')])).toBe('it waits');
    await vi.advanceTimersByTimeAsync(1);
    expect(await next).toMatchObject({ code: 'CONNECTION_LOST', retryable: true });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('after a redirect, credentials', () => {
  const end = '/info/refs?service=git-upload-pack';
  it.each([
    ['stay with a host', 'http://git.example/moved.git', authorization],
    ['stay with a host that wants TLS', 'https://git.example/site.git', authorization],
    ['go to no other host', 'https://other.example/site.git', null],
    ['go to no other port', 'https://git.example:8443/site.git', null],
    ['go to no other name below it', 'https://a.git.example/site.git', null],
  ])('%s', async (_, led, expected) => {
    answerWith(['001e# service=git-upload-pack\n', ''], `${led}${end}`);
    const { post } = await find('http://git.example/site.git');
    await post(new Uint8Array(0));
    expect(seen.at(-1)).toEqual({ url: `${led}/git-upload-pack`, authorization: expected });
  });

  it('are not sent without TLS where they were asked for with it', async () => {
    answerWith(['001e# service=git-upload-pack\n', ''], `http://git.example/site.git${end}`);
    const { post } = await find('https://git.example/site.git');
    await post(new Uint8Array(0));
    expect(seen.at(-1)?.authorization).toBe(null);
  });
});
