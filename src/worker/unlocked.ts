/** What may run beside a command of another tab that changes the repository. */
import type { git } from '../git/commands.js';

/**
 * Commands that change nothing, add objects, or change refs by themselves whole or not at all. Not
 * `status` and `statusMatrix`: they write the index, with what they have seen of the files.
 */
const names = [
  ...['currentBranch', 'expandOid', 'expandRef', 'fetch', 'findMergeBase', 'findRoot', 'getConfig'],
  ...['getConfigAll', 'getRemoteInfo', 'getRemoteInfo2', 'hashBlob', 'indexPack', 'isDescendent'],
  ...['isIgnored', 'listBranches', 'listFiles', 'listNotes', 'listRefs', 'listRemotes'],
  ...['listServerRefs', 'listStashes', 'listTags', 'log', 'mergeStatus', 'packObjects', 'push'],
  ...['readBlob', 'readCommit', 'readNote', 'readObject', 'readTag', 'readTree', 'resolveRef'],
  ...[
    'unmergedFiles',
    'version',
    'walk',
    'writeBlob',
    'writeCommit',
    'writeObject',
    'writeTag',
    'writeTree',
  ],
] as const satisfies readonly (keyof typeof git)[];

/** Their names. */
export const unlocked: ReadonlySet<string> = new Set(names);
