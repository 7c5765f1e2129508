import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { long, test } from '../../helpers/long.js';
import { pktLine } from '../../helpers/git-stream.js';
import { expectSoundRepository, git, gitStatus, type GitResult } from '../../helpers/git.js';
import { askedAlone } from './hook-number.js';
import { ProtectedRepository, zero } from './protected-repository.js';

const main = 'refs/heads/main';

describe('what a rule forbids is refused, with words that reach the pusher', () => {
  test('an update', async () => {
    const repository = await ProtectedRepository.make({ [main]: [] });
    const before = await repository.tip(main);
    await repository.commit('third');
    const { code, stdout, stderr } = await repository.push('main');
    expect(code).not.toBe(0);
    expect(stderr).toContain('remote: gitws: you may not update refs/heads/main.');
    expect(stdout).toContain('[remote rejected] (pre-receive hook declined)');
    expect(await repository.tip(main)).toBe(before);
    await expectSoundRepository(repository.gitDir);
  });

  test('a creation', async () => {
    const repository = await ProtectedRepository.make({ 'refs/tags/**': ['delete'] });
    const { code, stderr } = await repository.push('main:refs/tags/v1/rc');
    expect(code).not.toBe(0);
    expect(stderr).toContain('remote: gitws: you may not create refs/tags/v1/rc.');
    expect(await repository.tip('refs/tags/v1/rc')).toBe('');
  });

  test('a deletion', async () => {
    const repository = await ProtectedRepository.make();
    await repository.push('main:refs/heads/topic');
    await repository.protect({ 'refs/heads/*': ['create', 'update', 'force'] });
    const { code, stderr } = await repository.push(':refs/heads/topic');
    expect(code).not.toBe(0);
    expect(stderr).toContain('remote: gitws: you may not delete refs/heads/topic.');
    expect(await repository.tip('refs/heads/topic')).not.toBe('');
  });

  test('a forced update, where a fast-forward is allowed', async () => {
    const repository = await ProtectedRepository.make({ [main]: ['update'] });
    const third = await repository.commit('third');
    expect((await repository.push('main')).code).toBe(0);
    expect(await repository.tip(main)).toBe(third);
    await git(['reset', '-q', '--hard', 'HEAD~2'], { cwd: repository.clone });
    await repository.commit('rewritten');
    const { code, stderr } = await repository.push('--force', 'main');
    expect(code).not.toBe(0);
    expect(stderr).toContain('remote: gitws: you may not force-push to refs/heads/main.');
    expect(await repository.tip(main)).toBe(third);
  });

  test('a forced update, where updating is not allowed at all', async () => {
    const repository = await ProtectedRepository.make({ [main]: ['force'] });
    await repository.commit('third');
    expect((await repository.push('--force', 'main')).stderr).toContain('you may not update');
    expect((await repository.push('--force', 'main~2:main')).stderr).toContain(
      'you may not update',
    );
  });

  test('going back to an older commit is forcing', async () => {
    const repository = await ProtectedRepository.make({ [main]: ['update'] });
    const { code, stderr } = await repository.push('--force', 'main~1:main');
    expect(code).not.toBe(0);
    expect(stderr).toContain('you may not force-push to refs/heads/main.');
  });

  test('making a branch point to something that is no commit is forcing', async () => {
    const repository = await ProtectedRepository.make({ 'refs/tags/*': ['create', 'update'] });
    await repository.push('main:refs/tags/v1');
    const { stderr } = await repository.push('--force', 'main^{tree}:refs/tags/v1');
    expect(stderr).toContain('you may not force-push to refs/tags/v1.');
  });
});

test('what no rule speaks of goes on as ever', async () => {
  const repository = await ProtectedRepository.make({ 'refs/heads/release/*': [] });
  await repository.commit('third');
  for (const args of [
    ['main', 'main:refs/heads/topic', 'main:refs/heads/release/1.0/notes'],
    ['--force', 'main~1:main'],
    [':topic'],
  ]) {
    expect(await repository.push(...args)).toMatchObject({ code: 0 });
  }
});

test('where every change is allowed, git is left alone', async () => {
  const repository = await ProtectedRepository.make({
    '**': ['create', 'update', 'force', 'delete'],
  });
  expect(repository.settings.config).toEqual([]);
  expect(repository.settings.environment).toEqual({});
});

