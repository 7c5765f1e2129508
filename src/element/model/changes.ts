/** What a commit has changed: two trees side by side. */
import { emptyTree, type Objects, type TreeEntry } from './objects.js';

/** One path that differs. */
export interface Change {
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'removed' | 'renamed';
  /** Where it was, of what was renamed. */
  readonly from?: string;
  readonly before: TreeEntry | undefined;
  readonly after: TreeEntry | undefined;
}

/** Paths that are listed: more are counted by nobody. */
export const maxChanges = 300;

/** @returns the changes by path, and whether there are more than are listed. */
export async function changesBetween(
  objects: Objects,
  before: string | undefined,
  after: string,
): Promise<{ readonly changes: readonly Change[]; readonly hasMore: boolean }> {
  const found: Change[] = [];
  await compare(objects, '', before ?? emptyTree, after, found);
  const changes = joinRenames(found);
  changes.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { changes: changes.slice(0, maxChanges), hasMore: found.length > maxChanges };
}

async function compare(
  objects: Objects,
  folder: string,
  before: string,
  after: string,
  found: Change[],
): Promise<void> {
  if (before === after || found.length > maxChanges) return;
  const [left, right] = await Promise.all([objects.tree(before), objects.tree(after)]);
  const old = new Map(left.map((entry) => [entry.name, entry]));
  const now = new Map(right.map((entry) => [entry.name, entry]));
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    if (found.length > maxChanges) return;
    const [was, is] = [old.get(name), now.get(name)];
    if (was?.oid === is?.oid && was?.mode === is?.mode) continue;
    const path = folder === '' ? name : `${folder}/${name}`;
    const isFolder = (entry?: TreeEntry): boolean => entry?.kind === 'folder';
    if (isFolder(was) || isFolder(is)) {
      const treeOf = (entry?: TreeEntry): string =>
        entry?.kind === 'folder' ? entry.oid : emptyTree;
      await compare(objects, path, treeOf(was), treeOf(is), found);
    }
    const fileBefore = isFolder(was) ? undefined : was;
    const fileAfter = isFolder(is) ? undefined : is;
    if (fileBefore === undefined && fileAfter === undefined) continue;
    const kind =
      fileBefore === undefined ? 'added' : fileAfter === undefined ? 'removed' : 'changed';
    found.push({ path, kind, before: fileBefore, after: fileAfter });
  }
}

/** A file that went away in one place and came in another, byte for byte, was renamed. */
function joinRenames(found: readonly Change[]): Change[] {
  const gone = new Map<string, Change>();
  for (const change of found) {
    if (change.kind === 'removed' && change.before) gone.set(change.before.oid, change);
  }
  const renamed = new Set<Change>();
  const joined = found.map((change): Change => {
    if (change.kind !== 'added' || change.after === undefined) return change;
    const source = gone.get(change.after.oid);
    if (source === undefined || renamed.has(source)) return change;
    renamed.add(source);
    return { ...change, kind: 'renamed', from: source.path, before: source.before };
  });
  return joined.filter((change) => !renamed.has(change));
}
