/**
 * What git and its hooks must not be led to do by a repository's configuration, by the server's own
 * environment, or by what a hook leaves behind: through a real server.
 */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { cloneRequest, nullOid, packOf, pktLine, pushRequest } from '../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../helpers/git.js';
import { eventually, noProcessIn, processesIn, processRunning } from '../helpers/processes.js';
import { RawClient } from '../helpers/raw-client.js';
import { startServer, type TestServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';

let root: string;
let gitDir: string;
let head: string;
let server: TestServer;

beforeEach(async () => {
  root = await temporaryDirectory();
  ({ gitDir, head } = await makeRepository(join(root, 'site.git'), { commits: 3, files: 5 }));
  server = await startServer({
    root,
    allowPush: true,
    limits: { lingerTime: 200, termDelayReceive: 300, killDelayReceive: 1_000 },
  });
});

afterEach(async () => {
  await server.close();
  expect(await processesIn(root)).toEqual([]);
});

async function script(name: string, body: string): Promise<string> {
  const path = join(gitDir, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}

async function run(service: 'upload' | 'receive', request: Buffer): Promise<RawClient> {
  const client = new RawClient(server.url, { target: `/site/git-${service}-pack` }).keepUp();
  await client.advertisement();
  client.ack();
  client.send(request);
  client.send({ type: 'end' });
  return client;
}

/** A new branch, with the capability of every real client: hooks then speak through receive-pack. */
async function push(branch: string): Promise<Buffer> {
  const update = { ref: `refs/heads/${branch}`, oldOid: nullOid, newOid: head };
  const plain = await pushRequest(gitDir, [update], [head]);
  const words = `${nullOid} ${head} ${update.ref}\0 report-status`;
  const first = pktLine(words);
  expect(plain.subarray(0, first.length)).toEqual(first);
  return Buffer.concat([pktLine(`${words} side-band-64k`), plain.subarray(first.length)]);
}

describe('the configuration of a repository', () => {
  test('does not run a command of its own in place of pack-objects', async () => {
    const marker = join(root, 'marker');
    const hook = await script('packer', `touch "${marker}"; exec "$@"`);
    await git(['config', 'uploadpack.packObjectsHook', hook], { cwd: gitDir });
    const client = await run('upload', cloneRequest([head]));
    expect(await client.text('exit')).toMatchObject({ code: 0 });
    expect(packOf(Buffer.concat(client.data)).subarray(0, 4).toString()).toBe('PACK');
    await expect(stat(marker)).rejects.toThrow('ENOENT');
    // It would have: as the operator's own setting, it is run.
    const uploadPack = `git -c uploadpack.packObjectsHook=${hook} upload-pack`;
    await git([
      'clone',
      '-q',
      '--bare',
      '--no-local',
      '-u',
      uploadPack,
      gitDir,
      join(root, 'copy'),
    ]);
    await stat(marker);
  });

  test('does not take from a client what the server allows it to ask for', async () => {
    for (const name of ['allowReachableSHA1InWant', 'allowFilter']) {
      await git(['config', `uploadpack.${name}`, 'false'], { cwd: gitDir });
    }
    const below = await git(['rev-parse', 'main~1'], { cwd: gitDir });
    const client = await run('upload', cloneRequest([below]));
    expect(await client.text('exit')).toMatchObject({ code: 0 });
  });
});

test("the server's own environment reaches neither git nor hooks", async () => {
  const before = { ...process.env };
  onTestFinished(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });
  Object.assign(process.env, {
    DATABASE_PASSWORD: 'secret',
    GIT_DIR: '/elsewhere',
    GIT_OBJECT_DIRECTORY: '/elsewhere',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'receive.denyCreates',
    GIT_CONFIG_VALUE_0: 'x',
    GIT_CONFIG_PARAMETERS: "'core.hooksPath'='/elsewhere'",
    GIT_TRACE: join(root, 'trace'),
    HOME: root,
    XDG_CONFIG_HOME: root,
  });
  await writeFile(join(root, '.gitconfig'), '[core]\n\thooksPath = /elsewhere\n');
  const dump = join(root, 'environment');
  await script('hooks/post-receive', `env >"${dump}"`);
  const client = await run('receive', await push('pushed'));
  expect(await client.text('exit')).toMatchObject({ code: 0 });
  const names = (await readFile(dump, 'utf8')).split('\n').map((line) => line.replace(/=.*/, ''));
  for (const name of [
    'DATABASE_PASSWORD',
    'GIT_OBJECT_DIRECTORY',
    'GIT_TRACE',
    'XDG_CONFIG_HOME',
  ]) {
    expect(names).not.toContain(name);
  }
  expect(await readFile(dump, 'utf8')).not.toContain('elsewhere');
  await expect(stat(join(root, 'trace'))).rejects.toThrow('ENOENT');
});

describe('what a hook leaves in the background', () => {
  test('does not hold up the session if it lets go of what the hook wrote to', async () => {
    await script('hooks/post-receive', 'sleep 600 >/dev/null 2>&1 &');
    const client = await run('receive', await push('pushed'));
    expect(await client.text('exit')).toMatchObject({ code: 0 });
    await eventually(() => server.server.sessions === 0);
    // It goes on: that is what it was put there for. It ends with the server.
    expect((await processesIn(root)).map(({ command }) => command)).toEqual(['sleep 600']);
  });

  test('holds up the session no longer than the total time if receive-pack waits for it', async () => {
    await server.close();
    server = await startServer({ root, allowPush: true, limits: { totalTime: 1_000 } });
    await script('hooks/post-receive', 'sleep 600 &');
    await run('receive', await push('pushed'));
    await processRunning(root, 'sleep 600');
    await eventually(() => server.server.sessions === 0);
    await eventually(async () => (await processesIn(root)).length === 0);
    expect(await git(['rev-parse', 'pushed'], { cwd: gitDir })).toBe(head);
    await expectSoundRepository(gitDir);
  });

  test('ends with the server also if receive-pack waits for it', async () => {
    await script('hooks/post-receive', 'sleep 600 &');
    await run('receive', await push('pushed'));
    await processRunning(root, 'sleep 600');
    await server.server.close({ drainTime: 300 });
    expect(await processesIn(root)).toEqual([]);
    expect(await git(['rev-parse', 'pushed'], { cwd: gitDir })).toBe(head);
    await expectSoundRepository(gitDir);
  });

  test('holds up nothing longer than the total time where it writes on and on', async () => {
    await server.close();
    server = await startServer({
      root,
      allowPush: true,
      // Long beside what a busy machine takes from one of its lines to the next.
      limits: { lingerTime: 1_000, totalTime: 1_000 },
    });
    // In a session of its own, as a daemon is: no signal to git's process group reaches it.
    const writer = 'while [ ! -e stop ]; do echo x >&2; sleep 0.05; done; touch stopped';
    await script('hooks/post-receive', `setsid sh -c '${writer}' &`);
    onTestFinished(async () => {
      await writeFile(join(gitDir, 'stop'), '');
    });
    // Without side-band, what hooks write to is what the server reads.
    const update = { ref: 'refs/heads/pushed', oldOid: nullOid, newOid: head };
    await run('receive', await pushRequest(gitDir, [update], [head]));
    await eventually(() => server.server.sessions === 0);
    await server.close();
    await writeFile(join(gitDir, 'stop'), '');
    await noProcessIn(root);
  });
});
