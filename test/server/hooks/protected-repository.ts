/**
 * A bare repository whose refs are protected, a clone of it to push from, and ways to push: with
 * `git push`, or with a request written by hand as only an attacker's client would send it. The
 * hooks are those that the server supplies; receive-pack is started as the server starts it.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HookDirectories } from '../../../server/hooks/directory.js';
import { hookSettings, type HookSettings } from '../../../server/hooks/settings.js';
import type { ProtectedRefs, RefChange } from '../../../server/rules/types.js';
import { encodePktLine, flushPkt } from '../../../src/wire/pkt-line.js';
import { concatBytes } from '../../../src/base/concat-bytes.js';
import { git, gitBytes, gitStatus, type GitResult } from '../../helpers/git.js';
import { copyOfKept } from '../../helpers/kept.js';
import { temporaryDirectory } from '../../helpers/temp.js';

export const zero = '0'.repeat(40);

/** Rules: what is allowed to the refs of each glob. */
export type Allowed = Readonly<Record<string, readonly RefChange[]>>;

export function rulesOf(allowed: Allowed): ProtectedRefs {
  return {
    protections: Object.entries(allowed).map(([glob, changes], index) => ({
      rule: `refs[${index}]`,
      refs: [glob],
      allowed: changes,
    })),
  };
}

export class ProtectedRepository {
  readonly gitDir: string;
  readonly clone: string;
  readonly directory: string;
  readonly directories: HookDirectories;
  #allowed: Allowed = {};
  settings: HookSettings = { config: [], environment: {}, directories: [] };

  private constructor(directory: string) {
    this.directory = directory;
    this.gitDir = join(directory, 'site.git');
    this.clone = join(directory, 'clone');
    this.directories = new HookDirectories(directory);
  }

  /** Has main with two commits: `first` and `second`. */
  static async make(
    allowed: Allowed = {},
    objectFormat: 'sha1' | 'sha256' = 'sha1',
  ): Promise<ProtectedRepository> {
    const directory = await temporaryDirectory();
    await copyOfKept(`protected-${objectFormat}`, directory, (place) =>
      new ProtectedRepository(place).#begin(objectFormat),
    );
    const repository = new ProtectedRepository(directory);
    await repository.protect(allowed);
    return repository;
  }

  /** Makes the repository and its clone. */
  async #begin(objectFormat: 'sha1' | 'sha256'): Promise<void> {
    const init = ['init', '-q', `--object-format=${objectFormat}`];
    await git([...init, '--bare', this.gitDir]);
    await git([...init, this.clone]);
    // Wherever the two are copied to.
    await git(['remote', 'add', 'origin', '../site.git'], { cwd: this.clone });
    await this.commit('first');
    await this.commit('second');
    await git(['push', '-q', 'origin', 'main'], { cwd: this.clone });
  }

  async protect(allowed: Allowed): Promise<void> {
    this.#allowed = allowed;
    this.settings = await this.#newSettings();
  }

  #newSettings(): Promise<HookSettings> {
    return hookSettings(this.gitDir, rulesOf(this.#allowed), {
      directories: this.directories,
      askGit: (gitDir, args) => gitBytes(args, { cwd: gitDir, env: { GIT_DIR: '.' } }),
    });
  }

  /** Commits on what is checked out in the clone. @returns the commit's oid. */
  async commit(message: string): Promise<string> {
    await git(['commit', '-q', '--allow-empty', '-m', message], { cwd: this.clone });
    return git(['rev-parse', 'HEAD'], { cwd: this.clone });
  }

  /** As {@link commit}, with every file that lies in the clone. */
  async commitAll(message: string): Promise<string> {
    await git(['add', '--all'], { cwd: this.clone });
    return this.commit(message);
  }

  /** Installs one of the repository's own hooks. */
  async ownHook(name: string, script: string, directory?: string): Promise<void> {
    const hooks = directory ?? join(this.gitDir, 'hooks');
    await mkdir(hooks, { recursive: true });
    await writeFile(join(hooks, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(hooks, name), 0o755);
  }

  /** `git push origin …` */
  async push(...args: string[]): Promise<GitResult> {
    const receivePack = join(this.directory, 'receive-pack');
    const config = (await this.#config()).map((word) => `'${word}'`).join(' ');
    await writeFile(receivePack, `#!/bin/sh\ncd "$1" && exec git ${config} receive-pack .\n`);
    await chmod(receivePack, 0o755);
    return gitStatus(['push', '--porcelain', `--receive-pack=${receivePack}`, 'origin', ...args], {
      cwd: this.clone,
      env: this.settings.environment,
    });
  }

  /** Sends commands as they are, with a pack of what `objects` reach. */
  async send(
    commands: readonly (readonly [old: string, next: string, ref: string])[],
    options: { objects?: readonly string[]; capabilities?: string } = {},
  ): Promise<GitResult> {
    const { objects = [], capabilities = 'report-status' } = options;
    const lines = commands.map(([old, next, ref], index) =>
      encodePktLine(`${old} ${next} ${ref}${index === 0 ? `\0${capabilities}` : ''}\n`),
    );
    const pack = await gitBytes(['pack-objects', '-q', '--stdout', '--revs'], {
      cwd: this.clone,
      input: objects.map((oid) => `${oid}\n`).join(''),
    });
    const onlyDeletes = commands.every(([, next]) => /^0*$/.test(next));
    return gitStatus([...(await this.#config()), 'receive-pack', '.'], {
      cwd: this.gitDir,
      env: this.settings.environment,
      input: concatBytes([...lines, flushPkt, ...(onlyDeletes ? [] : [pack])]),
    });
  }

  /** @returns the oid that a ref of the repository has; empty if it does not exist. */
  async tip(ref: string): Promise<string> {
    return (
      await gitStatus(['rev-parse', '-q', '--verify', ref], { cwd: this.gitDir })
    ).stdout.trim();
  }

  /** Whether the repository has an object, wherever it lies. */
  async has(oid: string): Promise<boolean> {
    return (await gitStatus(['cat-file', '-e', oid], { cwd: this.gitDir })).code === 0;
  }

  /** Made anew: one directory of hooks is good for one push. */
  async #config(): Promise<string[]> {
    const { config } =
      this.settings.config.length === 0 ? this.settings : await this.#newSettings();
    return config.flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  }
}
