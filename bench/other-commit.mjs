/** The project as it was at another commit, built, for `--compare`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Builds without declarations, where the build of that commit can. */
const build = `const { build } = await import('./scripts/build.mjs'); await build({ declarations: false });`;

/**
 * Checks a commit out beside the project, and builds it. It is removed when the process ends.
 *
 * @param {string} root the project's directory.
 * @param {string} ref a commit, as git names it.
 * @returns {Promise<string>} the directory.
 * @throws {Error} with what git, npm or the build says.
 */
export async function checkOut(root, ref) {
  const folder = mkdtempSync(join(tmpdir(), 'gitws-bench-'));
  const tree = join(folder, 'tree');
  const git = (/** @type {string[]} */ ...args) => execFileSync('git', ['-C', root, ...args]);
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true });
    git('worktree', 'prune');
  });
  git('worktree', 'add', '--quiet', '--detach', tree, `${ref}^{commit}`);
  const run = (/** @type {string} */ command, /** @type {string[]} */ ...args) =>
    execFileSync(command, args, { cwd: tree, stdio: ['ignore', 'ignore', 'inherit'] });
  const lock = (/** @type {string} */ path) => readFile(join(path, 'package-lock.json'), 'utf8');
  if ((await lock(tree)) === (await lock(root))) {
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  } else {
    run('npm', 'ci', '--no-audit', '--no-fund');
  }
  run(process.execPath, '--input-type=module', '--eval', build);
  return tree;
}
