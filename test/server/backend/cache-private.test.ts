/** What a gateway's cache must never have, or give to whom it is not for. */
import { statSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openChannel } from '../../../src/tunnel/client/channel.js';
import { CachedGateway, refsOf, site } from '../../helpers/cached-gateway.js';
import { expectSoundRepository, git } from '../../helpers/git.js';
import { eventually } from '../../helpers/processes.js';
import { startServer } from '../../helpers/server.js';

const users = `Basic ${Buffer.from('ada:theirs').toString('base64')}`;
let all: CachedGateway;
let isPrivate: boolean;

beforeEach(async () => {
  all = await CachedGateway.start();
  isPrivate = false;
  all.host.attend = ({ headers }, response) => {
    if (!isPrivate || headers.authorization === users) return false;
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    return true;
  };
});

/** As a user who shows the gateway credentials for the host. */
const signedIn = (): string[] => [
  '-c',
  `http.${all.gateway.url}/.extraHeader=Gitws-Upstream-Authorization: ${users}`,
];
async function cloneSignedIn(): Promise<string> {
  const dir = all.fresh();
  await git([...signedIn(), 'clone', '--mirror', all.url(), dir], { env: all.env });
  return dir;
}

it('a repository that is not for everybody is not kept, and is served to who may have it', async () => {
  isPrivate = true;
  expect((await all.cloneStatus()).code).toBe(128);
  const dir = await cloneSignedIn();
  expect(await refsOf(dir)).toBe(await refsOf(all.repository));
  expect((await all.cloneStatus()).code).toBe(128);
  await all.gateway.close();
  expect(await all.mirrors()).toEqual([]);
  expect(await all.making()).toEqual([]);
});

it('the operator’s credentials get nothing that is kept', async () => {
  const shown: unknown[] = [];
  all.host.attend = ({ headers, target }, response) => {
    if (target.startsWith(`/${site}`)) shown.push(headers.authorization);
    if (!isPrivate || headers.authorization === users) return false;
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    return true;
  };
  await all.gateway.close();
  await all.startGateway({ authorize: () => true, upstreamCredentials: () => users });
  await all.clone();
  await all.clone();
  expect(await all.uses(2)).toEqual(['fetched', 'unchanged']);
  expect(new Set(shown)).toEqual(new Set([undefined]));
  isPrivate = true;
  await all.clone();
  expect(await all.uses(1)).toEqual(['past']);
  expect(shown).toContain(users);
  await eventually(async () => (await all.mirrors()).length === 0);
});

it('who comes with credentials goes past the cache, and finds what they show there', async () => {
  await all.clone();
  all.host.asked();
  await cloneSignedIn();
  expect(all.host.asked()).toEqual(['info/refs', 'ls-refs', 'fetch']);
  expect(await all.uses(2)).toEqual(['fetched', 'past']);
});

it.each([401, 403, 404])(
  'a repository that is for others no more (%i) is dropped, and nobody gets it',
  async (status) => {
    await all.clone();
    expect((await all.mirrors()).length).toBe(1);
    all.host.attend = (_request, response) => {
      response.writeHead(status).end();
      return true;
    };
    const { code, stderr } = await all.cloneStatus();
    expect(code).toBe(128);
    expect(stderr).not.toContain(all.directory);
    await eventually(async () => (await all.mirrors()).length === 0);
  },
);

it('one that is read when it becomes private is removed when it is not read any more', async () => {
  await all.clone();
  const [mirror = ''] = await all.mirrors();
  // upload-pack waits for what is wanted.
  const reading = await openUploadPack();
  isPrivate = true;
  expect((await all.cloneStatus()).code).toBe(128);
  expect(await all.mirrors()).toEqual([mirror]);
  // Whatever becomes of this process, the next one does not take it for one of its own.
  await eventually(async () => !(await readdir(mirror)).includes('gitws-seen'));
  reading();
  await eventually(async () => (await all.mirrors()).length === 0);
});

it('pushes go past it', async () => {
  await git(['config', 'http.receivepack', 'true'], { cwd: all.repository });
  await all.gateway.close();
  await all.startGateway({ allowPush: true });
  const dir = await all.clone();
  await git(['push', all.url(), `${all.head}:refs/heads/pushed`], { cwd: dir, env: all.env });
  const again = await all.clone();
  expect(await git(['rev-parse', 'pushed'], { cwd: again })).toBe(all.head);
  await expectSoundRepository(again);
});

