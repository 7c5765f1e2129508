/**
 * The worker's side of `walk`. What `map`, `reduce` and `iterate` return stays in the page: here it is
 * a number, `null` or `undefined`, which is all that isomorphic-git looks at. Entries stay here, and
 * have a number there.
 */
import { git } from '../git/commands.js';
import { GitWsError } from '../base/errors.js';
import type { WalkerOrder } from './protocol.js';

type Entry = Readonly<Record<string, () => Promise<unknown>>>;
type Asking = (name: string, args: readonly unknown[]) => Promise<unknown>;
type Step = (children: readonly unknown[]) => Promise<unknown>;

/** What the page may ask of all walks that run. */
export class Walks {
  readonly #entries = new Map<number, Entry>();
  readonly #steps = new Map<number, (child: number) => Promise<unknown>>();
  #next = 1;

  /** @returns the entries' numbers; null where there is none on that side. */
  add(entries: readonly (Entry | null)[], walk: Set<number>): (number | null)[] {
    return entries.map((entry) => {
      if (entry === null) return null;
      const number = this.#next++;
      this.#entries.set(number, entry);
      walk.add(number);
      return number;
    });
  }

  forget(walk: ReadonlySet<number>): void {
    for (const number of walk) this.#entries.delete(number);
  }

  /** Calls a function of an entry. @throws GitWsError INVALID_OPTION for one of a walk that is over. */
  async ask(number: number | undefined, name: string): Promise<unknown> {
    const entry = this.#entries.get(number ?? 0);
    if (entry === undefined) throw over();
    return entry[name]?.();
  }

  /** Lets the page walk the children of a folder while `work` runs, which is told their number. */
  async stepping(
    walk: (child: number) => Promise<unknown>,
    work: (number: number) => Promise<unknown>,
  ): Promise<unknown> {
    const number = this.#next++;
    this.#steps.set(number, walk);
    try {
      return await work(number);
    } finally {
      this.#steps.delete(number);
    }
  }

  /** Walks one of them. @throws GitWsError INVALID_OPTION. */
  async step(number: number | undefined, child: number): Promise<unknown> {
    const walk = this.#steps.get(number ?? 0);
    if (walk === undefined) throw over();
    return walk(child);
  }
}

function over(): GitWsError {
  const message = 'What a walk hands out can be used as long as the walk goes on.';
  return new GitWsError('INVALID_OPTION', message);
}

/** @returns whether a walk may write the index. */
export function hasWorkdir(trees: unknown): boolean {
  return (trees as readonly WalkerOrder[]).some(({ walker }) => walker === 'WORKDIR');
}

/**
 * @param options with walkers as they were sent.
 * @param functions names of those that the page has.
 * @returns what the walk resolves with: a number of the page's.
 */
export async function walkFor(
  options: Record<string, unknown>,
  functions: readonly string[],
  ask: Asking,
  walks: Walks,
): Promise<unknown> {
  const walk = new Set<number>();
  const trees = (options['trees'] as readonly WalkerOrder[]).map((order) =>
    (git[order.walker] as (options?: object) => unknown)(order.options),
  );
  const iterate = (step: Step, children: Iterable<readonly unknown[]>): Promise<unknown> => {
    const all = [...children];
    return walks.stepping(
      (child) => step(all[child] ?? []),
      (number) => ask('iterate', [all, number]),
    );
  };
  try {
    return await git.walk({
      ...options,
      trees,
      map: (filename: string, found: readonly (Entry | null)[]) =>
        ask('map', [filename, walks.add(found, walk)]),
      reduce: (parent: unknown, children: readonly unknown[]) => ask('reduce', [parent, children]),
      ...(functions.includes('iterate') ? { iterate } : {}),
    } as unknown as Parameters<typeof git.walk>[0]);
  } finally {
    walks.forget(walk);
  }
}
