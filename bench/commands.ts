/** What a person does all day in a clone that is there: small operations, one after the other. */
import { writeFile } from 'node:fs/promises';
import { median } from './compare.js';
import { git as native } from './git.js';
import { author, elapsed, type CommandName, type Commands } from './library-commands.js';
import type { CommandsResult, CommandsTask } from './tasks.js';

/** What is measured of whom. */
export type CommandsRounds = Pick<CommandsTask, 'gitDir' | 'repeats'>;

/**
 * Clones, does each operation once without counting it, and then as often as the task says.
 *
 * @returns the median of each operation.
 */
export async function timeCommands(work: Commands, task: CommandsRounds): Promise<CommandsResult> {
  await work.clone();
  const times = new Map<string, number[]>();
  for (let round = 0; round <= task.repeats; round += 1) {
    for (const [name, operation] of Object.entries(operations)) {
      const head = await operation.before(work, task);
      const time = await work.time(operation.command);
      await operation.check(work, task, head);
      if (round > 0) times.set(name, [...(times.get(name) ?? []), time]);
    }
  }
  return {
    times: Object.fromEntries(Array.from(times, ([name, values]) => [name, median(values)])),
  };
}

interface Operation {
  readonly command: CommandName;
  /** @returns the tip that is to be found afterwards. */
  before(work: Commands, task: CommandsRounds): Promise<string>;
  check(work: Commands, task: CommandsRounds, tip: string): Promise<void>;
}

const tracking = `refs/remotes/origin/main`;

const expectTip = (ref: string) => async (work: Commands, _: CommandsRounds, tip: string) => {
  const found = await work.tip(ref);
  if (found !== tip) throw new Error(`${ref} is ${found} instead of ${tip}`);
};

const operations: Readonly<Record<string, Operation>> = {
  refs: {
    command: 'refs',
    before: (work) => work.tip(tracking),
    check: expectTip(tracking),
  },
  nothing: {
    command: 'fetch',
    before: (work) => work.tip(tracking),
    check: expectTip(tracking),
  },
  fetch: {
    command: 'fetch',
    before: (_, task) => commitUpstream(task),
    check: expectTip(tracking),
  },
  pull: {
    command: 'pull',
    before: (_, task) => commitUpstream(task),
    check: expectTip('refs/heads/main'),
  },
  push: {
    command: 'push',
    before: async (work) => {
      await work.commit();
      return work.tip('refs/heads/main');
    },
    check: async (_, { gitDir }, tip) => {
      const found = await native(['--git-dir', gitDir, 'rev-parse', 'main']);
      if (found !== tip) throw new Error(`pushed ${found} instead of ${tip}`);
    },
  },
};

/** Others change a file. @returns the commit. */
async function commitUpstream({ gitDir }: CommandsRounds): Promise<string> {
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

/** By real git, a process for each. */
export class NativeCommands implements Commands {
  readonly #url: string;
  readonly #dir: string;

  constructor({ url, dir }: Pick<CommandsTask, 'url' | 'dir'>) {
    this.#url = url;
    this.#dir = dir;
  }

  clone(): Promise<unknown> {
    return native(['clone', '-q', this.#url, this.#dir]);
  }

  time(name: CommandName): Promise<number> {
    if (name === 'refs') return elapsed(() => native(['ls-remote', this.#url]));
    return elapsed(() => this.#here(name, '-q'));
  }

  async commit(): Promise<void> {
    await this.#here('pull', '-q');
    await writeFile(`${this.#dir}/own.txt`, `Change of ${Math.random()}`);
    await this.#here('add', 'own.txt');
    const as = ['-c', `user.name=${author.name}`, '-c', `user.email=${author.email}`];
    await this.#here(...as, 'commit', '-q', '-m', 'Change');
  }

  tip(ref: string): Promise<string> {
    return this.#here('rev-parse', ref);
  }

  #here(...args: string[]): Promise<string> {
    return native(['-C', this.#dir, ...args]);
  }
}
