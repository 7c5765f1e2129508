/** What a person does all day in a clone that is there: small operations, one after the other. */
import * as fs from 'node:fs';
import { createHttpClient } from 'gitws';
import * as gitwsGit from 'gitws/git';
import * as git from 'isomorphic-git';
import httpNode from 'isomorphic-git/http/node';
import { git as native } from './git.js';
import type { CommandsResult, CommandsTask } from './tasks.js';
import { median } from './compare.js';

const author = { name: 'Bench', email: 'bench@example.org' };

/**
 * Clones, does each operation once without counting it, and then as often as the task says.
 *
 * @returns the median of each operation.
 */
export async function timeCommands(task: CommandsTask): Promise<CommandsResult> {
  const work = task.client === 'native' ? new NativeCommands(task) : new LibraryCommands(task);
  await work.clone();
  const times = new Map<string, number[]>();
  for (let round = 0; round <= task.repeats; round += 1) {
    for (const [name, operation] of Object.entries(operations)) {
      const head = await operation.before(work, task);
      const start = performance.now();
      await operation.run(work);
      const time = performance.now() - start;
      await operation.check(work, task, head);
      if (round > 0) times.set(name, [...(times.get(name) ?? []), time]);
    }
  }
  return {
    times: Object.fromEntries(Array.from(times, ([name, values]) => [name, median(values)])),
  };
}

/** A way to do them all. */
interface Commands {
  clone(): Promise<unknown>;
  refs(): Promise<unknown>;
  fetch(): Promise<unknown>;
  pull(): Promise<unknown>;
  push(): Promise<unknown>;
  commit(): Promise<unknown>;
  /** What a ref of the clone stands for. */
  tip(ref: string): Promise<string>;
}

interface Operation {
  /** @returns the tip that is to be found afterwards. */
  before(work: Commands, task: CommandsTask): Promise<string>;
  run(work: Commands): Promise<unknown>;
  check(work: Commands, task: CommandsTask, tip: string): Promise<void>;
}

const tracking = `refs/remotes/origin/main`;

const expectTip = (ref: string) => async (work: Commands, _: CommandsTask, tip: string) => {
  const found = await work.tip(ref);
  if (found !== tip) throw new Error(`${ref} is ${found} instead of ${tip}`);
};

const operations: Readonly<Record<string, Operation>> = {
  refs: {
    before: (work) => work.tip(tracking),
    run: (work) => work.refs(),
    check: expectTip(tracking),
  },
  nothing: {
    before: (work) => work.tip(tracking),
    run: (work) => work.fetch(),
    check: expectTip(tracking),
  },
  fetch: {
    before: (_, task) => commitUpstream(task),
    run: (work) => work.fetch(),
    check: expectTip(tracking),
  },
  pull: {
    before: (_, task) => commitUpstream(task),
    run: (work) => work.pull(),
    check: expectTip('refs/heads/main'),
  },
  push: {
    before: async (work) => {
      await work.commit();
      return work.tip('refs/heads/main');
    },
    run: (work) => work.push(),
    check: async (_, { gitDir }, tip) => {
      const found = await native(['--git-dir', gitDir, 'rev-parse', 'main']);
      if (found !== tip) throw new Error(`pushed ${found} instead of ${tip}`);
    },
  },
};

/** Others change a file. @returns the commit. */
async function commitUpstream({ gitDir }: CommandsTask): Promise<string> {
  const at = (...args: string[]): Promise<string> => native(['--git-dir', gitDir, ...args]);
  const message = `Change of ${Math.random()}`;
  const lines = [
    'commit refs/heads/main',
    `committer ${author.name} <${author.email}> ${Math.floor(Date.now() / 1000)} +0000`,
    `data ${message.length}`,
    message,
    `from ${await at('rev-parse', 'main')}`,
    'M 100644 inline upstream.txt',
    `data ${message.length}`,
    message,
    '',
    'done',
    '',
  ];
  await native(['--git-dir', gitDir, 'fast-import', '--quiet', '--done'], {
    input: lines.join('\n'),
  });
  return at('rev-parse', 'main');
}

/** By isomorphic-git, or what takes its place. */
class LibraryCommands implements Commands {
  readonly #git: typeof git | typeof gitwsGit;
  readonly #common: { fs: typeof fs; dir: string; http: git.HttpClient; cache: object };
  readonly #url: string;

  constructor({ client, dir, url }: CommandsTask) {
    this.#git = client.startsWith('gitws-git') ? gitwsGit : git;
    const keepAlive = client === 'gitws-git-anew' ? 0 : undefined;
    const http = client === 'http' ? httpNode : createHttpClient({ keepAlive });
    this.#common = { fs, dir, http, cache: {} };
    this.#url = url;
  }

  async clone(): Promise<void> {
    await this.#git.clone({ ...this.#common, url: this.#url });
    await this.#write('Begin');
  }

  refs(): Promise<unknown> {
    return this.#git.listServerRefs({ http: this.#common.http, url: this.#url });
  }

  fetch(): Promise<unknown> {
    return this.#git.fetch(this.#common);
  }

  pull(): Promise<unknown> {
    return this.#git.pull({ ...this.#common, author });
  }

  push(): Promise<unknown> {
    return this.#git.push(this.#common);
  }

  async commit(): Promise<void> {
    // What was fetched before is merged first: a push would be refused.
    await this.pull();
    await this.#write(`Change of ${Math.random()}`);
    await git.commit({ ...this.#common, message: 'Change', author });
  }

  tip(ref: string): Promise<string> {
    return git.resolveRef({ ...this.#common, ref });
  }

  async #write(text: string): Promise<void> {
    await fs.promises.writeFile(`${this.#common.dir}/own.txt`, text);
    await git.add({ ...this.#common, filepath: 'own.txt' });
  }
}

/** By real git, a process for each. */
class NativeCommands implements Commands {
  readonly #task: CommandsTask;

  constructor(task: CommandsTask) {
    this.#task = task;
  }

  clone(): Promise<unknown> {
    return native(['clone', '-q', this.#task.url, this.#task.dir]);
  }

  refs(): Promise<unknown> {
    return native(['ls-remote', this.#task.url]);
  }

  fetch(): Promise<unknown> {
    return this.#here('fetch', '-q');
  }

  pull(): Promise<unknown> {
    return this.#here('pull', '-q');
  }

  push(): Promise<unknown> {
    return this.#here('push', '-q');
  }

  async commit(): Promise<void> {
    await this.pull();
    await fs.promises.writeFile(`${this.#task.dir}/own.txt`, `Change of ${Math.random()}`);
    await this.#here('add', 'own.txt');
    const as = ['-c', `user.name=${author.name}`, '-c', `user.email=${author.email}`];
    await this.#here(...as, 'commit', '-q', '-m', 'Change');
  }

  tip(ref: string): Promise<string> {
    return this.#here('rev-parse', ref);
  }

  #here(...args: string[]): Promise<string> {
    return native(['-C', this.#task.dir, ...args]);
  }
}
