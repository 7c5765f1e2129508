/**
 * The commits that a remote lacks: those that tips reach and what it has does not (git's
 * `rev-list <tips> --not <haves>`), and where the two histories meet.
 */
import type { Commit, Commits } from './commits.js';
import { youngestFirst } from './two-sides.js';
import { unavailable } from './unavailable.js';

/** What is to be found. */
export interface CommitsAsked {
  /** Oids of commits. */
  readonly tips: readonly string[];
  /** Oids of commits that are there, and on the remote with all that they reach. */
  readonly haves: readonly string[];
  /** Commits whose parents the remote may lack. */
  readonly remoteShallow: ReadonlySet<string>;
}

/** What was found. */
export interface NewCommits {
  /** The youngest first. */
  readonly commits: readonly Commit[];
  /** Parents of those that the remote has. */
  readonly edge: readonly Commit[];
}

/** Commits of the remote that are looked at after the last that it may lack: dates may be wrong. */
const slop = 5;

/** @throws GitWsError OBJECT_UNAVAILABLE for a commit that is to be sent and not there; as `Commits.read`. */
export async function findNewCommits(commits: Commits, asked: CommitsAsked): Promise<NewCommits> {
  const walk = new Walk(commits, asked.remoteShallow);
  for (const oid of asked.haves) await walk.add(oid, true);
  for (const oid of asked.tips) await walk.add(oid, false);
  return walk.run();
}

interface Met {
  readonly time: number;
  readonly commit: Commit;
  isKnown: boolean;
  isQueued: boolean;
}

class Walk {
  readonly #commits: Commits;
  readonly #remoteShallow: ReadonlySet<string>;
  readonly #met = new Map<string, Met>();
  readonly #queue = youngestFirst<Met>();
  /** Those in the queue that the remote may lack. */
  #open = 0;

  constructor(commits: Commits, remoteShallow: ReadonlySet<string>) {
    this.#commits = commits;
    this.#remoteShallow = remoteShallow;
  }

  /** @param isKnown whether the remote has it, and all that it reaches. */
  async add(oid: string, isKnown: boolean): Promise<void> {
    const met = this.#met.get(oid);
    if (met === undefined) {
      const commit = await this.#commits.read(oid);
      if (commit !== undefined) this.#put({ commit, time: commit.time, isKnown, isQueued: true });
      // What the remote has need not be here.
      else if (!isKnown) throw unavailable(oid);
    } else if (isKnown && !met.isKnown) {
      met.isKnown = true;
      if (met.isQueued) this.#open -= 1;
      // Its parents were taken for new ones.
      else this.#put({ ...met, isQueued: true });
    }
  }

  async run(): Promise<NewCommits> {
    const found: string[] = [];
    let [last, left] = [Infinity, slop];
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop()) {
      next.isQueued = false;
      if (!next.isKnown) {
        this.#open -= 1;
        found.push(next.commit.oid);
        last = next.time;
      }
      const isCut = next.isKnown && this.#remoteShallow.has(next.commit.oid);
      for (const parent of isCut ? [] : next.commit.parents) await this.add(parent, next.isKnown);
      const first = this.#queue.peek()?.time ?? -Infinity;
      left = this.#open > 0 || first >= last ? slop : left - 1;
      if (left <= 0) break;
    }
    return this.#result(found);
  }

  #put(met: Met): void {
    this.#met.set(met.commit.oid, met);
    this.#queue.push(met);
    if (!met.isKnown) this.#open += 1;
  }

  #result(found: readonly string[]): NewCommits {
    const edge = new Map<string, Commit>();
    const commits = found.flatMap((oid) => {
      const met = this.#met.get(oid);
      return met === undefined || met.isKnown ? [] : [met.commit];
    });
    for (const parent of commits.flatMap(({ parents }) => parents)) {
      const met = this.#met.get(parent);
      if (met?.isKnown === true) edge.set(parent, met.commit);
    }
    return { commits, edge: [...edge.values()] };
  }
}
