/** What was there before a clone, so that one that fails leaves nothing else. */
import { useFileSystem } from '../base/failure.js';
import { isMissing, type PromiseFileSystem } from '../storage/file-system.js';
import { removeTree } from '../storage/remove-tree.js';
import { isThere } from '../storage/whole-file.js';

/** A look at where a repository is going to be. */
export class BeforeClone {
  readonly #fs: PromiseFileSystem;
  readonly #dir: string;
  readonly #gitdir: string;
  /** Whether there was a repository. */
  readonly hadRepository: boolean;
  /** What was in the working tree's directory; undefined where that was not there. */
  readonly #names: ReadonlySet<string> | undefined;

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
    this.#names = names;
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

  /**
   * Removes the repository, and of the working tree what was not there; nothing where there was a
   * repository before. Never rejects: there is an error already.
   *
   * @param files paths that the clone may have written.
   */
  async restore(files: readonly string[]): Promise<void> {
    if (this.hadRepository) return;
    const written = new Set(files.map((path) => path.split('/', 1)[0] ?? path));
    const removed = [...written].filter((name) => this.#names?.has(name) !== true);
    for (const path of [this.#gitdir, ...removed.map((name) => `${this.#dir}/${name}`)]) {
      await removeTree(this.#fs, path).catch(() => undefined);
    }
    if (this.#names === undefined) await this.#fs.rmdir(this.#dir).catch(() => undefined);
  }
}
