/** Merges the lines of a file that both sides have changed; what is no text is a conflict, as in git. */
import type * as isomorphicGit from 'isomorphic-git';
import { diff3Merge } from 'node-diff3';

/**
 * A driver for isomorphic-git's `merge`, which by itself takes bytes that are no UTF-8 for text, and
 * writes others in their place.
 */
export const mergeFile: isomorphicGit.MergeDriverCallback = ({ contents }) => {
  const [base = '', ours = '', theirs = ''] = contents;
  // What isomorphic-git could not decode has been replaced by U+FFFD.
  if ([base, ours, theirs].some((content) => /[\0\ufffd]/.test(content))) {
    return { cleanMerge: false, mergedText: ours };
  }
  const merged = diff3Merge(linesOf(ours), linesOf(base), linesOf(theirs));
  const isClean = merged.every(({ ok }) => ok !== undefined);
  const text = merged.flatMap(({ ok = [] }) => ok).join('');
  return { cleanMerge: isClean, mergedText: isClean ? text : ours };
};

/** With what ends them. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
