/**
 * Attacks on sessions that wait for their clients: taking over somebody else's, going on with
 * rights that were taken away, and learning the secret by which one goes on.
 */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../../bin/log.js';
import type { SessionReport } from '../../../server/index.js';
import { makeRepository } from '../../helpers/git.js';
import { eventually, noProcessIn } from '../../helpers/processes.js';
import { RawClient } from '../../helpers/raw-client.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { answerOf, authEntry, openSession, targetOf } from './attempts.js';

const gone = '4410 This session is gone.';
let root: string;
let server: TestServer;
let reports: SessionReport[];
let refusals: number;
/** Everything that was logged, in both formats. */
let written: string;
/** Who may read what, and write: `ada site.git read`. */
let rights: Set<string>;

beforeEach(async () => {
  root = await temporaryDirectory();
  for (const name of ['site.git', 'other.git']) {
    await makeRepository(join(root, name), { commits: 3, files: 3 });
  }
  reports = [];
  refusals = 0;
  written = '';
  rights = new Set(
    ['ada', 'eve'].flatMap((who) => [
      ...[`${who} site.git read`, `${who} site.git write`, `${who} other.git read`],
    ]),
  );
  const logs = (['text', 'json'] as const).map((format) =>
    createLog(format, 'debug', { write: (line: string) => (written += line) }),
  );
  server = await startServer({
    ...{ root, allowPush: true },
    authenticate: ({ credentials }) =>
      credentials?.scheme === 'bearer' ? { name: credentials.token } : null,
    authorize: ({ user, repository, access }) =>
      user !== null && rights.has(`${user.name} ${repository} ${access}`),
    onSession: (report) => {
      reports.push(report);
      for (const log of logs) log.session(report);
    },
    onRefusal: (report) => {
      refusals += 1;
      for (const log of logs) log.refusal(report);
    },
    onError: (error) => {
      for (const log of logs) log.failure(error);
    },
  });
});

afterEach(async () => {
  await server.close();
  await noProcessIn(root);
});

interface Lost {
  readonly token: string;
  readonly received: number;
}

/** A session of ada's whose connection is lost. */
async function lose(service: 'upload' | 'receive' = 'upload'): Promise<Lost> {
  const before = server.server.detached;
  const protocols = ['gitws.v1', authEntry('Bearer ada')];
  const client = await openSession(server, targetOf('site.git', service), { protocols });
  const { token } = await client.text('open');
  // Its acks have arrived.
  client.send({ type: 'ping', id: 1 });
  await client.text('pong');
  client.socket.terminate();
  await client.closed;
  await eventually(() => server.server.detached === before + 1);
  return { token: String(token), received: client.counted };
}

/** What an attempt to go on with a session comes to. */
function goOn(
  { token, received }: Lost,
  { who = 'ada', target = targetOf('site.git', 'upload') } = {},
): Promise<string> {
  const protocols = ['gitws.v1', `gitws.resume.${token}.${received}`];
  if (who !== '') protocols.push(authEntry(`Bearer ${who}`));
  return answerOf(server, { target, protocols });
}

describe('going on with the session of somebody else', () => {
  test('is refused to who has its token, and stays possible for its owner', async () => {
    const session = await lose();
    expect(await goOn(session, { who: 'eve' })).toBe(gone);
    expect(server.server.detached).toBe(1);
    expect(await goOn(session)).toBe('open');
  });

  test('is refused without credentials, as if there were no token', async () => {
    const session = await lose();
    expect(await goOn(session, { who: '' })).toMatch(/^4401 /);
    expect(server.server.detached).toBe(1);
  });

  test('is answered like an unknown token, and like that of a session that has ended', async () => {
    const session = await lose();
    const ended = await openSession(server, targetOf('site.git', 'upload'), {
      protocols: ['gitws.v1', authEntry('Bearer ada')],
    });
    const { token } = await ended.text('open');
    ended.socket.close(1000);
    await ended.closed;
    const unknown = Buffer.alloc(16, 7).toString('base64url');
    const answers = [
      await goOn(session, { who: 'eve' }),
      await goOn({ token: unknown, received: 0 }),
      await goOn({ token: String(token), received: 0 }),
    ];
    expect(answers).toEqual([gone, gone, gone]);
  });
});

describe('a token is good for nothing', () => {
  test('but its own repository and service', async () => {
    const session = await lose();
    expect(await goOn(session, { target: targetOf('other.git', 'upload') })).toBe(gone);
    expect(await goOn(session, { target: targetOf('site.git', 'receive') })).toBe(gone);
    const push = await lose('receive');
    expect(await goOn(push, { target: targetOf('site.git', 'upload') })).toBe(gone);
  });

  test('where its owner may not read any more', async () => {
    const session = await lose();
    rights.delete('ada site.git read');
    // As any other repository that ada may not read.
    expect(await goOn(session)).toMatch(/^4404 /);
    rights.add('ada site.git read');
    expect(await goOn(session)).toBe('open');
  });

  test('where its owner may read, but not write any more', async () => {
    const session = await lose('receive');
    rights.delete('ada site.git write');
    expect(await goOn(session, { target: targetOf('site.git', 'receive') })).toMatch(/^4403 /);
  });

  test('when the time in which its session waits is over', async () => {
    await server.close();
    server = await startServer({
      ...{ root, limits: { resumeTime: 1_000 } },
      authenticate: () => ({ name: 'ada' }),
    });
    const session = await lose();
    await eventually(() => server.server.sessions === 0);
    await noProcessIn(root);
    expect(await goOn(session)).toBe(gone);
  });
});

test('taking a session over closes the connection that it had, and what comes there is dropped', async () => {
  const protocols = ['gitws.v1', authEntry('Bearer ada')];
  const target = targetOf('site.git', 'upload');
  const old = await openSession(server, target, { protocols });
  const { token, session } = await old.text('open');
  old.send({ type: 'ping', id: 1 });
  await old.text('pong');
  const resume = `gitws.resume.${String(token)}.${old.counted}`;
  const next = new RawClient(server.url, { target, protocols: [...protocols, resume] });
  expect(await next.text('open')).toMatchObject({ session });
  // Too late: git must not get this beside what the new connection sends.
  if (old.socket.readyState === old.socket.OPEN) old.send(Buffer.from('0000'));
  expect(await old.closed).toMatchObject({ code: 4409 });
  next.ack(old.counted);
  next.send(Buffer.from('0000'));
  next.send({ type: 'end' });
  expect(await next.text('exit')).toMatchObject({ code: 0 });
  next.ack(old.counted + next.counted);
  await eventually(() => reports.length === 1);
  expect(reports).toMatchObject([{ id: session, resumes: 1, bytesIn: 4 }]);
});

test('the token stands in no log line, whatever becomes of the session', async () => {
  const session = await lose();
  await goOn(session, { who: 'eve' });
  await goOn(session, { who: '' });
  await goOn(session, { target: targetOf('other.git', 'upload') });
  await goOn({ ...session, received: 1_000_000 });
  await eventually(() => reports.length === 1);
  await goOn(session);
  await eventually(() => refusals >= 4);
  expect(written).toContain('site.git');
  expect(written).not.toContain(session.token);
  expect(written).not.toContain(session.token.slice(0, 12));
});
