/** Repositories of a foreign host, through a gateway: real nginx and `git http-backend` behind it. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect } from 'vitest';
import git from '../../../src/git/index.js';
import { startForeignHost } from '../../helpers/foreign-host.js';
import { git as run, gitStatus, makeRepository } from '../../helpers/git.js';
import { it, long } from '../../helpers/long.js';
import { nativeEnvironment } from '../../helpers/native.js';
import { startServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { freshIn, upstreamCases, type UpstreamWorld } from './upstream-contract.js';

let world: UpstreamWorld;

beforeAll(async () => {
  const base = await temporaryDirectory();
  const root = join(base, 'upstream');
  const { gitDir: repository, head } = await makeRepository(join(root, 'team/site.git'), {
    commits: 300,
    bigBlobs: { count: 2, bytes: 300_000 },
  });
  const there = (...args: readonly string[]) => run(args, { cwd: repository });
  await there('config', 'http.receivepack', 'true');
  await there('config', 'uploadpack.allowFilter', 'true');
  const host = await startForeignHost(root);
  await fs.promises.mkdir(join(base, 'local'));
  let sessions = 0;
  const gateway = await startServer({
    root: join(base, 'local'),
    allowPush: true,
    upstreams: [{ url: host.url, private: true }],
    onSession: () => (sessions += 1),
  });
  world = {
    ...{ base, repository, head, there, gateway: gateway.url },
    through: `ws${gateway.url.slice('http'.length)}/${host.name}/team/site.git`,
    urls: { 'its own': `${host.url}/team/site.git` },
    env: await nativeEnvironment(),
    sessions: () => sessions,
    requests: () => host.seen.filter(({ method }) => method === 'POST').length,
  };
});

upstreamCases(() => world, { '0': long, '1': long, '2': it });

describe('what smart HTTP has not', () => {
  it('is an archive', async () => {
    const { through, env } = world;
    const { code, stderr } = await gitStatus(['archive', `--remote=${through}`, 'HEAD'], { env });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/archives|upload-archive/);
  });
});

it('the http of others uses no gateway, which is said', async () => {
  const http = { request: () => Promise.reject(new Error('not asked')) };
  const { urls, gateway } = world;
  const [url = ''] = Object.values(urls);
  const clone = git.clone({ fs, http, dir: freshIn(world), url, gateway });
  await expect(clone).rejects.toMatchObject({ code: 'INVALID_OPTION' });
});