test('every rule that matches must allow a change', async () => {
  const repository = await ProtectedRepository.make({
    'refs/heads/**': ['update', 'create'],
    'refs/heads/team/**': ['update', 'create', 'delete'],
    'refs/heads/team/a': ['update', 'delete'],
  });
  expect((await repository.push('main:refs/heads/team/a')).code).not.toBe(0);
  expect((await repository.push('main:refs/heads/team/b')).code).toBe(0);
  expect((await repository.push(':refs/heads/team/b')).code).not.toBe(0);
});

test('a push of several refs is refused ref by ref', async () => {
  const repository = await ProtectedRepository.make({ [main]: [] });
  const before = await repository.tip(main);
  const third = await repository.commit('third');
  const { code, stdout, stderr } = await repository.push('main', 'main:topic', 'main:other');
  expect(code).not.toBe(0);
  expect(stdout).toMatch(/^!\trefs\/heads\/main:refs\/heads\/main\t.*\(hook declined\)$/m);
  expect(stdout).toMatch(/^\*\trefs\/heads\/main:refs\/heads\/topic\t/m);
  // Once, not also by the look ahead.
  expect(stderr.match(/gitws:/g)).toHaveLength(1);
  expect(await repository.tip(main)).toBe(before);
  expect(await repository.tip('refs/heads/topic')).toBe(third);
  expect(await repository.tip('refs/heads/other')).toBe(third);
  await expectSoundRepository(repository.gitDir);
});

test('a push of many refs starts no more processes than one of two', async () => {
  const repository = await ProtectedRepository.make({
    'refs/heads/Many/**': ['create', 'update', 'force', 'delete'],
    'refs/heads/**': ['create', 'update', 'force', 'delete'],
    [main]: [],
  });
  const { settings } = repository;
  const started = async (trace: string, refs: readonly string[]): Promise<number> => {
    const directory = join(repository.directory, trace);
    await mkdir(directory);
    const environment = { ...settings.environment, GIT_TRACE2_EVENT: directory };
    repository.settings = { ...settings, environment };
    expect(await repository.push('--force', ...refs)).toMatchObject({ code: 0 });
    // git itself, and what it starts.
    const traces = await Promise.all(
      (await readdir(directory)).map((name) => readFile(join(directory, name), 'utf8')),
    );
    return traces.join('').match(/"event":"(start|child_start)"/g)?.length ?? 0;
  };
  const many = (from: string): string[] =>
    Array.from({ length: 40 }, (_, index) => `${from}:refs/heads/Many/${index}`);
  const two = await started('two', ['main:refs/heads/Many/a', 'main:refs/heads/Many/b']);
  expect(two).toBeGreaterThan(1);
  expect(await started('created', many('main'))).toBe(two);
  expect(await started('forced', many('main~1'))).toBe(two);
  expect(await started('deleted', many(''))).toBeLessThanOrEqual(two);
});

long(
  'a push of which a part is refused starts one process for each ref, and asks git of none again',
  async () => {
    const repository = await ProtectedRepository.make({
      'refs/heads/old/**': ['create', 'update'],
      'refs/heads/closed/**': [],
    });
    const { settings } = repository;
    const tip = await repository.tip(main);
    const first = await git(['rev-parse', 'main~1'], { cwd: repository.clone });
    const names = Array.from({ length: 20 }, (_, index) => `it's-$(kill$IFS$PPID)-${index}`);
    await repository.send(names.map((name) => [zero, tip, `refs/heads/old/${name}`]));
    const traces = join(repository.directory, 'traces');
    await mkdir(traces);
    const environment = { ...settings.environment, GIT_TRACE2_EVENT: traces };
    repository.settings = { ...settings, environment };
    const { stdout, stderr } = await repository.send([
      ...names.map((name) => [tip, first, `refs/heads/old/${name}`] as const),
      ...names.map((name) => [zero, tip, `refs/heads/closed/${name}`] as const),
      ...names.map((name) => [zero, tip, `refs/tags/${name}`] as const),
    ]);
    for (const name of names) {
      expect(stdout).toContain(`ng refs/heads/old/${name} hook declined`);
      expect(stdout).toContain(`ng refs/heads/closed/${name} hook declined`);
      expect(stdout).toContain(`ok refs/tags/${name}\n`);
      expect(stderr).toContain(`gitws: you may not force-push to refs/heads/old/${name}.`);
      expect(stderr).toContain(`gitws: you may not create refs/heads/closed/${name}.`);
    }
    expect(stderr.match(/gitws:/g)).toHaveLength(40);
    const events = await Promise.all(
      (await readdir(traces)).map((name) => readFile(join(traces, name), 'utf8')),
    );
    // By pre-receive alone: update would ask for each once more.
    expect(events.join('').match(/"event":"start".*"merge-base"/g)).toHaveLength(askedAlone);
  },
);

