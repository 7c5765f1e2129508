/**
 * Operations one after the other over one connection (docs/protocol.md, "Another run over the same
 * connection"), against a real server: what they cost, and that each has its own rights, whatever
 * becomes of the connection.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import * as isomorphicGit from 'isomorphic-git';
import { beforeEach, describe, expect, onTestFinished } from 'vitest';
import { it, long } from '../helpers/long.js';
import { WebSocket } from 'ws';
import ownGit from '../../src/git/index.js';
import { createHttpClient, openChannel, type HttpClientOptions } from '../../src/index.js';
import type { WebSocketConstructor } from '../../src/index.js';
import type { GitServerOptions, RefusalReport, SessionReport } from '../../server/index.js';
import { startProxy, type Proxy } from '../helpers/proxy.js';
import { git, expectSoundRepository, makeRepository } from '../helpers/git.js';
import { countConnections } from '../helpers/listen.js';
import { eventually, processesIn } from '../helpers/processes.js';
import { countRoundTrips } from '../helpers/round-trips.js';
import { commitUpstream } from '../git/commit-upstream.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let gitDir: string;

beforeEach(async () => {
  root = await temporaryDirectory();
  ({ gitDir } = await makeRepository(join(root, 'site.git')));
});

/** A server, a proxy before it, and a client whose connections are its own. */
class Bench {
  readonly sessions: SessionReport[] = [];
  readonly refusals: RefusalReport[] = [];
  readonly errors: unknown[] = [];
  readonly http: isomorphicGit.HttpClient;
  /** A class of its own: kept connections are those of a class. */
  readonly WebSocket = class extends WebSocket {} as unknown as WebSocketConstructor;
  readonly dir: string;
  /** What the server has said, piece by piece. */
  readonly texts: string[] = [];
  readonly #roundTrips: number[] = [];
  /** Connections that were lost in the middle of something. */
  readonly lost: string[] = [];
  /** The newest round trip of which the client has seen something. */
  roundTrip = 0;
  proxy!: Proxy;
  server!: TestServer;

  constructor(
    readonly serverOptions: Partial<GitServerOptions> = {},
    readonly clientOptions: HttpClientOptions = {},
    readonly delay = 0,
  ) {
    const onConnection: HttpClientOptions['onConnection'] = ({ state, reason }) => {
      if (state === 'interrupted') this.lost.push(reason);
    };
    this.http = createHttpClient({
      WebSocket: this.WebSocket,
      onConnection,
      // What is counted here is connections, however long a busy machine takes for git's first words.
      advertisementTime: 60_000,
      ...clientOptions,
    });
    this.dir = join(root, 'clones', `${Math.random()}`);
  }

  async start(): Promise<this> {
    this.server = await startServer({
      root,
      allowPush: true,
      onSession: (report) => this.sessions.push(report),
      onRefusal: (report) => this.refusals.push(report),
      onError: (error) => this.errors.push(error),
      ...this.serverOptions,
    });
    await this.connectProxy();
    return this;
  }

  async connectProxy(): Promise<void> {
    const watch = countRoundTrips(({ direction, bytes, roundTrip }) => {
      if (direction === 'up') return;
      this.roundTrip = Math.max(this.roundTrip, roundTrip);
      this.texts.push(bytes.toString('latin1'));
      this.#roundTrips.push(roundTrip);
    });
    this.proxy = await startProxy(this.server.url, { delay: this.delay }, watch);
  }

  /** The round trip in which the server said `mark`, after its first `seen` pieces. */
  marked(mark: string, seen: number): number {
    const at = this.texts.findIndex((text, index) => index >= seen && text.includes(mark));
    if (at === -1) throw new Error(`nobody said ${mark}`);
    return this.#roundTrips[at] ?? 0;
  }

  get url(): string {
    return `${this.proxy.url}/site.git`;
  }

  get common() {
    return { fs, http: this.http, dir: this.dir, url: this.url };
  }

  clone(options: object = {}): Promise<void> {
    return isomorphicGit.clone({ ...this.common, ...options });
  }

  fetch(options: object = {}): Promise<isomorphicGit.FetchResult> {
    return isomorphicGit.fetch({ ...this.common, ...options });
  }

  refs(options: object = {}): Promise<isomorphicGit.ServerRef[]> {
    return isomorphicGit.listServerRefs({ http: this.http, url: this.url, ...options });
  }

  async commitAndPush(options: object = {}): Promise<string> {
    const oid = await this.commit();
    const { ok } = await isomorphicGit.push({ ...this.common, ...options });
    expect(ok).toBe(true);
    return oid;
  }

  commit(): Promise<string> {
    const author = { name: 'A', email: 'a@example.org' };
    return isomorphicGit.commit({ fs, dir: this.dir, author, message: `${Math.random()}` });
  }

