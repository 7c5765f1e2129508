/**
 * Attacks on who somebody is: guessing, borrowing, and credentials that are more than that. What
 * single ways to sign in do against guessing and timing: ../authentication/*.test.ts.
 */
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { AuthenticateAttempt, GitServerOptions } from '../../../server/index.js';
import { limitFailures } from '../../../server/authentication/failures.js';
import { createToken } from '../../../server/authentication/token-file.js';
import { authenticateByTokens } from '../../../server/authentication/tokens.js';
import { nullOid, pushRequest } from '../../helpers/git-stream.js';
import { git, makeRepository } from '../../helpers/git.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import {
  answered,
  answerOf,
  authEntry,
  basic,
  openSession,
  runSession,
  targetOf,
} from './attempts.js';

const target = targetOf('private.git', 'upload');
const wrong = '4401 The credentials are wrong or not enough.';
let base: string;
let root: string;

beforeEach(async () => {
  base = await temporaryDirectory();
  root = join(base, 'repos');
  await makeRepository(join(root, 'private.git'), { commits: 3, files: 3 });
});

const bearer = (token: string) => ({ protocols: ['gitws.v1', authEntry(`Bearer ${token}`)] });

describe('guessing tokens', () => {
  async function guarded(options: Partial<GitServerOptions> = {}) {
    const file = join(base, 'tokens.json');
    const { token } = await createToken(file, { name: 'ci' });
    const authenticate = limitFailures(await authenticateByTokens({ file }), {
      maxFailures: 3,
      failureDelay: 1,
    });
    const authorize: GitServerOptions['authorize'] = ({ user }) => user !== null;
    const server = await startServer({ root, authenticate, authorize, ...options });
    const guess = (guessed: string, forwarded?: string): Promise<string> =>
      answerOf(server, {
        target,
        headers: forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded },
        ...bearer(guessed),
      });
    return { token, guess };
  }

  test('stops after a few, the right one included', async () => {
    const { token, guess } = await guarded();
    expect(await guess(token)).toBe('open');
    for (const last of ['x', 'y', 'z']) {
      expect(await guess(token.slice(0, -1) + last)).toBe(wrong);
    }
    expect(await guess(token)).toMatch(/^4429 Too many failed sign-ins/);
  });

  test('stops as soon where each guess says that it comes from somewhere else', async () => {
    const { token, guess } = await guarded();
    for (const number of [1, 2, 3]) expect(await guess('x', `192.0.2.${number}`)).toBe(wrong);
    expect(await guess(token, '192.0.2.4')).toMatch(/^4429 /);
  });

  test('behind a trusted proxy too, in front of whose word the guesser writes others', async () => {
    const { token, guess } = await guarded({ trustedProxies: ['127.0.0.0/8'] });
    for (const number of [1, 2, 3]) {
      expect(await guess('x', `192.0.2.${number}, 198.51.100.7`)).toBe(wrong);
    }
    expect(await guess(token, '192.0.2.4, 198.51.100.7')).toMatch(/^4429 /);
    // Nor did he have anybody else shut out.
    for (const other of ['192.0.2.1', '198.51.100.8']) {
      expect(await guess(token, other)).toBe('open');
    }
  });
});

