/** A dead upstream, a silent one and a slow one, beside one that is well and served all the time. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Gates, type UpstreamReport } from '../../../server/backend/upstream/gates.js';
import { Ssh } from '../../../server/backend/upstream/ssh/ssh.js';
import { Upstreams } from '../../../server/backend/upstream/upstreams.js';
import type { GitServerOptions, Limits } from '../../../server/index.js';
import { completeLimits } from '../../../server/limits/limits.js';
import { atEnd } from '../../helpers/at-end.js';
import { startForeignHost, type ForeignHost } from '../../helpers/foreign-host.js';
import { makeRepository } from '../../helpers/git.js';
import { startHttpBackend } from '../../helpers/http-backend.js';
import { eventually } from '../../helpers/processes.js';
import { RawClient } from '../../helpers/raw-client.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { makeKey } from '../../helpers/ssh-host.js';
import { temporaryDirectory } from '../../helpers/temp.js';

let base: string;
let root: string;
let well: ForeignHost;

beforeAll(async () => {
  base = await temporaryDirectory();
  root = join(base, 'upstream');
  await makeRepository(join(root, 'site.git'));
  await mkdir(join(base, 'local'));
  well = await startForeignHost(root);
});

/** A port on which requests are taken, and nothing is said. */
async function listenSilently(
  port = 0,
): Promise<{ host: string; taken: Socket[]; server: Server }> {
  const open: Socket[] = [];
  const taken: Socket[] = [];
  const server = createServer((socket) => {
    open.push(socket.on('error', () => undefined));
    socket.once('readable', () => taken.push(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, taken, server };
}

/** A port that nobody listens on, a moment ago somebody's. */
async function deadPort(): Promise<string> {
  const { host, server } = await listenSilently();
  server.close();
  await once(server, 'close');
  return host;
}

async function gatewayTo(
  host: string,
  limits: Partial<Limits>,
  options: Partial<GitServerOptions> = {},
): Promise<TestServer & { readonly news: string[] }> {
  const news: string[] = [];
  const gateway = await startServer({
    root: join(base, 'local'),
    upstreams: [well.url, `http://${host}`].map((url) => ({ url, private: true })),
    limits,
    onError: () => undefined,
    onUpstream: ({ host: of, breaker }) => news.push(`${of} ${breaker}`),
    ...options,
  });
  return { ...gateway, news };
}

const ask = (gateway: TestServer, host: string, headers: Record<string, string> = {}): RawClient =>
  new RawClient(gateway.url, { target: `/${host}/site.git/git-upload-pack`, headers });
const refused = async (gateway: TestServer, host: string): Promise<string> => {
  const { code, reason } = await ask(gateway, host).closed;
  return `${code} ${reason}`;
};
/** That the other upstream is served as if nothing were. */
const served = async (gateway: TestServer): Promise<void> => {
  const client = ask(gateway, well.name);
  await client.advertisement();
  client.socket.terminate();
};
const notAsked = /^4503 127\.0\.0\.1:\d+ does not answer at present\. Try again in \d+ s\.$/;

describe('an upstream that is down', () => {
  it('is asked three times, and then not for a while; another one is served', async () => {
    const host = await deadPort();
    const gateway = await gatewayTo(host, { upstreamRestTime: 3_600_000 });
    for (let round = 0; round < 3; round += 1) {
      expect(await refused(gateway, host)).toBe(`4503 ${host} could not be reached.`);
      await served(gateway);
    }
    // It would answer now, if it were asked.
    const { taken } = await listenSilently(Number(host.split(':')[1]));
    expect(await refused(gateway, host)).toBe(
      `4503 ${host} does not answer at present. Try again in 3600 s.`,
    );
    expect(taken).toEqual([]);
    await served(gateway);
    expect(gateway.news).toEqual([`${host} open`]);
    await gateway.close();
  });

  it('tells a client that reads HTTP when to come again', async () => {
    const host = await deadPort();
    const gateway = await gatewayTo(host, { maxUpstreamFailures: 1, upstreamRestTime: 60_000 });
    await refused(gateway, host);
    const raw = new RawClient(gateway.url, {
      target: `/${host}/site.git/git-upload-pack`,
      protocols: [],
    });
    const response = await new Promise<IncomingMessage>((resolve) => {
      raw.socket.once('unexpected-response', (_request, got) => {
        resolve(got);
      });
    });
    expect(response.statusCode).toBe(503);
    expect(response.headers).toMatchObject({ 'retry-after': '60' });
    await gateway.close();
  });

  it('is tried by one request after a while, and asked again when that is answered', async () => {
    const host = await deadPort();
    const gateway = await gatewayTo(host, {
      ...{ maxUpstreamFailures: 1, upstreamRestTime: 1 },
      // The trial ends by its answer, and not by these.
      ...{ startTime: 600_000, upstreamSilence: 600_000 },
    });
    await refused(gateway, host);
    const silent = await listenSilently(Number(host.split(':')[1]));
    const trial = ask(gateway, host);
    await eventually(() => silent.taken.length === 1);
    expect(await refused(gateway, host)).toMatch(notAsked);
    await served(gateway);
    expect(silent.taken).toHaveLength(1);
    silent.server.close();
    const back = await startHttpBackend(root);
    // What was silent passes on to a host that is well: the trial hears of it.
    const [socket] = silent.taken;
    const through = connect(Number(new URL(back.url).port), '127.0.0.1');
    socket?.pipe(through).pipe(socket);
    await trial.advertisement();
    await eventually(() => gateway.news.length === 2);
    expect(gateway.news).toEqual([`${host} open`, `${host} closed`]);
    trial.socket.terminate();
    await gateway.close();
  });
});

describe('an upstream that takes connections and says nothing', () => {
  it('counts as down when startTime is over', async () => {
    const { host, taken } = await listenSilently();
    const limits = { startTime: 1_000, maxUpstreamFailures: 1, upstreamRestTime: 3_600_000 };
    const gateway = await gatewayTo(host, limits);
    expect(await refused(gateway, host)).toBe(`4503 ${host} did not answer.`);
    await eventually(() => gateway.news.length === 1);
    expect(await refused(gateway, host)).toMatch(notAsked);
    expect(taken).toHaveLength(1);
    await gateway.close();
  });

  it('has places of its own, and leaves those of others: maxPerUpstream', async () => {
    const { host, taken } = await listenSilently();
    const limits = { maxChildren: 3, maxPerUpstream: 2, maxQueue: 1, queueTime: 600_000 };
    const gateway = await gatewayTo(host, { ...limits, startTime: 600_000 });
    const asking = [1, 2, 3].map(() => ask(gateway, host));
    await eventually(() => taken.length === 2);
    expect(await refused(gateway, host)).toBe(
      `4429 Too many ask ${host} at once. Try again later.`,
    );
    await served(gateway);
    expect(taken).toHaveLength(2);
    for (const client of asking) client.socket.terminate();
    await gateway.close();
  });

  it('ends with the server, those who wait for it included', async () => {
    const { host, taken } = await listenSilently();
    const limits = { maxPerUpstream: 1, queueTime: 600_000, startTime: 600_000 };
    const gateway = await gatewayTo(host, limits);
    const asking = [1, 2].map(() => ask(gateway, host));
    await eventually(() => taken.length === 1);
    await gateway.server.close({ drainTime: 0 });
    for (const client of asking) expect(await client.closed).toMatchObject({ code: 4503 });
    await gateway.close();
  });
});

describe('no failure of an upstream is', () => {
  it.each([401, 403, 404, 429, 500, 502, 503])('its answer %i', async (status) => {
    const backend = await startHttpBackend(root, undefined, (_request, response) => {
      response.writeHead(status).end();
      return true;
    });
    const host = new URL(backend.url).host;
    const gateway = await gatewayTo(host, { maxUpstreamFailures: 1, upstreamRestTime: 3_600_000 });
    const first = await refused(gateway, host);
    expect(await refused(gateway, host)).toBe(first);
    expect(gateway.news).toEqual([]);
    await gateway.close();
  });

  it('an address that may not be connected to', async () => {
    const host = await deadPort();
    const limits = { maxUpstreamFailures: 1, upstreamRestTime: 3_600_000 };
    const gateway = await gatewayTo(host, limits, { upstreams: [well.url, `http://${host}`] });
    for (let round = 0; round < 2; round += 1)
      expect(await refused(gateway, host)).toMatch(/^4403 /);
    expect(gateway.news).toEqual([]);
    await gateway.close();
  });

  it('a server that closes while it is asked', async () => {
    const { host, taken } = await listenSilently();
    const gateway = await gatewayTo(host, { maxUpstreamFailures: 1, startTime: 600_000 });
    const client = ask(gateway, host);
    await eventually(() => taken.length === 1);
    await gateway.server.close({ drainTime: 0 });
    expect(await client.closed).toMatchObject({ code: 4503 });
    expect(gateway.news).toEqual([]);
    await gateway.close();
  });
});

it('where a redirect leads has a breaker and places of its own', async () => {
  const host = await deadPort();
  const from = await startForeignHost(root, {
    nginx: `location ~ ^/site.git/ { return 302 http://${host}$request_uri; }`,
  });
  const gateway = await gatewayTo(
    host,
    { maxUpstreamFailures: 1, upstreamRestTime: 3_600_000 },
    { upstreams: [from.url, `http://${host}`].map((url) => ({ url, private: true })) },
  );
  expect(await refused(gateway, from.name)).toBe(`4503 ${host} could not be reached.`);
  await eventually(() => gateway.news.length === 1);
  const sentence = await refused(gateway, from.name);
  expect(sentence).toMatch(notAsked);
  expect(sentence).toContain(host);
  await gateway.close();
});

describe('over ssh', () => {
  const files = async (): Promise<GitServerOptions['upstreamSsh']> => {
    const knownHosts = join(base, 'known_hosts');
    await writeFile(knownHosts, '');
    return { key: await makeKey(await temporaryDirectory(), 'operator'), knownHosts };
  };
  const sshTo = async (
    host: string,
    limits: Partial<Limits>,
    more: Partial<GitServerOptions> = {},
  ) =>
    gatewayTo(host, limits, {
      upstreams: [well.url, `ssh://git@${host}`].map((url) => ({ url, private: true })),
      upstreamSsh: await files(),
      ...more,
    });
  const resting = { maxUpstreamFailures: 2, upstreamRestTime: 3_600_000 };

  it('an upstream that is down is not asked for a while, and an archive nobody had is no answer', async () => {
    const host = await deadPort();
    const options = { allowArchive: true, authorize: () => true };
    const gateway = await sshTo(host, resting, options);
    expect(await refused(gateway, host)).toBe(`4503 ${host} could not be reached.`);
    const target = `/${host}/site.git/git-upload-archive`;
    const archive = new RawClient(gateway.url, { target });
    expect(await archive.text('exit')).toMatchObject({ code: 128 });
    archive.socket.terminate();
    expect(await refused(gateway, host)).toBe(`4503 ${host} could not be reached.`);
    const { taken } = await listenSilently(Number(host.split(':')[1]));
    expect(await refused(gateway, host)).toMatch(notAsked);
    expect(taken).toEqual([]);
    await served(gateway);
    expect(gateway.news).toEqual([`${host} open`]);
    await gateway.close();
  });

  it('an address that may not be connected to says nothing of it', async () => {
    const host = await deadPort();
    const upstreams = new Upstreams([`ssh://git@${host}`]);
    const [upstream] = upstreams.all;
    const outcomes: boolean[] = [];
    const ssh = new Ssh({
      ...{ files: (await files()) as never, connectTime: 1_000, silence: 1_000, killTime: 0 },
      lookup: undefined,
      onProcess: () => undefined,
      onError: () => undefined,
    });
    const opened = await ssh.open(
      { upstream: upstream as never, segments: ['site.git'] },
      upstream?.ssh as never,
      {
        ...{ service: 'git-upload-pack', gitProtocol: undefined },
        signal: new AbortController().signal,
        told: (answered) => outcomes.push(answered),
      },
    );
    expect(opened).toMatchObject({ code: 4403 });
    expect(outcomes).toEqual([]);
    await ssh.close();
  });

  it('a client that leaves, or a server that closes, says nothing of it', async () => {
    const { host, taken } = await listenSilently();
    const limits = { startTime: 600_000, upstreamConnectTime: 600_000 };
    const gateway = await sshTo(host, { maxUpstreamFailures: 1, ...limits });
    const client = ask(gateway, host);
    await eventually(() => taken.length === 1);
    client.socket.terminate();
    await gateway.server.close({ drainTime: 0 });
    expect(gateway.news).toEqual([]);
    await gateway.close();
  });
});

it('an upstream is not to blame for the time that the operator’s credentials took', async () => {
  let late: (() => void) | undefined;
  const gateway = await gatewayTo(
    well.name.replace(/:\d+$/, ':1'),
    { startTime: 200, maxUpstreamFailures: 1, upstreamRestTime: 3_600_000 },
    {
      authorize: () => true,
      upstreamCredentials: () =>
        new Promise((resolve) => {
          late = () => {
            resolve(undefined);
          };
        }),
    },
  );
  expect(await refused(gateway, well.name)).toBe(`4503 ${well.name} did not answer.`);
  late?.();
  await gateway.close();
  expect(gateway.news).toEqual([]);
});

it('is told once, however many requests fail', async () => {
  const news: UpstreamReport[] = [];
  let now = 0;
  const gates = new Gates({
    upstreams: new Upstreams(['https://git.example']),
    limits: completeLimits({ maxUpstreamFailures: 2, upstreamRestTime: 1_000 }),
    onChange: (report) => news.push(report),
    now: () => now,
  });
  const asked = Array.from({ length: 50 }, () => gates.ask('git.example'));
  for (const told of asked) told(false);
  for (let round = 0; round < 3; round += 1) {
    now += 1_000;
    const leave = await gates.enter('git.example');
    gates.ask('git.example')(false);
    if (typeof leave === 'function') leave();
  }
  expect(news).toEqual([{ host: 'git.example', breaker: 'open', restTime: 1_000 }]);
  now += 1_000;
  await gates.enter('git.example');
  gates.ask('git.example')(true);
  expect(news.slice(1)).toEqual([{ host: 'git.example', breaker: 'closed', restTime: undefined }]);
});
