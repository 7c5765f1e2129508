/**
 * Attacks by a page that a user of the server visits: his browser sends the user's cookies, cached
 * credentials and place in the network along with whatever the page does. (origin.test.ts has every
 * spelling of an Origin and a Host, bad-input.test.ts single cases.)
 */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import type { AuthenticateAttempt } from '../../../server/index.js';
import { git } from '../../helpers/git.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { answerOf, authEntry, basic, targetOf } from './attempts.js';

const target = targetOf('private.git', 'receive');
const evil = 'https://evil.example';
const own = 'https://app.example';
const cookie = 'session=ada';

let root: string;
/** Uses the session cookie of the application around it, then what comes as Authorization. */
let server: TestServer;
const attempts: AuthenticateAttempt[] = [];

beforeAll(async () => {
  root = await temporaryDirectory();
  await git(['init', '-q', '--bare', join(root, 'private.git')]);
  server = await startServer({
    root,
    allowPush: true,
    publicUrl: own,
    authenticate: (attempt) => {
      attempts.push(attempt);
      const { credentials, request } = attempt;
      if (credentials?.scheme === 'basic') {
        return credentials.password === 'right' ? { name: credentials.username } : null;
      }
      return credentials === undefined && request.headers.cookie === cookie
        ? { name: 'ada' }
        : null;
    },
    authorize: ({ user }) => user !== null,
  });
});

beforeEach(() => {
  attempts.length = 0;
});

const connect = (headers: Record<string, string>, protocols: readonly string[] = ['gitws.v1']) =>
  answerOf(server, { target, headers, protocols });

describe('cross-site WebSocket hijacking', () => {
  test('a page elsewhere cannot use the session cookie that the browser sends along', async () => {
    expect(await connect({ Origin: evil, Cookie: cookie })).toMatch(/^4403 .*origin/);
    // Nobody was even asked: what the functions of an application do, a foreign page cannot cause.
    expect(attempts).toEqual([]);
    expect(await connect({ Origin: own, Cookie: cookie })).toBe('open');
  });

  test('nor the Basic credentials that a browser has cached for this server', async () => {
    expect(await connect({ Origin: evil, Authorization: basic('ada', 'right') })).toMatch(/^4403 /);
    expect(attempts).toEqual([]);
  });

  test('nor a raw pipe, which needs no subprotocol: that one learns its status', async () => {
    expect(await connect({ Origin: evil, Cookie: cookie }, [])).toBe('HTTP 403');
    expect(attempts).toEqual([]);
  });

  test.each([
    ['whose name begins with this one', 'https://app.example.evil.example'],
    ['whose name ends in this one', 'https://evil-app.example'],
    ['that is a subdomain of this one', 'https://evil.app.example'],
    ['that this one is a subdomain of', 'https://example'],
    ['of the same name without TLS', 'http://app.example'],
    ['of the same name on another port', 'https://app.example:8443'],
    ['with this one in its path', 'https://evil.example/https://app.example'],
    ['with this one as its user', 'https://app.example@evil.example'],
    ['that is a frame without an origin', 'null'],
    ['that says two', 'https://app.example, https://evil.example'],
    ['that is empty', ''],
    ['that is a pattern', 'https://*.example'],
  ])('a page %s is elsewhere', async (_where, origin) => {
    expect(await connect({ Origin: origin, Cookie: cookie })).toMatch(/^4403 .*origin/);
    expect(attempts).toEqual([]);
  });

  test('a page on this machine is no better: it may be any program’s', async () => {
    for (const origin of [
      'http://localhost',
      'http://localhost:3000',
      new URL(server.url).origin,
    ]) {
      expect(await connect({ Origin: origin, Cookie: cookie })).toMatch(/^4403 /);
    }
  });

  test('a page elsewhere that uses the handshake’s older name for the header', async () => {
    const headers = { 'Sec-WebSocket-Origin': evil, Cookie: cookie };
    expect(await connect(headers)).toMatch(/^4403 /);
  });
});

describe('DNS rebinding', () => {
  // evil.example, which the page came from, points to this server by now: it is its own origin.
  test.each([
    'evil.example',
    'evil.example:8080',
    'app.example.evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'app.example@evil.example',
    'evil.example#app.example',
    '0.0.0.0',
    '2130706433',
    '0x7f.1.evil.example',
  ])('a page that is its own origin under %s is refused', async (host) => {
    const open = await startServer({ root, allowPush: true });
    const origin = `http://${host}`;
    const answer = await answerOf(open, { target, headers: { Host: host, Origin: origin } });
    expect(answer).toMatch(/^4403 |^HTTP 400/);
    await open.close();
  });

  test('a request with no Origin, as of a page’s own fetch, is judged by its Host all the same', async () => {
    expect(await connect({ Host: 'evil.example', Cookie: cookie })).toMatch(/^4403 .*host name/);
    expect(attempts).toEqual([]);
  });

  test('a header that proxies set does not stand for the Host', async () => {
    const headers = {
      Host: 'evil.example',
      'X-Forwarded-Host': 'app.example',
      Forwarded: 'host=app.example',
      Cookie: cookie,
    };
    expect(await connect(headers)).toMatch(/^4403 .*host name/);
  });
});

describe('Basic credentials that a browser has cached', () => {
  const cached = { Authorization: basic('ada', 'right'), Origin: own };

  test('do not stand in for the ones that a page has: those beat them', async () => {
    const entry = authEntry(basic('bob', 'right'));
    expect(await connect(cached, ['gitws.v1', entry])).toBe('open');
    expect(attempts.map(({ credentials }) => credentials)).toEqual([
      { scheme: 'basic', username: 'bob', password: 'right' },
    ]);
  });

  test('do not help a page whose own are wrong', async () => {
    const entry = authEntry(basic('bob', 'wrong'));
    expect(await connect(cached, ['gitws.v1', entry])).toMatch(/^4401 /);
    expect(attempts).toHaveLength(1);
  });
});
