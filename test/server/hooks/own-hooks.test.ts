import { chmod, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { long, test } from '../../helpers/long.js';
import { receiveHooks } from '../../../server/hooks/scripts.js';
import { expectSoundRepository, git } from '../../helpers/git.js';
import { ProtectedRepository, type Allowed } from './protected-repository.js';

const main = 'refs/heads/main';

/** Forbids nothing that a test here does, and yet makes the server supply its hooks. */
const someRule: Allowed = { 'refs/heads/forbidden': [] };

/** Appends all that a hook is given to a file. */
const record = (file: string): string => `{
  printf 'hook %s' "\${0##*/}"
  printf ' <%s>' "$@"
  echo
  env | sort
  od -c
} >>"${file}"`;

/** Pushes twice to a repository that has hooks. @returns all that those were given. */
async function recordPushes(supplied: 'nothing' | 'hooks' | 'hooks that judge'): Promise<string> {
  const repository = await ProtectedRepository.make();
  const file = join(repository.directory, 'recording');
  await git(['config', 'receive.advertisePushOptions', 'true'], { cwd: repository.gitDir });
  const hooks = ['pre-receive', 'update', 'post-receive', 'post-update', 'reference-transaction'];
  for (const hook of hooks) await repository.ownHook(hook, record(file));
  if (supplied !== 'nothing') {
    await repository.protect(supplied === 'hooks' ? {} : someRule);
    expect(repository.settings.config).toHaveLength(1);
  }
  await repository.commit('third');
  const pushed = await repository.push('-o', 'a b', 'main', 'main:refs/heads/größe', 'main:x');
  expect(pushed.code).toBe(0);
  await repository.push(':x', 'main:refs/tags/v1');
  return (await readFile(file, 'utf8'))
    .replaceAll(repository.directory, 'DIRECTORY')
    .replaceAll(/tmp_objdir-incoming-\w+|incoming-\w+/g, 'QUARANTINE')
    .replaceAll(/^_=.*\n/gm, '');
}

async function hooksSupplied({ settings }: ProtectedRepository): Promise<string[]> {
  const [, directory = ''] = settings.config.find(([key]) => key === 'core.hooksPath') ?? [];
  return (await readdir(directory)).sort();
}

describe("a repository's own hooks", () => {
  long('are given the same arguments, input and environment as without the server', async () => {
    const byGit = await recordPushes('nothing');
    expect(byGit).toContain('hook pre-receive');
    expect(byGit).toContain('hook reference-transaction');
    expect(byGit).toContain('GIT_QUARANTINE_PATH');
    expect(byGit).toContain('GIT_PUSH_OPTION_0=a b');
    expect(await recordPushes('hooks')).toBe(byGit);
    expect(await recordPushes('hooks that judge')).toBe(byGit);
  });

  test('pass on what they say and how they end', async () => {
    const repository = await ProtectedRepository.make();
    await repository.ownHook('update', '[ "$1" != refs/heads/b ] || { echo not b; exit 3; }');
    await repository.ownHook('post-receive', 'cat; echo thank you >&2; exit 1');
    await repository.protect(someRule);
    const several = await repository.push('main:a', 'main:b');
    expect(several.stdout).toMatch(/main:refs\/heads\/b\t\[remote rejected\] \(hook declined\)/);
    expect(several.stderr).toContain('remote: not b');
    expect(several.stderr).toContain('remote: thank you');
    expect(await repository.tip('refs/heads/a')).not.toBe('');
    await repository.ownHook('pre-receive', 'echo closed today; exit 1');
    await repository.protect(someRule);
    const closed = await repository.push('main:c');
    expect(closed.stdout).toContain('[remote rejected] (pre-receive hook declined)');
    expect(closed.stderr).toContain('remote: closed today');
  });

  test('judge beside the rules: either may refuse', async () => {
    const repository = await ProtectedRepository.make();
    await repository.ownHook('update', 'case $1 in */own) exit 1 ;; esac');
    await repository.protect(someRule);
    const { stdout } = await repository.push('main:own', 'main:forbidden', 'main:free');
    expect(stdout).toMatch(/main:refs\/heads\/own\t\[remote rejected\]/);
    expect(stdout).toMatch(/main:refs\/heads\/forbidden\t\[remote rejected\]/);
    expect(await repository.tip('refs/heads/free')).not.toBe('');
  });

  test.each([
    ['relative to the git directory', 'shared/hooks', (base: string) => join(base, 'shared/hooks')],
    ['absolute', '', (base: string) => join(base, '../else where')],
  ])('are found where core.hooksPath of the repository says, %s', async (_, relative, place) => {
    const repository = await ProtectedRepository.make();
    const directory = place(repository.gitDir);
    const path = relative === '' ? directory : relative;
    // In a file that is included: only git can tell.
    await writeFile(join(repository.gitDir, 'more'), `[core]\n\thooksPath = "${path}"\n`);
    await git(['config', 'include.path', 'more'], { cwd: repository.gitDir });
    await repository.ownHook('pre-receive', 'echo from there', directory);
    await repository.ownHook('post-update', 'echo not from here');
    await repository.protect(someRule);
    const { stderr } = await repository.push('main:x');
    expect(stderr).toContain('remote: from there');
    expect(stderr).not.toContain('not from here');
  });

  test('that are not executable, or gone since, are passed over as git does', async () => {
    const repository = await ProtectedRepository.make();
    await repository.ownHook('pre-receive', 'exit 1');
    await repository.ownHook('update', 'exit 1');
    await repository.ownHook('post-update', 'echo never');
    await repository.protect(someRule);
    await chmod(join(repository.gitDir, 'hooks/update'), 0o644);
    await rm(join(repository.gitDir, 'hooks/pre-receive'));
    await rm(join(repository.gitDir, 'hooks/post-update'));
    expect(await repository.push('main:x')).toMatchObject({ code: 0 });
  });

  test('that read none of a long input do not stop the push', async () => {
    const repository = await ProtectedRepository.make();
    await repository.ownHook('pre-receive', 'exit 0');
    await repository.protect(someRule);
    const tip = await repository.tip(main);
    // More than a pipe holds.
    const commands = Array.from({ length: 500 }, (_, index) => {
      const name = `refs/tags/${'t'.repeat(80)}${index}`;
      return ['0'.repeat(40), tip, name] as const;
    });
    const { stdout } = await repository.send(commands);
    expect(stdout.match(/^....ok refs/gm)?.length).toBe(commands.length);
  });

  test('may run git in other repositories, whose own hooks run too', async () => {
    const repository = await ProtectedRepository.make();
    const { directory } = repository;
    const [mirror, site] = [join(directory, 'mirror.git'), join(directory, 'site')];
    const log = join(directory, 'log');
    await git(['init', '-q', '--bare', mirror]);
    await git(['init', '-q', site]);
    for (const hook of ['pre-receive', 'update', 'post-receive']) {
      await repository.ownHook(hook, `echo "mirror ${hook}" >>"${log}"`, join(mirror, 'hooks'));
    }
    for (const hook of ['pre-commit', 'post-commit', 'reference-transaction']) {
      await repository.ownHook(hook, `echo "site ${hook}" >>"${log}"`, join(site, '.git/hooks'));
    }
    // As deploy hooks are written: away from the repository that was pushed to, and back.
    await repository.ownHook(
      'post-receive',
      `git push -q "${mirror}" main || exit
       git config --get core.hooksPath && exit 1
       unset GIT_DIR
       cd "${site}" || exit
       git config --get core.hooksPath && exit 1
       git pull -q "${mirror}" main || exit
       git -c user.name=Deploy -c user.email=deploy@example.com commit -q --allow-empty -m deployed`,
    );
    await repository.protect({ '**': ['update'] });
    const third = await repository.commit('third');
    const { code, stderr } = await repository.push('main');
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('gitws'),
    });
    // The rules are for the pusher: what a hook does elsewhere is not the pusher's doing.
    expect(await git(['rev-parse', 'main'], { cwd: mirror })).toBe(third);
    expect(await git(['log', '-1', '--format=%s'], { cwd: site })).toBe('deployed');
    const lines = new Set((await readFile(log, 'utf8')).trim().split('\n'));
    expect([...lines].sort()).toEqual([
      ...['mirror post-receive', 'mirror pre-receive', 'mirror update'],
      ...['site post-commit', 'site pre-commit', 'site reference-transaction'],
    ]);
    for (const path of [repository.gitDir, mirror, site]) await expectSoundRepository(path);
  });
});

