/** Two credentials that never meet, and the ways in which a gateway would be an open proxy. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openPool } from '../../../server/backend/upstream/pool.js';
import { Upstreams } from '../../../server/backend/upstream/upstreams.js';
import git from '../../../src/git/index.js';
import { startForeignHost, type ForeignHost } from '../../helpers/foreign-host.js';
import { makeRepository } from '../../helpers/git.js';
import { RawClient } from '../../helpers/raw-client.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
const users = basic('ada', 'theirs');
const own = basic('gate', 'ours');

let base: string;
let elsewhere: ForeignHost;
let outside: ForeignHost;
let host: ForeignHost;
let gateway: TestServer;
let count = 0;
const fresh = (): string => join(base, `clone-${(count += 1)}`);

beforeAll(async () => {
  base = await temporaryDirectory();
  const root = join(base, 'upstream');
  await makeRepository(join(root, 'team/site.git'));
  elsewhere = await startForeignHost(root);
  outside = await startForeignHost(root);
  host = await startForeignHost(root, {
    admits: (authorization) => authorization === users,
    nginx: `
    location ~ ^/moved/(.*)$ { return 301 /team/$1$is_args$args; }
    location ~ ^/away/(.*)$ { return 302 ${elsewhere.url}/team/$1$is_args$args; }
    location ~ ^/out/(.*)$ { return 307 ${outside.url}/team/$1$is_args$args; }
    location ~ ^/round/ { return 302 $request_uri; }
    location /metadata/ { return 302 http://169.254.169.254/latest/info/refs?service=git-upload-pack; }
    location /secret/ { return 302 /hidden/site.git/info/refs?service=git-upload-pack; }
    location /page/ { default_type text/html; return 200 "<html></html>"; }
    location /down/ { return 502; }
    location /busy/ { default_type text/plain; return 429 "Come back tomorrow."; }
    location /shut/ { default_type text/plain; return 403 "The licence has ended."; }`,
  });
  await fs.promises.mkdir(join(base, 'local'));
  gateway = await startServer({
    root: join(base, 'local'),
    upstreams: [
      { url: host.url, private: true },
      { url: elsewhere.url, private: true },
      'http://127.0.0.1:1',
      { url: 'http://127.0.0.1:9', private: true },
    ],
    authenticate: ({ authorization }) => (authorization === own ? { name: 'gate' } : null),
    authorize: ({ user, repository }) => user !== null && !repository.includes('/hidden/'),
  });
});

const through = (): { url: string; authorization: string } => ({
  url: gateway.url,
  authorization: own,
});
const clone = (path: string, more: object = {}): Promise<unknown> =>
  git.clone({
    ...{ fs, dir: fresh(), url: `${host.url}/${path}`, gateway: through(), noCheckout: true },
    ...{ onAuth: () => ({ username: 'ada', password: 'theirs' }), ...more },
  });
/** How the server ends a session that is asked for like that. */
const refused = async (path: string, protocols: readonly string[] = []) => {
  const auth = `gitws.auth.${Buffer.from(own).toString('base64url')}`;
  const client = new RawClient(gateway.url, {
    target: `/${path}/git-upload-pack`,
    protocols: ['gitws.v1', auth, ...protocols],
  });
  return client.closed;
};
const theirs = `gitws.upstream-auth.${Buffer.from(users).toString('base64url')}`;

describe('the credentials of a user for an upstream', () => {
  it('are asked for by onAuth, reach that host, and those for the gateway do not', async () => {
    const asked: string[] = [];
    await clone('team/site.git', {
      onAuth: (url: string) => {
        asked.push(url);
        return { username: 'ada', password: 'theirs' };
      },
    });
    expect(asked).toEqual([`${host.url}/team/site.git`]);
    const seen = host.seen.map(({ headers }) => headers.authorization);
    expect(seen).toContain(users);
    expect(new Set(seen)).toEqual(new Set([undefined, users]));
  });

  it('are asked for again where they are wrong', async () => {
    const asked: string[] = [];
    const failing = clone('team/site.git', {
      onAuth: () => ({ username: 'ada', password: 'wrong' }),
      onAuthFailure: (url: string) => {
        asked.push(url);
        return { cancel: true };
      },
    });
    await expect(failing).rejects.toMatchObject({ code: 'UserCanceledError' });
    expect(asked).toHaveLength(1);
  });

  it('are told apart from those for the gateway, for which nobody is asked', async () => {
    let asked = false;
    const failing = clone('team/site.git', {
      gateway: gateway.url,
      onAuth: () => {
        asked = true;
      },
    });
    await expect(failing).rejects.toMatchObject({ data: { statusCode: 407 } });
    expect(asked).toBe(false);
  });

  it('go along with a redirect within the host', async () => {
    await clone('moved/site.git');
    expect(host.seen.at(-1)).toMatchObject({ target: '/team/site.git/git-upload-pack' });
    expect(host.seen.at(-1)?.headers.authorization).toBe(users);
  });

  it('do not go along with a redirect to another host', async () => {
    await clone('away/site.git', { headers: { Authorization: users } });
    expect(elsewhere.seen.length).toBeGreaterThan(0);
    expect(elsewhere.seen.map(({ headers }) => headers.authorization)).toEqual(
      elsewhere.seen.map(() => undefined),
    );
  });
});

