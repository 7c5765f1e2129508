/** Pairs the files that are most alike, each once (diffcore-rename.c, `find_renames`). */
import { nameOf } from '../base/folders.js';
import type { Pace } from '../pack/index/pace.js';
import type { Rename } from './folder-counts.js';
import type { TreeFile } from './tree-files.js';

/** How pairs are made. */
export interface Pairing {
  readonly score: (source: TreeFile, target: TreeFile) => number;
  /** What a pair must come to. */
  readonly least: number;
  readonly pace: Pace;
}

/** How alike two are. */
interface Scored extends Rename {
  readonly score: number;
  /** Whether both have the same name, which decides where others are as much alike. */
  readonly isNamesake: boolean;
}

/** Sources that are kept for each target. */
const kept = 4;

/** @returns the pairs, the best first. @throws GitWsError UserCanceledError */
export async function bestPairs(
  sources: readonly TreeFile[],
  targets: readonly TreeFile[],
  { score, least, pace }: Pairing,
): Promise<Rename[]> {
  const all: Scored[] = [];
  const names = sources.map(({ path }) => nameOf(path));
  for (const target of targets) {
    const best: Scored[] = [];
    const name = nameOf(target.path);
    for (const [at, source] of sources.entries()) {
      // There may be millions: each wait would cost more than what is done.
      const turn = pace.turn();
      if (turn !== undefined) await turn;
      const isNamesake = names[at] === name;
      const found = score(source, target);
      // Nothing is worse.
      if (found === 0 && !isNamesake && best.length === kept) continue;
      keepBest(best, { source, target, score: found, isNamesake });
    }
    all.push(...best);
  }
  const good = all.filter((pair) => pair.score >= least).sort(byScore);
  const used = new Set<TreeFile>();
  return good.filter(({ source, target }) => {
    if (used.has(source) || used.has(target)) return false;
    used.add(source).add(target);
    return true;
  });
}

/** In the place of the worst one, as soon as there are so many: where pairs are as good, places decide. */
function keepBest(best: Scored[], pair: Scored): void {
  if (best.length < kept) {
    best.push(pair);
    return;
  }
  let worst = 0;
  for (const [at, each] of best.entries()) {
    const than = best[worst];
    if (than !== undefined && byScore(each, than) > 0) worst = at;
  }
  const least = best[worst];
  if (least !== undefined && byScore(least, pair) > 0) best[worst] = pair;
}

/** The best first. */
function byScore(one: Scored, other: Scored): number {
  return other.score - one.score || Number(other.isNamesake) - Number(one.isNamesake);
}