describe('credentials with a line end or a NUL, for whatever writes or speaks them on', () => {
  const asked: AuthenticateAttempt[] = [];
  let server: TestServer;
  beforeEach(async () => {
    asked.length = 0;
    server = await startServer({
      root,
      allowPush: true,
      authenticate: (attempt) => {
        asked.push(attempt);
        return { name: 'ada' };
      },
    });
  });

  const values: [string, string][] = [
    ['a line end in a password', basic('ada', 'x\r\nX-Admin: yes')],
    ['a bare line feed in a name', basic('ada\nroot', 'x')],
    ['a bare carriage return in a name', basic('ada\rroot', 'x')],
    ['a NUL in a password', basic('ada', 'x\0')],
  ];

  test.each(values)('are refused before anybody is asked: %s', async (_what, value) => {
    const entry = { target, protocols: ['gitws.v1', authEntry(value)] };
    expect(await answerOf(server, entry)).toMatch(/^4400 .*line end or a NUL/);
    const header = { target, headers: { Authorization: value } };
    expect(await answerOf(server, header)).toMatch(/^4400 /);
    expect(await answerOf(server, { ...header, protocols: [] })).toBe('HTTP 400');
    expect(asked).toEqual([]);
  });

  test.each(['Bearer x\r\nX-Admin: yes', 'Bearer x\n', 'Basic \0', 'x\r\n\r\nGET / HTTP/1.1'])(
    'are refused where the entry itself decodes to them: %j',
    async (value) => {
      const entry = { target, protocols: ['gitws.v1', authEntry(value)] };
      expect(await answerOf(server, entry)).toMatch(/^4400 /);
      expect(asked).toEqual([]);
    },
  );
});

test('a user whose name has a line end, as a foreign JWT may say it, pushes nothing', async () => {
  // Hooks and reflogs get the name: to both it would be two lines.
  const errors: unknown[] = [];
  const server = await startServer({
    root,
    allowPush: true,
    authenticate: () => ({ name: 'eve\nada' }),
    onError: (error) => errors.push(error),
  });
  const answer = await answerOf(server, { target: targetOf('private.git', 'receive') });
  expect(answer).toBe('4500 The server could not start git.');
  expect(String(errors[0])).toContain('control characters');
});

test('a user whose name looks like an identity of git’s gets no other one by it', async () => {
  const gitDir = join(root, 'private.git');
  await git(['config', 'core.logAllRefUpdates', 'true'], { cwd: gitDir });
  const server = await startServer({
    root,
    allowPush: true,
    authenticate: () => ({ name: 'eve <ada@example.com> 1 +0000' }),
  });
  const head = await git(['rev-parse', 'main'], { cwd: gitDir });
  const update = { ref: 'refs/heads/x', oldOid: nullOid, newOid: head };
  const push = await pushRequest(gitDir, [update], [head]);
  const client = await runSession(server, targetOf('private.git', 'receive'), push);
  expect(answered(client)).toContain('ok refs/heads/x');
  // git takes the brackets out: what is left cannot be read as ada's.
  expect(await git(['log', '-g', '--format=%gn|%ge', 'x'], { cwd: gitDir })).toBe(
    'eve ada@example.com 1 +0000|eve ada@example.com 1 +0000@http.127.0.0.1',
  );
});

describe('going on with the session of somebody else', () => {
  test('nobody else can: a token that is right gets the answer of one that is not', async () => {
    const server = await startServer({
      root,
      authenticate: ({ credentials }) =>
        credentials?.scheme === 'bearer' ? { name: credentials.token } : null,
      authorize: ({ user }) => user !== null,
    });
    const victim = await openSession(server, target, bearer('ada'));
    const token = String(victim.texts[0]?.['token']);
    const session = String(victim.texts[0]?.['session']);
    expect(token).toMatch(/^[\w-]{22}$/);
    for (const entry of [token, 'A'.repeat(22), Buffer.alloc(16, session).toString('base64url')]) {
      for (const received of [0, 2, 2 ** 40]) {
        const resume = `gitws.resume.${entry}.${received}`;
        const protocols = [...new Set(['gitws.v1', ...(bearer('eve').protocols ?? []), resume])];
        expect(await answerOf(server, { target, protocols })).toBe('4410 This session is gone.');
        const anonymous = await answerOf(server, { target, protocols: ['gitws.v1', resume] });
        expect(anonymous).toMatch(/^4401 /);
      }
    }
    // The session itself was not touched.
    victim.send({ type: 'ping', id: 1 });
    expect(await victim.text('pong')).toEqual({ type: 'pong', id: 1 });
    expect(server.server.sessions).toBe(1);
    victim.socket.terminate();
  });
});
