/**
 * Attacks by little that becomes much: packs that unpack to more than fits, requests that never
 * end. Floods of what the server sends: floods.test.ts.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { GitService } from '../../../src/tunnel/machine/request-target.js';
import type { GitWsError } from '../../../src/base/errors.js';
import { openChannel } from '../../../src/tunnel/client/channel.js';
import { nullOid, pktLine } from '../../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../../helpers/git.js';
import { writeHook } from '../../helpers/hooks.js';
import { noProcessIn } from '../../helpers/processes.js';
import { RawClient } from '../../helpers/raw-client.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { answered, answerOf, runSession, said, targetOf } from './attempts.js';
import {
  commit,
  entry,
  pack,
  pushOf,
  refDelta,
  repetition,
  tree,
  type Entry,
} from './crafted-pack.js';

const KiB = 1024;
const MiB = 1024 * KiB;
const target = targetOf('site.git', 'receive');
let root: string;
let gitDir: string;
let head: string;
let refs: string;
let server: TestServer;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git'), { commits: 3, files: 3 }));
  refs = await git(['for-each-ref'], { cwd: gitDir });
  server = await startServer({
    root,
    allowPush: true,
    limits: { maxPushSize: MiB, maxRequestSize: 256 * KiB, maxPushMemory: 16 * MiB },
  });
});

afterEach(async () => {
  await noProcessIn(root);
  expect(await git(['for-each-ref'], { cwd: gitDir })).toBe(refs);
  await expectSoundRepository(gitDir);
  expect(await answerOf(server, { target })).toBe('open');
});

/** A push of one file, by these objects of a pack and a commit that has it. */
function pushFile(oid: string, entries: readonly Entry[]): Buffer {
  const files = tree(['100644', 'a', oid]);
  const tip = commit(files.oid);
  return pushOf(tip.oid, pack([...entries, files, tip]));
}

describe('a small pack that unpacks to more than fits', () => {
  // Which program unpacks is a matter of how many objects there are (receive.unpackLimit).
  test.each([
    ['unpack-objects', 0],
    ['index-pack', 120],
  ])('by a delta that repeats its base: it gets no memory from %s', async (by, others) => {
    const more = Array.from({ length: others }, (_, index) =>
      entry('blob', Buffer.from(`${index}`)),
    );
    const base = entry('blob', Buffer.alloc(60_000, 'x'));
    const bomb = refDelta(base.oid, repetition(60_000, 1_000));
    const push = pushFile(base.oid, [...more, base, bomb]);
    expect(push.length).toBeLessThan(16 * KiB);
    const client = await runSession(server, target, push);
    expect(said(client)).toMatch(/attempting to allocate \d+ over limit 16777216/);
    expect(answered(client)).toContain(`unpack ${by} abnormal exit`);
  });

  test('by zeros: they are unpacked piece by piece, and never held', async () => {
    const zeros = entry('blob', Buffer.alloc(64 * MiB));
    const push = pushFile(zeros.oid, [zeros]);
    expect(push.length).toBeLessThan(128 * KiB);
    const client = await runSession(server, target, push);
    // With 16 MiB to hold anything in, that is possible in pieces only.
    expect(answered(client)).toContain('ok refs/heads/evil');
    await git(['update-ref', '-d', 'refs/heads/evil'], { cwd: gitDir });
  });

  test('by zeros in a commit, which has to be held: it gets no memory', async () => {
    const zeros = entry('commit', Buffer.alloc(64 * MiB));
    const client = await runSession(server, target, pushOf(zeros.oid, pack([zeros])));
    expect(said(client)).toContain('over limit 16777216');
    expect(answered(client)).toContain('ng refs/heads/evil');
  });

  test('by folders inside each other, until whoever follows them falls', async () => {
    const generous = await startServer({ root, allowPush: true });
    let inner = tree(['100644', 'a', nullOid.replace(/^0/, '1')]);
    const entries = [inner];
    for (let depth = 0; depth < 150_000; depth += 1) {
      inner = tree(['40000', 'a', inner.oid]);
      entries.push(inner);
    }
    const tip = commit(inner.oid);
    const push = pushOf(tip.oid, pack([...entries, tip]));
    // Held back: the window is 4 MiB, and a client of this kind knows no credit.
    const channel = await openChannel(`${generous.url}/site.git`, { service: 'git-receive-pack' });
    const answer = new Response(channel.readable).text();
    const writer = channel.writable.getWriter();
    await writer.write(push);
    await writer.close();
    await channel.exit;
    expect(await answer).toContain('ng refs/heads/evil');
    await generous.close();
  });
});