describe('a gateway is no open proxy', () => {
  it.each([
    ['a host that was not named', () => `${outside.name}/team/site.git`, 4404],
    ['another spelling of the host', () => `localhost:${host.name.split(':')[1]}/site.git`, 4404],
    ['a host without its port', () => '127.0.0.1/team/site.git', 4404],
    ['a redirect to a host that was not named', () => `${host.name}/out/site.git`, 4403],
    ['a redirect to the metadata of a cloud', () => `${host.name}/metadata/x`, 4403],
    ['a redirect to what rules do not allow', () => `${host.name}/secret/site.git`, 4403],
    ['redirects without end', () => `${host.name}/round/site.git`, 4500],
    ['an address of this machine', () => '127.0.0.1:1/team/site.git', 4403],
    ['a page for people', () => `${host.name}/page/site.git`, 4500],
    ['a host without a repository', () => host.name, 4400],
    ['a path that is decoded twice', () => `${host.name}/team/%252e%252e/site.git`, 4400],
    ['a path with parameters', () => `${host.name}/team/..%3b/site.git`, 4400],
    ['a path with a query in it', () => `${host.name}/team/site.git%3fa=b`, 4400],
    ['a path that climbs', () => `${host.name}/team/%2e%2e/site.git`, 4400],
  ])('%s', async (_what, path, code) => {
    const before = outside.seen.length;
    expect(await refused(path(), [theirs])).toMatchObject({ code });
    expect(outside.seen).toHaveLength(before);
  });

  it('a name that resolves to another address by the time it is connected to', async () => {
    const [upstream] = new Upstreams([`http://git.example:${host.name.split(':')[1]}`]).all;
    if (upstream === undefined) throw new Error('There is no upstream.');
    const before = host.seen.length;
    const pool = openPool(upstream, {
      ...{ connectTime: 5_000, silence: 5_000 },
      lookup: (_hostname, _options, callback) => {
        callback(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    });
    await expect(pool.request({ method: 'GET', path: '/' })).rejects.toMatchObject({
      name: 'ForbiddenAddress',
    });
    await pool.destroy();
    expect(host.seen).toHaveLength(before);
  });

  it.each(['ftp://git.example', 'https://git.example/path', 'https://me:pw@git.example', 'git'])(
    'an upstream that is no host is refused: %s',
    (url) => {
      expect(() => new Upstreams([url])).toThrow(/upstreams: (?!.*pw)/);
    },
  );
});

describe('an upstream that does not do what it is asked', () => {
  it.each([
    ['is down', () => '127.0.0.1:9/team/site.git', 4503, 'could not be reached'],
    ['answers 502', () => `${host.name}/down/site.git`, 4503, 'status 502'],
    ['has had enough', () => `${host.name}/busy/site.git`, 4429, 'Come back tomorrow.'],
    ['says no, and why', () => `${host.name}/shut/site.git`, 4403, 'The licence has ended.'],
    ['has no such repository', () => `${host.name}/team/none.git`, 4404, 'no such repository'],
  ])('%s', async (_what, path, code, reason) => {
    const ending = await refused(path(), [theirs]);
    expect(ending.code).toBe(code);
    expect(ending.reason).toContain(reason);
  });

  it('wants credentials', async () => {
    expect(await refused(`${host.name}/team/site.git`)).toMatchObject({ code: 4424 });
  });
});
