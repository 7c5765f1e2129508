import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AuthenticateAttempt, Authorize, GitServerOptions } from '../../server/index.js';
import { parseCredentials } from '../../server/admission/access.js';
import { git } from '../helpers/git.js';
import { RawClient } from '../helpers/raw-client.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

const basic = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
const entry = (authorization: string): string =>
  `gitws.auth.${Buffer.from(authorization).toString('base64url')}`;

let root: string;

beforeAll(async () => {
  root = await temporaryDirectory();
  for (const name of ['public', 'private', 'secret']) {
    await git(['init', '-q', '--bare', join(root, `${name}.git`)]);
  }
});

/** public: all read, ann writes. private: ann reads. secret: nobody reads. */
const authorize: Authorize = ({ user, repository, access }) => {
  const name = repository.replace(/\.git$/, '');
  if (name === 'secret') return false;
  if (name === 'private') return user?.name === 'ann' && access === 'read';
  return access === 'read' || user?.name === 'ann';
};

const options = (): GitServerOptions => ({
  root,
  allowPush: true,
  authenticate: ({ credentials }) => {
    if (credentials?.scheme === 'bearer') return credentials.token === 't' ? { name: 'ann' } : null;
    if (credentials?.scheme !== 'basic' || credentials.password !== 'geheim') return null;
    return { name: credentials.username };
  },
  authorize,
});

/** The close code and reason; or `open` where a session begins. */
async function attempt(
  server: TestServer,
  target: string,
  authorization?: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const protocols = ['gitws.v1', ...(authorization === undefined ? [] : [entry(authorization)])];
  const client = new RawClient(server.url, { target, protocols, headers });
  await Promise.race([client.closed, client.text('open').catch(() => undefined)]);
  if (client.texts.length > 0) {
    client.socket.close(1000);
    await client.closed;
    return 'open';
  }
  const { code, reason } = await client.closed;
  return `${code} ${reason}`;
}

describe('access', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(options());
  });
  const ann = basic('ann', 'geheim');
  const bob = basic('bob', 'geheim');
  const wrong = basic('ann', 'falsch');
  const needed = '4401 Credentials are needed.';
  const notEnough = '4401 The credentials are wrong or not enough.';
  const missing = '4404 There is no such repository.';

  it.each([
    ['anybody reads what is public', 'public', 'upload', undefined, 'open'],
    ['with wrong credentials too: a browser adds cached ones', 'public', 'upload', wrong, 'open'],
    ['nobody unknown writes it', 'public', 'receive', undefined, needed],
    ['nobody with wrong credentials writes it', 'public', 'receive', wrong, notEnough],
    ['who may write, writes', 'public', 'receive', ann, 'open'],
    ['who may read but not write, is told so', 'public', 'receive', bob, 'forbidden'],
    ['nobody unknown reads what is private', 'private', 'upload', undefined, needed],
    ['nobody with wrong credentials reads it', 'private', 'upload', wrong, notEnough],
    ['who may, reads it', 'private', 'upload', ann, 'open'],
    ['who may only read it, is told so', 'private', 'receive', ann, 'forbidden'],
    ['who may not read it, does not learn that it is there', 'private', 'upload', bob, missing],
    ['nor by writing', 'private', 'receive', bob, missing],
    ['an unknown repository is like a private one', 'secret', 'upload', undefined, needed],
    ['whether it exists or not', 'secret', 'upload', bob, missing],
    ['a public name without a repository', 'nothing', 'upload', undefined, missing],
    ['for everybody', 'nothing', 'upload', bob, missing],
    ['not to be written by the unknown', 'nothing', 'receive', undefined, needed],
  ])('%s', async (_sentence, name, service, authorization, expected) => {
    const answer = await attempt(server, `/${name}.git/git-${service}-pack`, authorization);
    expect(answer).toBe(
      expected === 'forbidden' ? '4403 You may not push to this repository.' : expected,
    );
  });

  it('takes an Authorization header from clients that can set one', async () => {
    const headers = { Authorization: 'Bearer t' };
    expect(await attempt(server, '/private/git-upload-pack', undefined, headers)).toBe('open');
  });

  it('prefers the entry to the header, which a browser may have added unasked', async () => {
    const target = '/private/git-upload-pack';
    expect(await attempt(server, target, ann, { Authorization: wrong })).toBe('open');
    expect(await attempt(server, target, wrong, { Authorization: ann })).toBe(notEnough);
  });
});

