/** Where in a repository an element stands, and how an address of a page says it. */

/** What is shown of a path. */
export type View = 'file' | 'history' | 'commit' | 'edit';

/** What an element shows: of a ref, of a path, and how. */
export interface Place {
  /** A branch, a tag or a commit; empty for the remote's default branch. */
  readonly ref: string;
  /** With slashes, none at its ends; empty for the repository's own folder. */
  readonly path: string;
  /** What is shown of the path. */
  readonly view: View;
  /** First and last line that are marked. */
  readonly lines?: readonly [number, number] | undefined;
  /** Of the view `commit`. */
  readonly commit?: string | undefined;
}

/** @returns a path without empty and dot segments, and without leaving the repository. */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

const encodePath = (path: string): string =>
  // A colon would begin a line.
  path.split('/').map(encodeURIComponent).join('/');

/**
 * `ref/path:line`. The slashes of a ref are encoded, so that it ends at the first one.
 *
 * @param prefix of an element that shares its page with another: `prefix:ref/path`.
 */
export function formatFragment(place: Place, prefix: string): string {
  const { ref, path, view, lines, commit } = place;
  const [first, last] = lines ?? [];
  const line = first === undefined ? '' : `:${first}${last === first ? '' : `-${last}`}`;
  const what = view === 'history' ? '?history' : view === 'commit' ? `?commit=${commit ?? ''}` : '';
  const own = prefix === '' ? '' : `${encodeURIComponent(prefix)}:`;
  return `${own}${encodeURIComponent(ref)}/${encodePath(path)}${line}${what}`;
}

/** @returns undefined for what is no place, or one of another element. */
export function parseFragment(fragment: string, prefix: string): Place | undefined {
  let rest = fragment.replace(/^#/, '');
  if (prefix !== '') {
    const own = `${encodeURIComponent(prefix)}:`;
    if (!rest.startsWith(own)) return undefined;
    rest = rest.slice(own.length);
  }
  const found =
    /^([^/:?]+)\/([^:?]*)(?::(\d{1,9})(?:-(\d{1,9}))?)?(?:\?(history|commit=[0-9a-f]{40}))?$/.exec(
      rest,
    );
  if (found === null) return undefined;
  const [, ref = '', path = '', first, last = first, what = ''] = found;
  try {
    return {
      ref: decodeURIComponent(ref),
      path: cleanPath(decodeURIComponent(path)),
      view: what === '' ? 'file' : what === 'history' ? 'history' : 'commit',
      ...(first === undefined ? {} : { lines: [Number(first), Number(last)] as const }),
      ...(what.startsWith('commit=') ? { commit: what.slice('commit='.length) } : {}),
    };
  } catch {
    // No percent-encoding: not ours.
    return undefined;
  }
}
