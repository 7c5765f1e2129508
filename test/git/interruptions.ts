/** Commands of gitws/git that are interrupted at one call of the file system, and what is there afterwards. */
import * as nodeFs from 'node:fs';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import git from '../../src/git/index.js';
import { expectSoundRepository, git as realGit, makeRepository } from '../helpers/git.js';
import { startServer } from '../helpers/server.js';
import { temporaryDirectory } from '../helpers/temp.js';
import { expectSoundButLocks, removeLocks } from './left-behind.js';
import { stateOf } from './state.js';

/** What happens at one call. */
export type Interruption = 'abort' | 'fails with nothing' | 'does nothing';

/** Of these nothing may be left out: what they say was done is looked at. */
const writing = new Set(['writeFile', 'rename', 'mkdir']);

/** Node's file system, of which one call is interrupted. */
export class InterruptedFs {
  calls = 0;
  /** When the signal fired. */
  abortedAt = 0;
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
          if (isMet && interruption === 'abort') {
            this.abortedAt = performance.now();
            this.controller.abort();
          }
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

/** The commands that are interrupted. */
export const commands = ['clone', 'fetch', 'pull', 'push', 'checkout'] as const;
export type Command = (typeof commands)[number];

/** Where one command is tried. */
interface Place {
  readonly dir: string;
  readonly url: string;
  /** The bare repository behind the URL. */
  readonly remote: string;
}

/** What a command that is aborted rejects with. A push may have arrived by then. */
const abortCodes: readonly unknown[] = ['UserCanceledError', 'PUSH_OUTCOME_UNKNOWN'];

/** A remote, what commands begin with, and what native git makes of that. */
export class Scene {
  readonly #root: string;
  readonly #serverUrl: string;
  readonly #before = new Map<Command, string>();
  readonly #after = new Map<Command, string>();
  #places = 0;

  private constructor(root: string, serverUrl: string) {
    this.#root = root;
    this.#serverUrl = serverUrl;
  }

  static async make(): Promise<Scene> {
    const root = await temporaryDirectory();
    const scene = new Scene(root, (await startServer({ root, allowPush: true })).url);
    const { gitDir } = await makeRepository(join(root, 'site.git'), { commits: 4, files: 3 });
    const [whole, behind] = [await temporaryDirectory(), await temporaryDirectory()];
    for (const dir of [whole, behind]) await realGit(['clone', '-q', gitDir, dir]);
    await realGit(['reset', '-q', '--hard', 'HEAD~2'], { cwd: behind });
    await realGit(['update-ref', 'refs/remotes/origin/main', 'HEAD'], { cwd: behind });
    await realGit(['-c', 'gc.reflogExpire=now', 'gc', '-q', '--prune=now'], { cwd: behind });
    const ahead = await copyOf(whole);
    await nodeFs.promises.writeFile(join(ahead, 'new'), 'new');
    await realGit(['add', 'new'], { cwd: ahead });
    await realGit(['commit', '-q', '-m', 'Something new'], { cwd: ahead });
    const fetched = await copyOf(behind);
    await realGit(['fetch', '-q'], { cwd: fetched });
    const switched = await copyOf(whole);
    await realGit(['checkout', '-q', 'topic'], { cwd: switched });
    const pushed = await copyOf(ahead);
    await realGit(['update-ref', 'refs/remotes/origin/main', 'HEAD'], { cwd: pushed });
    const all = { fetch: [behind, fetched], pull: [behind, whole], push: [ahead, pushed] };
    for (const [command, [before = '', after = '']] of Object.entries(all)) {
      scene.#before.set(command as Command, before);
      scene.#after.set(command as Command, after);
    }
    scene.#after.set('clone', whole);
    scene.#before.set('checkout', whole);
    scene.#after.set('checkout', switched);
    return scene;
  }

