/** What the working tree has at the paths that git knows, as `git add --update` finds it; nothing is written. */
import { GitWsError } from '../base/errors.js';
import type { Pace } from '../pack/index/pace.js';
import { pathOf, type IndexEntry } from '../repository/index-file.js';
import { blobOid } from '../repository/object-hash.js';
import { isSafePath } from './path-rules.js';
import { modes, type TreeFile } from './tree-files.js';
import type { NewObject } from './tree-objects.js';
import { modeSeen, type FileStat, type FileTrust, type WorkTree } from './work-tree.js';
import { entryOf } from './write-out.js';

/** How files are looked for. */
export interface FindOptions {
  readonly tree: WorkTree;
  readonly trust: FileTrust;
  readonly pace: Pace;
  /** Whether a file that the index alone has is one like any other where it lies there all the same, as in a sparse checkout. */
  readonly isSparse: boolean;
  /** Told of what is in a file that is not as the index says. */
  readonly keep: (blob: NewObject) => Promise<void>;
}

/** Finds files. */
export class FoundFiles {
  readonly #options: FindOptions;

  constructor(options: FindOptions) {
    this.#options = options;
  }

  /**
   * @param entry of the index.
   * @returns the entry of what is there now; undefined where it has been removed.
   * @throws what the file system and `keep` throw.
   */
  async tracked(entry: IndexEntry): Promise<IndexEntry | undefined> {
    const { tree, isSparse } = this.#options;
    const path = pathOf(entry);
    // Of such a name no file can be asked for.
    if (path.includes('\ufffd')) return entry;
    if (entry.skipWorktree && !(isSparse && (await tree.has(path)))) return entry;
    const stat = await this.#stat(path);
    if (stat === undefined) return undefined;
    const before = { ...entry, skipWorktree: false, intentToAdd: false };
    if (stat.isDirectory()) {
      // As in git, the commit that is checked out in a submodule is its own affair.
      return entry.mode === modes.gitlink ? before : undefined;
    }
    const isAsBefore = !entry.intentToAdd && (await tree.look(path, entry, undefined)) === 'clean';
    // The same where it can be: what the file system said of it is known by it.
    if (isAsBefore) return entry.skipWorktree ? before : entry;
    const found = await this.#read(entry.name, path, stat, entry.mode);
    return { ...found, assumeValid: entry.assumeValid };
  }

  /**
   * @param name of a path that is not in the index.
   * @param known the mode that HEAD has there.
   * @returns undefined where no file is.
   * @throws GitWsError UnsafeFilepathError for one that no checkout would write; what the file system and `keep` throw.
   */
  async untracked(name: Uint8Array, known?: number): Promise<IndexEntry | undefined> {
    const path = pathOf({ name });
    const stat = await this.#stat(path);
    if (stat === undefined || !(stat.isFile() || stat.isSymbolicLink())) return undefined;
    if (!isSafePath(path, stat.isSymbolicLink())) {
      const message = `No checkout would write such a path: ${JSON.stringify(path)}.`;
      throw new GitWsError('UnsafeFilepathError', message, { data: { filepath: path } });
    }
    return this.#read(name, path, stat, known);
  }

  /** @returns undefined where nothing is, or its folder is a link that leads elsewhere. */
  async #stat(path: string): Promise<FileStat | undefined> {
    const { tree, pace } = this.#options;
    await pace.turn();
    return (await tree.obstacleTo(path)) === undefined ? tree.stat(path) : undefined;
  }

  async #read(
    name: Uint8Array,
    path: string,
    stat: FileStat,
    known: number | undefined,
  ): Promise<IndexEntry> {
    const { tree, trust, keep } = this.#options;
    const bytes = (await tree.contentOf(path, stat)) as unknown;
    if (!(bytes instanceof Uint8Array)) {
      throw new GitWsError('FILE_SYSTEM_FAILED', `The file system read nothing of ${path}.`);
    }
    // git's "short read": what is left would be taken for the whole file.
    if (stat.isFile() && bytes.length < stat.size) {
      const message = `The file system read ${bytes.length} bytes of ${path}, which has ${stat.size}.`;
      throw new GitWsError('FILE_SYSTEM_FAILED', message);
    }
    const oid = await blobOid(bytes);
    await keep({ oid, bytes });
    const file: TreeFile = { name, path, mode: modeSeen(stat, known, trust), oid };
    return entryOf(file, stat);
  }
}

/**
 * Lists what git does not know: files and links that are in no index.
 *
 * @param isKnown whether a path is known.
 * @param isLeftOut whether a path, a folder's ends with a slash, is ignored, or of another repository.
 * @throws what the file system throws.
 */
export async function* untrackedPaths(
  fs: { readonly readdir: (path: string) => Promise<readonly string[]> },
  tree: WorkTree,
  isKnown: (path: string) => boolean,
  isLeftOut: (path: string) => Promise<boolean>,
  folder = '',
): AsyncGenerator<string> {
  for (const name of [...(await fs.readdir(tree.at(folder)))].sort()) {
    // A repository's own: git looks into none, however it is written.
    if (name.toLowerCase() === '.git') continue;
    const path = `${folder}${name}`;
    const stat = await tree.stat(path);
    if (stat?.isDirectory() === true) {
      if (await isLeftOut(`${path}/`)) continue;
      yield* untrackedPaths(fs, tree, isKnown, isLeftOut, `${path}/`);
    } else if (stat !== undefined && !isKnown(path) && !(await isLeftOut(path))) yield path;
  }
}
