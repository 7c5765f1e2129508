/**
 * Connections that carry one run after the other (docs/protocol.md, "Another run over the same
 * connection"): what the server lets a client do, and each limit of it. The client does only what it
 * is told.
 */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  createGitServer,
  type GitServerOptions,
  type Limits,
  type RefusalReport,
  type SessionReport,
} from '../../server/index.js';
import { writeHook } from '../helpers/hooks.js';
import { nullOid, pushRequest } from '../helpers/git-stream.js';
import { git, makeRepository } from '../helpers/git.js';
import { listen } from '../helpers/listen.js';
import { eventually, processesIn } from '../helpers/processes.js';
import { RawClient, type TextMessage } from '../helpers/raw-client.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const target = '/site/git-upload-pack';
const keeping = ['gitws.v1', 'gitws.next'];
/** Asks for the refs, over version 2. */
const lsRefs = '0014command=ls-refs\n0001001aref-prefix refs/heads\n0000';
let root: string;
let gitDir: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir } = await makeRepository(join(root, 'site.git')));
});

interface Running {
  readonly url: string;
  readonly server: { readonly sessions: number; close(): Promise<void> };
  readonly sessions: SessionReport[];
  readonly refusals: RefusalReport[];
  readonly errors: unknown[];
}

async function limited(
  limits: Partial<Limits> = {},
  options: Partial<GitServerOptions> = {},
): Promise<Running> {
  const told = {
    sessions: [] as SessionReport[],
    refusals: [] as RefusalReport[],
    errors: [] as unknown[],
  };
  const { url, server } = await startServer({
    ...{ root, limits, allowPush: true },
    onSession: (report) => told.sessions.push(report),
    onRefusal: (report) => told.refusals.push(report),
    onError: (error) => told.errors.push(error),
    ...options,
  });
  return { url, server, ...told };
}

/** One connection, on which one run is asked for after the other. */
class Client {
  readonly raw: RawClient;
  /** Counted messages of the newest session. */
  #counted = 0;
  #words = '';

