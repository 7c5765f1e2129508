/** What the page can ask of the demo's worker, beside git's own commands. */
import { amendCommit } from './amend.js';
import { createBranch } from './branches.js';
import { readChanges, readVersions } from './changes.js';
import { checkOut } from './checkout.js';
import { commitChanges } from './commit.js';
import { describeConflict, settleConflict } from './conflicts.js';
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
  describeConflict,
  discardChange,
  exportZip,
  join,
  readChanges,
  readFile,
  readMore,
  readOverview,
  readText,
  readVersions,
  removeTag,
  scanFiles,
  searchFiles,
  setAside,
  settleConflict,
  writeText,
};

/** Those that change neither the index nor a branch. */
export const reading = [
  ...(['describeConflict', 'readChanges', 'readFile', 'readMore', 'readOverview'] as const),
  ...(['readText', 'readVersions', 'searchFiles'] as const),
];
