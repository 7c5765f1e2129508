/** `gitws bundle NAME.git --output FILE`: a repository's branches and tags as one file for a static host. */
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { randomName } from '../../src/base/random-name.js';
import type { ServiceProcess } from '../../server/backend/local/spawn.js';
import { orAbsent } from '../../server/base/system-errors.js';
import { findRepository } from '../../server/git/repository.js';
import { askGit, collect, startGit } from '../../server/git/run-git.js';
import { quoteForLog } from '../../server/text/log-text.js';
import { givenRoot, invalid, realRoot, segmentsOf } from '../below-root.js';
import { fail } from '../problem.js';
import { addSettings } from '../settings/command-options.js';

/** Branches and tags that clients are shown (git-rev-list(1), `--exclude-hidden`: one for each `--glob`). */
const shownRefs = ['refs/heads', 'refs/tags'].flatMap((refs) => [
  '--exclude-hidden=uploadpack',
  `--glob=${refs}`,
]);

/** From SIGTERM to SIGKILL, in ms: in it, git removes its lock. */
const ending = { term: 0, kill: 2_000 };

/** Adds the command. */
export function addBundle(program: Command): void {
  const command = program
    .command('bundle')
    .description('write a repository into one file, which clones take from any static host')
    .argument('<name>', 'its path below the root, for example team/site.git')
    .requiredOption(
      '-o, --output <file>',
      'where to; what is there is replaced when the new one is whole',
    );
  addSettings(command, ['root']).action(async (name: string) => {
    try {
      const root = givenRoot(command);
      const { output } = command.opts<{ output: string }>();
      process.stdout.write(`${await writeBundle(root, name, resolve(output))}\n`);
      process.stderr.write(
        'Put it on any host of static files, for pages of other origins with Access-Control-Allow-Origin. Clients pass its URL: ' +
          'git.clone({ …, bundleUri }) of gitws/git, git clone --bundle-uri=URL. Whoever has the URL can read all of it.\n',
      );
    } catch (error) {
      fail(error);
    }
  });
}

/**
 * Makes it. Exported for tests.
 *
 * @param output absolute path of the file.
 * @returns the same.
 * @throws GitWsError INVALID_OPTION where there is no such repository, or nothing in it, and where `output` is no
 *   file, is in no folder, or is in the repository; Error where git fails.
 *   What was at `output` is there then, and nothing else.
 */
export async function writeBundle(root: string, name: string, output: string): Promise<string> {
  const gitDir = await gitDirectoryOf(root, name);
  const place = await placeOf(output, gitDir);
  const temporary = `${place}.${randomName()}`;
  const ask = (...args: string[]) => askGit(gitDir, args);
  // First, since clients offer what comes first.
  const head = await ask('rev-parse', '--verify', '--quiet', 'HEAD').then(
    () => ['HEAD'],
    () => [],
  );
  const any = await ask('for-each-ref', '--count=1', 'refs/heads', 'refs/tags');
  if (any.length === 0)
    throw invalid(`The repository ${quoteForLog(name)} has no branch or tag yet.`);
  try {
    await runToEnd(gitDir, ['bundle', 'create', '-q', temporary, ...head, ...shownRefs]);
    const file = await open(temporary, 'r+');
    await file.sync().finally(() => file.close());
    await rename(temporary, place);
  } catch (error) {
    for (const path of [temporary, `${temporary}.lock`]) await rm(path, { force: true });
    throw error;
  }
  return output;
}

/** @returns where a file is to be, behind links, as git has it. */
async function placeOf(output: string, gitDir: string): Promise<string> {
  const quoted = quoteForLog(output);
  const folder = await orAbsent(realpath(dirname(output)));
  if (folder === undefined) throw invalid(`There is no folder for ${quoted}.`);
  const place = (await orAbsent(realpath(output))) ?? join(folder, basename(output));
  // A device, for example, would be a file from then on.
  if ((await orAbsent(stat(place)))?.isFile() === false) throw invalid(`${quoted} is no file.`);
  if (`${place}/`.startsWith(`${gitDir}/`)) throw invalid(`${quoted} lies in the repository.`);
  return place;
}

async function gitDirectoryOf(root: string, name: string): Promise<string> {
  const segments = segmentsOf(name);
  const found = await findRepository(await realRoot(root), segments);
  if (found === undefined) throw invalid(`There is no repository ${quoteForLog(name)}.`);
  return found.gitDir;
}

/** However long it takes; it ends with this process. */
async function runToEnd(gitDir: string, args: readonly string[]): Promise<void> {
  const child: ServiceProcess = await startGit({ gitDir, args });
  let isEnded = false;
  const end = (): void => {
    isEnded = true;
    child.end(ending);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, end);
  try {
    child.stdout.resume();
    const [words, { code }] = await Promise.all([collect(child.stderr), child.exited]);
    if (isEnded) throw new Error('ended before the bundle was whole.');
    if (code !== 0) throw new Error(`git bundle failed: ${words.toString('utf8').trim()}`);
  } finally {
    for (const signal of signals) process.off(signal, end);
  }
}
