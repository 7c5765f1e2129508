/** Which names may be those of folders of a sparse checkout. */
import { GitWsError } from '../base/errors.js';
import { isSafePath } from './path-rules.js';

/**
 * @param given as callers write them: with slashes at the end, doubled ones, and `./`.
 * @param isLiteral whether letters that patterns have are taken for what they are (git's `--skip-checks`).
 * @returns paths with their segments joined by single slashes.
 * @throws GitWsError INVALID_OPTION (data: `folder`) for what is no folder of a repository, or would be one
 *   that git does not read again.
 */
export function coneFolders(given: readonly string[], isLiteral: boolean): string[] {
  // A text would be gone through letter by letter, or not at all.
  if (!Array.isArray(given)) {
    throw new GitWsError('INVALID_OPTION', 'Folders of a sparse checkout must be a list.', {
      data: { folder: given },
    });
  }
  return given.map((folder: unknown) => {
    const why = typeof folder === 'string' ? faultOf(folder, isLiteral) : 'it is no text';
    if (why === undefined) return normalized(folder as string);
    const message = `${JSON.stringify(folder)} is no folder of a sparse checkout: ${why}.`;
    throw new GitWsError('INVALID_OPTION', message, { data: { folder } });
  });
}

function normalized(folder: string): string {
  return folder
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/');
}

function faultOf(folder: string, isLiteral: boolean): string | undefined {
  if (folder.startsWith('/')) return 'it begins with a slash';
  // Patterns are lines, and git drops blanks at their ends.
  if (/[\n\0]/.test(folder)) return 'it has a line end, or a zero, in it';
  if (folder.trim() !== folder) return 'it begins or ends with a blank';
  if (/[\ud800-\udfff]/u.test(folder)) return 'it has half a letter in it';
  const path = normalized(folder);
  if (path === '') return 'it names none';
  if (!isSafePath(path, false)) return 'no working tree may have it';
  if (isLiteral) return undefined;
  if (folder.startsWith('!')) return 'it begins as a pattern does; skipChecks takes it as it is';
  return /[*?[\]]/.test(folder) ? 'it is a pattern; skipChecks takes it as it is' : undefined;
}
