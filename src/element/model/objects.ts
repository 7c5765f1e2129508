/** The commits, trees and files of a repository, by their oids; what is not here is fetched when it is read. */
import type { WorkerGit } from '../../worker/index.js';
import { Recent } from './recent.js';

/** One entry of a folder. */
export interface TreeEntry {
  readonly name: string;
  readonly oid: string;
  readonly kind: 'folder' | 'file' | 'link' | 'submodule';
  readonly mode: string;
}

/** A person, and when. */
export interface Signature {
  readonly name: string;
  readonly email: string;
  /** In ms since 1970. */
  readonly time: number;
}

/** A commit. */
export interface Commit {
  readonly oid: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly title: string;
  /** What follows the title; may be empty. */
  readonly body: string;
  readonly author: Signature;
  /** When it was committed, in seconds: what history is ordered by. */
  readonly order: number;
}

/** Trees that are kept, and bytes of files. */
const limits = { trees: 2_000, commits: 5_000, bytes: 16 * 1024 * 1024 } as const;

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** The empty tree, which is in every repository without being there. */
export const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** See above. */
export class Objects {
  readonly #git: WorkerGit;
  readonly #dir: string;
  readonly #commits = new Recent<Commit>(limits.commits);
  readonly #trees = new Recent<readonly TreeEntry[]>(limits.trees);
  readonly #blobs = new Recent<Uint8Array<ArrayBuffer>>(limits.bytes, ({ length }) => length);

  /** @param dir the repository's folder in the worker's storage. */
  constructor(git: WorkerGit, dir: string) {
    this.#git = git;
    this.#dir = dir;
  }

  /** @param oid of a commit, or of a tag that leads to one. */
  commit(oid: string): Promise<Commit> {
    return this.#commits.get(oid, async () => {
      const read = await this.#git.readCommit({ dir: this.#dir, oid });
      const { message, author, committer, parent, tree } = read.commit;
      const [title = '', ...rest] = message.trim().split('\n');
      return {
        ...{ oid: read.oid, tree, parents: parent, title, body: rest.join('\n').trim() },
        author: { name: author.name, email: author.email, time: author.timestamp * 1000 },
        order: committer.timestamp,
      };
    });
  }

  /** @returns the entries, folders first, as a person sorts them. */
  tree(oid: string): Promise<readonly TreeEntry[]> {
    return this.#trees.get(oid, async () => {
      if (oid === emptyTree) return [];
      const { tree } = await this.#git.readTree({ dir: this.#dir, oid });
      const entries = tree.map(({ path, oid: own, mode }): TreeEntry => {
        return { name: path, oid: own, mode, kind: kindOf(mode) };
      });
      const rank = ({ kind }: TreeEntry): number => (kind === 'folder' ? 0 : 1);
      return entries.sort((a, b) => rank(a) - rank(b) || collator.compare(a.name, b.name));
    });
  }

  blob(oid: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#blobs.get(oid, async () => {
      const { blob } = await this.#git.readBlob({ dir: this.#dir, oid });
      return blob as Uint8Array<ArrayBuffer>;
    });
  }

  /** @returns what is at a path below a tree; the tree itself for the empty path. */
  async find(tree: string, path: string): Promise<TreeEntry | undefined> {
    let at: TreeEntry = { name: '', oid: tree, kind: 'folder', mode: '040000' };
    if (path === '') return at;
    for (const name of path.split('/')) {
      if (at.kind !== 'folder') return undefined;
      const next = (await this.tree(at.oid)).find((entry) => entry.name === name);
      if (next === undefined) return undefined;
      at = next;
    }
    return at;
  }
}

function kindOf(mode: string): TreeEntry['kind'] {
  if (/^0?40000$/.test(mode)) return 'folder';
  if (mode === '160000') return 'submodule';
  return mode === '120000' ? 'link' : 'file';
}
