/** The operator's own credentials for upstreams: for whom, for what, and where they never go. */
import * as fs from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAccess } from '../../../bin/access.js';
import { createLog } from '../../../bin/log.js';
import type { Settings } from '../../../bin/settings/table.js';
import { createGitServer, openUpstreamCredentials } from '../../../server/index.js';
import git from '../../../src/git/index.js';
import { startForeignHost, type ForeignHost } from '../../helpers/foreign-host.js';
import { git as run, makeRepository } from '../../helpers/git.js';
import { RawClient } from '../../helpers/raw-client.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';

const basic = (name: string, password: string): string =>
  `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
const secret = 'the-secret-of-the-operator';
const ours = basic('gateway', secret);
const theirs = basic('ada', 'theirs');
const author = { name: 'Test Author', email: 'author@example.com' };

let base: string;
let elsewhere: ForeignHost;
let host: ForeignHost;
let gateway: TestServer;
let path: string;
let told: string;
let count = 0;
const fresh = (): string => join(base, `clone-${(count += 1)}`);
const at = 'repositories';

beforeAll(async () => {
  base = await temporaryDirectory();
  const root = join(base, 'upstream');
  for (const name of ['team/site', 'team/pushed', 'other/site']) {
    const { gitDir } = await makeRepository(join(root, `${name}.git`));
    await run(['config', 'http.receivepack', 'true'], { cwd: gitDir });
  }
  elsewhere = await startForeignHost(root);
  host = await startForeignHost(root, {
    admits: (authorization) => authorization === ours || authorization === theirs,
    nginx: `
    location ~ ^/team/moved/(.*)$ { return 301 /team/$1$is_args$args; }
    location ~ ^/team/elsewhere/(.*)$ { return 301 /other/$1$is_args$args; }
    location ~ ^/team/away/(.*)$ { return 302 ${elsewhere.url}/team/$1$is_args$args; }
    location /team/echo/ { default_type text/plain; return 403 "no: $http_authorization"; }`,
  });
  await mkdir(join(base, 'local'));
  path = join(base, 'upstream-credentials.json');
  const pair = { upstream: host.url, username: 'gateway', password: secret };
  await write(path, [
    { ...pair, [at]: ['team/pushed'], allow: ['read', 'write'] },
    { ...pair, [at]: ['team/**'] },
    { upstream: host.url, [at]: ['wrong/*'], authorization: `Bearer ${secret}-old` },
    { upstream: elsewhere.url, [at]: ['own/*'], authorization: `Bearer ${secret}` },
  ]);
  const { credentials } = await openUpstreamCredentials({
    file: path,
    upstreams: [host.url, elsewhere.url],
  });
  const log = createLog('json', 'debug', { write: (line: string) => (told += line) });
  const note = (what: unknown): void => {
    told += inspect(what, { depth: 10 });
  };
  gateway = await startServer({
    root: join(base, 'local'),
    allowPush: true,
    upstreams: [host.url, elsewhere.url].map((url) => ({ url, private: true })),
    authorize: ({ repository }) => !repository.includes('/hidden'),
    upstreamCredentials: credentials,
    onSession: (report) => {
      note(report);
      log.session(report);
    },
    onRefusal: (report) => {
      note(report);
      log.refusal(report);
    },
    onError: (error) => {
      note(error);
      log.failure(error);
    },
  });
});

beforeEach(() => {
  told = '';
  host.seen.length = 0;
  elsewhere.seen.length = 0;
});

async function write(file: string, credentials: readonly object[]): Promise<void> {
  await writeFile(file, JSON.stringify({ version: 1, credentials }), { mode: 0o600 });
}

const clone = (name: string, more: object = {}): Promise<unknown> =>
  git.clone({
    ...{ fs, dir: fresh(), url: `${host.url}/${name}`, gateway: gateway.url, noCheckout: true },
    ...more,
  });
const refused = async (name: string, of = host, protocols: readonly string[] = []) => {
  const client = new RawClient(gateway.url, {
    target: `/${of.name}/${name}/git-upload-pack`,
    protocols: ['gitws.v1', ...protocols],
  });
  return client.closed;
};
const shown = ({ seen }: ForeignHost): unknown[] => [
  ...new Set(seen.map(({ headers }) => headers.authorization)),
];

describe('the operator’s credentials for an upstream', () => {
  it('are for whoever may and gives none, in every request of it', async () => {
    await clone('team/site.git');
    expect(shown(host)).toEqual([ours]);
  });

  it('are not for whoever gives some, right or wrong', async () => {
    await clone('team/site.git', { headers: { Authorization: theirs } });
    expect(shown(host)).toEqual([theirs]);
    const wrong = `gitws.upstream-auth.${Buffer.from(basic('ada', 'x')).toString('base64url')}`;
    expect(await refused('team/site.git', host, [wrong])).toMatchObject({ code: 4424 });
    expect(shown(host)).toEqual([theirs, basic('ada', 'x')]);
  });

  it('are not for whom the rules do not let', async () => {
    expect(await refused('team/hidden.git')).toMatchObject({ code: 4401 });
    expect(host.seen).toEqual([]);
  });

  it('are for the repositories that their entry speaks of alone', async () => {
    expect(await refused('other/site.git')).toMatchObject({ code: 4424 });
    expect(await refused('team/none.git', elsewhere)).toMatchObject({ code: 4404 });
    expect([...shown(host), ...shown(elsewhere)]).toEqual([undefined, undefined]);
  });

  it('are for reading, where their entry does not say more', async () => {
    const dir = fresh();
    await clone('team/site.git', { dir });
    host.seen.length = 0;
    await git.commit({ fs, dir, message: 'own', author });
    let asked = 0;
    const push = git.push({
      ...{ fs, dir, gateway: gateway.url },
      onAuth: () => {
        asked += 1;
        return { cancel: true };
      },
    });
    await expect(push).rejects.toMatchObject({ code: 'UserCanceledError' });
    expect(asked).toBe(1);
    expect(shown(host)).toEqual([undefined]);
  });

  it('are for pushing, where it does', async () => {
    const dir = fresh();
    await clone('team/pushed.git', { dir });
    const oid = await git.commit({ fs, dir, message: 'own', author });
    await git.push({ fs, dir, gateway: gateway.url });
    const remote = join(base, 'upstream/team/pushed.git');
    expect(await run(['rev-parse', 'refs/heads/main'], { cwd: remote })).toBe(oid);
    expect(shown(host)).toEqual([ours]);
  });

  it('are nothing that a user is asked for where the host does not take them', async () => {
    let asked = 0;
    const failing = clone('wrong/site.git', { onAuth: () => (asked += 1) });
    await expect(failing).rejects.toMatchObject({ data: { statusCode: 500 } });
    expect(asked).toBe(0);
    expect(await refused('wrong/site.git')).toMatchObject({
      code: 4500,
      reason: `${host.name} does not take the credentials of this server.`,
    });
  });

  it('go along with a redirect to what they are for as well', async () => {
    await clone('team/moved/site.git');
    expect(shown(host)).toEqual([ours]);
    expect(host.seen.at(-1)).toMatchObject({ target: '/team/site.git/git-upload-pack' });
  });

  it('do not go along with a redirect to another repository', async () => {
    expect(await refused('team/elsewhere/site.git')).toMatchObject({ code: 4424 });
    expect(shown(host)).toEqual([undefined]);
    expect(host.seen.at(-1)?.target).toMatch(/^\/other\/site\.git/);
  });

  it('do not go along with a redirect to another host, nor does that get its own', async () => {
    await clone('team/away/site.git');
    expect(elsewhere.seen.length).toBeGreaterThan(0);
    expect(shown(elsewhere)).toEqual([undefined]);
  });

  it('are in nothing that is logged or told, even where the host says them', async () => {
    await clone('team/site.git');
    const echo = await refused('team/echo/site.git');
    expect(echo).toMatchObject({ code: 4403, reason: `${host.name} does not allow this.` });
    await refused('wrong/site.git');
    await refused('team/none.git');
    expect(told).toContain('does not take the credentials');
    for (const one of [secret, ours, ours.slice('Basic '.length)]) expect(told).not.toContain(one);
  });

  it('need rules: without authorize there is no server', () => {
    const options = { root: base, upstreams: [host.url], upstreamCredentials: () => ours };
    expect(() => createGitServer(options)).toThrow(/upstreamCredentials: .*authorize/);
  });
});

it('are not served by gitws serve without a rules file', async () => {
  const log = createLog('json', 'info', { write: () => undefined });
  const settings = {
    upstreams: [host.url, elsewhere.url],
    upstreamCredentials: path,
  } as unknown as Settings;
  await expect(createAccess(settings, log)).rejects.toThrow(/need a rules file/);
  const rules = join(base, 'rules.json');
  await writeFile(rules, JSON.stringify({ version: 1, rules: [] }));
  const access = await createAccess({ ...settings, rules }, log);
  expect(access.options.upstreamCredentials).toBeDefined();
  expect(await access.reload()).toBe(true);
});

describe('the file of the operator’s credentials', () => {
  const upstreams = ['https://git.example', 'http://127.0.0.1:3000'];
  const one = { upstream: 'https://git.example', [at]: ['**'], authorization: `Bearer ${secret}` };
  const open = (file: string) => openUpstreamCredentials({ file, upstreams });
  const fileOf = async (content: string): Promise<string> => {
    const file = join(await temporaryDirectory(), 'credentials.json');
    await writeFile(file, content, { mode: 0o640 });
    return file;
  };
  const question = { upstream: 'https://git.example', repository: 'a/b.git', user: null } as const;

  it.each([
    ['no JSON', `{"password": "${secret}`, 'it is not JSON.'],
    ['another version', JSON.stringify({ version: 2, credentials: [] }), 'version: must be 1'],
    ['an unknown field', entries({ ...one, secretFile: 'x' }), 'there is no field "secretFile"'],
    [
      'an upstream that is none',
      entries({ ...one, upstream: 'https://git.exampel' }),
      'credentials[0].upstream: this server has no such upstream',
    ],
    ['the other scheme', entries({ ...one, upstream: 'http://git.example' }), 'no such upstream'],
    [
      'a glob that is none',
      entries({ ...one, [at]: ['a/**b'] }),
      'credentials[0].repositories[0]: the glob has **',
    ],
    ['no repositories', entries({ ...one, [at]: [] }), 'must name at least one'],
    [
      'an access that there is not',
      entries({ ...one, allow: ['archive'] }),
      'must be read or write',
    ],
    [
      'two ways at once',
      entries({ ...one, username: 'a', password: secret }),
      'either username and password, or authorization',
    ],
    [
      'a name alone',
      entries({ ...one, authorization: undefined, username: 'a' }),
      'either username',
    ],
    ['neither', entries({ ...one, authorization: undefined }), 'either username'],
    [
      'a name with a colon',
      entries({ ...one, authorization: undefined, username: 'a:b', password: secret }),
      'must not have a colon',
    ],
    [
      'a line end in a secret',
      entries({ ...one, authorization: `Bearer ${secret}\r\nX: y` }),
      'has a control character',
    ],
    [
      'what is no header',
      entries({ ...one, authorization: `Bearer ${secret}é` }),
      'no header may have',
    ],
  ])('is refused with %s, and no secret is quoted', async (_what, content, why) => {
    const opening = open(await fileOf(content));
    await expect(opening).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    const message = await opening.catch((error: unknown) => (error as Error).message);
    expect(message).toContain(why);
    expect(message).not.toContain(secret);
  });

  it.each([0o604, 0o602, 0o644])('is refused where everybody may use it: mode %o', async (mode) => {
    const file = await fileOf(entries(one));
    await chmod(file, mode);
    await expect(open(file)).rejects.toThrow(/it has secrets in it/);
  });

  it('is read again when it changed, and what cannot be used changes nothing', async () => {
    const file = await fileOf(entries(one));
    const opened = await open(file);
    const { credentials } = opened;
    expect(await credentials({ ...question, access: 'read' })).toBe(`Bearer ${secret}`);
    expect(await credentials({ ...question, access: 'write' })).toBeUndefined();
    await writeFile(file, entries({ ...one, allow: ['write'], authorization: 'Bearer new' }));
    expect(await credentials({ ...question, access: 'write' })).toBe('Bearer new');
    expect(await credentials({ ...question, access: 'read' })).toBeUndefined();
    await writeFile(file, 'nothing');
    expect(await opened.reload()).toBe(false);
    expect(await credentials({ ...question, access: 'write' })).toBe('Bearer new');
  });

  it('has the entries for one upstream and not for its other scheme or port', async () => {
    const { credentials } = await open(await fileOf(entries(one)));
    for (const upstream of ['http://git.example', 'https://git.example:8443']) {
      expect(await credentials({ ...question, upstream, access: 'read' })).toBeUndefined();
    }
  });
});

function entries(...credentials: readonly object[]): string {
  return JSON.stringify({ version: 1, credentials });
}