  /** Whatever is on its way has come. */
  async settled(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 4 * this.delay));
  }
}

const bench = (...given: ConstructorParameters<typeof Bench>): Promise<Bench> =>
  new Bench(...given).start();

interface Operation {
  readonly work: (one: Bench) => Promise<unknown>;
  /** In what the server says last of what the client waits for. */
  readonly mark: string;
  /** Done right before it, and not counted. */
  readonly before?: (one: Bench) => Promise<unknown>;
}

interface Cost {
  readonly roundTrips: number;
  /** Connections that it made. */
  readonly connections: number;
}

/**
 * What an operation costs after a clone, up to its mark. A machine that takes longer to start git than
 * the wire to carry a byte makes it look like more, never like less: then the wire is made longer.
 */
async function cost(
  expected: Cost,
  { work, mark, before }: Operation,
  server: Partial<GitServerOptions> = {},
  client: HttpClientOptions = {},
): Promise<Cost> {
  let found: Cost | undefined;
  for (const delay of [50, 150, 400, 500, 500]) {
    const one = await bench(server, client, delay);
    await one.clone();
    await one.settled();
    await before?.(one);
    const { roundTrip, texts } = one;
    const seen = texts.length;
    const connections = one.proxy.connections.length;
    await work(one);
    const last = one.marked(mark, seen) - roundTrip;
    found = { roundTrips: last, connections: one.proxy.connections.length - connections };
    expect(one.errors).toEqual([]);
    if (found.roundTrips <= expected.roundTrips) break;
  }
  return found ?? expected;
}

/** The refs alone: isomorphic-git asks for no more, as a fetch of ours that finds nothing new. */
const refs: Operation = {
  work: ({ http, url }) => isomorphicGit.getRemoteInfo({ http, url }),
  mark: 'refs/heads/main',
};
const ownRefs: Operation = {
  work: ({ http, url }) => ownGit.listServerRefs({ http, url }),
  mark: 'refs/heads/main',
};
const clone: Operation = { work: (one) => one.clone({ dir: `${one.dir}-again` }), mark: 'PACK' };
/** isomorphic-git asks for a pack in any case. */
const upToDate: Operation = { work: (one) => one.fetch(), mark: 'PACK' };
const ownFetch: Operation = {
  before: async () => {
    await git([
      '--git-dir',
      gitDir,
      'update-ref',
      'refs/heads/main',
      await commitUpstream(gitDir, 'main'),
    ]);
  },
  work: async (one) => {
    const { updated = [] } = await ownGit.fetch(one.common);
    expect(updated.map(({ ref }) => ref)).toContain('refs/remotes/origin/main');
  },
  mark: 'PACK',
};
const push: Operation = { work: (one) => one.commitAndPush(), mark: 'unpack ok' };

describe('what an operation costs in round trips', () => {
  it.each<[string, number, Operation]>([
    ['one for the refs', 1, refs],
    ['one for the refs, listed by gitws/git', 1, ownRefs],
    ['one for the refs right behind the refs', 1, { ...refs, before: refs.work }],
    ['two for a clone', 2, clone],
    ['two for a clone right behind the refs', 2, { ...clone, before: refs.work }],
    ['two for a fetch of isomorphic-git that finds nothing new', 2, upToDate],
    ['one for a fetch of gitws/git, whatever is new', 1, ownFetch],
    ['two for a push', 2, push],
    ['two for a push right behind the refs', 2, { ...push, before: refs.work }],
    ['two for a push right behind a push', 2, { ...push, before: push.work }],
  ])('is on a connection that is there %s', async (_, roundTrips, operation) => {
    const expected = { roundTrips, connections: 0 };
    expect(await cost(expected, operation)).toEqual(expected);
  });

  // TCP, the upgrade, and what was counted above but the first.
  it.each<[string, number, Operation]>([
    ['two for the refs', 2, refs],
    ['three for a clone', 3, clone],
    ['three for a push', 3, push],
  ])('is on a new one %s, whichever side keeps none', async (_, roundTrips, operation) => {
    const expected = { roundTrips, connections: 1 };
    expect(await cost(expected, operation, {}, { keepAlive: 0 })).toEqual(expected);
    expect(await cost(expected, operation, { limits: { keepTime: 0 } })).toEqual(expected);
  });
});

describe('an older peer', () => {
  it('that is a server is not asked for what it does not offer', async () => {
    const one = await bench({ limits: { keepTime: 0 } });
    await one.refs();
    await one.refs();
    expect(one.texts.join('')).not.toContain('keepFor');
    expect(one.proxy.connections.length).toBe(2);
  });

  it('that is a client is not told of what it does not know', async () => {
    const one = await bench({}, { keepAlive: 0 });
    await one.refs();
    await one.refs();
    expect(one.texts.join('')).not.toContain('keepFor');
    expect(one.proxy.connections.length).toBe(2);
  });
});