test('hooks of the repository’s own are not held to what a push may take', async () => {
  await writeHook(gitDir, 'update', 'env >environment; exit 1');
  const client = await runSession(server, target, pushOf(head, pack([])));
  expect(answered(client)).toContain('hook declined');
  const environment = await readFile(join(gitDir, 'environment'), 'utf8');
  expect(environment).toContain('GIT_DIR=');
  expect(environment).not.toMatch(/GIT_ALLOC_LIMIT|GIT_CONFIG_PARAMETERS|bigFileThreshold/);
  await rm(join(gitDir, 'hooks/update'));
});

describe('a request without end', () => {
  const bytes = (text: string): Buffer =>
    Buffer.from(text.repeat(Math.ceil((32 * KiB) / text.length)));
  const one = '1'.repeat(40);
  const command = pktLine(`${nullOid} ${one} refs/heads/x`).toString();

  /** Writes on and on, with credit as an honest client. @returns what became of it, and git's words. */
  async function writeOn(service: GitService, first: Buffer, next: () => Buffer, to = server) {
    let said = '';
    const onStderr = (text: string) => (said += text);
    const channel = await openChannel(`${to.url}/site.git`, { service, onStderr });
    const answer = new Response(channel.readable).text().catch(() => '');
    const ended = channel.exit.then(
      ({ code }) => `exit ${code}`,
      (error: GitWsError) => String(error.data['closeCode']),
    );
    let over = false;
    void ended.then(() => (over = true));
    const writer = channel.writable.getWriter();
    writer.closed.catch(() => undefined);
    await writer.write(first);
    // So much that it is without end for a server that allows 1 MiB.
    for (let sent = 0; !over && sent < 48 * MiB; sent += 32 * KiB) {
      await writer.write(next()).catch(() => undefined);
    }
    if (!over) channel.abort(new Error('It has had no end.'));
    return { ended: await ended, answer: await answer, said };
  }

  test('of a pack: git stops at the size that is allowed', async () => {
    const beginning = pushOf(one, pack([], { claimed: 1_000_000 }).subarray(0, 12));
    const other = await startServer({ root, allowPush: true, limits: { maxPushSize: MiB } });
    const next = (): Buffer => entry('blob', randomBytes(32 * KiB)).bytes;
    const push = await writeOn('git-receive-pack', beginning, next, other);
    expect(push.ended).toBe('exit 0');
    expect(push.said).toContain('pack exceeds maximum allowed size');
    expect(push.answer).toContain('unpack index-pack abnormal exit');
  });

  // git keeps all of these, and asks no size.
  test.each<[string, GitService, string, string]>([
    ['of commands', 'git-receive-pack', `${nullOid} ${one} refs/heads/x\0 report-status`, command],
    ['of wants', 'git-upload-pack', '', ''],
    ['of haves', 'git-upload-pack', '', `0032have ${one}\n`],
  ])('%s: the session is closed with 4413', async (what, service, first, more) => {
    const want = `0032want ${head}\n`;
    const begin = service === 'git-receive-pack' ? pktLine(first) : Buffer.from(`${want}0000`);
    const beginning = what === 'of wants' ? Buffer.from(want) : begin;
    const next = bytes(what === 'of wants' ? want : more);
    const { ended } = await writeOn(service, beginning, () => next);
    expect(ended).toBe('4413');
  });

  test('by a raw pipe, which has no credit: it is closed with 4413 too', async () => {
    const client = new RawClient(server.url, { target, protocols: [] });
    await client.advertisement();
    client.send(pktLine(`${nullOid} ${one} refs/heads/x\0 report-status`));
    for (let count = 0; count < 100; count += 1) client.send(bytes(command));
    expect((await client.closed).code).toBe(4413);
  });

  test('for a git that has long ended is not listened to for ever', async () => {
    const next = Buffer.alloc(32 * KiB);
    const { ended } = await writeOn('git-upload-pack', Buffer.from('zzzz'), () => next);
    expect(ended).toMatch(/^(exit 128|4413)$/);
  });
});
