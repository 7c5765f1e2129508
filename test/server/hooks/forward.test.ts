/** Pushes of many refs that may be updated and not forced: the same answers as git's, by few processes. */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { long, test } from '../../helpers/long.js';
import { git, gitStatus } from '../../helpers/git.js';
import { seededRandom } from '../../helpers/random.js';
import { askedAlone } from './hook-number.js';
import { ProtectedRepository, zero } from './protected-repository.js';

/** What may be updated and not forced. */
const onlyForward = { 'refs/heads/**': ['create', 'update'] } as const;

/** So many commits were made: each is another one. */
let made = 0;

/** Commits the same tree again, in the clone. */
async function commitOn(
  repository: ProtectedRepository,
  parents: readonly string[],
): Promise<string> {
  const cwd = repository.clone;
  made += 1;
  const names = parents.flatMap((parent) => ['-p', parent]);
  return git(['commit-tree', 'main^{tree}', ...names, '-m', `commit ${made}`], { cwd });
}

/** Asks git for the history of each object. @returns whether one's commit is in that of another. */
async function ancestry(
  gitDir: string,
  objects: readonly string[],
): Promise<(old: string, next: string) => boolean> {
  const options = { cwd: gitDir, env: { GIT_NO_REPLACE_OBJECTS: '1' } };
  const peeled = await git(['cat-file', '--batch-check=%(objectname)'], {
    ...options,
    input: objects.map((oid) => `${oid}^{commit}\n`).join(''),
  });
  const commits = peeled.split('\n');
  const histories = await Promise.all(
    objects.map(async (oid) => (await gitStatus(['rev-list', oid], options)).stdout.split('\n')),
  );
  return (old, next) =>
    histories[objects.indexOf(next)]?.includes(commits[objects.indexOf(old)] ?? '') ?? false;
}

test('a push of many updates starts no more processes than one of two', async () => {
  const repository = await ProtectedRepository.make(onlyForward);
  const { settings } = repository;
  let tip = await repository.tip('main');
  const names = (count: number, kind: string): string[] =>
    Array.from({ length: count }, (_, index) => `refs/heads/${kind}/${index}`);
  const started = async (kind: string, count: number): Promise<number> => {
    const refs = names(count, kind);
    const before = tip;
    await repository.send(refs.map((ref) => [zero, before, ref]));
    // A merge, whose first parent is new: old tips are not only in the first line of history.
    const side = await commitOn(repository, []);
    tip = await commitOn(repository, [side, tip]);
    const directory = join(repository.directory, kind);
    await mkdir(directory);
    const environment = { ...settings.environment, GIT_TRACE2_EVENT: directory };
    repository.settings = { ...settings, environment };
    const { stdout } = await repository.send(
      refs.map((ref) => [before, tip, ref]),
      { objects: [tip] },
    );
    repository.settings = settings;
    expect(stdout.match(/ok refs/g)).toHaveLength(count);
    const traces = await Promise.all(
      (await readdir(directory)).map((name) => readFile(join(directory, name), 'utf8')),
    );
    expect(traces.join('')).not.toContain('merge-base');
    return traces.join('').match(/"event":"(start|child_start)"/g)?.length ?? 0;
  };
  const two = await started('two', 2);
  expect(two).toBeGreaterThan(1);
  expect(await started('many', 40)).toBe(two);
});

long('a push of many forced updates starts no more processes than one of some', async () => {
  const repository = await ProtectedRepository.make(onlyForward);
  const { settings } = repository;
  const base = await repository.tip('main');
  const started = async (kind: string, count: number): Promise<number> => {
    const commits: string[] = [];
    for (let index = 0; index <= count; index += 1)
      commits.push(await commitOn(repository, [base]));
    const refs = commits.slice(1).map((_, index) => `refs/heads/${kind}/${index}`);
    await repository.send(
      refs.map((ref, index) => [zero, commits[index] ?? '', ref]),
      { objects: commits },
    );
    const directory = join(repository.directory, kind);
    await mkdir(directory);
    const environment = { ...settings.environment, GIT_TRACE2_EVENT: directory };
    repository.settings = { ...settings, environment };
    const { stdout, stderr } = await repository.send(
      refs.map((ref, index) => [commits[index] ?? '', commits[index + 1] ?? '', ref]),
      { objects: commits },
    );
    repository.settings = settings;
    expect(stdout.match(/ng refs/g)).toHaveLength(count);
    expect(stderr.match(/you may not force-push to/g)).toHaveLength(count);
    const traces = await Promise.all(
      (await readdir(directory)).map((name) => readFile(join(directory, name), 'utf8')),
    );
    expect(traces.join('').match(/"event":"start".*"merge-base"/g)).toHaveLength(askedAlone);
    return traces.join('').match(/"event":"(start|child_start)"/g)?.length ?? 0;
  };
  expect(await started('many', 2 * askedAlone)).toBe(await started('some', askedAlone + 1));
});

