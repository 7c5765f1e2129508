/** What was there before a clone, so that one that fails leaves nothing else. */
import { useFileSystem } from '../base/failure.js';
import { isMissing, type PromiseFileSystem } from '../storage/file-system.js';
import { removeTree } from '../storage/remove-tree.js';
import { isThere } from '../storage/whole-file.js';
import type { Removal } from '../worktree/losses.js';
import { removeFiles } from '../worktree/removals.js';
import { modes, type TreeFile } from '../worktree/tree-files.js';
import { WorkTree } from '../worktree/work-tree.js';

/** A look at where a repository is going to be. */
export class BeforeClone {
  readonly #fs: PromiseFileSystem;
  readonly #dir: string;
  readonly #gitdir: string;
  /** Whether there was a repository. */
  readonly hadRepository: boolean;
  /** What was in the working tree's directory; undefined where that was not there. */
  readonly names: ReadonlySet<string> | undefined;

  private constructor(
    fs: PromiseFileSystem,
    dir: string,
    gitdir: string,
    hadRepository: boolean,
    names: ReadonlySet<string> | undefined,
  ) {
    this.#fs = fs;
    this.#dir = dir;
    this.#gitdir = gitdir;
    this.hadRepository = hadRepository;
    this.names = names;
  }

  /** @throws what the file system throws. */
  static look(fs: PromiseFileSystem, dir: string, gitdir: string): Promise<BeforeClone> {
    return useFileSystem(async () => {
      const hadRepository = await isThere(fs, `${gitdir}/config`);
      const names = await fs.readdir(dir).catch(isMissing);
      const found = names === false ? undefined : new Set(names);
      return new BeforeClone(fs, dir, gitdir, hadRepository, found);
    });
  }

  /** What was there before a clone that somebody else has begun. */
  static of(
    fs: PromiseFileSystem,
    dir: string,
    gitdir: string,
    names: Iterable<string> | undefined,
  ): BeforeClone {
    return new BeforeClone(fs, dir, gitdir, false, names && new Set(names));
  }

  /** Whether there was something at a path of the working tree, or at the first folder of it. */
  hadName(path: string): boolean {
    return this.names?.has(path.split('/', 1)[0] ?? path) === true;
  }

  /**
   * Removes the repository, and of the working tree what was not there; nothing where there was a
   * repository before. Never rejects: there is an error already.
   *
   * @param files what the clone may have written. What else is in their folders by now stays.
   */
  async restore(files: readonly TreeFile[]): Promise<void> {
    if (this.hadRepository) return;
    await removeTree(this.#fs, this.#gitdir).catch(() => undefined);
    const tree = new WorkTree(this.#fs, this.#dir, 0);
    const removals: Removal[] = [];
    for (const { path, mode } of files) {
      const isWritten = !this.hadName(path) && (await tree.has(path).catch(() => false));
      const isFolder = mode === modes.gitlink;
      const isFull = isFolder && (await tree.filesIn(path).catch(() => [path])).length > 0;
      if (isWritten && !isFull) removals.push({ path, kind: isFolder ? 'empty folder' : 'file' });
    }
    const remove = (some: readonly Removal[]) => removeFiles(this.#fs, tree, some, () => undefined);
    await remove(removals).catch(async () => {
      // All the same as many as can be.
      for (const removal of removals) await remove([removal]).catch(() => undefined);
    });
    if (this.names === undefined) await this.#fs.rmdir(this.#dir).catch(() => undefined);
  }
}