describe('each operation over one connection', () => {
  it('is a session of its own, with a line of its own', async () => {
    const one = await bench();
    await one.clone();
    await one.commitAndPush();
    await one.fetch();
    await one.refs();
    await one.server.close();
    const { sessions } = one;
    expect([...one.lost, ...one.errors]).toEqual([]);
    expect(sessions.map(({ service }) => service.replace('git-', '')).sort()).toEqual(
      ['upload-pack', 'upload-pack', 'upload-pack', 'receive-pack'].sort(),
    );
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(4);
    expect(one.server.server.sessions).toBe(0);
    expect(one.proxy.connections.length).toBe(1);
  });

  long('pushes what it should, again and again', async () => {
    const one = await bench();
    await one.clone();
    for (let run = 0; run < 5; run += 1) {
      const oid = await one.commitAndPush();
      expect((await git(['--git-dir', gitDir, 'rev-parse', 'main'])).trim()).toBe(oid);
    }
    expect(one.lost).toEqual([]);
    expect(one.proxy.connections.length).toBe(1);
    await expectSoundRepository(gitDir);
  });

  it('is never on one with another at the same time', async () => {
    const one = await bench();
    await one.clone();
    const lists = await Promise.all([one.refs(), one.refs(), one.refs()]);
    expect(lists.map(({ length }) => length)).toEqual([
      lists[0]?.length,
      lists[0]?.length,
      lists[0]?.length,
    ]);
    expect(one.proxy.connections.length).toBe(3);
    await Promise.all([one.refs(), one.refs(), one.refs()]);
    expect(one.proxy.connections.length).toBe(3);
  });

  it('is for another repository on another one', async () => {
    await makeRepository(join(root, 'other.git'));
    const one = await bench();
    await one.refs();
    await isomorphicGit.listServerRefs({ http: one.http, url: `${one.proxy.url}/other.git` });
    expect(one.proxy.connections.length).toBe(2);
  });

  it('is with another WebSocket class on another one', async () => {
    const one = await bench();
    await one.refs();
    await isomorphicGit.listServerRefs({
      http: createHttpClient({ keepAlive: 100 }),
      url: one.url,
    });
    expect(one.proxy.connections.length).toBe(2);
  });

  it('tells of its connection as one with a connection of its own does', async () => {
    const states: string[] = [];
    const one = await bench({}, { onConnection: ({ state }) => states.push(state) });
    await one.refs();
    await one.refs();
    expect(states).toEqual(['connecting', 'open', 'connecting', 'open']);
  });

  it('that is aborted ends git on the server at once, and the next one works', async () => {
    const one = await bench();
    await one.refs();
    const channel = await openChannel(one.url, {
      service: 'git-upload-pack',
      keepAlive: 10_000,
      WebSocket: one.WebSocket,
    });
    expect(one.proxy.connections.length).toBe(1);
    expect(await processesIn(gitDir)).toHaveLength(1);
    channel.abort();
    await expect(channel.exit).rejects.toThrow('canceled');
    await eventually(async () => (await processesIn(gitDir)).length === 0);
    await one.refs();
    expect(one.proxy.connections.length).toBe(2);
  });
});

