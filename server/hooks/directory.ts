/**
 * The files that `core.hooksPath` names: the server's own hooks, in a directory of the server's
 * that nobody else can write. One directory for each set of hooks that repositories turn out to
 * need, since some change what git does by being there (push-to-checkout replaces updateInstead),
 * and one would be run at every step of every transaction (reference-transaction).
 */
import { accessSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { GitWsError } from '../../src/base/errors.js';
import { mayUse, orOutOfReach } from '../base/system-errors.js';
import { formatHooks, receiveHooks, type HookSet, type ReceiveHook } from './scripts.js';

/**
 * Tries whether hooks can be run below a directory, by writing one there: so that an operator hears
 * of a noexec mount when the server starts, and not whoever pushes first.
 *
 * @param parent as of {@link HookDirectories}.
 * @throws GitWsError INVALID_OPTION
 */
export function checkHooksParent(parent: string = tmpdir()): void {
  const path = resolve(parent);
  let own: string | undefined;
  let fault: string | undefined;
  try {
    own = mkdtempSync(join(path, prefix));
    const hook = join(own, 'update');
    writeFileSync(hook, '#!/bin/sh\n', { mode: 0o500, flag: 'wx' });
    fault = 'it is on a file system that is mounted noexec';
    // Defence: a file system where hooks cannot run (noexec) is noticed.
    accessSync(hook, constants.X_OK);
    fault = undefined;
  } catch (error) {
    fault ??= `it cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  } finally {
    if (own !== undefined) rmSync(own, { recursive: true, force: true });
  }
  if (fault === undefined) return;
  const sentence = `hooksParent: the server's hooks cannot be run in ${path}: ${fault}. Name another directory, or allow no pushing.`;
  throw new GitWsError('INVALID_OPTION', sentence, { data: { option: 'hooksParent' } });
}

const prefix = 'gitws-hooks-';

/** Directories of hooks, made when they are asked for. */
export class HookDirectories {
  readonly #parent: string;
  /** The last call for the directory of all. Calls follow each other. */
  #own: Promise<string> | undefined;
  /** What it gave last, whatever calls after that came to. */
  #ownPath: string | undefined;
  /** The last call for each set of hooks. Calls for one set follow each other. */
  readonly #calls = new Map<string, Promise<string>>();
  /**
   * What those gave last: not forgotten for a call that failed, since pushes under way have their
   * hooks there.
   */
  readonly #made = new Map<string, string>();

  /** @param parent where to put a directory of its own; not on a file system mounted noexec. */
  constructor(parent: string = tmpdir()) {
    this.#parent = resolve(parent);
  }

  /**
   * @returns the absolute path of a directory with these hooks and no others. Each was there and
   *   could be run a moment ago.
   * @throws Error where hooks cannot be run there: git would pass over them without a word.
   */
  directoryFor(hooks: HookSet): Promise<string> {
    const names = receiveHooks.filter((name) => hooks.own.has(name));
    const key = [hooks.judging ? 'judging' : 'calling', ...names].join('+');
    const before = this.#calls.get(key);
    const call = (async () => {
      const files = formatHooks(hooks);
      await before?.catch(() => undefined);
      const made = this.#made.get(key);
      if (made !== undefined && (await isWhole(made, files))) return made;
      const path = await this.#make(key, files);
      this.#made.set(key, path);
      return path;
    })();
    this.#calls.set(key, call);
    return call;
  }

  /**
   * The same for one push alone, whose pre-receive may take hooks out of it.
   *
   * @returns as {@link directoryFor}; {@link release} removes it.
   */
  async directoryForPush(hooks: HookSet): Promise<string> {
    const shared = await this.directoryFor(hooks);
    const own = await mkdtemp(join(await this.#ownDirectory(), 'push-'));
    try {
      const names = [...formatHooks(hooks).keys()];
      await Promise.all(
        names.map((name) => symlink(join('..', basename(shared), name), join(own, name))),
      );
      const there = await Promise.all(names.map((name) => mayUse(join(own, name), constants.X_OK)));
      if (!there.every(Boolean)) throw new Error(`Hooks were removed from ${shared}.`);
      return own;
    } catch (error) {
      // What cannot be removed now goes with all of them.
      await this.release(own).catch(() => undefined);
      throw error;
    }
  }

  /** The push is over. */
  async release(directory: string): Promise<void> {
    await rm(directory, { recursive: true, force: true });
  }

  /** Removes them all. No git that was told of one may be running any more. */
  async remove(): Promise<void> {
    await Promise.allSettled(this.#calls.values());
    await this.#own?.catch(() => undefined);
    const own = this.#ownPath;
    this.#own = this.#ownPath = undefined;
    this.#calls.clear();
    this.#made.clear();
    if (own !== undefined) await rm(own, { recursive: true, force: true });
  }

  async #make(key: string, files: ReadonlyMap<ReceiveHook, string>): Promise<string> {
    const own = await this.#ownDirectory();
    // Put in its place when it is whole: a running git never sees a part of it.
    const draft = await mkdtemp(join(own, 'draft-'));
    for (const [name, text] of files) {
      await writeFile(join(draft, name), text, { mode: 0o500, flag: 'wx' });
    }
    const path = join(own, key);
    await rm(path, { recursive: true, force: true });
    await rename(draft, path);
    if (await isWhole(path, files)) return path;
    throw new Error(`Hooks cannot be run in ${own}: is it on a file system mounted noexec?`);
  }

  #ownDirectory(): Promise<string> {
    const before = this.#own;
    this.#own = (async () => {
      await before?.catch(() => undefined);
      const own = this.#ownPath;
      // Made again where something has removed it.
      if (own !== undefined && (await mayUse(own, constants.W_OK))) return own;
      // Mode 0700.
      return (this.#ownPath = await mkdtemp(join(this.#parent, prefix)));
    })();
    return this.#own;
  }
}

/**
 * Whether each hook is there and can be run, as access(2) has it: that counts a mount's noexec, and
 * is what git itself asks. Makes the files look new, too, to what clears temporary directories of
 * old ones: git goes on without a hook that is missing.
 */
async function isWhole(
  directory: string,
  files: ReadonlyMap<ReceiveHook, string>,
): Promise<boolean> {
  const now = new Date();
  const paths = [...files.keys()].map((name) => join(directory, name));
  const there = await Promise.all(paths.map((path) => mayUse(path, constants.X_OK)));
  if (!there.every(Boolean)) return false;
  const touched = paths.map((path) => orOutOfReach(utimes(path, now, now).then(() => true)));
  return (await Promise.all(touched)).every((one) => one === true);
}
