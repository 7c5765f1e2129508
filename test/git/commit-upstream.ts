/** What others do to a remote of a test meanwhile. */
import { git } from '../helpers/git.js';

/**
 * Writes a commit with a file that is new or changed, and moves no ref.
 *
 * @param gitDir the remote.
 * @returns the commit.
 */
export async function commitUpstream(
  gitDir: string,
  parent: string,
  file = 'new.txt',
  words = 'new',
): Promise<string> {
  const remote = (args: string[], input?: string): Promise<string> =>
    git(['--git-dir', gitDir, ...args], input === undefined ? {} : { input });
  const blob = await remote(['hash-object', '-w', '--stdin'], `${words} ${file}`);
  const entries = (await remote(['ls-tree', parent])).split('\n');
  const others = entries.filter((line) => !line.endsWith(`\t${file}`));
  const lines = [...others, `100644 blob ${blob}\t${file}`];
  const tree = await remote(['mktree'], `${lines.join('\n')}\n`);
  return remote(['commit-tree', '-m', words, '-p', parent, tree]);
}