describe('without allowPush', () => {
  it('pushing is refused with 4403 before anybody is asked who they are', async () => {
    let asked = 0;
    const server = await startServer({
      ...options(),
      allowPush: false,
      authenticate: () => {
        asked += 1;
        return { name: 'ann' };
      },
    });
    expect(await attempt(server, '/public/git-receive-pack')).toBe(
      '4403 This server does not allow pushing.',
    );
    expect(asked).toBe(0);
  });
});

describe('by default', () => {
  it('everybody reads', async () => {
    const server = await startServer({ root });
    expect(await attempt(server, '/secret/git-upload-pack')).toBe('open');
    expect(await attempt(server, '/secret/git-receive-pack')).toMatch(/^4403/);
  });

  it('everybody pushes where that is allowed', async () => {
    const server = await startServer({ root, allowPush: true });
    expect(await attempt(server, '/secret/git-receive-pack')).toBe('open');
  });
});

describe('authenticate', () => {
  it('is told what it needs to know', async () => {
    const attempts: AuthenticateAttempt[] = [];
    const server = await startServer({
      root,
      authenticate: (one) => {
        attempts.push(one);
        return null;
      },
    });
    const authorization = basic('zoë', 'a:b');
    await attempt(server, '/gr%C3%B6%C3%9Fe/x.git/git-upload-pack', authorization);
    expect(attempts).toHaveLength(1);
    expect(attempts[0]).toMatchObject({
      authorization,
      credentials: { scheme: 'basic', username: 'zoë', password: 'a:b' },
      remoteAddress: '127.0.0.1',
      repository: 'größe/x.git',
      service: 'git-upload-pack',
    });
  });

  it('that throws ends in 4500, a sentence that says nothing of it, and a report', async () => {
    const errors: unknown[] = [];
    const fault = new Error('password of the database: hunter2');
    const server = await startServer({
      root,
      authenticate: () => Promise.reject(fault),
      onError: (error) => errors.push(error),
    });
    expect(await attempt(server, '/public/git-upload-pack')).toBe(
      '4500 The server could not check the credentials.',
    );
    expect(errors).toEqual([fault]);
  });

  it('that hangs ends in 4503 after its time, and frees its place', async () => {
    const errors: unknown[] = [];
    let hang = true;
    const server = await startServer({
      root,
      authenticate: () => (hang ? new Promise(() => undefined) : null),
      limits: { accessTime: 50, maxSessions: 1 },
      onError: (error) => errors.push(error),
    });
    expect(await attempt(server, '/public/git-upload-pack')).toMatch(/^4503/);
    expect(String(errors[0])).toContain('50 ms');
    hang = false;
    expect(await attempt(server, '/public/git-upload-pack')).toBe('open');
  });

  it('counts for the capacity while it works', async () => {
    const asked: (() => void)[] = [];
    const server = await startServer({
      root,
      authenticate: () =>
        new Promise((resolve) => {
          asked.push(() => {
            resolve(null);
          });
        }),
      limits: { maxSessions: 1 },
    });
    const first = attempt(server, '/public/git-upload-pack');
    const second = attempt(server, '/public/git-upload-pack');
    // One of the two is let in, whichever came first.
    expect(await Promise.race([first, second])).toBe(
      '4503 The server has too much to do. Try again later.',
    );
    asked[0]?.();
    expect((await Promise.all([first, second])).sort()).toContain('open');
  });
});

describe('an Authorization value', () => {
  it.each([
    [undefined, undefined],
    ['Basic dXNlcjpwYXNz', { scheme: 'basic', username: 'user', password: 'pass' }],
    ['basic  dXNlcjpwYXNz ', { scheme: 'basic', username: 'user', password: 'pass' }],
    ['Basic dXNlcjo=', { scheme: 'basic', username: 'user', password: '' }],
    ['Basic dXNlcg==', { scheme: 'other' }],
    ['Basic !!!', { scheme: 'other' }],
    ['Basic //4=', { scheme: 'other' }],
    ['Basic', { scheme: 'other' }],
    ['Bearer a.b-c', { scheme: 'bearer', token: 'a.b-c' }],
    ['Negotiate abc', { scheme: 'other' }],
  ])('is read: %s', (authorization, expected) => {
    expect(parseCredentials(authorization)).toEqual(expected);
  });
});
