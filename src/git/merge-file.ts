/** Merges the lines of a file that both sides have changed, as `git merge-file` does; what is no text is a conflict. */
import type * as isomorphicGit from 'isomorphic-git';
import { diff3MergeRegions, diffComm } from 'node-diff3';

/** A file as the two sides have it, and as they found it. */
export interface Texts {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/** What the two sides of a conflict are called in a file. */
export interface Labels {
  readonly ours: string;
  readonly theirs: string;
}

/** What each side has, where they do not agree. */
interface Clash {
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

/** Lines on which both sides agree; plain ones are not what one side alone has changed. */
type Region = Clash | { readonly agreed: readonly string[]; readonly isPlain: boolean };

/** Lines between two conflicts that go into one of them: fewer read worse than they are worth (xdl_merge). */
const mostJoined = 3;

/**
 * A driver for isomorphic-git's `merge`, which by itself takes bytes that are no UTF-8 for text, and
 * writes others in their place.
 */
export const mergeFile: isomorphicGit.MergeDriverCallback = ({ contents }) => {
  const [base = '', ours = '', theirs = ''] = contents;
  const merged = mergeText({ base, ours, theirs }, { ours: 'ours', theirs: 'theirs' });
  return merged?.isClean === true
    ? { cleanMerge: true, mergedText: merged.text }
    : { cleanMerge: false, mergedText: ours };
};

/**
 * @returns whether the sides agree, and the text, with marks around what they do not agree on; undefined for
 *   what is no text.
 */
export function mergeText(
  { base, ours, theirs }: Texts,
  labels: Labels,
): { readonly isClean: boolean; readonly text: string } | undefined {
  // What could not be decoded has been replaced by U+FFFD.
  if ([base, ours, theirs].some((content) => /[\0\ufffd]/.test(content))) return undefined;
  const regions = diff3MergeRegions(linesOf(ours), linesOf(base), linesOf(theirs)).flatMap(
    (region): Region[] =>
      region.stable
        ? [{ agreed: region.bufferContent, isPlain: region.buffer === 'o' }]
        : refined(region.aContent, region.bContent),
  );
  const text = joined(regions)
    .map((region) => format(region, labels))
    .join('');
  return { isClean: regions.every((region) => 'agreed' in region), text };
}

/** @returns a clash without the lines that both sides have, as git's `XDL_MERGE_ZEALOUS` makes it. */
function refined(ours: string[], theirs: string[]): Region[] {
  return diffComm(ours, theirs).map(({ common, buffer1 = [], buffer2 = [] }): Region => {
    return common === undefined
      ? { ours: buffer1, theirs: buffer2 }
      : { agreed: common, isPlain: true };
  });
}

/** Makes one of clashes that are near to each other (xdiff's `xdl_simplify_non_conflicts`). */
function joined(regions: readonly Region[]): Region[] {
  const all: Region[] = [];
  for (const region of regions) {
    const [before, between] = all.slice(-2);
    const isAfterPlain = between !== undefined && 'agreed' in between && between.isPlain;
    if (!isAfterPlain) all.push(region);
    else if ('agreed' in region) {
      if (!region.isPlain) all.push(region);
      else all.splice(-1, 1, { agreed: [...between.agreed, ...region.agreed], isPlain: true });
    } else if (
      between.agreed.length <= mostJoined &&
      before !== undefined &&
      !('agreed' in before)
    ) {
      all.splice(-2, 2, {
        ours: [...before.ours, ...between.agreed, ...region.ours],
        theirs: [...before.theirs, ...between.agreed, ...region.theirs],
      });
    } else all.push(region);
  }
  return all;
}

function format(region: Region, labels: Labels): string {
  if ('agreed' in region) return region.agreed.join('');
  const { ours, theirs } = region;
  const all = [...ours, ...theirs];
  const end = all.length > 0 && all.every((line) => line.endsWith('\r\n')) ? '\r\n' : '\n';
  const side = (lines: readonly string[]): string =>
    lines.map((line) => (line.endsWith('\n') ? line : `${line}${end}`)).join('');
  return [
    `<<<<<<< ${labels.ours}${end}${side(ours)}`,
    `=======${end}${side(theirs)}`,
    `>>>>>>> ${labels.theirs}${end}`,
  ].join('');
}

/** With what ends them. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
