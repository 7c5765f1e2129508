/**
 * Attacks on whoever reads the log, on a terminal or by a program: names that end a line, forge
 * another one, or move the cursor. Failed sign-ins: ../authentication/failures.test.ts.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../../bin/log.js';
import { limitFailures } from '../../../server/authentication/failures.js';
import { git } from '../../helpers/git.js';
import { eventually } from '../../helpers/processes.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { answerOf, authEntry, basic, targetOf } from './attempts.js';

/** What a name can be, and what it would like to be taken for. */
const forged = 'gitws: failed sign-in from 192.0.2.1: basic, user "x", failure 1 of 10';
const names = [
  `x\n${forged}`,
  `x\r${forged}`,
  `x\u2028${forged}`,
  `x\u0085${forged}`,
  `x\u001b[2K\u001b[1A${forged}`,
  `x\u009b2K${forged}`,
  `x","level":"error","msg":"${forged}`,
  'x\u202egnissim si eman siht fo tser eht',
  `${forged}`,
];

let root: string;
let server: TestServer;
let written: Record<'text' | 'json', string>;
let sessions: number;
let refusals: number;

beforeAll(async () => {
  root = await temporaryDirectory();
});

beforeEach(async () => {
  written = { text: '', json: '' };
  sessions = 0;
  refusals = 0;
  const logs = (['text', 'json'] as const).map((format) =>
    createLog(format, 'debug', { write: (line: string) => (written[format] += line) }),
  );
  server = await startServer({
    root,
    allowPush: true,
    authenticate: limitFailures(
      ({ credentials }) =>
        credentials?.scheme === 'bearer' ? { name: decodeURIComponent(credentials.token) } : null,
      {
        maxFailures: 100,
        failureDelay: 1,
        onFailure: (failure) => {
          for (const log of logs) log.failedSignIn(failure);
        },
      },
    ),
    authorize: ({ user }) => user !== null,
    onSession: (report) => {
      for (const log of logs) log.session(report);
      sessions += 1;
    },
    onRefusal: (report) => {
      for (const log of logs) log.refusal(report);
      refusals += 1;
    },
    onError: (error) => {
      for (const log of logs) log.failure(error);
    },
  });
});

afterEach(async () => {
  await server.close();
});

/** Each line is one of the log's own, of printable characters. */
async function expectUnforged(lines: number, failures = 0): Promise<void> {
  const filter = await readFile(
    new URL('../../../docs/fail2ban-gitws.conf', import.meta.url),
    'utf8',
  );
  const regex = /^failregex = (.*)$/m.exec(filter)?.[1] ?? '';
  const failed = new RegExp(regex.replace('<ADDR>', '([0-9A-Fa-f:.]+)'));
  for (const text of Object.values(written)) {
    expect(text).toMatch(/\n$/);
    const all = text.slice(0, -1).split('\n');
    expect(all).toHaveLength(lines);
    for (const line of all) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    const banned = all.flatMap((line) => failed.exec(line)?.[1] ?? []);
    expect(banned).toEqual(Array.from({ length: failures }, () => '127.0.0.1'));
  }
}

describe('a log line cannot be forged', () => {
  test('by the name of a repository', async () => {
    const possible = [];
    for (const name of names) {
      const target = targetOf(encodeURIComponent(name), 'upload');
      const protocols = ['gitws.v1', authEntry('Bearer ada')];
      await git(['init', '-q', '--bare', join(root, name)]);
      const answer = await answerOf(server, { target, protocols });
      // A control character is no part of a name; the rest is, and the log has to live with it.
      if (/\p{Cc}/u.test(name)) expect(answer).toMatch(/^4400 .*control character/);
      else possible.push(name);
    }
    await eventually(() => sessions === possible.length);
    await expectUnforged(names.length);
    const records = written.json.trim().split('\n');
    const fields = records.map((line) => JSON.parse(line) as { msg: string; repository: string });
    const named = fields.filter(({ msg }) => msg === 'session');
    expect(named.map(({ repository }) => repository)).toEqual(possible);
  });

  test('by the name of a repository that does not exist', async () => {
    for (const name of names) {
      const target = targetOf(encodeURIComponent(`none/${name}`), 'upload').replace('%2F', '/');
      const protocols = ['gitws.v1', authEntry('Bearer ada')];
      expect(await answerOf(server, { target, protocols })).toMatch(/^440[04] /);
    }
    expect(refusals).toBe(names.length);
    await expectUnforged(names.length);
  });

  test.each([
    ['of a user who reads', 'upload'],
    ['of a user who pushes', 'receive'],
  ] as const)('by the name %s', async (_who, service) => {
    await git(['init', '-q', '--bare', join(root, 'site.git')]);
    for (const name of names) {
      const protocols = ['gitws.v1', authEntry(`Bearer ${encodeURIComponent(name)}`)];
      const answer = await answerOf(server, { target: targetOf('site', service), protocols });
      const refused = service === 'receive' && /\p{Cc}/u.test(name);
      expect(answer).toMatch(refused ? /^4500 / : /^open$/);
      await eventually(() => server.server.sessions === 0);
    }
    // Where git is not started, what went wrong has a line of its own.
    await expectUnforged(names.length + refusals);
  });

  test('by a name that is tried', async () => {
    for (const name of names) {
      const protocols = ['gitws.v1', authEntry(basic(name.replaceAll(':', ';'), 'x'))];
      await answerOf(server, { target: targetOf('site', 'upload'), protocols });
    }
    // Two were refused as malformed before anybody was asked.
    const failures = names.length - 2;
    await expectUnforged(refusals + failures, failures);
  });
});
