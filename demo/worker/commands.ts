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
import { searchFiles } from './search.js';
import { scanFiles } from './status.js';
import { createTag, removeTag } from './tags.js';

export const commands = {
  amendCommit,
  checkOut,
  commitChanges,
  createBranch,
  createTag,
  deleteFile,
  discardChange,
  exportZip,
  finishMerge,
  giveUpMerge,
  join,
  readChanges,
  readFile,
  readMerge,
  readMore,
  readOverview,
  readSides,
  readText,
  readVersions,
  removeTag,
  resolveFile,
  scanFiles,
  searchFiles,
  setAside,
  writeText,
};

/** Those that change neither the index nor a branch. */
export const reading = [
  ...(['readChanges', 'readFile', 'readMerge', 'readMore', 'readOverview', 'readSides'] as const),
  ...(['readText', 'readVersions', 'searchFiles'] as const),
];
