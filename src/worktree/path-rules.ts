/**
 * Which paths of a tree may be written: git's verify_path (read-cache.c) with `core.protectHFS` and
 * `core.protectNTFS` on, wherever this runs, since a working tree is copied from place to place.
 */

/**
 * @param path as a tree names it, its segments joined by slashes.
 * @param isSymlink whether it is to be a symbolic link: those may not stand for git's own files.
 * @returns whether git would take it.
 */
export function isSafePath(path: string, isSymlink: boolean): boolean {
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.' || segment === '..') return false;
    if (segment.includes('\0')) return false;
    // Which is also how other file systems fold case.
    const onHfs = hfsName(segment);
    if (onHfs === '.git' || (isSymlink && onHfs === '.gitmodules')) return false;
    // To NTFS a backslash separates; elsewhere it is a letter, and what follows it harms nobody.
    if (segment.split('\\').some(isNtfsGit)) return false;
    const ends = [...segment.matchAll(/\\/g)].map(({ index }) => segment.slice(index + 1));
    if (isSymlink && [segment, ...ends].some(isNtfsGitmodules)) return false;
  }
  return true;
}

/** Letters that HFS+ leaves out of account (utf8.c, next_hfs_char). */
const ignored = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

function hfsName(segment: string): string {
  return segment.replace(ignored, '').toLowerCase();
}

/** `.git`, or its short name, with what NTFS leaves out at the end (path.c, is_ntfs_dotgit). */
function isNtfsGit(name: string): boolean {
  return /^(\.git|git~1)[. ]*(:|$)/i.test(name);
}

/** `.gitmodules`, and its short names (path.c, is_ntfs_dotgitmodules). */
function isNtfsGitmodules(name: string): boolean {
  if (/^(\.gitmodules|gitmod~[1-4])[. ]*(:|$)/i.test(name)) return true;
  // A short name of eight letters: some of the hash of it, and a number.
  const [, prefix = '', number = ''] =
    /^([a-z0-9]{0,6})~([1-9][0-9]*)[. ]*(?::|$)/i.exec(name) ?? [];
  return (
    number !== '' &&
    prefix.length + 1 + number.length === 8 &&
    'gi7eba'.startsWith(prefix.toLowerCase())
  );
}
