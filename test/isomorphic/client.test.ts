import { getEventListeners, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  createHttpClient,
  type HttpRequest,
  type HttpResponse,
} from '../../src/isomorphic/http.js';
import { encodePktLine, flushPkt } from '../../src/wire/pkt-line.js';
import { startFakeServer, type FakeSession } from '../helpers/fake-server.js';
import { advertisement, oidOf, rejection } from './smart-bytes.js';

const refs = { 'refs/heads/main': oidOf('a') };

/** A server that advertises one ref and keeps the sessions in the order they came. */
async function advertisingServer(
  then: (session: FakeSession) => void | Promise<void> = () => undefined,
) {
  const sessions: FakeSession[] = [];
  const { url, close } = await startFakeServer(async (session) => {
    sessions.push(session);
    session.write(advertisement(refs));
    await then(session);
  });
  return { url: `${url}/repo.git`, sessions, close };
}

const get = (url: string, service = 'git-upload-pack'): HttpRequest => ({
  url: `${url}/info/refs?service=${service}`,
  method: 'GET',
});

const post = (url: string, body: string, service = 'git-upload-pack'): HttpRequest => ({
  url: `${url}/${service}`,
  method: 'POST',
  body: [Buffer.from(body)],
});

async function bytesOf(response: HttpResponse): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of response.body) parts.push(part);
  return Buffer.concat(parts);
}

/** Reads a body to its end or its error, so that nothing is left running. */
const drain = (response: HttpResponse): Promise<unknown> =>
  bytesOf(response).catch(() => undefined);

const bodyText = async (session: FakeSession | undefined): Promise<string> =>
  Buffer.from((await session?.body) ?? []).toString();

describe('the GET of an operation', () => {
  it('is answered as a smart HTTP server would, byte for byte', async () => {
    const { url } = await advertisingServer();
    const client = createHttpClient();
    for (const service of ['git-upload-pack', 'git-receive-pack']) {
      const response = await client.request(get(url, service));
      expect(response.statusCode).toBe(200);
      expect(response.headers['content-type']).toBe(`application/x-${service}-advertisement`);
      const first = service === 'git-upload-pack' ? '001e' : '001f';
      expect((await bytesOf(response)).toString()).toBe(
        `${first}# service=${service}\n0000${Buffer.from(advertisement(refs)).toString()}`,
      );
    }
  });

  it('is answered with the status and the words of a refusal', async () => {
    const { url } = await startFakeServer((session) => {
      session.refuse(4401, 'Who are you?');
    });
    const response = await createHttpClient().request(get(`${url}/r`));
    expect(response).toMatchObject({ statusCode: 401, statusMessage: 'Who are you?' });
    expect((await bytesOf(response)).toString()).toBe('Who are you?');
  });

  it('rejects with CONNECTION_FAILED where nobody listens', async () => {
    const { url, close } = await startFakeServer(() => undefined);
    await close();
    const { code, retryable } = await rejection(createHttpClient().request(get(`${url}/r`)));
    expect({ code, retryable }).toEqual({ code: 'CONNECTION_FAILED', retryable: true });
  });

  it('rejects with what git wrote to stderr where git ends instead of advertising', async () => {
    const { url } = await startFakeServer((session) => {
      session.writeStderr('fatal: detected \u001b[31mdubious ownership\n');
      session.exit(128);
    });
    const error = await rejection(createHttpClient().request(get(`${url}/r`)));
    expect(error.code).toBe('REMOTE_EXIT');
    expect(error.message).toContain('exit code 128: fatal: detected [31mdubious ownership');
    expect(error.data).toMatchObject({ code: 128, signal: null });
  });

  it('passes the credentials on: the headers’ before the option’s, the option asked each time', async () => {
    const { url, sessions } = await advertisingServer();
    let asked = 0;
    const client = createHttpClient({ authorization: () => `Bearer ${(asked += 1)}` });
    await client.request(get(url));
    await client.request(get(url));
    await client.request({ ...get(url), headers: { authorization: 'Basic eDp5' } });
    expect(sessions.map(({ authorization }) => authorization)).toEqual([
      'Bearer 1',
      'Bearer 2',
      'Basic eDp5',
    ]);
  });
});

