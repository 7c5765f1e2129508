/**
 * Attacks by somebody who may push, and wants to have commands of his own run: on the server, or on
 * the machine of whoever clones next.
 */
import { execFile } from 'node:child_process';
import { constants, mkdir, open, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { nullOid, pushRequest } from '../../helpers/git-stream.js';
import { expectSoundRepository, git, makeRepository } from '../../helpers/git.js';
import { writeHook } from '../../helpers/hooks.js';
import { startServer, type TestServer } from '../../helpers/server.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { answered, answerOf, runSession, targetOf } from './attempts.js';

const main = 'refs/heads/main';
let root: string;
/** The attacker's own repository. */
let attacker: string;
/** Made by whatever he gets to run. */
let marker: string;
let server: TestServer;

beforeEach(async () => {
  const base = await temporaryDirectory();
  [root, attacker, marker] = [join(base, 'repos'), join(base, 'attacker'), join(base, 'marker')];
  await git(['init', '-q', attacker]);
  await git(['init', '-q', '--bare', join(root, 'site.git')]);
  // A deployment, as git-config(1) has it: what is pushed is checked out.
  await git(['init', '-q', join(root, 'work')]);
  await git(['config', 'receive.denyCurrentBranch', 'updateInstead'], { cwd: join(root, 'work') });
  await makeRepository(join(root, 'secret.git'), { commits: 3, files: 3 });
  server = await startServer({
    root,
    allowPush: true,
    // He may do everything to what lies under his name, and nothing else.
    authorize: ({ repository }) => /^(work|site\.git)(\/|$)/.test(repository),
  });
});

/** Pushes one commit to a branch that is not there. @returns what receive-pack answered. */
async function push(repository: string, newOid: string, ref = main): Promise<string> {
  const request = await pushRequest(attacker, [{ ref, oldOid: nullOid, newOid }]);
  return answered(await runSession(server, targetOf(repository, 'receive'), request));
}

async function commitAll(): Promise<string> {
  await git(['add', '--all', '.'], { cwd: attacker });
  await git(['commit', '-qm', 'Innocent'], { cwd: attacker });
  return git(['rev-parse', 'HEAD'], { cwd: attacker });
}

describe('planting a repository among the files of a work tree', () => {
  test('a pushed directory that looks like a bare one, with a hook, is not served', async () => {
    // The tree of a commit may hold all that makes a bare repository: only `.git` may not be in it.
    const evil = join(attacker, 'evil.git');
    for (const name of ['objects', 'refs']) {
      await mkdir(join(evil, name), { recursive: true });
      await writeFile(join(evil, name, 'keep'), '');
    }
    await writeFile(join(evil, 'HEAD'), `ref: ${main}\n`);
    await writeHook(evil, 'pre-receive', `touch "${marker}"`);
    const commit = await commitAll();
    expect(await push('work', commit)).toContain(`ok ${main}`);
    await stat(join(root, 'work/evil.git/hooks/pre-receive'));
    // Had it been found, a push to it would run the hook: git takes it for one of the server's.
    for (const service of ['receive', 'upload'] as const) {
      for (const name of ['work/evil.git', 'work/evil']) {
        const answer = await answerOf(server, { target: targetOf(name, service) });
        expect(answer).toBe('4404 There is no such repository.');
      }
    }
    await expect(stat(marker)).rejects.toThrow('ENOENT');
  });

  test('a pushed link to a pipe, called HEAD, does not keep the server reading', async () => {
    // Each request would occupy one of the few threads that read files, for ever.
    const pipe = join(root, '..', 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    // Should the server read: this is what it waits for.
    onTestFinished(async () => {
      const writer = await open(pipe, constants.O_RDWR | constants.O_NONBLOCK);
      await writer.write('x');
      await writer.close();
    });
    const evil = join(attacker, 'evil');
    for (const name of ['objects', 'refs']) {
      await mkdir(join(evil, name), { recursive: true });
      await writeFile(join(evil, name, 'keep'), '');
    }
    await symlink(pipe, join(evil, 'HEAD'));
    expect(await push('work', await commitAll())).toContain(`ok ${main}`);
    for (const name of ['work/evil', 'work/evil/x']) {
      const answer = await answerOf(server, { target: targetOf(name, 'upload') });
      expect(answer).toBe('4404 There is no such repository.');
    }
  });

  test('a pushed symbolic link does not give a secret repository another name', async () => {
    // Rules are asked about `work/mine`; what is served would be `secret.git`.
    await symlink('../secret.git', join(attacker, 'mine.git'));
    await symlink('..', join(attacker, 'up'));
    expect(await push('work', await commitAll())).toContain(`ok ${main}`);
    await stat(join(root, 'work/mine.git/HEAD'));
    for (const name of ['work/mine.git', 'work/mine', 'work/up/secret.git']) {
      const answer = await answerOf(server, { target: targetOf(name, 'upload') });
      expect(answer).toBe('4404 There is no such repository.');
    }
  });
});

describe('planting a hook in the clones of others', () => {
  // git refuses such paths when it checks them out; older or other programs write the hook.
  test.each(['.git', '.GIT', 'git~1', '.g\u200cit', '.git. ', '..'])(
    'a tree with %j in it is refused, and nothing of it stays',
    async (name) => {
      await writeFile(join(attacker, 'hook'), '#!/bin/sh\n');
      await git(['add', 'hook'], { cwd: attacker });
      const blob = await git(['rev-parse', ':hook'], { cwd: attacker });
      const make = (entry: string) => git(['mktree', '-z'], { cwd: attacker, input: `${entry}\0` });
      const hooks = await make(`100755 blob ${blob}\tpost-checkout`);
      const inner = await make(`040000 tree ${hooks}\thooks`);
      const tree = await make(`040000 tree ${inner}\t${name}`);
      const commit = await git(['commit-tree', '-m', 'Evil', tree], { cwd: attacker });
      const answer = await push('site.git', commit);
      expect(answer).toMatch(/unpack (index-pack|unpack-objects) abnormal exit|fsck error/);
      expect(answer).toContain(`ng ${main}`);
      const gitDir = join(root, 'site.git');
      await expect(git(['cat-file', '-e', commit], { cwd: gitDir })).rejects.toThrow();
      await expectSoundRepository(gitDir);
    },
  );

  test.each([
    ['whose URL is an option (CVE-2018-17456)', '"x"]\n\tpath = x\n\turl = -u./payload\n'],
    ['whose path is an option (CVE-2018-17456)', '"x"]\n\tpath = -x\n\turl = ./payload\n'],
    ['whose name leaves .git/modules (CVE-2018-11235)', '"../../x"]\n\tpath = x\n\turl = ./x\n'],
    ['that runs a command on update', '"x"]\n\tpath = x\n\turl = ./x\n\tupdate = !touch\n'],
  ])('a submodule %s is refused', async (_what, section) => {
    await writeFile(join(attacker, '.gitmodules'), `[submodule ${section}`);
    expect(await push('site.git', await commitAll())).toContain(`ng ${main}`);
  });
});

describe('planting a file by the name of a ref', () => {
  test.each([
    'refs/heads/../../hooks/post-receive',
    'refs/heads/../../../secret.git/refs/heads/main',
    'refs/../config',
    'hooks/post-receive',
    'config',
    'objects/info/alternates',
    '/etc/cron.d/evil',
    'refs/heads/main.lock',
    'refs/heads/.hidden',
    'refs/heads/a\\..\\b',
  ])('%s is refused, and no file of the repository changes', async (ref) => {
    await git(['commit', '-q', '--allow-empty', '-m', 'x'], { cwd: attacker });
    const commit = await git(['rev-parse', 'HEAD'], { cwd: attacker });
    const files = async (): Promise<string[]> => {
      const all = await readdir(root, { recursive: true });
      return all.filter((path) => !path.includes('/objects/')).sort();
    };
    const before = await files();
    const answer = await push('site.git', commit, ref);
    expect(answer).toContain(`ng ${ref}`);
    expect(await files()).toEqual(before);
  });
});
