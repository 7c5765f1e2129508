/** `gitws init NAME.git`: a new, empty repository below the root, under a name that can be served. */
import { mkdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Command } from 'commander';
import { quoteForLog } from '../../server/text/log-text.js';
import { findRepository } from '../../server/git/repository.js';
import { askGit } from '../../server/git/run-git.js';
import { orAbsent } from '../../server/base/system-errors.js';
import { givenRoot, invalid, realRoot, segmentsOf } from '../below-root.js';
import { fail } from '../problem.js';
import { addSettings } from '../settings/command-options.js';

/** Adds the command. */
export function addInit(program: Command): void {
  const command = program
    .command('init')
    .description('make an empty bare repository below the root')
    .argument('<name>', 'its path below the root, for example team/site.git')
    .option('--branch <name>', 'its first branch', 'main');
  addSettings(command, ['root']).action(async (name: string) => {
    try {
      const root = givenRoot(command);
      const { branch } = command.opts<{ branch: string }>();
      process.stdout.write(`${await initRepository(root, name, branch)}\n`);
    } catch (error) {
      fail(error);
    }
  });
}

/**
 * Makes it. Exported for tests.
 *
 * @returns the path of the new git directory.
 * @throws GitWsError INVALID_OPTION for a name that cannot be one, or is taken; the system's error where that
 *   cannot be told.
 */
export async function initRepository(root: string, name: string, branch: string): Promise<string> {
  const segments = checkedSegments(name);
  const base = await realRoot(root);
  if ((await findRepository(base, segments)) !== undefined) {
    throw invalid(`There is a repository ${quoteForLog(name)} already.`);
  }
  if (!(await isBranchName(base, branch))) {
    throw invalid(`${quoteForLog(branch)} cannot be the name of a branch.`);
  }
  const path = join(base, ...segments);
  await makeParents(base, segments.slice(0, -1));
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? invalid(`${path} is there already.`) : error;
  });
  try {
    // Without templates: their hooks are samples, and their owner is somebody else.
    await askGit(path, ['init', '-q', '--bare', '--template=', `--initial-branch=${branch}`]);
    const found = await findRepository(base, segments);
    if (found?.gitDir !== path) throw invalid(`A repository at ${path} could not be served.`);
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    throw error;
  }
  return path;
}

/** What the server would take for a path, and no character that a shell or a URL makes much of. */
function checkedSegments(name: string): readonly string[] {
  const segments = segmentsOf(name, name.endsWith('.git') ? name : `${name}.git`);
  for (const segment of segments) {
    const usual = /^[\p{L}\p{N}._+@-]+$/u.test(segment) && Buffer.byteLength(segment) <= 200;
    if (usual && !segment.startsWith('.')) continue;
    throw invalid(
      `The name ${quoteForLog(name)} cannot be used: between slashes, letters, digits and ._+@- only, no dot first, at most 200 bytes.`,
    );
  }
  return segments;
}

/** As git init has it (is_valid_branch_name). */
async function isBranchName(directory: string, name: string): Promise<boolean> {
  if (name.startsWith('-')) return false;
  return askGit(directory, ['check-ref-format', `refs/heads/${name}`]).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      // The system's, and not git's answer.
      if (error.code !== undefined) throw error;
      return false;
    },
  );
}

/** Directories below the root, never through a link that leads out of it or into a repository. */
async function makeParents(root: string, segments: readonly string[]): Promise<void> {
  let path = root;
  for (const segment of segments) {
    path = join(path, segment);
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const real = await realpath(path);
    const outside = relative(root, real).split(sep)[0] === '..';
    if (outside) throw invalid(`${path} leads out of ${dirname(root)}.`);
    const head = await orAbsent(stat(join(path, 'HEAD')));
    if (head !== undefined) throw invalid(`${path} is a repository itself.`);
  }
}
