import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Maintenance } from '../../server/git/maintenance.js';
import { startGit, type GitCommand } from '../../server/git/run-git.js';
import { expectSoundRepository, git, gitEnvironment, makeRepository } from '../helpers/git.js';
import { temporaryDirectory } from '../helpers/temp.js';

const isPack = (name: string): boolean => name.endsWith('.pack');
const packs = async (gitDir: string): Promise<string[]> =>
  (await readdir(join(gitDir, 'objects/pack'))).filter(isPack);

const failing = (error: unknown): void => {
  throw error;
};

/** A repository of three packs that git takes for a reason to repack. */
async function untidy(): Promise<string> {
  const { gitDir } = await makeRepository(join(await temporaryDirectory(), 'a.git'), {
    commits: 5,
  });
  for (const name of ['one', 'two']) {
    const tree = await git(['rev-parse', 'main^{tree}'], { cwd: gitDir });
    const oid = await git(['commit-tree', '-p', 'main', '-m', name, tree], { cwd: gitDir });
    await git(['update-ref', `refs/heads/${name}`, oid], { cwd: gitDir });
    await git(['repack', '-q', '-d'], { cwd: gitDir });
  }
  await git(['config', 'gc.auto', '1000'], { cwd: gitDir });
  await git(['config', 'gc.autoPackLimit', '2'], { cwd: gitDir });
  return gitDir;
}

test('a repository is repacked when git finds it worth while', async () => {
  const gitDir = await untidy();
  expect((await packs(gitDir)).length).toBeGreaterThan(2);
  const maintenance = new Maintenance({ onError: failing });
  maintenance.request(gitDir);
  await maintenance.settled();
  expect(await packs(gitDir)).toHaveLength(1);
  await expectSoundRepository(gitDir);
});

test('a repository that is in order is left alone', async () => {
  const gitDir = await untidy();
  await git(['config', 'gc.autoPackLimit', '50'], { cwd: gitDir });
  const before = await packs(gitDir);
  const maintenance = new Maintenance({ onError: failing });
  maintenance.request(gitDir);
  await maintenance.settled();
  expect(await packs(gitDir)).toEqual(before);
});

/** Starts nothing before it is told to, and keeps a list. */
function record() {
  const started: string[] = [];
  let running = 0;
  let most = 0;
  const start = async (command: GitCommand) => {
    started.push(command.gitDir);
    most = Math.max(most, (running += 1));
    const child = await startGit(command);
    void child.exited.then(() => (running -= 1));
    return child;
  };
  return { started, start, most: () => most };
}

test('one repository at a time, each once however often it is asked for', async () => {
  const [one, two, three] = [await untidy(), await untidy(), await untidy()];
  const { started, start, most } = record();
  const maintenance = new Maintenance({ onError: failing, start });
  for (const gitDir of [one, two, two, three, two, three]) maintenance.request(gitDir);
  await maintenance.settled();
  expect(started).toEqual([one, two, three]);
  expect(most()).toBe(1);
  maintenance.request(one);
  await maintenance.settled();
  expect(started).toHaveLength(4);
});

test('a repository that is asked for while its turn is on has another one', async () => {
  const gitDir = await untidy();
  const { started, start } = record();
  const maintenance = new Maintenance({
    onError: failing,
    start: (command) => {
      if (started.length === 0) maintenance.request(gitDir);
      return start(command);
    },
  });
  maintenance.request(gitDir);
  await maintenance.settled();
  expect(started).toEqual([gitDir, gitDir]);
});

test('a flood of pushes does not grow the queue without bound', async () => {
  const { started, start } = record();
  const errors = vi.fn();
  const maintenance = new Maintenance({ onError: errors, start, maxWaiting: 3 });
  for (let index = 0; index < 100; index += 1) maintenance.request(`/no/such/repository/${index}`);
  await maintenance.settled();
  expect(started.length).toBeLessThanOrEqual(4);
  expect(errors).toHaveBeenCalledTimes(started.length);
});

test('one that fails is reported, and the next one has its turn', async () => {
  const [broken, good] = [await untidy(), await untidy()];
  await writeFile(join(broken, 'config'), '[core\n');
  const errors: unknown[] = [];
  const maintenance = new Maintenance({ onError: (error) => errors.push(error) });
  maintenance.request(broken);
  maintenance.request(good);
  await maintenance.settled();
  expect(String(errors[0])).toContain('bad config');
  expect(errors).toHaveLength(1);
  expect(await packs(good)).toHaveLength(1);
});

test('it ends with the server, with its locks and whatever it has started', async () => {
  const gitDir = await untidy();
  const marker = join(gitDir, '../started');
  // Runs as a part of `git gc --auto`, which holds maintenance.lock then.
  await writeFile(
    join(gitDir, 'hooks/pre-auto-gc'),
    `#!/bin/sh\necho $$ >"${marker}"\nsleep 1000\n`,
    {
      mode: 0o755,
    },
  );
  const { started, start } = record();
  const maintenance = new Maintenance({ onError: failing, start });
  maintenance.request(gitDir);
  maintenance.request(await untidy());
  const read = (): Promise<string> => readFile(marker, 'utf8').catch(() => '');
  await expect.poll(read).toMatch(/\d\n/);
  const pid = Number(await read());
  await maintenance.close();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(started).toHaveLength(1);
  await expectSoundRepository(gitDir);
  maintenance.request(gitDir);
  await maintenance.settled();
  expect(started).toHaveLength(1);
});

test('what a hook leaves in the background does not hold up the other repositories', async () => {
  const [first, second] = [await untidy(), await untidy()];
  await writeFile(join(first, 'hooks/pre-auto-gc'), '#!/bin/sh\nsleep 1000 &\n', { mode: 0o755 });
  const maintenance = new Maintenance({ onError: failing });
  maintenance.request(first);
  maintenance.request(second);
  await maintenance.settled();
  expect(await packs(second)).toHaveLength(1);
});

test('pushes and maintenance of one repository at the same time do it no harm', async () => {
  const gitDir = await untidy();
  const clone = await temporaryDirectory();
  await git(['clone', '-q', '-b', 'main', gitDir, clone]);
  const maintenance = new Maintenance({ onError: failing });
  for (let index = 0; index < 8; index += 1) {
    await git(['commit', '-q', '--allow-empty', '-m', `push ${index}`], { cwd: clone });
    maintenance.request(gitDir);
    await git(['push', '-q', 'origin', 'main', `main:refs/heads/topic-${index}`], {
      cwd: clone,
      env: { ...gitEnvironment, GIT_CONFIG_COUNT: '0' },
    });
  }
  maintenance.request(gitDir);
  await maintenance.settled();
  expect(await git(['rev-parse', 'main'], { cwd: gitDir })).toBe(
    await git(['rev-parse', 'main'], { cwd: clone }),
  );
  await expectSoundRepository(gitDir);
});
