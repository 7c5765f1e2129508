/** `.gitmodules` (gitmodules(5)): which submodules there are, judged as git judges it (submodule-config.c, fsck.c). */
import type { ErrorData } from '../../base/error-data.js';
import { GitWsError } from '../../base/errors.js';
import { isSafePath } from '../../worktree/path-rules.js';
import { isYes } from '../config.js';
import { parseConfigFile } from '../../wire/config-file.js';

/** A submodule, as `.gitmodules` has it. */
export interface DeclaredSubmodule {
  readonly name: string;
  /** In the working tree. */
  readonly path: string;
  readonly url: string | undefined;
  /** Whether `update = none` says that it is left alone. */
  readonly isLeftAlone: boolean;
  /** Whether `shallow` says that its newest history is enough. */
  readonly isShallow: boolean;
}

/** Why a submodule is not touched: see SUBMODULE_REFUSED in docs/protocol.md. */
export type RefusedReason = ErrorData['SUBMODULE_REFUSED']['reason'];

/**
 * @param text what is in the file.
 * @returns the submodules by their paths. What has no path, or one that git would not take, is left out.
 * @throws GitWsError SUBMODULE_REFUSED for a file that cannot be read, a name that leads elsewhere, or one whose
 *   repository would lie in another one's.
 */
export function parseModules(text: string): ReadonlyMap<string, DeclaredSubmodule> {
  const lines = parseConfigFile(text);
  if (lines === undefined) throw refused('.gitmodules', 'file', 'is not in git’s format');
  const settings = new Map<string, Map<string, string>>();
  for (const { section, subsection, name, value } of lines) {
    if (section !== 'submodule' || subsection === undefined || value === undefined) continue;
    let own = settings.get(subsection);
    if (own === undefined) settings.set(subsection, (own = new Map<string, string>()));
    // As in git the first one counts.
    if (!own.has(name)) own.set(name, value);
  }
  const byPath = new Map<string, DeclaredSubmodule>();
  for (const [name, own] of settings) {
    const path = own.get('path');
    if (path === undefined || path.startsWith('-') || !isSafePath(path, false)) continue;
    // Defence: a submodule's name that leads elsewhere is refused.
    if (!isSafeName(name)) throw refused(path, 'name', `has a name that leads elsewhere: ${name}`);
    const isLeftAlone = own.get('update') === 'none';
    const isShallow = isYes(own.get('shallow') ?? 'false');
    const submodule = { name, path, url: own.get('url'), isLeftAlone, isShallow };
    if (!byPath.has(path)) byPath.set(path, submodule);
  }
  expectApart([...byPath.values()]);
  return byPath;
}

/** Letters of a name: file systems take no more of one folder. */
const longestName = 255;

/** A name is a path below `modules` (CVE-2018-11235), and stands in a file that ends with a newline. */
function isSafeName(name: string): boolean {
  const segments = name.split(/[\\/]/);
  const isPath = segments.every((each) => !['', '.', '..'].includes(each) && !/[\s.]$/.test(each));
  // eslint-disable-next-line no-control-regex -- these are meant
  return name.length <= longestName && isPath && !/[\0-\x1f\x7f]/.test(name);
}

/** One repository in another one would write what the other runs, or reads (CVE-2019-1387). */
function expectApart(all: readonly DeclaredSubmodule[]): void {
  const folded = new Map(all.map(({ name, path }) => [foldedName(name), path]));
  if (folded.size < all.length) {
    const path = all.find(({ name, path: own }) => folded.get(foldedName(name)) !== own)?.path;
    throw refused(path ?? '', 'name', 'has the name of another one');
  }
  for (const { name, path } of all) {
    const segments = foldedName(name).split('/');
    const outer = segments.map((_, at) => segments.slice(0, at).join('/'));
    // Defence: a submodule does not lie in another one's repository.
    if (outer.some((each) => folded.has(each))) {
      throw refused(path, 'name', `has a name in that of another one: ${name}`);
    }
  }
}

/** The same for names that a file system may take for one. */
function foldedName(name: string): string {
  return name.replaceAll('\\', '/').normalize('NFC').toLowerCase();
}

/** @param why what the submodule is, or has. @returns SUBMODULE_REFUSED. */
export function refused(path: string, reason: RefusedReason, why: string): GitWsError {
  const message = `The submodule ${path} ${why}.`;
  return new GitWsError('SUBMODULE_REFUSED', message, { data: { path, reason } });
}
