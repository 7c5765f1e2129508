/** What the page can ask of the demo's worker, beside git's own commands. */
import { amendCommit } from './amend.js';
import { createBranch } from './branches.js';
import { readChanges, readVersions } from './changes.js';
import { checkOut } from './checkout.js';
import { commitChanges } from './commit.js';
import { finishMerge, giveUpMerge } from './conclude.js';
import { readMerge, readSides, resolveFile } from './conflicts.js';
import { exportZip } from './export.js';
import { deleteFile, discardChange, readFile, readText, writeText } from './files.js';
import { join, setAside } from './merge.js';
import { readMore, readOverview } from './overview.js';
import { readOverwritten } from './overwritten.js';
import { searchFiles } from './search.js';
import { stageFiles, stageLines, unstageFiles } from './staging.js';
import { bringBack, bringBackOnBranch, dropStashed, readStashed, stashChanges } from './stash.js';
import { scanFiles } from './status.js';
import { createTag, removeTag } from './tags.js';
import { giveUpUnmerged, readUnmerged } from './unmerged.js';

export const commands = {
  amendCommit,
  bringBack,
  bringBackOnBranch,
  checkOut,
  commitChanges,
  createBranch,
  createTag,
  deleteFile,
  discardChange,
  dropStashed,
  exportZip,
  finishMerge,
  giveUpMerge,
  giveUpUnmerged,
  join,
  readChanges,
  readFile,
  readMerge,
  readMore,
  readOverview,
  readOverwritten,
  readSides,
  readStashed,
  readText,
  readUnmerged,
  readVersions,
  removeTag,
  resolveFile,
  scanFiles,
  searchFiles,
  setAside,
  stageFiles,
  stageLines,
  stashChanges,
  unstageFiles,
  writeText,
};

/** Those that change neither the index nor a branch. */
export const reading = [
  ...(['readChanges', 'readFile', 'readMerge', 'readMore', 'readOverview'] as const),
  ...(['readOverwritten', 'readSides'] as const),
  ...(['readText', 'readUnmerged', 'readVersions', 'searchFiles'] as const),
];
