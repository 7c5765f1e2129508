/** Small operations by isomorphic-git, or by what takes its place, in Node or in a page. */
import type * as isomorphicGit from 'isomorphic-git';

/** What is timed. */
export type CommandName = 'refs' | 'fetch' | 'pull' | 'push';

/** A way to do them all, one after the other. */
export interface Commands {
  /** With a file of its own, which is staged. */
  clone(): Promise<unknown>;
  /** @returns how long it took, in ms. */
  time(name: CommandName): Promise<number>;
  /** Merges what was fetched, without which a push would be refused, and commits a change. */
  commit(): Promise<unknown>;
  /** What a ref of the clone stands for. */
  tip(ref: string): Promise<string>;
}

/** Who commits. */
export const author = { name: 'Bench', email: 'bench@example.org' };

/** @returns how long something took, in ms. */
export async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** What the operations have in common. */
export interface LibraryOptions {
  /** isomorphic-git's commands, or those of gitws/git, in the page or in its worker. */
  readonly git: Pick<
    typeof isomorphicGit,
    'add' | 'clone' | 'commit' | 'fetch' | 'listServerRefs' | 'push' | 'resolveRef'
  > & { pull(options: Parameters<typeof isomorphicGit.pull>[0]): Promise<unknown> };
  /** Where files are written. */
  readonly fs: { readonly promises: { writeFile(path: string, text: string): Promise<unknown> } };
  /** What each command is given beside: `fs`, `http`, `cache`, or nothing in a worker. */
  readonly common: object;
  readonly dir: string;
  readonly url: string;
}

/** See the file's own words. */
export class LibraryCommands implements Commands {
  readonly #git: LibraryOptions['git'];
  readonly #fs: LibraryOptions['fs'];
  readonly #common: { readonly dir: string } & Parameters<typeof isomorphicGit.fetch>[0];
  readonly #url: string;

  constructor({ git, fs, common, dir, url }: LibraryOptions) {
    this.#git = git;
    this.#fs = fs;
    this.#common = { ...common, dir } as never;
    this.#url = url;
  }

  async clone(): Promise<void> {
    await this.#git.clone({ ...this.#common, url: this.#url });
    await this.#write('Begin');
  }

  time(name: CommandName): Promise<number> {
    const commands = {
      refs: () => this.#git.listServerRefs({ ...this.#common, url: this.#url }),
      fetch: () => this.#git.fetch(this.#common),
      pull: () => this.#pull(),
      push: () => this.#git.push(this.#common),
    };
    return elapsed(commands[name]);
  }

  async commit(): Promise<void> {
    await this.#pull();
    await this.#write(`Change of ${Math.random()}`);
    await this.#git.commit({ ...this.#common, message: 'Change', author });
  }

  tip(ref: string): Promise<string> {
    return this.#git.resolveRef({ ...this.#common, ref });
  }

  #pull(): Promise<unknown> {
    return this.#git.pull({ ...this.#common, author });
  }

  async #write(text: string): Promise<void> {
    await this.#fs.promises.writeFile(`${this.#common.dir}/own.txt`, text);
    await this.#git.add({ ...this.#common, filepath: 'own.txt' });
  }
}