  /** @returns how many calls a command makes that is left alone. */
  async count(command: Command): Promise<number> {
    const fs = new InterruptedFs();
    await run(command, await this.#place(command), fs);
    return fs.calls;
  }

  /**
   * Interrupts a command at one call. What resolves has to have done all of it; what rejects has left what
   * was there, or something from which the same command goes on.
   *
   * @returns the time from the signal to the rejection, in ms; undefined where it was not aborted.
   */
  async interrupt(
    command: Command,
    interruption: Interruption,
    at: number,
  ): Promise<number | undefined> {
    let abortTime: number | undefined;
    const fs = new InterruptedFs(interruption, at);
    const place = await this.#place(command);
    const { dir } = place;
    const outcome = await run(command, place, fs).then(
      () => 'resolved',
      (error: unknown) => ({ error }),
    );
    if (typeof outcome === 'object') {
      expect(outcome.error).toBeInstanceOf(Error);
      if (interruption === 'abort') {
        abortTime = performance.now() - fs.abortedAt;
        expect(abortCodes).toContain((outcome.error as { code?: string }).code);
      }
      if (command === 'clone' && interruption === 'abort') {
        expect(await readdir(dir)).toEqual([]);
      }
      // What was interrupted goes on.
      if ((await readdir(dir)).length > 0) await expectSoundButLocks(dir);
      await removeLocks(dir);
      await run(command, place, new InterruptedFs());
    }
    const { refs, status, head } = await stateOf(dir);
    const expected = await stateOf(this.#after.get(command) ?? '');
    expect({ refs, status, head }).toEqual({
      refs: expected.refs,
      status: expected.status,
      head: expected.head,
    });
    await expectSoundRepository(dir);
    if (command === 'push') await expectPushed(place);
    return abortTime;
  }

  /** @returns the code that a command rejects with, and whether all is as it was. */
  async begin(
    command: Command,
    signal: AbortSignal,
  ): Promise<{ code: unknown; isAsItWas: boolean }> {
    const place = await this.#place(command);
    const look = async () => (command === 'clone' ? readdir(place.dir) : stateOf(place.dir));
    const before = JSON.stringify(await look());
    const error: unknown = await run(command, place, new InterruptedFs(), signal).catch(
      (reason: unknown) => reason,
    );
    const isAsItWas = JSON.stringify(await look()) === before;
    return { code: (error as { code?: unknown } | undefined)?.code, isAsItWas };
  }

  async #place(command: Command): Promise<Place> {
    const before = this.#before.get(command);
    const dir = before === undefined ? await temporaryDirectory() : await copyOf(before);
    const site = join(this.#root, 'site.git');
    if (command !== 'push') return { dir, url: `${this.#serverUrl}/site.git`, remote: site };
    this.#places += 1;
    const name = `remote-${this.#places}.git`;
    const remote = join(this.#root, name);
    await cp(site, remote, { recursive: true });
    const url = `${this.#serverUrl}/${name}`;
    await realGit(['config', 'remote.origin.url', url], { cwd: dir });
    return { dir, url, remote };
  }
}

async function copyOf(dir: string): Promise<string> {
  const copy = await temporaryDirectory();
  await cp(dir, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

async function run(
  command: Command,
  { dir, url }: Place,
  interrupted: InterruptedFs,
  signal = interrupted.controller.signal,
): Promise<void> {
  const fs = { promises: interrupted.promises } as unknown as Fs;
  const common = { fs, dir, url, signal };
  switch (command) {
    case 'checkout':
      await git.checkout({ fs, dir, ref: 'topic', signal });
      return;
    case 'push': {
      const { ok } = await git.push({ fs, dir, signal });
      expect(ok).toBe(true);
      return;
    }
    default:
      await git[command](common);
  }
}

/** The remote has what was pushed, and all of it. */
async function expectPushed({ dir, remote }: Place): Promise<void> {
  const tip = (cwd: string) => realGit(['rev-parse', 'refs/heads/main'], { cwd });
  expect(await tip(remote)).toBe(await tip(dir));
  await expectSoundRepository(remote);
}
