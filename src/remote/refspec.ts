/** Refspecs: which of a remote's refs are fetched, and what they are called here (gitprotocol(7), git-fetch(1)). */
import { GitWsError } from '../base/errors.js';
import { isRefName } from '../wire/ref-name.js';
import { quoteText } from '../wire/text.js';

/** `+refs/heads/*:refs/remotes/origin/*`, taken apart. */
export interface Refspec {
  /** Whether a ref may become something that does not contain what it was. */
  readonly isForced: boolean;
  /** A name, or a pattern with one `*`. */
  readonly source: string;
  /** The same; undefined where nothing is written. */
  readonly target: string | undefined;
  /** `^refs/heads/x`: what others take, and this one does not. */
  readonly isNegative: boolean;
}

/**
 * @param text as it stands in the configuration.
 * @throws GitWsError INVALID_OPTION for what is none. Names may be short where they are no patterns.
 */
export function parseRefspec(text: string): Refspec {
  const [, sign = '', source = '', target] = /^([+^]?)([^:]*)(?::([^:]*))?$/.exec(text) ?? [];
  const isNegative = sign === '^';
  const isPattern = source.includes('*');
  const refspec: Refspec = {
    isForced: sign === '+',
    isNegative,
    source: source === '@' ? 'HEAD' : source,
    target: target === '' ? undefined : target,
  };
  const isSound =
    isName(refspec.source) &&
    (refspec.target === undefined ||
      (!isNegative && isName(refspec.target) && isPattern === refspec.target.includes('*')));
  if (isSound && !(isNegative && target !== undefined)) return refspec;
  throw new GitWsError('INVALID_OPTION', `${quoteText(text)} is not a refspec.`, {
    data: { refspec: text },
  });
}

/** @returns what a ref is called here, by each of the refspecs that take it. */
export function targetsOf(
  refspecs: readonly Refspec[],
  name: string,
): { readonly target: string; readonly isForced: boolean }[] {
  if (refspecs.some(({ isNegative, source }) => isNegative && match(source, name) !== undefined)) {
    return [];
  }
  return refspecs.flatMap(({ isForced, isNegative, source, target }) => {
    const matched = isNegative ? undefined : match(source, name);
    if (matched === undefined || target === undefined) return [];
    return [{ target: target.replace('*', () => matched), isForced }];
  });
}

/** @returns whether a ref is one that these refspecs ask for, written or not. */
export function isAskedFor(refspecs: readonly Refspec[], name: string): boolean {
  const isMatched = ({ source }: Refspec) => match(source, name) !== undefined;
  return (
    refspecs.some((spec) => !spec.isNegative && isMatched(spec)) &&
    !refspecs.some((spec) => spec.isNegative && isMatched(spec))
  );
}

/** @returns the remote's names of a ref of this repository, by each of the refspecs that write it. */
export function sourcesOf(refspecs: readonly Refspec[], name: string): string[] {
  return refspecs.flatMap(({ isNegative, source, target }) => {
    const matched = isNegative || target === undefined ? undefined : match(target, name);
    return matched === undefined ? [] : [source.replace('*', () => matched)];
  });
}

/** @returns what stands for the `*`, empty where there is none; undefined where the name is another. */
function match(pattern: string, name: string): string | undefined {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === name ? '' : undefined;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  const isLong = name.length > before.length + after.length;
  if (!isLong || !name.startsWith(before) || !name.endsWith(after)) return undefined;
  return name.slice(before.length, name.length - after.length);
}

function isName(text: string): boolean {
  const stars = text.split('*').length - 1;
  return stars <= 1 && isRefName(text.replace('*', 'x'), { allowOneLevel: true });
}
