/** What a server tells its embedder of upgrades that it refused. The refusals: bad-input.test.ts. */
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GitServerOptions, RefusalReport } from '../../server/index.js';
import { git } from '../helpers/git.js';
import { RawClient, type RawOptions } from '../helpers/raw-client.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { authEntry, basic, targetOf } from './security/attempts.js';

const secret = 'correct horse battery staple';
const read = targetOf('team/site.git', 'upload');
const ada = authEntry(basic('ada', secret));

let root: string;
let reports: RefusalReport[];

beforeAll(async () => {
  root = await temporaryDirectory();
  await git(['init', '-q', '--bare', join(root, 'team/site.git')]);
});

beforeEach(() => {
  reports = [];
});

function start(options: Partial<GitServerOptions> = {}): Promise<TestServer> {
  return startServer({
    root,
    allowPush: true,
    authenticate: ({ credentials }) =>
      credentials?.scheme === 'basic' && credentials.password === secret
        ? { name: credentials.username }
        : null,
    authorize: ({ user, access }) => user?.name === 'ada' && access === 'read',
    onRefusal: (report) => reports.push(report),
    ...options,
  });
}

/** What is told of one attempt. */
async function reportOf(server: TestServer, options: RawOptions): Promise<RefusalReport> {
  await new RawClient(server.url, options).closed;
  expect(reports).toHaveLength(1);
  const [report] = reports;
  if (report === undefined) throw new Error('nothing was told');
  return report;
}

describe('of an upgrade that is refused the embedder learns', () => {
  const known = { repository: 'team/site.git', service: 'git-upload-pack' } as const;

  it.each<[string, RawOptions, Partial<RefusalReport>]>([
    [
      'that there are no credentials',
      { target: read },
      { closeCode: 4401, status: 401, sentence: 'Credentials are needed.', user: null, ...known },
    ],
    [
      'that they are wrong, and not whose',
      { target: read, protocols: ['gitws.v1', authEntry(basic('ada', 'x'))] },
      { closeCode: 4401, user: null, ...known },
    ],
    [
      'who may not do this',
      { target: targetOf('team/site.git', 'receive'), protocols: ['gitws.v1', ada] },
      { closeCode: 4403, user: { name: 'ada' }, ...known, service: 'git-receive-pack' },
    ],
    [
      'who may not see this',
      { target: read, protocols: ['gitws.v1', authEntry(basic('eve', secret))] },
      { closeCode: 4404, user: { name: 'eve' }, ...known },
    ],
    [
      'who asked for what is not there',
      { target: targetOf('team/other', 'upload'), protocols: ['gitws.v1', ada] },
      { closeCode: 4404, user: { name: 'ada' }, ...known, repository: 'team/other' },
    ],
    [
      'that the path is no path',
      { target: '/team/../site.git/git-upload-pack' },
      {
        ...{ closeCode: 4400, sentence: 'The path has a dot segment.' },
        ...{ repository: undefined, service: undefined, user: null },
      },
    ],
    [
      'that there is no such service',
      { target: '/team/site.git/git-frobnicate' },
      { closeCode: 4404, repository: 'team/site.git', service: undefined },
    ],
    [
      'that the page is of another origin',
      { target: read, headers: { Origin: 'https://evil.example' } },
      { closeCode: 4403, user: null, ...known },
    ],
    [
      'that the path is too long, and nothing of it',
      { target: targetOf('x'.repeat(5_000), 'upload') },
      { closeCode: 4413, status: 413, repository: undefined, service: undefined },
    ],
    [
      'that a subprotocol is not known: there is no close code',
      { target: read, protocols: ['chat'] },
      { closeCode: undefined, status: 400, ...known },
    ],
    [
      'the same of a raw pipe, which is told in HTTP',
      { target: read, protocols: [] },
      { closeCode: 4401, status: 401, ...known },
    ],
  ])('%s', async (_what, options, expected) => {
    const server = await start();
    const report = await reportOf(server, options);
    expect(report).toMatchObject(expected);
    expect(report.remoteAddress).toBe('127.0.0.1');
    await server.close();
  });

  it('who was one too many', async () => {
    const server = await start({ limits: { maxSessionsPerUser: 0 } });
    const report = await reportOf(server, { target: read, protocols: ['gitws.v1', ada] });
    expect(report).toMatchObject({ closeCode: 4429, user: { name: 'ada' }, ...known });
    await server.close();
  });

  it('who found the server too busy', async () => {
    const server = await start({ limits: { maxChildren: 1, maxQueue: 0 } });
    const protocols = ['gitws.v1', ada];
    await new RawClient(server.url, { target: read, protocols }).advertisement();
    const report = await reportOf(server, { target: read, protocols });
    expect(report).toMatchObject({ closeCode: 4429, user: { name: 'ada' }, ...known });
    await server.close();
  });

  it('for whom git could not be started', async () => {
    const server = await start({
      authorize: () => true,
      protectedRefs: () => {
        throw new Error('no rules at present');
      },
      onError: () => undefined,
    });
    const target = targetOf('team/site.git', 'receive');
    const report = await reportOf(server, { target, protocols: ['gitws.v1', ada] });
    expect(report).toMatchObject({ closeCode: 4500, user: { name: 'ada' } });
    await server.close();
  });

  it('never a credential, a query or a header', async () => {
    const server = await start();
    const target = `${targetOf('team/other', 'upload')}?token=hunter2&git-protocol=version=2`;
    const headers = { Authorization: basic('bob', 'hunter3'), Cookie: 'session=hunter4' };
    const protocols = ['gitws.v1', 'gitws.window.65536', ada];
    const report = await reportOf(server, { target, headers, protocols });
    const text = JSON.stringify(report);
    for (const hidden of ['hunter', secret, ada, 'gitws.', 'version=']) {
      expect(text).not.toContain(hidden);
    }
    expect(Object.keys(report).sort()).toEqual(
      ['closeCode', 'remoteAddress', 'repository', 'sentence', 'service', 'status', 'user'].sort(),
    );
    await server.close();
  });
});

describe('an embedder that throws at what it is told', () => {
  it('disturbs neither the refusal nor the server', async () => {
    const errors: unknown[] = [];
    const server = await start({
      onRefusal: () => {
        throw new Error('the log is full');
      },
      onError: (error) => errors.push(error),
    });
    expect((await new RawClient(server.url, { target: read }).closed).code).toBe(4401);
    expect(errors).toMatchObject([{ message: 'the log is full' }]);
    const protocols = ['gitws.v1', ada];
    await new RawClient(server.url, { target: read, protocols }).advertisement();
    await server.close();
  });

  it('is not told of a client that is let in', async () => {
    const server = await start();
    const client = new RawClient(server.url, { target: read, protocols: ['gitws.v1', ada] });
    await client.advertisement();
    await server.close();
    expect(reports).toEqual([]);
  });
});
