/** Pushes of many refs that may be updated and not forced: the same answers as git's, by few processes. */
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { git, gitStatus } from '../../helpers/git.js';
import { seededRandom } from '../../helpers/random.js';
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
  const tree = await git(['rev-parse', 'main^{tree}'], { cwd });
  made += 1;
  const names = parents.flatMap((parent) => ['-p', parent]);
  return git(['commit-tree', tree, ...names, '-m', `commit ${made}`], { cwd });
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

test('whatever histories look like, each ref is answered as git answers', async () => {
  const random = seededRandom(9);
  const repository = await ProtectedRepository.make(onlyForward);
  const { clone } = repository;
  const commits: string[] = [await repository.tip('main')];
  for (let count = 0; count < 14; count += 1) {
    const some = (): string => random.pick(commits);
    const parents = new Set(random.pick([[some()], [some()], [some(), some()], []]));
    commits.push(await commitOn(repository, [...parents]));
  }
  const pairs = Array.from({ length: 30 }, () => [random.pick(commits), random.pick(commits)]);
  const refs = pairs.map(([old = ''], index) => [zero, old, `refs/heads/${index}`] as const);
  await repository.send(refs, { objects: commits });
  const { stdout, stderr } = await repository.send(
    pairs.map(([old = '', next = ''], index) => [old, next, `refs/heads/${index}`] as const),
    { objects: commits },
  );
  const kept = new Set<boolean>();
  for (const [index, [old = '', next = '']] of pairs.entries()) {
    const { code } = await gitStatus(['merge-base', '--is-ancestor', old, next], { cwd: clone });
    kept.add(code === 0);
    const answer = code === 0 ? `ok refs/heads/${index}\n` : `ng refs/heads/${index} `;
    expect(stdout, `${old} to ${next}: ${stderr}`).toContain(answer);
  }
  expect(kept.size).toBe(2);
});

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