  constructor(
    { url }: { url: string },
    protocols: readonly string[] = keeping,
    headers: Record<string, string> = {},
    at = target,
  ) {
    this.raw = new RawClient(url, { target: at, protocols, headers });
    this.raw.socket.on('message', (bytes: Buffer, isBinary) => {
      const type = isBinary ? 'data' : (JSON.parse(bytes.toString()) as TextMessage).type;
      if (type === 'open') [this.#counted, this.#words] = [0, ''];
      if (['data', 'stderr', 'end', 'exit'].includes(type)) this.#counted += 1;
      if (isBinary) this.#words += bytes.toString('latin1');
    });
  }

  /** What the newest session has said. */
  get words(): string {
    return this.#words;
  }

  ack(): void {
    this.raw.send({ type: 'ack', consumed: this.#counted });
  }

  /** Waits for the newest run's first words. */
  async advertised(run = 1): Promise<TextMessage> {
    await this.raw.until(() => this.all('open').length === run && this.#words.endsWith('0000'));
    this.ack();
    return this.all('open').at(-1) ?? { type: '' };
  }

  /** Ends the newest run as a client that wants nothing. */
  async finish(run = 1): Promise<void> {
    this.raw.send(Buffer.from('0000'));
    this.raw.send({ type: 'end' });
    await this.exited(run);
  }

  async exited(run = 1): Promise<void> {
    await this.raw.until(() => this.all('exit').length >= run);
    this.ack();
  }

  ask(fields: object = {}): this {
    this.raw.send({ type: 'run', service: 'git-upload-pack', window: 65_536, ...fields });
    return this;
  }

  /** Asks, and waits for one more refusal. @returns code and reason. */
  async refused(fields?: object): Promise<string> {
    const before = this.all('refused').length;
    this.ask(fields);
    await this.raw.until(() => this.all('refused').length > before);
    const { code, reason } = this.all('refused').at(-1) ?? {};
    return `${String(code)} ${String(reason)}`;
  }

  all(type: string): TextMessage[] {
    return this.raw.texts.filter((text) => text.type === type);
  }

  async alive(): Promise<boolean> {
    const before = this.all('pong').length;
    this.raw.send({ type: 'ping', id: 5 });
    await this.raw.until(() => this.all('pong').length > before);
    return true;
  }

  async ending(): Promise<string> {
    const { code, reason } = await this.raw.closed;
    return `${code} ${reason}`.trim();
  }
}

/** A client after one run. */
async function idle(...given: ConstructorParameters<typeof Client>): Promise<Client> {
  const client = new Client(...given);
  await client.advertised();
  await client.finish();
  expect(await client.alive()).toBe(true);
  return client;
}

describe('a client that does not know of it', () => {
  it('hears nothing of it, and is closed with 1000 after its exit', async () => {
    const server = await limited();
    const client = new Client(server, ['gitws.v1']);
    expect(await client.advertised()).not.toHaveProperty('keepFor');
    await client.finish();
    expect(await client.ending()).toBe('1000');
  });

  it('breaks the protocol where it asks all the same', async () => {
    const server = await limited();
    const client = new Client(server, ['gitws.v1']);
    await client.advertised();
    client.ask();
    expect(await client.ending()).toMatch(/^4400 .*not kept/);
  });
});

describe('a client that wants another run', () => {
  it('is told how long it may wait, and gets one of either service, each a session', async () => {
    const server = await limited();
    const client = new Client(server);
    expect(await client.advertised()).toMatchObject({ keepFor: 60 });
    await client.finish(1);
    client.ask({ service: 'git-receive-pack' });
    expect(await client.advertised(2)).toMatchObject({ keepFor: 60, received: 0 });
    await client.finish(2);
    client.ask({ gitProtocol: 'version=2' });
    await client.advertised(3);
    expect(client.words).toContain('version 2');
    await client.finish(3);
    await eventually(() => server.sessions.length === 3);
    expect(server.sessions.map(({ service, outcome }) => [service, outcome.kind])).toEqual([
      ['git-upload-pack', 'exit'],
      ['git-receive-pack', 'exit'],
      ['git-upload-pack', 'exit'],
    ]);
    const opens = client.all('open');
    for (const field of ['session', 'token']) {
      expect(new Set(opens.map((open) => open[field])).size).toBe(3);
    }
    expect(server.server.sessions).toBe(0);
  });

  it('may bring along what git is given first, which counts for nothing', async () => {
    const server = await limited();
    const client = await idle(server);
    expect(client.all('open')[0]).toMatchObject({ keepFor: 60, input: true });
    client.ask({ gitProtocol: 'version=2', input: `${lsRefs}0000` });
    await client.exited(2);
    expect(client.words).toContain('fetch=shallow wait-for-done filter ref-in-want');
    expect(client.words).toContain('refs/heads/main');
    // Nothing that it has sent was a counted message.
    const { texts } = client.raw;
    const since = texts.slice(texts.findLastIndex(({ type }) => type === 'open'));
    expect(since.filter(({ type, consumed }) => type === 'ack' && consumed !== 0)).toEqual([]);
    await eventually(() => server.sessions.length === 2);
    const [, { bytesIn = 0, outcome } = {}] = server.sessions;
    expect([bytesIn, outcome]).toEqual([
      lsRefs.length + 4,
      { kind: 'exit', code: 0, signal: null },
    ]);
  });

  it('is not let ask for refs by their names unless it asks at once', async () => {
    const client = await idle(await limited());
    client.ask({ gitProtocol: 'version=2' });
    await client.advertised(2);
    expect(client.words).not.toContain('ref-in-want');
    await client.finish(2);
  });

  it('whose run is refused has given nothing to anybody, and may bring it along once more', async () => {
    const client = await idle(await limited());
    const asked = { gitProtocol: 'version=2', input: `${lsRefs}0000` };
    expect(await client.refused({ ...asked, service: 'git-upload-archive' })).toMatch(/^4403 /);
    client.ask(asked);
    await client.exited(2);
    expect(client.words.match(/refs\/heads\/main\n/g)).toHaveLength(1);
  });

  it('is not waited for long where it is lost before it knows of the run that it has asked', async () => {
    const server = await limited({ openingTime: 300 });
    const client = await idle(server);
    client.ask({ gitProtocol: 'version=2', input: lsRefs });
    await client.raw.until(() => client.all('open').length === 2);
    client.raw.socket.terminate();
    await eventually(() => server.sessions.length === 2);
    expect(server.sessions[1]?.outcome).toMatchObject({ kind: 'closed', closeCode: 1006 });
  });

  it('brings no more along than a request may be', async () => {
    const client = await idle(await limited({ maxRequestSize: 1_024 }));
    client.ask({ gitProtocol: 'version=2', input: lsRefs.repeat(20) });
    expect(await client.ending()).toMatch(/^4413 /);
  });

  it('need not wait for the end of one of which it wants nothing', async () => {
    const server = await limited();
    const client = new Client(server);
    for (let run = 1; run < 5; run += 1) {
      await client.advertised(run);
      client.ask();
    }
    await client.advertised(5);
    await eventually(() => server.sessions.length === 4);
    expect(server.sessions.map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 4 }, () => ({ kind: 'closed', closeCode: 1000 })),
    );
    expect(await processesIn(gitDir)).toHaveLength(1);
    await client.finish(1);
  });

  it('gives up a push as one that leaves does: what has arrived whole is carried out', async () => {
    const server = await limited();
    const slow = await makeRepository(join(root, 'slow.git'));
    await writeHook(slow.gitDir, 'pre-receive', 'sleep 3; cat >/dev/null');
    const client = new Client(server, keeping, {}, '/slow/git-receive-pack');
    await client.advertised();
    client.raw.send(await pushOf(slow));
    client.raw.send({ type: 'end' });
    await processRunningHook(slow.gitDir);
    client.ask({ service: 'git-upload-pack' });
    await client.advertised(2);
    const resolve = () => git(['--git-dir', slow.gitDir, 'for-each-ref', 'refs/heads/new']);
    await eventually(async () => (await resolve()).includes(slow.head));
    await client.finish(1);
  });

  it('hears nothing of what the run before still had to say', async () => {
    const noisy = await makeRepository(join(root, 'noisy.git'));
    await writeHook(noisy.gitDir, 'post-receive', '(sleep 1; echo late >&2; echo late) &');
    const server = await limited({ lingerTime: 50 });
    const client = new Client(server, keeping, {}, '/noisy/git-receive-pack');
    await client.advertised();
    client.raw.send(await pushOf(noisy));
    client.raw.send({ type: 'end' });
    await client.exited();
    client.ask({ service: 'git-upload-pack' });
    await client.advertised(2);
    const before = client.raw.texts.length;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(client.raw.texts.length).toBe(before);
    expect(Buffer.concat(client.raw.data).toString()).not.toContain('late');
    await client.finish(2);
  });

  it.each([
    ['a second one before the first is answered', (client: Client) => client.ask().ask()],
    ['bytes for git', (client: Client) => client.raw.send(Buffer.from('0000'))],
    ['an ack', (client: Client) => client.raw.send({ type: 'ack', consumed: 1 })],
    ['an end', (client: Client) => client.raw.send({ type: 'end' })],
    ['no JSON', (client: Client) => client.raw.send('{')],
    ['a run without a window', (client: Client) => client.ask({ window: undefined })],
    ['credentials with a line end', (client: Client) => client.ask({ authorization: 'YQpi' })],
  ])('and says %s breaks the protocol', async (_, say) => {
    const server = await limited();
    const client = await idle(server);
    say(client);
    expect(await client.ending()).toMatch(/^4400 /);
    await eventually(() => server.server.sessions === 0);
    await eventually(async () => (await processesIn(gitDir)).length === 0);
  });
});

describe('what is refused', () => {
  it('leaves a connection on which the next run is asked for', async () => {
    const server = await limited({}, { allowPush: false });
    const client = await idle(server);
    expect(await client.refused({ service: 'git-frobnicate' })).toBe(
      '4404 There is no service git-frobnicate.',
    );
    expect(await client.refused({ service: 'git\n"evil' })).toBe('4400 The run names no service.');
    expect(await client.refused({ service: 'git-receive-pack' })).toBe(
      '4403 This server does not allow pushing.',
    );
    client.ask();
    await client.advertised(2);
    expect(
      server.refusals.map(({ closeCode, repository, service }) => [closeCode, repository, service]),
    ).toEqual([
      [4404, 'site', undefined],
      [4400, 'site', undefined],
      [4403, 'site', 'git-receive-pack'],
    ]);
    await client.finish(2);
  });

  it('is refused by the checks of an upgrade, each time anew', async () => {
    const asked: (string | undefined)[] = [];
    const server = await limited(
      { maxSessionsPerUser: 1 },
      {
        authenticate: ({ authorization }) => {
          asked.push(authorization);
          return authorization === undefined ? null : { name: authorization };
        },
        authorize: ({ user }) => user !== null && user.name !== 'Bearer bad',
      },
    );
    const as = (token: string) => ({
      authorization: Buffer.from(`Bearer ${token}`).toString('base64url'),
    });
    const client = new Client(server, [...keeping, `gitws.auth.${as('ada').authorization}`]);
    await client.advertised();
    await client.finish();
    expect(await client.refused()).toBe('4401 Credentials are needed.');
    expect(await client.refused(as('bad'))).toBe('4404 There is no such repository.');
    client.ask(as('ada'));
    await client.advertised(2);
    const other = await idle(server, [...keeping, `gitws.auth.${as('bob').authorization}`]);
    expect(await other.refused(as('ada'))).toMatch(/^4429 There are too many sessions of yours/);
    expect(asked).toEqual(
      ['ada', undefined, 'bad', 'ada', 'bob', 'ada'].map((name) => name && `Bearer ${name}`),
    );
    await client.finish(2);
  });

  it('is what a browser or a proxy added to the handshake, where the run has nothing of its own', async () => {
    const server = await limited(
      {},
      {
        authenticate: ({ authorization }) => (authorization ? { name: authorization } : null),
        authorize: ({ user }) => user?.name === 'Basic eDp5',
      },
    );
    const client = await idle(server, keeping, { Authorization: 'Basic eDp5' });
    const other = Buffer.from('Basic other').toString('base64url');
    expect(await client.refused({ authorization: other })).toMatch(/^4404/);
    client.ask();
    await client.advertised(2);
    await client.finish(2);
  });
});

describe('limits', () => {
  it('close a connection that waits for longer than keepTime', async () => {
    const server = await limited({ keepTime: 1_000 });
    const client = new Client(server);
    expect(await client.advertised()).toMatchObject({ keepFor: 1 });
    await client.finish();
    const started = performance.now();
    expect(await client.ending()).toBe('1000');
    expect(performance.now() - started).toBeGreaterThan(800);
  });

  it('keep none where keepTime is below a second', async () => {
    const server = await limited({ keepTime: 999 });
    const client = new Client(server);
    expect(await client.advertised()).not.toHaveProperty('keepFor');
    await client.finish();
    expect(await client.ending()).toBe('1000');
  });

  it.each([
    ['maxKept', { maxKept: 2 }],
    ['maxKeptPerAddress', { maxKeptPerAddress: 2 }],
  ])('cost the oldest its place: %s', async (_, limits) => {
    const server = await limited(limits);
    const clients = [await idle(server), await idle(server), await idle(server)];
    expect(await clients[0]?.ending()).toBe('1000');
    expect(await clients[1]?.alive()).toBe(true);
    expect(await clients[2]?.alive()).toBe(true);
    // One that is used counts no more.
    clients[1]?.ask();
    await clients[1]?.advertised(2);
    const last = await idle(server);
    expect(await clients[2]?.alive()).toBe(true);
    expect(await last.alive()).toBe(true);
    await clients[1]?.finish(2);
  });

  it('of others count for themselves: maxKeptPerAddress', async () => {
    const server = await limited(
      { maxKeptPerAddress: 1 },
      { trustedProxies: ['127.0.0.0/8', '::1'] },
    );
    const from = (address: string) => idle(server, keeping, { 'X-Forwarded-For': address });
    const [one, other] = [await from('192.0.2.1'), await from('192.0.2.2')];
    expect([await one.alive(), await other.alive()]).toEqual([true, true]);
  });

  it('end with maxRuns: the last run says so, and one refused on top is refused with the end', async () => {
    const server = await limited({ maxRuns: 3 });
    const client = await idle(server);
    client.ask();
    expect(await client.advertised(2)).toHaveProperty('keepFor');
    await client.finish(2);
    client.ask();
    expect(await client.advertised(3)).not.toHaveProperty('keepFor');
    await client.finish(3);
    expect(await client.ending()).toBe('1000');
    const refused = await idle(server);
    await refused.refused({ service: 'git-frobnicate' });
    refused.ask({ service: 'git-frobnicate' });
    expect(await refused.ending()).toBe('4404 There is no service git-frobnicate.');
  });

  it('of sessions hold for each run, and a run before takes no place from the next', async () => {
    const server = await limited({ maxSessions: 1 });
    const client = await idle(server);
    for (let run = 2; run < 5; run += 1) {
      client.ask();
      await client.advertised(run);
      // Given up, or ended: a process that is being ended counts for as long as it is there.
      if (run === 2) await client.finish(2);
    }
    const other = new Client(server);
    expect(await other.ending()).toMatch(/^4503 /);
    await client.finish(2);
  });

  it('of sessions refuse a run where others have them all', async () => {
    const server = await limited({ maxSessions: 1 });
    const waiting = await idle(server);
    const busy = new Client(server);
    await busy.advertised();
    expect(await waiting.refused()).toMatch(/^4503 The server has too much to do/);
    await busy.finish();
    waiting.ask();
    await waiting.advertised(2);
    await waiting.finish(2);
  });

  it('of time hold for what checks a run', async () => {
    let hangs = false;
    const server = await limited(
      { accessTime: 200 },
      { authorize: () => (hangs ? new Promise<boolean>(() => undefined) : true) },
    );
    const client = await idle(server);
    hangs = true;
    expect(await client.refused()).toMatch(/^4503 /);
  });

  it('of TCP connections count those that are kept, and drop them first', async () => {
    const server = createGitServer({
      root,
      limits: { maxConnectionsPerAddress: 2 },
      maintenance: false,
    });
    const httpServer = createServer();
    server.attach(httpServer, { limitConnections: true });
    const { url } = await listen(httpServer, () => server.close());
    const first = await idle({ url });
    const second = await idle({ url });
    await idle({ url });
    // Without a word: it is a socket that asks nothing.
    expect(await first.ending()).toBe('1006');
    expect(await second.alive()).toBe(true);
  });

  it('of pings hold on: a peer that is gone is given up', async () => {
    const server = await limited({ pingInterval: 100 });
    const client = await idle(server);
    client.raw.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    client.raw.socket.resume();
    expect(await client.ending()).toBe('1006');
  });
});

describe('a client that leaves', () => {
  it('while its run is decided leaves no process and takes no place', async () => {
    let decide!: (may: boolean) => void;
    let asked = 0;
    const server = await limited(
      { maxSessions: 1 },
      {
        authorize: () =>
          (asked += 1) === 2 ? new Promise<boolean>((resolve) => (decide = resolve)) : true,
      },
    );
    const client = await idle(server);
    client.ask();
    await eventually(() => asked === 2);
    client.raw.socket.close();
    await client.ending();
    decide(true);
    // What it asked for is looked at to its end, as an upgrade is.
    const served = () =>
      idle(server).then(
        () => true,
        () => false,
      );
    await eventually(served);
    await eventually(async () => (await processesIn(gitDir)).length === 0);
  });
});

describe('a server that shuts down', () => {
  it('closes what waits with 1001, at once', async () => {
    const server = await limited();
    const client = await idle(server);
    const started = performance.now();
    await server.server.close();
    expect(await client.ending()).toBe('1001 The server is shutting down.');
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('closes with 4503 where a run is asked for, as it refuses an upgrade', async () => {
    const hanging: (() => void)[] = [];
    let hangs = false;
    const server = await limited(
      {},
      {
        authorize: () =>
          hangs ? new Promise<boolean>((resolve) => hanging.push(() => resolve(true))) : true,
      },
    );
    const client = await idle(server);
    hangs = true;
    client.ask();
    await eventually(() => hanging.length === 1);
    const closed = server.server.close();
    expect(await client.ending()).toBe('4503 The server is shutting down.');
    await closed;
  });

  it('lets a run that must finish finish, and keeps its connection no longer', async () => {
    const slow = await makeRepository(join(root, 'drained.git'));
    await writeHook(slow.gitDir, 'pre-receive', 'sleep 3; cat >/dev/null');
    const server = await limited();
    const client = new Client(server, keeping, {}, '/drained/git-receive-pack');
    await client.advertised();
    client.raw.send(await pushOf(slow));
    client.raw.send({ type: 'end' });
    await processRunningHook(slow.gitDir);
    const closed = server.server.close();
    await client.exited();
    expect(await client.ending()).toBe('1001 The server is shutting down.');
    await closed;
    expect(await git(['--git-dir', slow.gitDir, 'for-each-ref', 'refs/heads/new'])).toContain(
      slow.head,
    );
  });
});

async function processRunningHook(directory: string): Promise<void> {
  await eventually(async () =>
    (await processesIn(directory)).some(({ command }) => command.includes('sleep')),
  );
}

function pushOf({ gitDir: from, head }: { gitDir: string; head: string }): Promise<Buffer> {
  return pushRequest(from, [{ ref: 'refs/heads/new', oldOid: nullOid, newOid: head }]);
}
