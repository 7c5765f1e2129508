/** Repositories of a host that runs Apache with `git http-backend`, through a gateway. */
import * as fs from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import git from '../../../src/git/index.js';
import { apacheUser, startApacheHost, type ApacheHost } from '../../helpers/apache-host.js';
import { git as run, makeRepository } from '../../helpers/git.js';
import { it, long } from '../../helpers/long.js';
import { nativeEnvironment } from '../../helpers/native.js';
import { startServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { freshIn, upstreamCases, type UpstreamWorld } from './upstream-contract.js';

let world: UpstreamWorld;
let host: ApacheHost;

beforeAll(async () => {
  const base = await temporaryDirectory();
  const root = join(base, 'upstream');
  const { gitDir: repository, head } = await makeRepository(join(root, 'team/site.git'), {
    commits: 300,
    bigBlobs: { count: 2, bytes: 300_000 },
  });
  const { gitDir } = await makeRepository(join(root, 'private/site.git'));
  for (const cwd of [repository, gitDir]) {
    await run(['config', 'http.receivepack', 'true'], { cwd });
    await run(['config', 'uploadpack.allowFilter', 'true'], { cwd });
  }
  host = await startApacheHost(root);
  await mkdir(join(base, 'local'));
  let sessions = 0;
  const gateway = await startServer({
    root: join(base, 'local'),
    allowPush: true,
    upstreams: [{ url: host.url, private: true }],
    onSession: () => (sessions += 1),
  });
  world = {
    ...{ base, repository, head, gateway: gateway.url },
    through: `ws${gateway.url.slice('http'.length)}/${host.name}/team/site.git`,
    urls: { 'its own': `${host.url}/team/site.git` },
    env: await nativeEnvironment(),
    there: async (...args) => {
      const said = await run(['-c', 'safe.directory=*', ...args], { cwd: repository });
      // What was written is its user's too.
      await host.own(repository);
      return said;
    },
    sessions: () => sessions,
  };
});

upstreamCases(() => world, { '0': long, '1': long, '2': it });

it('follows where a repository has moved', async () => {
  const { through, env, head } = world;
  const moved = through.replace('/team/', '/moved/');
  expect(await run(['ls-remote', moved, 'HEAD'], { env })).toContain(head);
});

describe('a private repository', () => {
  const clone = (more: object): Promise<unknown> =>
    git.clone({
      ...{ fs, dir: freshIn(world), url: `${host.url}/private/site.git`, gateway: world.gateway },
      ...more,
    });

  it('is asked for credentials by onAuth, and cloned with them', async () => {
    const asked: string[] = [];
    await clone({
      onAuth: (url: string) => {
        asked.push(url);
        return apacheUser;
      },
    });
    expect(asked).toEqual([`${host.url}/private/site.git`]);
  });

  it('is not cloned with wrong ones', async () => {
    let failures = 0;
    const failing = clone({
      onAuth: () => ({ ...apacheUser, password: 'wrong' }),
      onAuthFailure: () => {
        failures += 1;
        return { cancel: true };
      },
    });
    await expect(failing).rejects.toMatchObject({ code: 'UserCanceledError' });
    expect(failures).toBe(1);
  });

  it('is not cloned without any', async () => {
    await expect(clone({})).rejects.toMatchObject({ data: { statusCode: 401 } });
  });
});
