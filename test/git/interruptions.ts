/** Commands of gitws/git that are interrupted at one call of the file system, and what is there afterwards. */
import * as nodeFs from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import git from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, makeRepository } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { stateOf } from './state.js';

/** What happens at one call. */
export type Interruption = 'abort' | 'fails with nothing' | 'does nothing';

/** Of these nothing may be left out: what they say was done is looked at. */
const writing = new Set(['writeFile', 'rename', 'mkdir']);

/** Node's file system, of which one call is interrupted. */
class InterruptedFs {
  calls = 0;
  readonly controller = new AbortController();
  readonly promises: Record<string, (...args: unknown[]) => Promise<unknown>>;

  constructor(interruption?: Interruption, at?: number) {
    const names = ['readFile', 'writeFile', 'mkdir', 'rmdir', 'unlink', 'rename', 'stat', 'lstat'];
    const own = nodeFs.promises as unknown as typeof this.promises;
    this.promises = Object.fromEntries(
      [...names, 'readdir', 'readlink', 'symlink', 'open'].map((name) => [
        name,
        async (...args: unknown[]) => {
          const isMet = this.calls === at;
          this.calls += 1;
          if (isMet && interruption === 'abort') this.controller.abort();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- some do
          if (isMet && interruption === 'fails with nothing') return Promise.reject(null);
          if (isMet && interruption === 'does nothing' && writing.has(name)) return undefined;
          return own[name]?.(...args);
        },
      ]),
    );
  }
}

type Fs = Parameters<typeof git.clone>[0]['fs'];

/** A remote, and what clones of it are. */
export class Scene {
  private constructor(
    readonly url: string,
    readonly cloned: string,
    readonly pulled: string,
  ) {}

  static async make(): Promise<Scene> {
    const root = await temporaryDirectory();
    const bare = join(root, 'site.git');
    await makeRepository(bare, { commits: 4, files: 3 });
    const url = `${(await startServer({ root })).url}/site.git`;
    const [cloned, pulled] = [await temporaryDirectory(), await temporaryDirectory()];
    const native = (...args: string[]) => realGit(args, { cwd: root });
    await native('clone', '-q', bare, pulled);
    await native('clone', '-q', bare, cloned);
    await realGit(['reset', '-q', '--hard', 'HEAD~2'], { cwd: cloned });
    await realGit(['update-ref', 'refs/remotes/origin/main', 'HEAD'], { cwd: cloned });
    await realGit(['-c', 'gc.reflogExpire=now', 'gc', '-q', '--prune=now'], { cwd: cloned });
    return new Scene(url, cloned, pulled);
  }

  /** @returns how many calls a command makes that is left alone. */
  async count(command: 'clone' | 'pull'): Promise<number> {
    const fs = new InterruptedFs();
    await this.#run(command, await this.#place(command), fs);
    return fs.calls;
  }

  /**
   * Interrupts a command at one call. What resolves has to have done all of it; what rejects has left what
   * was there, or something from which the same command goes on.
   */
  async interrupt(command: 'clone' | 'pull', interruption: Interruption, at: number) {
    const fs = new InterruptedFs(interruption, at);
    const dir = await this.#place(command);
    const outcome = await this.#run(command, dir, fs).then(
      () => 'resolved',
      (error: unknown) => ({ error }),
    );
    if (typeof outcome === 'object') {
      expect(outcome.error).toBeInstanceOf(Error);
      if (interruption === 'abort') {
        expect((outcome.error as { code?: string }).code).toBe('UserCanceledError');
      }
      if (command === 'clone' && interruption === 'abort') {
        expect(await readdir(dir)).toEqual([]);
      }
      // What was interrupted goes on.
      if ((await readdir(dir)).length > 0) await expectSoundRepository(dir).catch(onlyLocks);
      await removeLocks(dir);
      await this.#run(command, dir, new InterruptedFs());
    }
    const { refs, status, head } = await stateOf(dir);
    const expected = await stateOf(this.pulled);
    expect({ refs, status, head }).toEqual({
      refs: expected.refs,
      status: expected.status,
      head: expected.head,
    });
    await expectSoundRepository(dir);
  }

  async #place(command: 'clone' | 'pull'): Promise<string> {
    const dir = await temporaryDirectory();
    if (command === 'pull') await cp(this.cloned, dir, { recursive: true, verbatimSymlinks: true });
    return dir;
  }

  async #run(command: 'clone' | 'pull', dir: string, interrupted: InterruptedFs): Promise<void> {
    const fs = { promises: interrupted.promises } as unknown as Fs;
    const { signal } = interrupted.controller;
    await git[command]({ fs, dir, url: this.url, signal });
  }
}

/** A lock may stay where the call that removes it is the one that fails. */
function onlyLocks(error: unknown): void {
  const lines = String((error as Error).message)
    .split('\n')
    .slice(1);
  expect(lines.filter((line) => !/^left behind: .*(\.lock|tmp_\w+)/.test(line))).toEqual([]);
}

async function removeLocks(dir: string): Promise<void> {
  const names = await readdir(dir, { recursive: true });
  for (const name of names) {
    if (name.endsWith('.lock')) await nodeFs.promises.unlink(join(dir, name));
  }
}
