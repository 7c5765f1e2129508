/** A repository whose owner shut something: it stays shut, whatever the server sets for all. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Maintenance } from '../../server/git/maintenance.js';
import { Preparation } from '../../server/git/preparation.js';
import { askGit } from '../../server/git/run-git.js';
import { openChannel } from '../../src/tunnel/client/channel.js';
import { nullOid, pktLine, pushRequest } from '../helpers/git-stream.js';
import { git, gitBytes, makeRepository } from '../helpers/git.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let gitDir: string;
let head: string;
let server: TestServer | undefined;

beforeEach(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git'), { commits: 3, files: 5 }));
});

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(gitConfig: Record<string, string> = {}): Promise<void> {
  server = await startServer({ root, allowPush: true, authorize: () => true, gitConfig });
}

async function say(service: 'git-upload-pack' | 'git-receive-pack', request: Uint8Array) {
  let words = '';
  const channel = await openChannel(`${server?.url ?? ''}/site`, {
    service,
    onStderr: (text: string) => {
      words += text;
    },
  });
  const answer = new Response(channel.readable).text();
  const writer = channel.writable.getWriter();
  await writer.write(request);
  await writer.close();
  const text = await answer;
  await channel.exit;
  return text + words;
}

const flush = Buffer.from('0000');

test('what a fetch may ask for', async () => {
  await serve();
  const open = await say('git-upload-pack', flush);
  expect(open).toMatch(/ allow-reachable-sha1-in-want/);
  expect(open).toMatch(/ filter/);
  await git(['config', 'uploadpack.allowFilter', 'false'], { cwd: gitDir });
  await git(['config', 'uploadpack.allowReachableSHA1InWant', 'false'], { cwd: gitDir });
  const shut = await say('git-upload-pack', flush);
  expect(shut).toContain(head);
  expect(shut).not.toMatch(/ allow-reachable-sha1-in-want| filter/);
});

test.each([
  ['nobody says anything', {}, undefined, '3'],
  ['the repository does', {}, '20', '20'],
  ['the operator does', { 'pack.window': '7' }, '20', '7'],
])('how far git looks for deltas, where %s', async (_who, gitConfig, own, window) => {
  const hook = join(root, 'pack-objects');
  await writeFile(hook, '#!/bin/sh\necho "window $(git config pack.window)" >&2\nexec "$@"\n');
  await chmod(hook, 0o755);
  if (own !== undefined) await git(['config', 'pack.window', own], { cwd: gitDir });
  await serve({ ...gitConfig, 'uploadpack.packObjectsHook': hook });
  const wants = pktLine(`want ${head} side-band-64k\n`);
  const answer = await say('git-upload-pack', Buffer.concat([wants, flush, pktLine('done\n')]));
  expect(answer).toContain(`window ${window}\n`);
  expect(answer).toContain('PACK');
});

test('refs that are hidden', async () => {
  await git(['update-ref', 'refs/secret/x', head], { cwd: gitDir });
  await git(['config', 'transfer.hideRefs', 'refs/secret'], { cwd: gitDir });
  await serve({ 'transfer.hideRefs': '!refs/secret' });
  for (const service of ['git-upload-pack', 'git-receive-pack'] as const) {
    const refs = await say(service, flush);
    expect(refs).toContain('refs/heads/main');
    expect(refs).not.toContain('refs/secret');
  }
});

test('the size of a pack, also where the server has no limit', async () => {
  await git(['config', 'receive.maxInputSize', '64'], { cwd: gitDir });
  await git(['config', 'receive.unpackLimit', '1'], { cwd: gitDir });
  await serve({ 'receive.maxInputSize': '0' });
  const updates = [{ ref: 'refs/heads/new', oldOid: nullOid, newOid: head }];
  const answer = await say('git-receive-pack', await pushRequest(gitDir, updates));
  expect(answer).toContain('ng refs/heads/new unpacker error');
  expect(await git(['for-each-ref', 'refs/heads/new'], { cwd: gitDir })).toBe('');
});

test('deleting', async () => {
  await git(['config', 'receive.denyDeletes', 'true'], { cwd: gitDir });
  await serve({ 'receive.denyDeletes': 'false' });
  const command = pktLine(`${head} ${nullOid} refs/heads/main\0 report-status delete-refs`);
  const answer = await say('git-receive-pack', Buffer.concat([command, flush]));
  expect(answer).toContain('ng refs/heads/main deletion prohibited');
});

test('objects that git fsck complains of', async () => {
  await git(['config', 'transfer.fsckObjects', 'true'], { cwd: gitDir });
  await serve({ 'receive.fsckObjects': 'false' });
  const tree = await git(['rev-parse', `${head}^{tree}`], { cwd: gitDir });
  const from = join(await temporaryDirectory(), 'from.git');
  await git(['clone', '-q', '--bare', gitDir, from]);
  const bad = new TextDecoder()
    .decode(
      await gitBytes(['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'], {
        cwd: from,
        input: `tree ${tree}\nauthor x\ncommitter x\n\nbad\n`,
      }),
    )
    .trim();
  const updates = [{ ref: 'refs/heads/bad', oldOid: nullOid, newOid: bad }];
  const answer = await say('git-receive-pack', await pushRequest(from, updates, [head]));
  expect(answer).toContain('ng refs/heads/bad unpacker error');
});

test('looking after the repository when it was pushed to', async () => {
  const preparation = new Preparation({ maxPushMemory: 1 }, askGit);
  const started: string[] = [];
  const errors: unknown[] = [];
  const maintenance = new Maintenance({
    allowed: (directory) => preparation.allowsMaintenance(directory),
    onError: (error) => errors.push(error),
    start: (command) => {
      started.push(command.gitDir);
      return Promise.reject(new Error('not needed'));
    },
  });
  maintenance.request(gitDir);
  await maintenance.settled();
  expect(started).toEqual([gitDir]);
  await git(['config', 'receive.autoGC', 'false'], { cwd: gitDir });
  maintenance.request(gitDir);
  await maintenance.settled();
  expect(started).toEqual([gitDir]);
  await maintenance.close();
  await preparation.close();
});
