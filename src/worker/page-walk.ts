/**
 * The page's side of `walk`. What `map`, `reduce` and `iterate` return stays here, and the worker gets
 * numbers for it: so it may be anything, as without a worker.
 */
import type { git } from '../git/commands.js';
import { GitWsError } from '../base/errors.js';
import type { NotSent } from './caller.js';
import type { Order, WalkerOrder } from './protocol.js';

type Given = Parameters<typeof git.walk>[0];
type Walker = Given['trees'][number];
type Entry = NonNullable<Parameters<NonNullable<Given['map']>>[1][number]>;
type Ask = (order: Order, notSent?: NotSent) => Promise<unknown>;

/** isomorphic-git's walkers, of which the page has the names alone. */
export const walkers = {
  TREE: (options?: Parameters<typeof git.TREE>[0]) => walkerOf('TREE', options),
  WORKDIR: (options?: Parameters<typeof git.WORKDIR>[0]) => walkerOf('WORKDIR', options),
  STAGE: () => walkerOf('STAGE', undefined),
};

const made = new WeakSet<object>();

function walkerOf(walker: WalkerOrder['walker'], options: object | undefined): Walker {
  const order: WalkerOrder = Object.freeze({ walker, options });
  made.add(order);
  return order as unknown as Walker;
}

/** A number stands for a value here, `null` and `undefined` for themselves. */
type Token = number | null | undefined;

class Values {
  readonly #values: unknown[] = [];

  keep(value: unknown): Token {
    return value === null || value === undefined ? value : this.#values.push(value) - 1;
  }

  get(token: Token): unknown {
    return typeof token === 'number' ? this.#values[token] : token;
  }
}

/**
 * @param given the options of `walk`.
 * @throws GitWsError INVALID_OPTION for walkers of another isomorphic-git; what the walk rejects with.
 */
export async function walkInPage(given: Given, ask: Ask): Promise<unknown> {
  const { map, reduce, iterate, ...options } = given;
  const trees: unknown = options.trees;
  if (Array.isArray(trees) && !trees.every((tree: object) => made.has(tree))) {
    const message = 'trees has to be made with TREE, WORKDIR and STAGE of what startGit gave.';
    throw new GitWsError('INVALID_OPTION', message);
  }
  const values = new Values();
  const entryOf = (target: number | null): Entry | null =>
    target === null ? null : makeEntry(target, ask);
  const functions = {
    map: async (filename: string, numbers: readonly (number | null)[]) => {
      const entries = numbers.map(entryOf);
      return values.keep(map === undefined ? entries : await map(filename, entries));
    },
    reduce: async (parent: Token, children: readonly Token[]) => {
      const found = children.map((child) => values.get(child));
      const whole = reduce ?? flatten;
      return values.keep(await whole(values.get(parent), found));
    },
    iterate: async (children: unknown[][], target: number) => {
      const step = async (child: unknown[]): Promise<unknown> => {
        const at = children.indexOf(child);
        return values.get((await ask({ of: 'step', name: '', args: [at], target })) as Token);
      };
      const walk = step as unknown as Parameters<NonNullable<typeof iterate>>[0];
      const walked = (await iterate?.(walk, children.values() as never)) as unknown[];
      return walked.map((value) => values.keep(value));
    },
  };
  const { iterate: iterating, ...always } = functions;
  const result = await ask(
    { of: 'git', name: 'walk', args: [options] },
    { functions: iterate === undefined ? always : { ...always, iterate: iterating } },
  );
  return values.get(result as Token);
}

/** isomorphic-git's own way to put together what `map` has returned. */
async function flatten(parent: unknown, children: unknown[]): Promise<unknown> {
  const flat: unknown[] = children.flat();
  if (parent !== undefined) flat.unshift(parent);
  return flat;
}

function makeEntry(target: number, ask: Ask): Entry {
  const call = (name: string) => (): Promise<unknown> =>
    ask({ of: 'entry', name, args: [], target });
  const names = ['type', 'mode', 'oid', 'content', 'stat'];
  return Object.fromEntries(names.map((name) => [name, call(name)])) as unknown as Entry;
}