test('what is judged once is not judged by a push that comes after it', async () => {
  const repository = await ProtectedRepository.make({ [main]: [] });
  const config = repository.settings.config.flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  const receive = (name: string, oid: string): Promise<GitResult> =>
    gitStatus([...config, 'receive-pack', '.'], {
      cwd: repository.gitDir,
      env: repository.settings.environment,
      input: `${pktLine(`${oid} ${zero} ${name}\0 report-status delete-refs`).toString()}0000`,
    });
  await repository.push('main:refs/heads/a', 'main:refs/heads/b');
  const tip = await repository.tip(main);
  expect((await receive('refs/heads/a', tip)).stdout).toContain('ok refs/heads/a');
  // One directory of hooks is good for one push: it has lost one of them.
  const { stdout, stderr } = await receive('refs/heads/b', tip);
  expect(stdout).toContain('ng refs/heads/b pre-receive hook declined');
  expect(stderr).toContain('the hooks are not whole.');
});

test('an atomic push is refused whole', async () => {
  const repository = await ProtectedRepository.make({ [main]: [] });
  await repository.commit('third');
  const { code } = await repository.push('--atomic', 'main:topic', 'main');
  expect(code).not.toBe(0);
  expect(await repository.tip('refs/heads/topic')).toBe('');
});

long('the same rules hold in a repository of SHA-256 objects', async () => {
  const repository = await ProtectedRepository.make({ [main]: ['update'] }, 'sha256');
  const none = '0'.repeat(64);
  const first = await git(['rev-parse', 'main~1'], { cwd: repository.clone });
  const second = await repository.tip(main);
  const capabilities = 'report-status object-format=sha256';
  for (const [command, verb] of [
    [[none, none, main], 'delete'],
    [[second, none, main], 'delete'],
    [[none, second, main], 'create'],
    [[second, first, main], 'force-push to'],
  ] as const) {
    const { stderr } = await repository.send([command], { capabilities });
    expect(stderr).toContain(`you may not ${verb} refs/heads/main.`);
  }
  await repository.commit('third');
  expect((await repository.push('main')).code).toBe(0);
});

test('nothing of a push that is refused whole stays in the repository', async () => {
  const repository = await ProtectedRepository.make({ [main]: [], 'refs/heads/topic': [] });
  const secret = await repository.commit('secret');
  expect((await repository.push('main', 'main:topic')).code).not.toBe(0);
  expect(await repository.has(secret)).toBe(false);
  await expectSoundRepository(repository.gitDir);
});

test('protected refs are advertised like all others: nothing is hidden', async () => {
  const repository = await ProtectedRepository.make({ '**': [] });
  const { stdout } = await repository.send([]);
  expect(stdout).toContain(' refs/heads/main');
});

