/** Random trees of which two sides have renamed, changed, added and removed files, as commits of one repository. */
import { gitStatus } from '../helpers/git.js';
import { seededRandom, type Random } from '../helpers/random.js';

interface File {
  readonly mode: string;
  readonly lines: readonly string[];
}

type Tree = Map<string, File>;

const folders = ['', 'a/', 'b/', 'a/x/', 'b/x/', 'c/', 'c/deep/er/'];
const usualNames = ['f1', 'f2', 'f3', 'f4', 'Makefile', 'index', 'LICENSE'];

/** What is merged. */
export interface RandomKind {
  /** Whether files have names of folders, too. */
  readonly clash?: boolean;
  /** Whether there are two merge bases. */
  readonly cross?: boolean;
}

/** Makes trees and what becomes of them. */
class Maker {
  readonly #random: Random;
  readonly #names: readonly string[];
  #lines = 0;

  constructor(random: Random, { clash = false }: RandomKind) {
    this.#random = random;
    this.#names = [...usualNames, ...(clash ? ['x', 'deep'] : [])];
  }

  #chance(of: number): boolean {
    return this.#random.below(of) === 0;
  }

  #line(): string {
    this.#lines += 1;
    return `${this.#lines} ${'x'.repeat(this.#random.below(30))}`;
  }

  #text(count = 3 + this.#random.below(30)): string[] {
    return Array.from({ length: count }, () => this.#line());
  }

  #path(): string {
    return this.#random.pick(folders) + this.#random.pick(this.#names);
  }

  base(): Tree {
    const tree: Tree = new Map();
    for (let count = 4 + this.#random.below(10); count > 0; count -= 1) {
      tree.set(this.#path(), { mode: '100644', lines: this.#text() });
    }
    return tree;
  }

  /** @returns it with some of the lines replaced, and others between them. */
  #edited({ mode, lines }: File, often: number): File {
    const changed = lines.flatMap((line) => {
      const kind = this.#random.below(often * 4);
      if (kind === 0) return [];
      return kind === 1 ? [line, this.#line()] : kind < 4 ? [this.#line()] : [line];
    });
    return { mode: this.#chance(20) ? '100755' : mode, lines: changed };
  }

  side(base: Tree): Tree {
    const tree = new Map(base);
    for (let count = 1 + this.#random.below(6); count > 0; count -= 1) this.#step(tree);
    return tree;
  }

  #step(tree: Tree): void {
    const kind = this.#random.below(12);
    const path = tree.size > 0 ? this.#random.pick([...tree.keys()]) : '';
    const file = tree.get(path);
    if (kind < 2 || file === undefined) {
      tree.set(this.#path(), { mode: '100644', lines: this.#text() });
    } else if (kind < 5) tree.set(path, this.#edited(file, 2 + this.#random.below(12)));
    else if (kind < 9) {
      tree.delete(path);
      const often = 1 + this.#random.below(12);
      const to = this.#chance(3)
        ? this.#random.pick(folders) + path.replace(/.*\//, '')
        : this.#path();
      tree.set(to, this.#chance(3) ? file : this.#edited(file, often));
    } else if (kind < 10) tree.delete(path);
    else {
      const [from, to] = [this.#random.pick(folders.slice(1)), this.#random.pick(folders)];
      if (to.startsWith(from)) return;
      for (const [each, one] of [...tree]) {
        if (!each.startsWith(from)) continue;
        tree.delete(each);
        tree.set(to + each.slice(from.length), this.#chance(3) ? this.#edited(one, 9) : one);
      }
    }
  }
}

/** Oids of the two sides of a merge. */
export interface RandomMerge {
  readonly seed: number;
  /** Paths of what both come from. */
  readonly base: ReadonlySet<string>;
  readonly ours: string;
  readonly theirs: string;
}

/** Writes merges, one for each seed, into the repository at `dir`. */
export async function writeMerges(
  dir: string,
  seeds: readonly number[],
  kind: RandomKind = {},
): Promise<RandomMerge[]> {
  const parts: string[] = [];
  const commit = (mark: number, tree: Tree, from?: number, other?: number): void => {
    parts.push(`commit refs/heads/m${mark}\nmark :${mark}\ncommitter A <a@b> 1735689600 +0000\n`);
    parts.push(`data 0\n${from === undefined ? '' : `from :${from}\n`}`);
    parts.push(`${other === undefined ? '' : `merge :${other}\n`}deleteall\n`);
    for (const [path, { mode, lines }] of tree) {
      const text = lines.map((line) => `${line}\n`).join('');
      parts.push(`M ${mode} inline ${path}\ndata ${text.length}\n${text}\n`);
    }
  };
  const bases = seeds.map((seed, at) => {
    const maker = new Maker(seededRandom(seed), kind);
    const base = maker.base();
    const [mark, ours, theirs] = [at * 5 + 1, maker.side(base), maker.side(base)];
    commit(mark, base);
    commit(mark + 1, ours, mark);
    commit(mark + 2, theirs, mark);
    if (kind.cross === true) {
      commit(mark + 3, maker.side(ours), mark + 1, mark + 2);
      commit(mark + 4, maker.side(theirs), mark + 2, mark + 1);
    }
    return new Set(base.keys());
  });
  const input = parts.join('');
  const { code, stderr } = await gitStatus(['fast-import', '--quiet'], { cwd: dir, input });
  if (code !== 0) throw new Error(stderr);
  const { stdout } = await gitStatus(['for-each-ref', '--format=%(refname) %(objectname)'], {
    cwd: dir,
  });
  const oids = new Map(stdout.split('\n').map((line) => line.split(' ') as [string, string]));
  const oid = (mark: number): string => oids.get(`refs/heads/m${mark}`) ?? '';
  return bases.map((base, at) => ({
    ...{ seed: seeds[at] ?? 0, base },
    ours: oid(at * 5 + (kind.cross === true ? 4 : 2)),
    theirs: oid(at * 5 + (kind.cross === true ? 5 : 3)),
  }));
}