describe('hooks that change what git does by being there are supplied only where there are own ones', () => {
  test('where there are neither own ones nor rules, git is left alone', async () => {
    const repository = await ProtectedRepository.make();
    await repository.protect({});
    expect(repository.settings.config).toEqual([]);
    expect(repository.settings.environment).toEqual({});
  });

  test('by default there are only the two that judge', async () => {
    const repository = await ProtectedRepository.make(someRule);
    expect(await hooksSupplied(repository)).toEqual(['pre-receive', 'update']);
  });

  test.each([[someRule], [{}]])('each one that a repository has is supplied', async (rules) => {
    const repository = await ProtectedRepository.make();
    for (const hook of receiveHooks) await repository.ownHook(hook, 'exit 0');
    await repository.protect(rules);
    expect(await hooksSupplied(repository)).toEqual([...receiveHooks].sort());
  });

  test('without push-to-checkout, updateInstead updates the work tree', async () => {
    const repository = await deployed();
    expect(await repository.push('main')).toMatchObject({ code: 0 });
    expect(await readFile(join(repository.gitDir, '../page'), 'utf8')).toBe('new\n');
    await expectSoundRepository(repository.gitDir);
  });

  test('with push-to-checkout, that one does', async () => {
    const repository = await deployed(
      '[ -z "$GIT_CONFIG_PARAMETERS" ] && git read-tree -u -m HEAD "$1" && echo by hook',
    );
    const { code, stderr } = await repository.push('main');
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('by hook') });
    expect(await readFile(join(repository.gitDir, '../page'), 'utf8')).toBe('new\n');
  });

  test('a rule is asked before the work tree changes', async () => {
    const repository = await deployed();
    await repository.protect({ [main]: [] });
    expect((await repository.push('main', 'main:topic')).code).not.toBe(0);
    expect(await readFile(join(repository.gitDir, '../page'), 'utf8')).toBe('old\n');
  });

  test('proc-receive goes on doing what it does', async () => {
    const repository = await withProcReceive({ 'refs/heads/forbidden': [] });
    const { code, stdout, stderr } = await repository.push('main:refs/for/main', 'main:topic');
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('reviewed'),
    });
    expect(stdout).toContain('refs/for/main');
    expect(await repository.tip('refs/for/main')).toBe('');
    expect(await repository.tip('refs/heads/topic')).not.toBe('');
  });

  test('refs that go to proc-receive, about which update is not asked, obey the rules too', async () => {
    const repository = await withProcReceive({ 'refs/for/*': [] });
    const { stdout, stderr } = await repository.push('main:refs/for/main', 'main:topic');
    expect(stderr).toContain('you may not create refs/for/main.');
    expect(stderr).not.toContain('reviewed');
    expect(stdout).toMatch(/main:refs\/for\/main\t\[remote rejected\]/);
  });
});

