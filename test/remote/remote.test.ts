/** Many requests over one run of upload-pack: a real server and real git, and a played one where that is bad. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { connectionTo } from '../../src/remote/connection.js';
import { openRemote, type Remote } from '../../src/remote/remote.js';
import { startFakeServer } from '../helpers/fake-server.js';
import { startProxy } from '../helpers/proxy.js';
import { git, makeRepository } from '../helpers/git.js';
import { pktLine } from '../helpers/git-stream.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let blobs: string[];
const at = (...args: string[]) => git(['--git-dir', join(root, 'site.git'), ...args]);

beforeAll(async () => {
  root = await temporaryDirectory();
  await makeRepository(join(root, 'site.git'), { commits: 12, files: 8 });
  const text = await at('ls-tree', '-r', 'main');
  blobs = text.split('\n').map((line) => line.split(/[\t ]/)[2] ?? '');
});

/** @returns the oids of the objects in a pack, as git reads it. */
async function objectsIn(pieces: readonly Uint8Array[]): Promise<string[]> {
  const dir = await temporaryDirectory();
  await git(['init', '-q', '--bare', dir]);
  await git(['--git-dir', dir, 'unpack-objects', '-q'], { input: Buffer.concat(pieces) });
  const format = '--batch-check=%(objectname)';
  const text = await git(['--git-dir', dir, 'cat-file', '--batch-all-objects', format]);
  return text.split('\n');
}

/** Asks for objects, and gives the pack. */
async function fetchPack(
  remote: Remote,
  oids: readonly string[],
  how: { filter?: string; signal?: AbortSignal } = {},
): Promise<Uint8Array[]> {
  let pieces: Uint8Array[] = [];
  await remote.fetchObjects(oids, {
    ...how,
    onPack: async (pack) => {
      pieces = [];
      for await (const piece of pack) pieces.push(piece);
    },
  });
  return pieces;
}

/** A server, and how many runs it has begun. */
async function served(options: Partial<Parameters<typeof startServer>[0]> = {}) {
  let runs = 0;
  const server = await startServer({ root, ...options });
  server.httpServer.on('connection', () => {
    runs += 1;
  });
  return { ...server, url: `${server.url}/site.git`, runs: () => runs };
}