describe('the POST of an operation', () => {
  it('goes on in the run whose advertisement answered the GET with the same headers object', async () => {
    const { url, sessions } = await advertisingServer();
    const client = createHttpClient();
    const operations = [0, 1, 2].map((number) => ({ number, headers: {} }));
    for (const { headers } of operations) await client.request({ ...get(url), headers });
    const draining: Promise<unknown>[] = [];
    for (const number of [1, 0, 2]) {
      const { headers } = operations[number]!;
      draining.push(drain(await client.request({ ...post(url, `body ${number}`), headers })));
    }
    for (const { number } of operations) {
      expect(await bodyText(sessions[number])).toBe(`body ${number}`);
    }
    expect(sessions).toHaveLength(3);
    for (const session of sessions) session.exit(0);
    await Promise.all(draining);
  });

  it('finds a run each where two operations share one headers object', async () => {
    const { url, sessions } = await advertisingServer();
    const client = createHttpClient();
    const headers = {};
    await client.request({ ...get(url), headers });
    await client.request({ ...get(url), headers });
    const responses = [
      await client.request({ ...post(url, 'one'), headers }),
      await client.request({ ...post(url, 'two'), headers }),
    ];
    const draining = responses.map(drain);
    expect([await bodyText(sessions[0]), await bodyText(sessions[1])]).toEqual(['one', 'two']);
    expect(sessions).toHaveLength(2);
    for (const session of sessions) session.exit(0);
    await Promise.all(draining);
  });

  it('finds the newest run for the same rights where a wrapper copied the headers', async () => {
    const { url, sessions } = await advertisingServer();
    const client = createHttpClient();
    const headers = { Authorization: 'Basic eDp5' };
    await client.request({ ...get(url), headers: { ...headers } });
    await client.request({ ...get(url), headers: { ...headers } });
    await client.request({ ...get(url), headers: { Authorization: 'Basic other' } });
    const response = await client.request({ ...post(url, 'x'), headers: { ...headers } });
    const draining = drain(response);
    expect(await bodyText(sessions[1])).toBe('x');
    expect(sessions).toHaveLength(3);
    sessions[1]?.exit(0);
    await draining;
  });

  it('opens a run of its own where its credentials are others than the GET’s', async () => {
    const { url, sessions } = await advertisingServer();
    const client = createHttpClient();
    const headers: Record<string, string> = { Authorization: 'Basic one' };
    await client.request({ ...get(url), headers });
    headers['Authorization'] = 'Basic two';
    const response = await client.request({ ...post(url, 'x'), headers });
    const draining = drain(response);
    expect(sessions[1]?.authorization).toBe('Basic two');
    expect(await bodyText(sessions[1])).toBe('x');
    sessions[1]?.exit(0);
    await draining;
  });

  it('takes no run of another operation where its own is gone', async () => {
    const { url, sessions } = await advertisingServer();
    const client = createHttpClient();
    const [mine, yours] = [{}, {}];
    await client.request({ ...get(url), headers: mine });
    const used = await client.request({ ...post(url, 'first'), headers: mine });
    await client.request({ ...get(url), headers: yours });
    const response = await client.request({ ...post(url, 'again'), headers: mine });
    const draining = [drain(used), drain(response)];
    expect(await bodyText(sessions[2])).toBe('again');
    for (const session of sessions) session.exit(0);
    await Promise.all(draining);
  });

  it('opens a run and drops its advertisement where the waiting one was closed by the server', async () => {
    const { url, sessions } = await advertisingServer();
    const sockets: WebSocket[] = [];
    class ObservedWebSocket extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args);
        sockets.push(this);
      }
    }
    const client = createHttpClient({ WebSocket: ObservedWebSocket });
    const headers = {};
    await client.request({ ...get(url), headers });
    sessions[0]?.refuse(4408, 'You were too slow.');
    await once(sockets[0]!, 'close');
    const response = await client.request({ ...post(url, 'late'), headers });
    const draining = drain(response);
    expect(await bodyText(sessions[1])).toBe('late');
    sessions[1]?.exit(0);
    await draining;
  });

  it('rejects with what its own body throws, and ends the run', async () => {
    const { url, sessions } = await advertisingServer();
    const broken = {
      *[Symbol.iterator](): Generator<Uint8Array> {
        yield Buffer.from('want');
        throw new RangeError('the disk is gone');
      },
    };
    const client = createHttpClient();
    const response = await client.request({ ...post(url, ''), body: broken });
    await expect(bytesOf(response)).rejects.toThrow('the disk is gone');
    await expect(
      client.request({ ...post(url, '', 'git-receive-pack'), body: broken }),
    ).rejects.toThrow('the disk is gone');
    await Promise.all(sessions.map(({ closed }) => closed));
  });
});