describe('the rights of each', () => {
  const users: Record<string, string> = { ada: 'a', bob: 'b' };
  const may: Record<string, string[]> = { ada: ['read', 'write'], bob: ['read'] };
  const signedIn: Partial<GitServerOptions> = {
    authenticate: ({ credentials }) => {
      if (credentials?.scheme !== 'basic') return null;
      const { username, password } = credentials;
      return users[username] === password ? { name: username } : null;
    },
    authorize: ({ user, access }) => may[user?.name ?? '']?.includes(access) === true,
  };
  const as = (username: string, password = users[username] ?? '') => ({
    onAuth: () => ({ username, password }),
  });
  const status = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 200,
      (error: { data?: { statusCode?: number } }) => error.data?.statusCode ?? error,
    );

  it('are its own, and nobody else’s, in both directions', async () => {
    const one = await bench(signedIn);
    await one.clone(as('ada'));
    await one.commit();
    const push = (user: string) => status(isomorphicGit.push({ ...one.common, ...as(user) }));
    expect(await push('bob')).toBe(403);
    expect(await push('ada')).toBe(200);
    await one.commit();
    expect(await push('bob')).toBe(403);
    expect(await status(one.refs())).toBe(401);
    expect(await status(one.refs(as('bob')))).toBe(200);
    expect(await status(one.refs())).toBe(401);
    // 401 is asked about, and asked again, over the same connection.
    expect(one.proxy.connections.length).toBe(1 + 1);
    expect(one.sessions.map(({ user }) => user?.name)).toContain('ada');
    expect(one.refusals.map(({ closeCode }) => closeCode)).toContain(4401);
  });

  it('that were taken away are refused over the same connection', async () => {
    const one = await bench(signedIn);
    await one.refs(as('ada'));
    const connections = one.proxy.connections.length;
    users['ada'] = 'other';
    onTestFinished(() => void (users['ada'] = 'a'));
    expect(await status(one.refs(as('ada', 'a')))).toBe(401);
    users['ada'] = 'a';
    may['ada'] = [];
    onTestFinished(() => void (may['ada'] = ['read', 'write']));
    expect(await status(one.refs(as('ada')))).toBe(404);
    expect(one.proxy.connections.length).toBe(connections);
    expect(one.refusals.at(-1)).toMatchObject({
      closeCode: 4404,
      repository: 'site.git',
      service: 'git-upload-pack',
      user: { name: 'ada' },
    });
  });

  it('stand in no URL and in no report', async () => {
    const one = await bench(signedIn);
    await one.refs(as('ada'));
    await status(one.refs(as('ada', 'secret-word')));
    const encoded = Buffer.from('ada:secret-word').toString('base64');
    const told = JSON.stringify([one.sessions, one.refusals, one.errors]);
    for (const word of [
      'secret-word',
      encoded,
      Buffer.from(`Basic ${encoded}`).toString('base64url'),
    ]) {
      expect(told).not.toContain(word);
    }
  });
});

describe('a connection that is kept', () => {
  it('and was lost meanwhile costs the next operation nothing but a new one', async () => {
    const one = await bench();
    await one.refs();
    one.proxy.strike('reset');
    await one.refs();
    expect(one.proxy.connections.length).toBe(2);
  });

  it('and is lost with what was asked over it costs no more', async () => {
    const one = await bench({}, {}, 30);
    await one.refs();
    const refs = one.refs();
    setTimeout(() => one.proxy.strike('reset'), 10);
    expect(await refs).not.toEqual([]);
    expect(one.proxy.connections.length).toBe(2);
  });

  it('and answers nothing any more is left after a while', async () => {
    const one = await bench();
    const sockets: WebSocket[] = [];
    class Silenced extends WebSocket {
      constructor(...given: ConstructorParameters<typeof WebSocket>) {
        super(...given);
        sockets.push(this);
      }
    }
    const http = createHttpClient({ WebSocket: Silenced as unknown as WebSocketConstructor });
    await isomorphicGit.listServerRefs({ http, url: one.url });
    sockets[0]?.pause();
    await isomorphicGit.listServerRefs({ http, url: one.url });
    expect(sockets).toHaveLength(2);
  });

  it('whose server was started anew costs no more', async () => {
    const one = await bench();
    await one.refs();
    await one.server.close();
    const next = await bench();
    await isomorphicGit.listServerRefs({ http: one.http, url: next.url });
    expect(next.proxy.connections.length).toBe(1);
  });

  it('is resumed when it is lost in the middle of its second run, and kept after it', async () => {
    const one = await bench();
    const url = `${one.proxy.url}/site.git`;
    await one.refs();
    const states: string[] = [];
    const channel = await openChannel(url, {
      service: 'git-upload-pack',
      keepAlive: 10_000,
      WebSocket: one.WebSocket,
      onConnection: ({ state }) => states.push(state),
    });
    expect(one.proxy.connections.length).toBe(1);
    const writer = channel.writable.getWriter();
    // Something was asked: lost, it waits as any session does.
    await writer.write(new TextEncoder().encode('0'));
    one.proxy.strike('reset');
    await eventually(() => states.includes('resumed'));
    await writer.write(new TextEncoder().encode('000'));
    await writer.close();
    await channel.readable.pipeTo(new WritableStream());
    expect(await channel.exit).toEqual({ code: 0, signal: null });
    await channel.closed;
    expect(one.proxy.connections.length).toBe(2);
    await one.refs();
    expect(one.proxy.connections.length).toBe(2);
    await eventually(() => one.sessions.length >= 3);
    expect(one.sessions.map(({ resumes }) => resumes).sort()).toEqual([0, 0, 1]);
  });

  it('ends when its time is over, at the client’s word', async () => {
    const one = await bench({}, { keepAlive: 200 });
    const connections = (): Promise<number> => countConnections(one.server.httpServer);
    await one.refs();
    expect(await connections()).toBe(1);
    await eventually(async () => (await connections()) === 0);
    await one.refs();
    expect(one.proxy.connections.length).toBe(2);
  });
});
