/** What renames make of a merge: git-merge(1), by the strategy `ort`. */
import { foldersOfAll } from '../base/folders.js';
import type { Pace } from '../pack/index/pace.js';
import { followFolders, type RenamedSides, type SideRenames } from '../worktree/folder-renames.js';
import {
  withThoseInTheWay,
  type Files,
  type HalfRemoved,
  type MergedPaths,
} from '../worktree/merge-trees.js';
import { renameCandidates, type Candidates } from '../worktree/rename-candidates.js';
import { findRenames, type RenameSearch } from '../worktree/renames.js';
import type { ConfigAt } from './config.js';
import type { Contents } from './contents.js';
import { renameSettings, type RenameSettings } from './rename-settings.js';
import { moveRenamed } from './renamed-sides.js';

/** How renames are followed. */
export interface Following {
  /** Asked where something may have been renamed, and it matters. */
  readonly settings: () => Promise<RenameSettings>;
  /** Lets others have their turn. */
  readonly pace: Pace;
}

/** @returns how the configuration has them followed, which is read once. */
export function followingOf(at: ConfigAt, pace: Pace): Following {
  let settings: Promise<RenameSettings> | undefined;
  return { pace, settings: () => (settings ??= renameSettings(at)) };
}

/** Files as both sides have them, and as they found them. */
interface Sides {
  readonly base: Files;
  readonly ours: Files;
  readonly theirs: Files;
}

/** The same, each version of a file at the path where it is to be. */
export interface Followed extends Sides {
  /** Paths of conflicts that leave nothing to be resolved. */
  readonly unclear: ReadonlySet<string>;
  /** @returns what was merged, with all that is to be resolved since it was renamed. */
  readonly resolve: (merged: MergedPaths) => MergedPaths;
}

/**
 * @param how `depth` says whether it is but a base of others: then folders do not move what is in them.
 * @throws GitWsError OBJECT_UNAVAILABLE, UserCanceledError; as {@link moveRenamed}; what `settings` throws.
 */
export async function followRenames(
  sides: Sides,
  contents: Contents,
  how: { readonly following?: Following | undefined; readonly depth?: number | undefined },
): Promise<Followed> {
  const { following, depth = 0 } = how;
  const { base, ours, theirs } = sides;
  const same = { ...sides, unclear: new Set<never>(), resolve: (merged: MergedPaths) => merged };
  if (following === undefined) return same;
  const found = [
    renameCandidates(base, ours, theirs),
    renameCandidates(base, theirs, ours),
  ] as const;
  if (!found.some(({ relevance, added }) => relevance.size > 0 && added.length > 0)) return same;
  const { isOn, limit, folders } = await following.settings();
  if (!isOn) return same;
  const search: RenameSearch = {
    ...{ limit, pace: following.pace, readMany: (oids) => contents.readMany(oids) },
  };
  const [mine, others] = [await renamesOf(found[0], search), await renamesOf(found[1], search)];
  const renamed: RenamedSides = {
    ...{ base: new Map(base), sides: [new Map(ours), new Map(theirs)] },
    ...{ torn: new Set(), names: new Map(), unclear: new Set() },
  };
  const stays = folders === 'stay' || depth > 0;
  const renames = stays
    ? ([mine.files, others.files] as const)
    : followFolders(renamed, [mine, others], folders === 'conflict');
  await moveRenamed(renamed, renames, contents);
  const { unclear } = renamed;
  return {
    ...{ base: renamed.base, ours: renamed.sides[0], theirs: renamed.sides[1], unclear },
    resolve: (merged) => resolved(merged, renamed, depth > 0),
  };
}

async function renamesOf(found: Candidates, search: RenameSearch): Promise<SideRenames> {
  const renames = await findRenames(found, search);
  const targets = new Set(renames.files.map(({ target }) => target));
  return { ...renames, added: found.added.filter((file) => !targets.has(file)) };
}

/** @returns the same, with what is to be resolved though its content is merged, or there is nothing to merge. */
function resolved(
  merged: MergedPaths,
  { base, sides, torn, names }: RenamedSides,
  isVirtual: boolean,
): MergedPaths {
  const named = merged.changed.map((each) => ({
    ...{ ...each, names: names.get(each.path) },
    isModeConflict: each.isModeConflict || torn.has(each.path),
  }));
  const left = new Set(torn);
  const decided = [...merged.changed, ...merged.distinct, ...merged.halfRemoved];
  for (const { path } of decided) left.delete(path);
  const files = new Map(merged.files);
  const alone: HalfRemoved[] = [];
  const there = left.size > 0 ? [...files.keys(), ...decided.map(({ path }) => path)] : [];
  const folders = foldersOfAll(there);
  for (const path of left) {
    const [ours, theirs] = [sides[0].get(path), sides[1].get(path)];
    const before = base.get(path);
    const last = files.get(path) ?? ours ?? theirs;
    // What each side has elsewhere is forgotten where a folder is now.
    if (last === undefined && folders.has(path)) continue;
    if (!isVirtual) {
      files.delete(path);
      alone.push({ path, base: before, ours, theirs, left: last });
    } else if (before && !ours !== !theirs) files.set(path, before);
  }
  const halfRemoved = [...merged.halfRemoved, ...alone];
  return withThoseInTheWay({ ...merged, files, changed: named, halfRemoved });
}