describe('ways around a rule', () => {
  test('a deletion that names no old oid, which git would carry out all the same', async () => {
    const repository = await ProtectedRepository.make({ [main]: ['create', 'update'] });
    const { stderr } = await repository.send([[zero, zero, main]]);
    expect(stderr).toContain('you may not delete refs/heads/main.');
    expect(await repository.tip(main)).not.toBe('');
  });

  test('a deletion that names an old oid which does not exist', async () => {
    const repository = await ProtectedRepository.make({ [main]: ['create', 'update'] });
    await repository.send([['1'.repeat(40), zero, main]]);
    expect(await repository.tip(main)).not.toBe('');
  });

  test('an update dressed up as a creation', async () => {
    const repository = await ProtectedRepository.make({ [main]: ['create'] });
    const before = await repository.tip(main);
    const third = await repository.commit('third');
    const { stdout } = await repository.send([[zero, third, main]], { objects: [third] });
    // Judged as what it says it is; git finds out under the lock.
    expect(stdout).toContain('ng refs/heads/main');
    expect(await repository.tip(main)).toBe(before);
  });

  test('a forced update dressed up as a fast-forward, from another old oid', async () => {
    const repository = await ProtectedRepository.make({ [main]: ['update'] });
    const before = await repository.tip(main);
    const first = await git(['rev-parse', 'main~1'], { cwd: repository.clone });
    await git(['reset', '-q', '--hard', first], { cwd: repository.clone });
    const evil = await repository.commit('evil');
    const { stdout } = await repository.send([[first, evil, main]], { objects: [evil] });
    expect(stdout).toContain('ng refs/heads/main');
    expect(await repository.tip(main)).toBe(before);
  });

  test('a creation and a deletion of one ref in one push', async () => {
    const repository = await ProtectedRepository.make({ [main]: ['create', 'update'] });
    const before = await repository.tip(main);
    const first = await git(['rev-parse', 'main~1'], { cwd: repository.clone });
    for (const capabilities of ['report-status', 'report-status atomic']) {
      await repository.send(
        [
          [before, zero, main],
          [zero, first, main],
        ],
        { capabilities },
      );
      expect(await repository.tip(main)).toBe(before);
    }
  });

  test('a pushed replacement ref that gives rewritten history the old parent', async () => {
    const repository = await ProtectedRepository.make({ [main]: ['update'] });
    const before = await repository.tip(main);
    await git(['checkout', '-q', '--orphan', 'evil'], { cwd: repository.clone });
    const evil = await repository.commit('evil');
    const innocent = await git(['commit-tree', '-p', before, '-m', 'x', `${evil}^{tree}`], {
      cwd: repository.clone,
    });
    const { stdout } = await repository.send(
      [
        [zero, innocent, `refs/replace/${evil}`],
        [before, evil, main],
      ],
      { objects: [evil, innocent] },
    );
    // The attack is a real one: with the replacement, git itself takes it for a fast-forward.
    await git(['merge-base', '--is-ancestor', before, evil], { cwd: repository.gitDir });
    expect(stdout).toContain('ng refs/heads/main hook declined');
    // Now it is there before anything is judged.
    const again = await repository.send([[before, evil, main]], { objects: [evil] });
    expect(again.stdout).toContain('ng refs/heads/main pre-receive hook declined');
    expect(await repository.tip(main)).toBe(before);
  });

  test('a symbolic ref that stands for a protected one', async () => {
    const repository = await ProtectedRepository.make({ [main]: [] });
    const before = await repository.tip(main);
    const cwd = repository.gitDir;
    await git(['symbolic-ref', 'refs/heads/alias', main], { cwd });
    await git(['symbolic-ref', 'refs/heads/alias-of-alias', 'refs/heads/alias'], { cwd });
    const third = await repository.commit('third');
    for (const alias of ['refs/heads/alias', 'refs/heads/alias-of-alias']) {
      const { stderr } = await repository.send([[before, third, alias]], { objects: [third] });
      expect(stderr).toContain(`you may not update refs/heads/main, which ${alias} stands for.`);
      await repository.send([[before, zero, alias]]);
      expect(await repository.tip(main)).toBe(before);
    }
  });

  test('a symbolic ref that stands for a protected one which does not exist yet', async () => {
    const repository = await ProtectedRepository.make({ 'refs/heads/release': [] });
    const [tip, cwd] = [await repository.tip(main), repository.gitDir];
    await git(['symbolic-ref', 'refs/heads/alias', 'refs/heads/release'], { cwd });
    // As git before 1.7 made them, and core.preferSymlinkRefs still does.
    await symlink('refs/heads/release', join(cwd, 'refs/heads/link'));
    for (const alias of ['refs/heads/alias', 'refs/heads/link']) {
      const { stderr } = await repository.send([[zero, tip, alias]]);
      expect(stderr).toContain('you may not create refs/heads/release');
    }
    expect(await repository.tip('refs/heads/release')).toBe('');
  });

  test('a symbolic ref that leads nowhere', async () => {
    const repository = await ProtectedRepository.make({ [main]: [] });
    const tip = await repository.tip(main);
    await symlink('loop', join(repository.gitDir, 'refs/heads/loop'));
    const { stderr } = await repository.send([[tip, zero, 'refs/heads/loop']]);
    expect(stderr).toContain('refs/heads/loop cannot be judged.');
  });

  test('HEAD: it cannot be pushed to, neither as a ref nor as a symbolic one', async () => {
    const repository = await ProtectedRepository.make({ [main]: [] });
    const before = await repository.tip(main);
    const third = await repository.commit('third');
    for (const name of ['HEAD', 'ORIG_HEAD', 'main', '-d', '--help', '@', '']) {
      await repository.send([[before, third, name]], { objects: [third] });
    }
    await repository.send(
      [
        [before, third, 'HEAD'],
        [zero, third, 'refs/heads/ok'],
      ],
      {
        objects: [third],
      },
    );
    expect(await git(['symbolic-ref', 'HEAD'], { cwd: repository.gitDir })).toBe(main);
    expect(await repository.tip(main)).toBe(before);
  });

  test('another spelling of its case', async () => {
    const repository = await ProtectedRepository.make({ 'refs/heads/Release/*': [] });
    for (const name of ['refs/heads/release/1', 'refs/heads/RELEASE/1', 'refs/HEADS/release/1']) {
      const { stderr } = await repository.push(`main:${name}`);
      expect(stderr).toContain(`you may not create ${name}.`);
    }
  });

  test('another spelling beyond ASCII, where the file system takes it for the same', async () => {
    const repository = await ProtectedRepository.make({ 'refs/heads/master': [] });
    const kept = repository.settings;
    // The long s and the Kelvin sign fold to ASCII letters on some of those.
    const names = [
      'refs/heads/ma\u017fter',
      'refs/heads/\u212aernel',
      'refs/heads/gr\u00f6\u00dfe',
    ];
    repository.settings = {
      ...kept,
      environment: { ...kept.environment, GITWS_REF_FOLD: '1' },
    };
    for (const name of names) {
      const { stderr } = await repository.push(`main:${name}`);
      expect(stderr).toContain('only ASCII names can be judged on this file system.');
    }
    repository.settings = kept;
    for (const name of names) expect((await repository.push(`main:${name}`)).code).toBe(0);
  });

  test('push options and variables of their names', async () => {
    const repository = await ProtectedRepository.make({ [main]: [] });
    await git(['config', 'receive.advertisePushOptions', 'true'], { cwd: repository.gitDir });
    await repository.commit('third');
    const { stderr } = await repository.push(
      ...['-o', 'GITWS_REF_RULES=', '-o', 'GITWS_REF_RULES', '-o', '$(touch /tmp/x)', 'main'],
    );
    expect(stderr).toContain('you may not update refs/heads/main.');
  });

  test('a name with a line end, which would be two commands to a pre-receive hook', async () => {
    const repository = await ProtectedRepository.make({ [main]: [] });
    const before = await repository.tip(main);
    const third = await repository.commit('third');
    const forged = `refs/heads/ok\n${zero} ${third} refs/heads/free`;
    const { stdout, stderr } = await repository.send(
      [
        [zero, third, forged],
        [before, third, main],
      ],
      { objects: [third] },
    );
    expect(stdout).not.toMatch(/^....ok /m);
    expect(stderr).toContain('you may not update refs/heads/main.');
    expect(await repository.tip(main)).toBe(before);
  });

  test('a name with control characters is not repeated to a terminal', async () => {
    const repository = await ProtectedRepository.make({ [main]: [] });
    const tip = await repository.tip(main);
    const { stderr } = await repository.send([[zero, tip, 'refs/heads/\u001b[2Jx']]);
    expect(stderr).toContain('a ref name holds control characters.');
    expect(stderr).not.toContain('\u001b[2J');
  });

  test('names full of what is special to a shell', async () => {
    const repository = await ProtectedRepository.make({ 'refs/heads/x/**': [] });
    for (const name of [
      '$(id)',
      '`id`',
      '$HOME',
      "it's",
      '"quoted"',
      ';id',
      '|id',
      '&',
      '%s%n',
      '-n',
      '{a,b}',
    ]) {
      const refused = await repository.push(`main:refs/heads/x/${name}`);
      expect(refused.stderr).toContain(`you may not create refs/heads/x/${name}.`);
      expect(await repository.push(`main:refs/heads/y/${name}`)).toMatchObject({ code: 0 });
    }
  });

  test('a name so long that the judgement would take for ever', async () => {
    const repository = await ProtectedRepository.make({ 'refs/**/secret': [] });
    const tip = await repository.tip(main);
    const { stderr } = await repository.send([[zero, tip, `refs${'/a'.repeat(30_000)}`]]);
    expect(stderr).toContain('a ref name is too long.');
  });

  test('hooks that have lost their rules refuse everything', async () => {
    const repository = await ProtectedRepository.make({ [main]: [] });
    repository.settings = { ...repository.settings, environment: {} };
    expect((await repository.push('main:refs/heads/topic')).code).not.toBe(0);
  });

  test('refs outside refs/heads', async () => {
    const repository = await ProtectedRepository.make({
      '**': ['update'],
      'refs/notes/*': [],
    });
    for (const ref of ['refs/notes/commits', 'refs/replace/x', 'refs/meta/config', 'refs/x/y']) {
      const { stderr } = await repository.push(`main:${ref}`);
      expect(stderr).toContain(`you may not create ${ref}.`);
    }
  });
});