describe('openRemote', () => {
  it('opens nothing until something is asked, and asks all of one run', async () => {
    const { url, runs } = await served();
    const remote = openRemote(connectionTo(url, {}));
    expect(runs()).toBe(0);
    const refs = await remote.listRefs({ prefixes: ['refs/tags/'], peel: true });
    const expected = (await at('show-ref', '--tags', '-d')).split('\n');
    expect(refs.map(({ name, oid }) => `${oid ?? ''} ${name}`)).toEqual(
      expected.filter((line) => !line.endsWith('^{}')),
    );
    const [head] = await remote.listRefs({ prefixes: ['HEAD'], symrefs: true });
    expect(head?.symrefTarget).toBe('refs/heads/main');
    for (const blob of blobs)
      expect(await objectsIn(await fetchPack(remote, [blob]))).toEqual([blob]);
    expect(runs()).toBe(1);
    remote.close();
  });

  it('gets what was asked for and, of what that reaches, what the filter leaves', async () => {
    const { url } = await served();
    const remote = openRemote(connectionTo(url, {}));
    const commit = await at('rev-parse', 'main');
    const tree = await at('rev-parse', 'main^{tree}');
    expect(await objectsIn(await fetchPack(remote, blobs))).toEqual([...new Set(blobs)].sort());
    expect(await objectsIn(await fetchPack(remote, [tree], { filter: 'tree:0' }))).toEqual([tree]);
    const reached = await at('rev-list', '--objects', '--filter=blob:none', 'main');
    expect(await objectsIn(await fetchPack(remote, [commit], { filter: 'blob:none' }))).toEqual(
      reached
        .split('\n')
        .map((line) => line.slice(0, 40))
        .sort(),
    );
    remote.close();
  });

  it('answers those who ask at once one after the other', async () => {
    const { url, runs } = await served();
    const remote = openRemote(connectionTo(url, {}));
    const packs = await Promise.all(blobs.map((blob) => fetchPack(remote, [blob])));
    for (const [number, pack] of packs.entries()) {
      expect(await objectsIn(pack)).toEqual([blobs[number]]);
    }
    expect(runs()).toBe(1);
    remote.close();
  });

  it('closes the run when it was not used for `keepOpen`, and opens another', async () => {
    const { url, server, runs } = await served();
    const remote = openRemote(connectionTo(url, {}), { keepOpen: 20 });
    await fetchPack(remote, blobs);
    await expect.poll(() => server.sessions).toBe(0);
    await fetchPack(remote, blobs);
    expect(runs()).toBe(2);
    remote.close();
  });

  it('asks again once what was under way when the connection was lost for good', async () => {
    const { url, runs } = await served({ limits: { resumeTime: 0 } });
    const proxy = await startProxy(new URL(url).origin, (connection) =>
      connection === 0 ? { strike: { direction: 'down', after: 2_000, how: 'reset' } } : {},
    );
    const remote = openRemote(connectionTo(`${proxy.url}/site.git`, {}));
    const tips = [await at('rev-parse', 'main')];
    expect((await objectsIn(await fetchPack(remote, tips))).length).toBeGreaterThan(20);
    expect(runs()).toBeGreaterThan(1);
    remote.close();
    await proxy.close();
  });

  it('is not asked again what the server refuses, and goes on with the next', async () => {
    const { url } = await served();
    const remote = openRemote(connectionTo(url, {}));
    await expect(fetchPack(remote, ['1'.repeat(40)])).rejects.toMatchObject({
      code: 'REMOTE_ERROR',
      data: { message: expect.stringContaining('not our ref') as string },
    });
    await fetchPack(remote, blobs);
    remote.close();
  });

  it('rejects where there is no server, where it is closed, and where a signal fires', async () => {
    const server = await served();
    const remote = openRemote(connectionTo(server.url, {}));
    await expect(fetchPack(remote, blobs, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'UserCanceledError',
    });
    await server.close();
    await expect(fetchPack(remote, blobs)).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    remote.close();
    await expect(remote.listRefs()).rejects.toMatchObject({ code: 'UserCanceledError' });
  });

  it('refuses what is no oid, and a time that is none', async () => {
    const remote = openRemote(connectionTo('http://127.0.0.1:1/x.git', {}));
    for (const oids of [[], ['HEAD']]) {
      await expect(fetchPack(remote, oids)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    }
    expect(() => openRemote(connectionTo('x', {}), { keepOpen: -1 })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', data: { keepOpen: -1 } }),
    );
  });
});

const capabilities = [pktLine('version 2\n'), pktLine('fetch=filter\n'), '0000'];
const oid = 'a'.repeat(40);

describe('a server that does not do as it should', () => {
  it.each<[string, readonly (Uint8Array | string)[], string]>([
    ['speaks version 0', [pktLine(`${oid} HEAD\0\n`), '0000'], 'REMOTE_ERROR'],
    [
      'sends no pack',
      [...capabilities, pktLine('acknowledgments\n'), pktLine('NAK\n'), '0000'],
      'MISSING_OBJECTS',
    ],
    ['sends something else', [...capabilities, pktLine('refs\n')], 'MALFORMED_PKT_LINE'],
    [
      'sends more than was asked for',
      [...capabilities, pktLine('packfile\n'), pktLine('\u0001PACK'), '0000', pktLine('x')],
      'MALFORMED_PKT_LINE',
    ],
  ])('%s', async (_, words, code) => {
    const server = await startFakeServer((session) => {
      // In one piece: what comes later is met by the next request.
      session.write(Buffer.concat(words.map((part) => Buffer.from(part))));
    });
    const remote = openRemote(connectionTo(`${server.url}/x.git`, {}));
    await expect(fetchPack(remote, [oid])).rejects.toMatchObject({ code });
    remote.close();
    await server.close();
  });

  it('ends each run before it answers: asked twice, and no more', async () => {
    let runs = 0;
    const server = await startFakeServer((session) => {
      runs += 1;
      session.write(...capabilities);
      session.exit(0);
    });
    const remote = openRemote(connectionTo(`${server.url}/x.git`, {}));
    await expect(fetchPack(remote, [oid])).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(runs).toBe(2);
    remote.close();
    await server.close();
  });

  it('has ended a run of which nothing was asked: that does not count as asked', async () => {
    let runs = 0;
    const server = await startFakeServer((session) => {
      runs += 1;
      session.write(...capabilities);
      // The first run answers and ends, the second one ends, the third one answers.
      if (runs !== 2) session.write(pktLine('packfile\n'), pktLine('\u0001PACK'), '0000');
      if (runs < 3) session.exit(0);
    });
    const remote = openRemote(connectionTo(`${server.url}/x.git`, {}));
    await fetchPack(remote, [oid]);
    // Until the client knows of the end.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await fetchPack(remote, [oid]);
    expect(runs).toBe(3);
    remote.close();
    await server.close();
  });
});
