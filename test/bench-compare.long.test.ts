/** That `npm run bench -- --compare` measures two builds, in a copy of the project that is a repository. */
import { execFile } from 'node:child_process';
import { cp, readFile, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { BuildsReport } from '../bench/compare-builds.js';
import { git, gitEnvironment } from './helpers/git.js';
import { temporaryDirectory } from './helpers/temp.js';

it('builds the project as it was at another commit, and measures both', async () => {
  const project = fileURLToPath(new URL('..', import.meta.url));
  const copy = await temporaryDirectory();
  const isSource = (path: string) =>
    !/^(\.git|data|dist.*|node_modules|test-results)$/.test(relative(project, path));
  await cp(project, copy, { recursive: true, filter: isSource });
  await git(['init', '-q'], { cwd: copy });
  await git(['add', '.'], { cwd: copy });
  await git(['commit', '-q', '-m', 'All of it'], { cwd: copy });
  await symlink(join(project, 'node_modules'), join(copy, 'node_modules'));
  const json = join(copy, 'report.json');
  const what = ['--quick', '--only', 'reads', '--compare'];
  const run = (ref: string) =>
    promisify(execFile)(process.execPath, ['bench/run.mjs', ...what, ref, '--json', json], {
      cwd: copy,
      env: { ...process.env, ...gitEnvironment },
    });
  const { stdout } = await run('HEAD');
  expect(stdout).toContain('now and at HEAD, in turns, medians of 1 round');
  const { now, before } = JSON.parse(await readFile(json, 'utf8')) as BuildsReport;
  for (const [report] of [now, before]) {
    expect(report?.comparisons.map(({ part }) => part)).toContain('reads');
  }
  // Nothing is left of it, and what there is not is said.
  expect((await git(['worktree', 'list'], { cwd: copy })).split('\n')).toHaveLength(1);
  await expect(run('no-such-commit')).rejects.toThrow(/no-such-commit/);
});