it('a mirror is not where it is looked for until it is whole', async () => {
  await all.gateway.close();
  await all.startGateway({ limits: { cacheWait: 60_000, startTime: 60_000 } });
  const reached = new Promise<void>((resolve) => {
    all.host.attend = ({ what }) => {
      if (what === 'fetch') resolve();
      return what === 'fetch';
    };
  });
  const waiting = all.cloneStatus();
  await reached;
  expect(await all.mirrors()).toEqual([]);
  expect((await all.making()).length).toBe(1);
  await all.gateway.close();
  expect((await waiting).code).toBe(128);
});

it('a mirror that was being changed when its process ended is made anew', async () => {
  await all.clone();
  const [mirror = ''] = await all.mirrors();
  await all.gateway.close();
  await writeFile(join(mirror, 'gitws-busy'), '');
  await all.startGateway();
  await all.clone();
  expect(await all.uses(2)).toEqual(['fetched', 'fetched']);
  expect(await all.mirrors()).not.toContain(mirror);
});

describe('a repository that has another name now', () => {
  beforeEach(() => {
    all.host.attend = ({ target }, response) => {
      if (!target.startsWith('/old/')) return false;
      const location = target.replace('/old/', '/team/');
      response.writeHead(301, { location }).end();
      return true;
    };
  });

  it('is kept once, under that', async () => {
    await all.clone([], 'old/site.git');
    await all.clone([], 'old/site.git');
    await all.clone();
    expect(await all.uses(3)).toEqual(['fetched', 'unchanged', 'unchanged']);
    expect((await all.mirrors()).length).toBe(1);
  });

  it('is not given to who may not have it by that', async () => {
    await all.clone();
    await all.gateway.close();
    await all.startGateway({ authorize: ({ repository }) => !repository.includes('/team/') });
    const { code } = await all.cloneStatus([], 'old/site.git');
    expect(code).toBe(128);
    // That is said of this client, and not of the repository.
    expect((await all.mirrors()).length).toBe(1);
  });
});

describe('the directory of a cache', () => {
  it('is of this user alone', () => {
    expect(statSync(all.directory).mode & 0o777).toBe(0o700);
  });

  it('becomes it where it was there before, for everybody', async () => {
    const directory = join(all.base, 'open');
    await mkdir(directory);
    await chmod(directory, 0o777);
    await all.gateway.close();
    await all.startGateway({ cache: { directory } });
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('is of one process', async () => {
    const other = startServer({
      root: join(all.base, 'local'),
      upstreams: [{ url: all.host.url, private: true }],
      cache: { directory: all.directory },
    }).then(({ server }) => server.ready());
    await expect(other).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining('is the cache of another process') as string,
    });
  });

  /** What is said of one that cannot be. */
  const started = (directory: string, upstreams = [all.host.url]): Promise<unknown> =>
    startServer({ root: join(all.base, 'local'), upstreams, cache: { directory } });

  it('is for upstreams', async () => {
    await expect(started(join(all.base, 'new'), [])).rejects.toMatchObject({
      message: expect.stringContaining('there are none') as string,
    });
  });

  it('has nothing else in it', async () => {
    await expect(started(join(all.base, 'upstream'))).rejects.toMatchObject({
      message: expect.stringContaining('has other things in it') as string,
    });
  });

  it.each(['local/cache', '.', 'local'])('is not where it would be served: %s', async (path) => {
    await expect(started(join(all.base, path))).rejects.toMatchObject({
      message: expect.stringContaining('must not lie in each other') as string,
    });
  });

  it('may be moved between two runs', async () => {
    await all.clone();
    await all.gateway.close();
    const moved = join(all.base, 'moved');
    await rename(all.directory, moved);
    await all.startGateway({ cache: { directory: moved } });
    all.host.asked();
    await all.clone();
    expect(all.host.asked()).toEqual(['info/refs', 'ls-refs']);
    expect((await all.uses(2)).at(-1)).toBe('unchanged');
  });
});

/** @returns what ends it. */
async function openUploadPack(): Promise<() => void> {
  const channel = await openChannel(`${all.gateway.url}/${all.host.name}/${site}`, {
    service: 'git-upload-pack',
  });
  const reader = channel.readable.getReader();
  await reader.read();
  return () => {
    channel.abort();
  };
}