describe('an advertisement that no POST follows', () => {
  it('is ended after its time with a flush-pkt and an end, which git takes for a polite no', async () => {
    const { url, sessions } = await advertisingServer(async (session) => {
      await session.body;
      session.exit(0);
    });
    await createHttpClient({ advertisementTime: 1 }).request(get(url));
    expect(await bodyText(sessions[0])).toBe('0000');
    await sessions[0]?.closed;
  });

  it('is ended at once where the repository is empty: nothing can be asked of it', async () => {
    const sessions: FakeSession[] = [];
    const { url } = await startFakeServer(async (session) => {
      sessions.push(session);
      session.write(flushPkt);
      await session.body;
      session.exit(0);
    });
    await createHttpClient({ advertisementTime: 1_000_000 }).request(get(`${url}/r`));
    expect(await bodyText(sessions[0])).toBe('0000');
    await sessions[0]?.closed;
  });
});

describe('a signal', () => {
  it('that has fired already opens no connection', async () => {
    const { url, sessions } = await advertisingServer();
    const signal = AbortSignal.abort();
    const error = await rejection(createHttpClient().request({ ...get(url), signal }));
    expect(error.code).toBe('UserCanceledError');
    expect((await rejection(createHttpClient({ signal }).request(get(url)))).code).toBe(
      'UserCanceledError',
    );
    expect(sessions).toHaveLength(0);
  });

  it.each(['of the client', 'of the request'])(
    '%s ends a run that waits, one that sends and one that receives',
    async (whose) => {
      const { url, sessions } = await advertisingServer();
      const abort = new AbortController();
      const ofClient = whose === 'of the client';
      const client = createHttpClient(ofClient ? { signal: abort.signal } : {});
      const request = <R extends HttpRequest>(given: R): R =>
        ofClient ? given : { ...given, signal: abort.signal };
      await client.request(request(get(url)));
      const response = await client.request(request(post(url, 'x')));
      const reading = rejection(bytesOf(response));
      const pushing = rejection(
        client.request(request(post(url, 'not commands', 'git-receive-pack'))),
      );
      await bodyText(sessions[1]);
      abort.abort();
      expect((await reading).code).toBe('UserCanceledError');
      await pushing;
      await Promise.all(sessions.map(({ closed }) => closed));
    },
  );

  it('of the GET no longer matters once the POST has brought its own', async () => {
    const { url, sessions } = await advertisingServer();
    const client = createHttpClient();
    const headers = {};
    const [first, second] = [new AbortController(), new AbortController()];
    await client.request({ ...get(url), headers, signal: first.signal });
    const response = await client.request({ ...post(url, 'x'), headers, signal: second.signal });
    const reading = rejection(bytesOf(response));
    first.abort();
    await bodyText(sessions[0]);
    second.abort();
    expect((await reading).code).toBe('UserCanceledError');
  });

  it('is not listened to once the operation is over', async () => {
    const { url } = await advertisingServer(async (session) => {
      await session.body;
      session.exit(0);
    });
    const { signal } = new AbortController();
    const client = createHttpClient({ signal });
    const response = await client.request({ ...post(url, 'x'), signal });
    expect(getEventListeners(signal, 'abort')).not.toHaveLength(0);
    await drain(response);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

it('a server that falls silent after the upgrade is given up after openTimeout', async () => {
  const { createServer } = await import('node:net');
  const mute = createServer().listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as { port: number };
  const client = createHttpClient({ openTimeout: 20 });
  expect((await rejection(client.request(get(`http://127.0.0.1:${port}/r`)))).code).toBe('TIMEOUT');
  mute.close();
});

describe('a listener that throws', () => {
  it('ends the operation with what it threw, be it onMessage while git writes to stderr', async () => {
    const { url, sessions } = await advertisingServer(async (session) => {
      await session.body;
      session.writeStderr('warning: something\n');
    });
    const client = createHttpClient({
      onMessage: () => {
        throw new RangeError('I will not listen');
      },
    });
    const response = await client.request(post(url, 'x'));
    await expect(bytesOf(response)).rejects.toThrow('I will not listen');
    await sessions[0]?.closed;
  });
});

it('what is no signal is refused when a client is made', () => {
  const make = () => createHttpClient({ signal: new AbortController() as unknown as AbortSignal });
  expect(make).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
});

it('a command of protocol v2 other than ls-refs is refused: nothing here could check its answer', async () => {
  const { url } = await startFakeServer((session) => {
    session.write(encodePktLine('version 2\n'), encodePktLine('fetch\n'), flushPkt);
  });
  const command = Buffer.from(encodePktLine('command=fetch\n')).toString();
  const error = await rejection(createHttpClient().request(post(`${url}/r`, `${command}0000`)));
  expect(error.code).toBe('INVALID_OPTION');
});
