/**
 * The contract's cases with packs indexed by the engine: the same calls, with `bindRepository`
 * spread into those that fetch, as a user would.
 */
import type * as Git from 'isomorphic-git';
import type { HttpClient, HttpClientOptions } from '../../src/index.js';
import type { ContractContext } from './context.js';

/** What a clone, fetch or pull is called with. */
type Call = Pick<
  Parameters<typeof Git.fetch>[0],
  'fs' | 'http' | 'dir' | 'gitdir' | 'url' | 'remote'
>;

/** @returns the context for one case. */
export function bound(context: ContractContext): ContractContext {
  const { git, gitws } = context;
  const optionsOf = new WeakMap<HttpClient, HttpClientOptions>();
  const createHttpClient = (options: HttpClientOptions = {}): HttpClient => {
    const client = gitws.createHttpClient(options);
    optionsOf.set(client, options);
    return client;
  };
  const bind = async <Args extends Call>(args: Args): Promise<Args> => {
    const { dir, fs, gitdir, http, remote = 'origin' } = args;
    if (dir === undefined) return args;
    const url = args.url ?? String(await git.getConfig({ fs, dir, path: `remote.${remote}.url` }));
    const options = optionsOf.get(http as HttpClient);
    return { ...args, ...gitws.bindRepository({ ...options, fs, dir, gitdir, url }) };
  };
  return {
    ...context,
    gitws: { ...gitws, createHttpClient },
    git: {
      ...git,
      clone: async (args) => git.clone(await bind(args)),
      fetch: async (args) => git.fetch(await bind(args)),
      pull: async (args) => git.pull(await bind(args)),
    },
  };
}

/** The topics of the contract in which packs come. */
export const boundTopics = [
  'cloning',
  'fetching',
  'canceling, progress and messages',
  'what fails',
];