long.each(['whole', 'shallow'])(
  'whatever histories look like, each ref is answered as git answers: %s',
  async (kind) => {
    const random = seededRandom(9);
    const repository = await ProtectedRepository.make({ 'refs/**': ['create', 'update'] });
    const { clone, gitDir } = repository;
    const base = await repository.tip('main');
    const commits = [base];
    for (let count = 0; count < 14; count += 1) {
      const some = (): string => random.pick(commits);
      const parents = new Set(random.pick([[some()], [some()], [some(), some()], []]));
      commits.push(await commitOn(repository, [...parents]));
    }
    // Tags count as their commits, and those of trees as nothing.
    const objects = [...commits];
    for (const [index, of] of [...commits.slice(0, 5), 'main^{tree}'].entries()) {
      await git(['tag', '-a', '-m', 'x', `tag${index}`, of], { cwd: clone });
      objects.push(await git(['rev-parse', `tag${index}`], { cwd: clone }));
    }
    const pairs = Array.from({ length: 90 }, () => [random.pick(objects), random.pick(objects)]);
    const refs = pairs.map(([old = ''], index) => [zero, old, `refs/odd/${index}`] as const);
    await repository.send(refs, { objects });
    // Replacement refs do not count, what the repository has not got of its history does.
    const roots = await git(['rev-list', '--no-walk', '--max-parents=0', ...commits.slice(1)], {
      cwd: clone,
    });
    for (const commit of roots.split('\n')) {
      await git(['replace', '--graft', commit, base], { cwd: gitDir });
    }
    if (kind === 'shallow') {
      await writeFile(join(gitDir, 'shallow'), `${commits[3]}\n${commits[6]}\n`);
    }
    const missing = '1'.repeat(40);
    const { stdout, stderr } = await repository.send(
      [
        [missing, commits[0] ?? '', 'refs/odd/missing'],
        ...pairs.map(([old = '', next = ''], index) => [old, next, `refs/odd/${index}`] as const),
      ],
      { objects },
    );
    expect(stdout).toContain('ng refs/odd/missing hook declined');
    const isAncestor = await ancestry(gitDir, objects);
    const kept = new Set<boolean>();
    for (const [index, [old = '', next = '']] of pairs.entries()) {
      const forward = isAncestor(old, next);
      kept.add(forward);
      const answer = forward ? `ok refs/odd/${index}\n` : `ng refs/odd/${index} `;
      expect(stdout, `${old} to ${next}: ${stderr}`).toContain(answer);
    }
    expect(kept.size).toBe(2);
  },
);

test('an old tip that only another ref’s new history has is lost, and refused', async () => {
  const repository = await ProtectedRepository.make(onlyForward);
  const base = await repository.tip('main');
  const [a, b] = [await commitOn(repository, [base]), await commitOn(repository, [base])];
  const both = await commitOn(repository, [a, b]);
  const [one, two] = ['refs/heads/one', 'refs/heads/two'];
  await repository.send(
    [
      [zero, a, one],
      [zero, b, two],
    ],
    { objects: [a, b] },
  );
  const rewritten = await commitOn(repository, [base]);
  const { stdout, stderr } = await repository.send(
    [
      [a, rewritten, one],
      [b, both, two],
    ],
    { objects: [both, rewritten] },
  );
  expect(stderr).toContain('you may not force-push to refs/heads/one.');
  expect(stdout).toContain('ok refs/heads/two');
  expect(await repository.tip(one)).toBe(a);
});

test('where there is no awk, git is asked about each ref', async () => {
  const repository = await ProtectedRepository.make(onlyForward);
  const bin = join(repository.directory, 'bin');
  await mkdir(bin);
  for (const name of ['sh', 'git', 'cat', 'tr', 'rm']) {
    await symlink(join('/usr/bin', name), join(bin, name));
  }
  const environment = { ...repository.settings.environment, PATH: bin };
  repository.settings = { ...repository.settings, environment };
  const old = await repository.tip('main');
  const [kept, lost] = [await commitOn(repository, [old]), await commitOn(repository, [])];
  const { stdout } = await repository.send(
    [
      [zero, old, 'refs/heads/new'],
      [old, kept, 'refs/heads/main'],
    ],
    { objects: [kept] },
  );
  expect(stdout.match(/ok refs/g)).toHaveLength(2);
  const refused = await repository.send(
    [
      [old, kept, 'refs/heads/new'],
      [kept, lost, 'refs/heads/main'],
    ],
    { objects: [kept, lost] },
  );
  expect(refused.stdout).toContain('ok refs/heads/new');
  expect(refused.stderr).toContain('you may not force-push to refs/heads/main.');
});
