/** A cache whose upstream, disk or process fails: what is served is right, and nothing is left over. */
import { rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { beforeEach, describe, expect } from 'vitest';
import { it, long } from '../../helpers/long.js';
import { Mirror } from '../../../server/backend/cache/mirror.js';
import { openChannel } from '../../../src/tunnel/client/channel.js';
import { encodePktLine } from '../../../src/wire/pkt-line.js';
import { CachedGateway, refsOf, site } from '../../helpers/cached-gateway.js';
import { expectSoundRepository, git, makeRepository } from '../../helpers/git.js';
import { eventually } from '../../helpers/processes.js';
import { serveProcess, type ServeProcess } from '../../helpers/serve-process.js';

let all: CachedGateway;

beforeEach(async () => {
  all = await CachedGateway.start();
});

/** The gateway again, with other options. */
async function again(...options: Parameters<CachedGateway['startGateway']>): Promise<void> {
  await all.gateway.close();
  await all.startGateway(...options);
}

/** Has the gateway serve it, without asking for objects. */
const listRemote = (path = site): Promise<string> =>
  git(['ls-remote', all.url(path)], { env: all.env });

async function expectNothingLeft(): Promise<void> {
  await eventually(async () => (await all.making()).length === 0);
}

/** Lets nothing through that is for a pack. @returns resolves when somebody has asked for one. */
function holdFetches(): Promise<void> {
  return new Promise((resolve) => {
    all.host.attend = ({ what }) => {
      if (what !== 'fetch') return false;
      resolve();
      return true;
    };
  });
}

const letAllThrough = (): void => {
  all.host.attend = () => false;
};

describe('an upstream that does not answer', () => {
  const stale = { directory: '', stale: 3_600_000 };
  beforeEach(async () => {
    stale.directory = all.directory;
    await all.clone();
  });

  it('is told of, and nothing old is served', async () => {
    await all.host.close();
    const { code, stderr } = await all.cloneStatus();
    expect(code).toBe(128);
    expect(stderr).toContain(`${all.host.name} could not be reached`);
    expect((await all.mirrors()).length).toBe(1);
  });

  it('is stood in for where the operator wants that, and the client is told', async () => {
    await again({ cache: stale });
    await all.host.close();
    const { code, stderr } = await all.cloneStatus();
    expect(code).toBe(0);
    const minute = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\dZ`;
    expect(stderr).toMatch(
      new RegExp(`gitws: ${all.host.name} does not answer; what you get is from ${minute}\\.`),
    );
    expect((await all.uses(2)).at(-1)).toBe('stale');
  });

  long.each([502, 503, 429])('so it is where it answers %i', async (status) => {
    await again({ cache: stale });
    all.host.attend = (_request, response) => {
      response.writeHead(status).end();
      return true;
    };
    expect((await all.cloneStatus()).code).toBe(0);
  });

  it('so it is where it says nothing (cacheAnswerTime)', async () => {
    await again({ cache: stale, limits: { cacheAnswerTime: 200 } });
    all.host.attend = () => true;
    expect((await all.cloneStatus()).stderr).toContain('does not answer');
  });

  it('is not stood in for by what is too old', async () => {
    await again({ cache: { ...stale, stale: 1 } });
    await all.host.close();
    expect((await all.cloneStatus()).code).toBe(128);
  });

  it('is not stood in for where it says no', async () => {
    await again({ cache: stale });
    all.host.attend = (_request, response) => {
      response.writeHead(404).end();
      return true;
    };
    expect((await all.cloneStatus()).code).toBe(128);
  });
});

describe('a hostile upstream', () => {
  /** The answer to `fetch`: sections, and a pack of which this is the beginning. */
  function beginPack(response: ServerResponse): (bytes: Buffer) => Promise<void> {
    response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
    response.write(encodePktLine('packfile\n'));
    return (bytes) =>
      new Promise((resolve) => {
        const line = encodePktLine(Buffer.concat([Buffer.from([1]), bytes]));
        response.write(line, () => {
          resolve();
        });
      });
  }

  type Hostility = (response: ServerResponse) => Promise<void>;

  const hostilities: [string, Hostility][] = [
    [
      'an endless pack',
      async (response) => {
        const write = beginPack(response);
        await write(Buffer.from('PACK\0\0\0\u0002\0\u000f\u0042\u0040', 'latin1'));
        const blob = Buffer.alloc(60_000, 1);
        while (!response.destroyed) await write(blob);
      },
    ],
    [
      'bytes that are no pack',
      async (response) => {
        await beginPack(response)(Buffer.alloc(1_000, 7));
        response.end('0000');
      },
    ],
    [
      'a pack that lacks what was asked for',
      async (response) => {
        const empty = Buffer.from(
          '5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e',
          'hex',
        );
        await beginPack(response)(empty);
        response.end('0000');
      },
    ],
    [
      'an answer that is cut off',
      async (response) => {
        await beginPack(response)(Buffer.from('PACK'));
        response.destroy();
      },
    ],
    [
      'a page',
      (response) => {
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>');
        return Promise.resolve();
      },
    ],
  ];

  it.each(hostilities.slice(0, 2))('leaves nothing of a new repository: %s', leavesNothing);
  long.each(hostilities.slice(2))('leaves nothing of a new repository: %s', leavesNothing);

  async function leavesNothing(_what: string, answer: Hostility): Promise<void> {
    await again({ limits: { cacheRepositorySize: 1024 * 1024 } });
    await makeRepository(join(all.base, 'upstream/other.git'), { commits: 3 });
    all.host.attend = async ({ what, target }, response) => {
      if (what !== 'fetch' || !target.includes(site)) return false;
      await answer(response);
      return true;
    };
    expect(await listRemote()).toContain(all.head);
    await expectNothingLeft();
    expect(await all.mirrors()).toEqual([]);
    // It is not asked for it again and again.
    all.host.asked();
    await listRemote();
    expect(all.host.asked()).not.toContain('fetch');
    // Others have nothing of it.
    await all.clone([], 'other.git');
    expect((await all.uses(3)).at(-1)).toBe('fetched');
  }

  it.each(hostilities.slice(0, 2))('takes nothing from who has a repository: %s', takesNothing);
  long.each(hostilities.slice(2))('takes nothing from who has a repository: %s', takesNothing);

  async function takesNothing(_what: string, answer: Hostility): Promise<void> {
    await again({ limits: { cacheRepositorySize: 1024 * 1024, cacheRetryTime: 0 } });
    await all.clone();
    await all.commit('main');
    all.host.attend = async ({ what }, response) => {
      if (what !== 'fetch') return false;
      await answer(response);
      return true;
    };
    await listRemote();
    letAllThrough();
    const clone = await all.clone(['--mirror']);
    expect(await refsOf(clone)).toBe(await refsOf(all.repository));
    const [mirror = '', ...others] = await all.mirrors();
    expect(others).toEqual([]);
    await all.gateway.close();
    await expectSoundRepository(mirror);
  }

  it('says that there are refs which it has not', async () => {
    const lie = encodePktLine(`${'1'.repeat(40)} refs/heads/main\n`);
    all.host.attend = ({ what }, response) => {
      if (what !== 'ls-refs') return false;
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
      response.end(Buffer.concat([lie, Buffer.from('0000')]));
      return true;
    };
    expect(await listRemote()).toContain('1'.repeat(40));
    await expectNothingLeft();
    expect(await all.mirrors()).toEqual([]);
  });

  it('says other refs to the gateway than it has: what it has is served', async () => {
    let lies = true;
    all.host.attend = ({ what }, response) => {
      if (what !== 'ls-refs' || !lies) return false;
      lies = false;
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
      const line = encodePktLine(`${'1'.repeat(40)} refs/heads/main\n`);
      response.end(Buffer.concat([line, Buffer.from('0000')]));
      return true;
    };
    const clone = await all.clone(['--mirror']);
    expect(await refsOf(clone)).toBe(await refsOf(all.repository));
  });
});

it('a server that closes while it refreshes a mirror has it again', async () => {
  await all.clone();
  const [mirror = ''] = await all.mirrors();
  await all.commit('main');
  const reached = holdFetches();
  const waiting = expect(listRemote()).rejects.toThrow('shutting down');
  await reached;
  await all.gateway.close();
  await waiting;
  letAllThrough();
  expect(all.errors).toEqual([]);
  await all.startGateway();
  const clone = await all.clone(['--mirror']);
  expect(await refsOf(clone)).toBe(await refsOf(all.repository));
  expect(await all.mirrors()).toEqual([mirror]);
});

describe('a server that is killed', () => {
  const serve = (): Promise<ServeProcess> =>
    serveProcess(
      join(all.base, 'local'),
      ...['--upstream-private', all.host.url, '--cache', all.directory],
    );

  /** Asks for the repository, and does not wait. */
  function ask({ url }: ServeProcess): void {
    const opened = openChannel(`${url}/${all.host.name}/${site}`, { service: 'git-upload-pack' });
    opened.then(
      (channel) => {
        channel.abort();
      },
      () => undefined,
    );
  }

  async function cloneFrom({ url }: ServeProcess): Promise<void> {
    const dir = all.fresh();
    const there = `ws${url.slice('http'.length)}/${all.host.name}/${site}`;
    await git(['clone', '--mirror', there, dir], { env: all.env });
    expect(await refsOf(dir)).toBe(await refsOf(all.repository));
  }

  beforeEach(() => all.gateway.close());

  it('while it makes a mirror leaves nothing to the next one', async () => {
    const reached = holdFetches();
    const first = await serve();
    ask(first);
    await reached;
    expect((await all.making()).length).toBe(1);
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    letAllThrough();
    const second = await serve();
    expect(await all.mirrors()).toEqual([]);
    await cloneFrom(second);
    await second.end();
    const [mirror = ''] = await all.mirrors();
    await expectSoundRepository(mirror);
    expect(await all.making()).toEqual([]);
  });

  it('while it refreshes one has it made anew', async () => {
    const first = await serve();
    await cloneFrom(first);
    const [before = ''] = await all.mirrors();
    await all.commit('main');
    const reached = holdFetches();
    ask(first);
    await reached;
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    letAllThrough();
    const second = await serve();
    await cloneFrom(second);
    await second.end();
    const [mirror = '', ...others] = await all.mirrors();
    expect(others).toEqual([]);
    expect(mirror).not.toBe(before);
    await expectSoundRepository(mirror);
  });

  it('at rest has all of it used again', async () => {
    const first = await serve();
    await cloneFrom(first);
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    // Repacking may have been under way: then it is made anew.
    const second = await serve();
    await cloneFrom(second);
    expect(await second.end()).toBe(0);
  });

  it('is not started where another one has the directory', async () => {
    await serve();
    await expect(serve()).rejects.toThrow(/is the cache of another process/);
  });
});

it('what a git has left that was killed goes at the next refresh', async () => {
  await all.clone();
  const [mirror = ''] = await all.mirrors();
  await writeFile(join(mirror, 'objects/pack/tmp_pack_1a2b3c'), 'half of it');
  await all.commit('main');
  await all.clone();
  await all.gateway.close();
  await expectSoundRepository(mirror);
});

describe('a mirror that is broken', () => {
  it('is made anew, and the client notices nothing', async () => {
    await again({ limits: { cacheRetryTime: 0 } });
    await all.clone();
    const [mirror = ''] = await all.mirrors();
    await again();
    await writeFile(join(mirror, 'packed-refs'), 'nonsense\n');
    await rm(join(mirror, 'refs'), { recursive: true });
    await all.clone();
    await all.clone();
    expect(await refsOf(await all.clone(['--mirror']))).toBe(await refsOf(all.repository));
    const [now = '', ...others] = await all.mirrors();
    expect(others).toEqual([]);
    expect(now).not.toBe(mirror);
    expect(all.errors).not.toEqual([]);
  });
});

describe('there is no more than', () => {
  const other = 'team/other.git';
  beforeEach(async () => {
    await makeRepository(join(all.base, 'upstream', other), {
      ...{ commits: 30, seed: 2 },
      bigBlobs: { count: 1, bytes: 100_000 },
    });
  });

  it('the size of the cache: what was used longest ago goes first', async () => {
    await makeRepository(join(all.base, 'upstream/third.git'), { commits: 30, seed: 3 });
    await all.clone();
    await all.clone([], other);
    const [first = '', second = ''] = await all.mirrors();
    const sizes = await Promise.all([first, second].map(diskUse));
    const size = sizes.reduce((sum, one) => sum + one, 0) + 1024;
    await again({ cache: { directory: all.directory, size } });
    await all.clone([], other);
    await all.clone();
    await all.clone([], 'third.git');
    await all.gateway.close();
    await all.startGateway();
    all.reports.splice(0);
    await all.clone();
    await all.clone([], other);
    expect(await all.uses(2)).toEqual(['unchanged', 'fetched']);
  });

  it('maxMirrors, and never without one that is read', async () => {
    await again({ limits: { maxMirrors: 1 } });
    await all.clone();
    await all.clone([], other);
    await eventually(async () => (await all.mirrors()).length === 1);
    const channel = await openChannel(`${all.gateway.url}/${all.host.name}/${other}`, {
      service: 'git-upload-pack',
    });
    await channel.readable.getReader().read();
    const [read = ''] = await all.mirrors();
    await all.clone();
    expect(await all.mirrors()).toContain(read);
    channel.abort();
  });

  it('cacheRepositorySize: a larger one goes past the cache', async () => {
    await again({ limits: { cacheRepositorySize: 50_000 } });
    await all.clone();
    await expectNothingLeft();
    expect(await all.mirrors()).toEqual([]);
    expect(await all.uses(1)).toEqual(['past']);
    expect(all.errors).toEqual([]);
  });

  it('cacheRepositorySize: what does not end is cut off where it is too large', async () => {
    await again({ limits: { cacheRepositorySize: 50_000 } });
    let isCutOff!: () => void;
    const cutOff = new Promise<void>((resolve) => (isCutOff = resolve));
    all.host.attend = ({ what }, response) => {
      if (what !== 'fetch') return false;
      response.once('close', isCutOff);
      response.writeHead(200, { 'content-type': 'application/x-git-upload-pack-result' });
      response.write(encodePktLine('packfile\n'));
      response.write(encodePktLine(Buffer.concat([Buffer.from([1]), startOfPack(60_000)])));
      return true;
    };
    await listRemote();
    await cutOff;
    await expectNothingLeft();
    expect(await all.mirrors()).toEqual([]);
  });

  it('maxCacheFetches: one more goes past the cache', async () => {
    await again({ limits: { maxCacheFetches: 1, cacheWait: 60_000, startTime: 60_000 } });
    const reached = holdFetches();
    const waiting = expect(listRemote()).rejects.toThrow('shutting down');
    await reached;
    letAllThrough();
    await all.clone([], other);
    expect(await all.uses(1)).toEqual(['past']);
    await all.gateway.close();
    await waiting;
    await expectNothingLeft();
  });

  it('cacheFetchTime: it is given up then', async () => {
    await again({ limits: { cacheFetchTime: 300 } });
    // Whether it comes so far or not.
    void holdFetches();
    expect(await listRemote()).toContain(all.head);
    await expectNothingLeft();
    expect(await all.mirrors()).toEqual([]);
  });

  it('cacheWait: the client goes past the cache then, and the fetch goes on', async () => {
    await again({ limits: { cacheWait: 0 } });
    await all.clone();
    await eventually(async () => (await all.mirrors()).length === 1);
    await all.clone();
    expect(await all.uses(2)).toEqual(['past', 'unchanged']);
  });

  it('cacheRetryTime without another try', async () => {
    await again({ limits: { cacheRetryTime: 0 } });
    all.host.attend = ({ what }, response) => {
      if (what !== 'fetch') return false;
      response.writeHead(500).end();
      return true;
    };
    await listRemote();
    letAllThrough();
    await all.clone();
    expect(await all.uses(2)).toEqual(['past', 'fetched']);
  });

  it('cacheUpkeepTime: git is ended then, and what was there is served', async () => {
    await again({ maintenance: true, limits: { cacheUpkeepTime: 1 } });
    await all.clone();
    await eventually(() => all.errors.length > 0);
    expect(String(all.errors[0])).toContain('SIGTERM');
    await all.clone();
    expect(await all.uses(2)).toEqual(['fetched', 'unchanged']);
  });
});

/** @returns the header of a pack and so much of its first object, a blob of 1 MiB, as git has it. */
function startOfPack(bytes: number): Buffer {
  // Size and type of the object (gitformat-pack(5)), then zlib's header, and a block that is stored.
  const head = '5041434b0000000200000001' + 'b0808004' + '7801' + '00ffff0000';
  return Buffer.concat([Buffer.from(head, 'hex'), Buffer.alloc(bytes, 7)]);
}

async function diskUse(directory: string): Promise<number> {
  const mirror = new Mirror(directory, '');
  await mirror.measure();
  return mirror.size;
}