/** A repository with a work tree that follows its pushes. */
async function deployed(pushToCheckout?: string): Promise<ProtectedRepository> {
  const repository = await ProtectedRepository.make();
  const worktree = join(repository.directory, 'deployed');
  const gitDir = join(worktree, '.git');
  Object.assign(repository, { gitDir });
  await git(['init', '-q', worktree]);
  await git(['config', 'receive.denyCurrentBranch', 'updateInstead'], { cwd: worktree });
  await git(['remote', 'set-url', 'origin', gitDir], { cwd: repository.clone });
  for (const content of ['old', 'new']) {
    await writeFile(join(repository.clone, 'page'), `${content}\n`);
    await git(['add', 'page'], { cwd: repository.clone });
    await repository.commit(content);
    if (content === 'old') await git(['push', '-q', 'origin', 'main'], { cwd: repository.clone });
  }
  if (pushToCheckout !== undefined) await repository.ownHook('push-to-checkout', pushToCheckout);
  await repository.protect(someRule);
  return repository;
}

/** Refs below refs/for/ are taken by a hook that keeps nothing of them. */
async function withProcReceive(rules: Allowed): Promise<ProtectedRepository> {
  const repository = await ProtectedRepository.make();
  await git(['config', 'receive.procReceiveRefs', 'refs/for'], { cwd: repository.gitDir });
  const script = join(repository.directory, 'proc-receive.mjs');
  await writeFile(script, procReceive);
  await repository.ownHook('proc-receive', `exec "${process.execPath}" "${script}"`);
  await repository.protect(rules);
  return repository;
}

/** The protocol of githooks(5), "proc-receive". */
const procReceive = `
import { readSync, writeSync } from 'node:fs';
const take = (length) => {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const count = readSync(0, bytes, at, length - at);
    if (count === 0) process.exit(1);
    at += count;
  }
  return bytes.toString();
};
const lines = () => {
  const all = [];
  for (;;) {
    const length = parseInt(take(4), 16);
    if (length === 0) return all;
    all.push(take(length - 4));
  }
};
const say = (text) => writeSync(1, (text.length + 4).toString(16).padStart(4, '0') + text);
lines();
say('version=1\\n');
writeSync(1, '0000');
for (const line of lines()) {
  process.stderr.write('reviewed\\n');
  say('ok ' + line.trim().split(' ')[2] + '\\n');
}
writeSync(1, '0000');
`;
