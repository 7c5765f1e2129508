/**
 * Attacks by what a push sends: pkt-lines and packs that lie, and names that are more than names.
 * receive-pack and index-pack are git's; that the server gives them to strangers is its own choice,
 * and that a lie costs nobody anything is checked here. Bombs: bombs.test.ts.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nullOid, pktLine, pushRequest } from '../../helpers/git-stream.js';
import { expectSoundRepository, git, gitStatus, makeRepository } from '../../helpers/git.js';
import { writeHook } from '../../helpers/hooks.js';
import { noProcessIn } from '../../helpers/processes.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { answered, runSession, said, targetOf } from './attempts.js';
import {
  commit,
  entry,
  entryHeader,
  pack,
  pushOf,
  refDelta,
  repetition,
  tree,
} from './crafted-pack.js';

const target = targetOf('site.git', 'receive');
let root: string;
let gitDir: string;
let head: string;
let refs: string;
let server: TestServer;

beforeAll(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git'), { commits: 3, files: 3 }));
  await writeHook(gitDir, 'post-receive', 'cat >>told');
  refs = await git(['for-each-ref'], { cwd: gitDir });
  server = await startServer({ root, allowPush: true });
});

afterEach(async () => {
  await noProcessIn(root);
  expect(await git(['for-each-ref'], { cwd: gitDir })).toBe(refs);
  await expectSoundRepository(gitDir);
  // And it still takes what is right.
  const update = { ref: 'refs/heads/next', oldOid: nullOid, newOid: head };
  const next = await pushRequest(gitDir, [update], [head]);
  expect(answered(await runSession(server, target, next))).toContain('ok refs/heads/next');
  await git(['update-ref', '-d', 'refs/heads/next'], { cwd: gitDir });
  // Of the refused ones, hooks for what has happened learned nothing.
  const told = await readFile(join(gitDir, 'told'), 'utf8');
  expect(told).toBe(`${nullOid} ${head} refs/heads/next\n`);
  await rm(join(gitDir, 'told'));
});

const flush = Buffer.from('0000');
const command = (words: string): Buffer => pktLine(`${words}\0 report-status`);
const line = (length: string, payload = 'x'): Buffer => Buffer.from(`${length}${payload}`);

describe('a pkt-line that lies', () => {
  test.each<[string, () => Buffer]>([
    ['a length below its own four digits', () => line('0003')],
    ['a length with a sign', () => line('+00a', 'xxxxxx')],
    ['a length with a space', () => line(' 00a', 'xxxxxx')],
    ['a length that is none', () => line('zzzz')],
    ['a length as no pkt-line may have it', () => line('ffff', 'x'.repeat(65_531))],
    ['more bytes than follow', () => line('0100')],
    ['commands without an end', () => command(`${nullOid} ${head} refs/heads/evil`)],
    ['an oid that is too short', () => command(`${nullOid} ${head.slice(1)} refs/heads/evil`)],
    ['an oid that is none', () => command(`${nullOid} ${'g'.repeat(40)} refs/heads/evil`)],
    ['no name', () => command(`${nullOid} ${head}`)],
    ['a certificate that nobody asked for', () => pktLine('push-cert\0')],
  ])('%s: git ends, and nothing has changed', async (_lie, request) => {
    const client = await runSession(server, target, request());
    expect((await client.text('exit'))['code']).toBe(128);
    expect(said(client)).not.toContain(root);
  });

  test('a ref that has another value than it says is left as it is', async () => {
    const below = await git(['rev-parse', 'main~1'], { cwd: gitDir });
    const lie = command(`${below} ${below} refs/heads/main`);
    const client = await runSession(server, target, Buffer.concat([lie, flush, pack([])]));
    expect(answered(client)).toContain('ng refs/heads/main');
  });
});

describe('a pack that lies', () => {
  const blob = entry('blob', Buffer.from('evil'));
  const root_ = tree(['100644', 'a', blob.oid]);
  const tip = commit(root_.oid);
  const good = [blob, root_, tip];
  const broken = (bytes: Buffer) => ({ bytes, oid: '' });

  test.each<[string, () => Buffer]>([
    ['is of an unknown version', () => pack(good, { version: 9 })],
    ['says that it holds more objects', () => pack(good, { claimed: 4 })],
    ['says that it holds four billion objects', () => pack(good, { claimed: 0xffffffff })],
    ['says that it holds fewer objects', () => pack(good, { claimed: 2 })],
    ['is cut off', () => pack(good).subarray(0, -30)],
    ['has another checksum', () => Buffer.concat([pack(good).subarray(0, -1), Buffer.from('x')])],
    ['is none', () => Buffer.from('GIF89a')],
    ['has an object larger than it says', () => pack([entry('blob', Buffer.alloc(999), 4)])],
    ['has an object of 4 EiB, it says', () => pack([entry('blob', Buffer.from('x'), 2 ** 62)])],
    ['has an object of no type', () => pack([broken(entryHeader(5, 4)), ...good])],
    [
      'has a delta against what is not there',
      () => pack([refDelta('f'.repeat(40), repetition(4, 1))]),
    ],
    [
      'has a delta of another base’s size',
      () => pack([...good, refDelta(blob.oid, repetition(9, 2))]),
    ],
    [
      'has a delta that copies what is not there',
      () => pack([...good, refDelta(blob.oid, Buffer.from([4, 8, 0x91, 2, 8]))]),
    ],
    [
      'has a delta against what comes before it all',
      () => pack([broken(Buffer.concat([entryHeader(6, 4), Buffer.from([0xff, 0x7f])])), ...good]),
    ],
  ])('%s: it is refused, and nothing of it stays', async (_lie, packed) => {
    const client = await runSession(server, target, pushOf(tip.oid, packed()));
    expect(answered(client)).toMatch(/unpack (?!ok)/);
    expect(answered(client)).toContain('ng refs/heads/evil');
    expect((await gitStatus(['cat-file', '-e', blob.oid], { cwd: gitDir })).code).toBe(1);
  });

  test.each<[string, () => Buffer]>([
    ['lacks a tree', () => pack([tip])],
    ['lacks a file', () => pack([root_, tip])],
    ['lacks everything', () => pack([])],
  ])('%s that its commit needs: the ref is refused', async (_lie, packed) => {
    const client = await runSession(server, target, pushOf(tip.oid, packed()));
    expect(answered(client)).toContain('ng refs/heads/evil');
  });
});

describe('a ref name with control characters', () => {
  test.each([
    [
      'a line end, as two commands to a hook',
      `refs/heads/x\n${nullOid} ${'1'.repeat(40)} refs/heads/y`,
    ],
    ['a carriage return', 'refs/heads/x\rgit: all is well'],
    ['an escape sequence', 'refs/heads/\u001b]0;owned\u0007'],
    ['a backspace', 'refs/heads/evil\b\b\b\bgood'],
    ['DEL', 'refs/heads/x\u007f'],
    ['a tab', 'refs/heads/x\ty'],
  ])('%s, is refused', async (_what, ref) => {
    const push = pushOf(head, pack([]), ref);
    const client = await runSession(server, target, push);
    expect(answered(client)).toMatch(/ng refs\/heads\/[^\0]* funny refname/);
    expect(await git(['config', '--file', join(gitDir, 'told'), '--list']).catch(() => '')).toBe(
      '',
    );
  });

  test('a name behind a NUL is not a part of it', async () => {
    // Capabilities stand there: a name in them must not become one.
    const words = `${nullOid} ${head} refs/heads/.x\0 report-status refs/heads/y`;
    const client = await runSession(
      server,
      target,
      Buffer.concat([pktLine(words), flush, pack([])]),
    );
    expect(answered(client)).toContain('ng refs/heads/.x funny refname');
  });
});
