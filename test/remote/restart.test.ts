/** What the plugin does where a session is gone for good: a server that was ended and started anew. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fs from 'node:fs';
import { rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as isomorphicGit from 'isomorphic-git';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { describeLong, it, long } from '../helpers/long.js';
import { createGitServer, type GitServer } from '../../server/index.js';
import { createHttpClient, type ConnectionEvent } from '../../src/index.js';
import { Deferred } from '../../src/base/deferred.js';
import { startProxy } from '../helpers/proxy.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { writeHook } from '../helpers/hooks.js';
import { eventually, noProcessIn } from '../helpers/processes.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let gitDir: string;
let head: string;
let port = 0;
let running: { server: GitServer; http: Server } | undefined;

beforeEach(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git'), { commits: 20 }));
  port = 0;
  await start();
});

afterEach(async () => {
  await stop();
  await noProcessIn(root);
});

async function start(): Promise<void> {
  const server = createGitServer({ root, allowPush: true, maintenance: false });
  const http = createServer();
  server.attach(http);
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  ({ port } = http.address() as AddressInfo);
  running = { server, http };
}

async function stop(): Promise<void> {
  const { server, http } = running ?? {};
  running = undefined;
  await server?.close({ drainTime: 0 });
  http?.close();
  http?.closeAllConnections();
}

const url = (): string => `http://127.0.0.1:${port}/site.git`;

describe('a fetch whose server is ended between its two requests', () => {
  const ended = async (again: boolean): Promise<Response> => {
    const client = createHttpClient({ resumeFor: again ? 30_000 : 0 });
    const headers = {};
    const advertised = await client.request({
      url: `${url()}/info/refs?service=git-upload-pack`,
      headers,
    });
    for await (const bytes of advertised.body) void bytes;
    await stop();
    const line = `want ${head} ofs-delta side-band-64k\n`;
    const length = (line.length + 4).toString(16).padStart(4, '0');
    const pending = client.request({
      url: `${url()}/git-upload-pack`,
      method: 'POST',
      headers,
      body: [Buffer.from(`${length}${line}00000009done\n`)],
    });
    if (again) setTimeout(() => void start(), 800);
    const { statusCode, statusMessage, body } = await pending;
    expect(`${statusCode} ${statusMessage}`).toBe('200 OK');
    const parts: Uint8Array[] = [];
    for await (const bytes of body) parts.push(bytes);
    return new Response(Buffer.concat(parts));
  };

  it('begins again by itself when the server is back', async () => {
    const answer = Buffer.from(await (await ended(true)).arrayBuffer());
    expect(answer.includes('PACK')).toBe(true);
  });

  it('fails at once where that is not wanted', async () => {
    await expect(ended(false)).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });
});

it.each(['git-upload-pack', 'git-receive-pack'])(
  'a session that is lost in the middle of the advertisement of %s is begun again',
  async (service) => {
    const limits = { resumeTime: 0 };
    const { url: target } = await startServer({ root, allowPush: true, limits });
    // Cut off behind the server's first message.
    const proxy = await startProxy(target, (connection) =>
      connection === 0
        ? { strike: { direction: 'down', behind: '"resumeFor"', after: 40, how: 'end' } }
        : {},
    );
    const advertised = await createHttpClient().request({
      url: `${proxy.url}/site.git/info/refs?service=${service}`,
    });
    expect(advertised.statusCode).toBe(200);
    const parts: Uint8Array[] = [];
    for await (const bytes of advertised.body) parts.push(bytes);
    expect(Buffer.concat(parts).includes(head)).toBe(true);
    expect(proxy.connections.map(({ struck }) => struck)).toEqual([true, false]);
    await proxy.close();
  },
);

it('a server that loses every session in the middle of its advertisement is not asked for ever', async () => {
  const { url: target } = await startServer({ root, limits: { resumeTime: 0 } });
  const proxy = await startProxy(target, () => ({
    strike: { direction: 'down', behind: '"resumeFor"', after: 40, how: 'end' },
  }));
  const request = { url: `${proxy.url}/site.git/info/refs?service=git-upload-pack` };
  const asked = createHttpClient().request(request);
  await expect(asked).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  expect(proxy.connections).toHaveLength(4);
  await proxy.close();
});

describe('a fetch that waits for its server to come back', () => {
  it.each(['the client', 'the request'])('ends when the signal of %s fires', async (whose) => {
    const [client, request] = [new AbortController(), new AbortController()];
    let connecting = 0;
    const { promise: lost, resolve } = new Deferred<void>();
    const onConnection = ({ attempt, state }: ConnectionEvent): void => {
      if (state === 'connecting' && attempt === 0) connecting += 1;
      // The POST's own attempt, and its first restart, were in vain: the next one is waited for.
      if (connecting === 3) setTimeout(resolve);
    };
    const http = createHttpClient({ onConnection, resumeFor: 600_000, signal: client.signal });
    await stop();
    const fetched = http.request({
      ...{ url: `${url()}/git-upload-pack`, method: 'POST', signal: request.signal },
      body: [Buffer.from('0000')],
    });
    await lost;
    (whose === 'the client' ? client : request).abort('enough');
    await expect(fetched).rejects.toMatchObject({ code: 'UserCanceledError', cause: 'enough' });
  });
});

describeLong('a push whose server is ended while its hook runs', () => {
  long('says what each ref is now, as the server that came after it tells', async () => {
    const dir = await temporaryDirectory();
    const told: ConnectionEvent[] = [];
    const http = createHttpClient({ onConnection: (event) => told.push(event) });
    await isomorphicGit.clone({ fs, http, dir, url: url() });
    const author = { name: 'Ada', email: 'ada@example.com' };
    const wanted = await isomorphicGit.commit({ fs, dir, message: 'More', author });
    const started = join(gitDir, 'started');
    await writeHook(gitDir, 'pre-receive', `touch started; sleep 600`);
    const pushed = isomorphicGit.push({ fs, http, dir }).catch((error: unknown) => error);
    await eventually(() => existsSync(started));
    await stop();
    await rm(join(gitDir, 'hooks/pre-receive'));
    await start();
    expect(await pushed).toMatchObject({
      code: 'PUSH_OUTCOME_UNKNOWN',
      data: { refs: [{ ref: 'refs/heads/main', old: head, wanted, current: head }] },
    });
    await expectSoundRepository(gitDir);
    await isomorphicGit.push({ fs, http, dir });
    expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(wanted);
  });
});
