/**
 * `gitws lfs`: what to set so that git-lfs finds its server. It takes that from a remote's address,
 * and knows nothing of ws:// and wss://: large files travel by HTTP, beside git.
 */
import type { Command } from 'commander';
import { GitWsError } from '../../server/index.js';
import { fail } from '../problem.js';

/** Adds the command. */
export function addLfs(program: Command): void {
  program
    .command('lfs')
    .description(
      'print the settings with which git-lfs finds its server for a ws:// or ssh:// remote',
    )
    .argument('<address>', "the repository's address, for example wss://git.example/site.git")
    .option(
      '--server <url>',
      'https:// address of the LFS server; default: the repository’s own, with /info/lfs behind it',
    )
    .action((address: string, { server }: { server?: string }) => {
      try {
        process.stdout.write(describe(server ?? usualServer(address)));
      } catch (error) {
        fail(error);
      }
    });
}

/** Where git-lfs looks for an http:// or https:// remote (git-lfs, docs/api/server-discovery.md). */
function usualServer(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const [, scheme, rest] = /^(wss?|https?):\/\/(?:[^/@]*@)?([^?#]+)$/.exec(address) ?? [];
  if (url === undefined || scheme === undefined || rest === undefined) {
    throw invalid(
      `${address} is no ws://, wss://, http:// or https:// address; say the LFS server by --server.`,
    );
  }
  const repository = `${scheme.replace(/^ws/, 'http')}://${rest.replace(/\/+$/, '')}`;
  return `${repository.endsWith('.git') ? repository : `${repository}.git`}/info/lfs`;
}

/** Lines for a shell: comments and commands, of which the first alone takes effect as it stands. */
function describe(server: string): string {
  if (!/^https?:\/\/[^\s'"\\]+$/.test(server)) throw invalid(`${server} is no https:// address.`);
  return `# git-lfs asks an LFS server by HTTP; gitws is none. In a clone, for all of its remotes:
git config lfs.url '${server}'

# or for one of them:
# git config remote.origin.lfsurl '${server}'

# or for everybody who clones, in a file to commit:
# git config -f .lfsconfig lfs.url '${server}'

# Where the LFS server keeps no locks, so that git-lfs does not ask for them at every push:
# git config 'lfs.${server}.locksverify' false
`;
}

function invalid(sentence: string): GitWsError {
  return new GitWsError('INVALID_OPTION', sentence);
}
