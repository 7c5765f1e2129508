/** What the page shows: every signal of it, and nothing that changes them by itself. */
import { computed, signal } from '@preact/signals';
import type { Amendable } from '../worker/amend.js';
import type { Branches } from '../worker/branches.js';
import type { Author } from '../worker/commit.js';
import type { Merging } from '../worker/conflicts.js';
import type { FileContent } from '../worker/files.js';
import type { Distance, HistoryEntry, RefLabel } from '../worker/history.js';
import type { Progress } from '../repository/progress.js';
import type { Repository } from '../repository/repository.js';
import type { Stashed } from '../worker/stash.js';
import type { FileEntry } from '../worker/status.js';
import type { Unmerged } from '../worker/unmerged.js';
import type { PushedRef } from '../repository/sync.js';
import { focusedPane } from './panes.js';
import { recall, remember } from './storage.js';

/** `starting` until it is known whether a repository is reopened: nothing flashes up meanwhile. */
export const screen = signal<'starting' | 'start' | 'open'>('starting');

/** The open repository and its name. */
export const repository = signal<Repository | undefined>();
export const repositoryName = signal('');

/** Every file, by its path. */
export const files = signal<ReadonlyMap<string, FileEntry>>(new Map());
/** Files with edits that are not saved. */
export const unsaved = signal<ReadonlySet<string>>(new Set());

/** The file that is shown; of two, the one on the side that was used last. */
export const selected = computed(() => focusedPane.value.active.value);
/** What is in the files that are shown, by their paths; nothing of one while it is read. */
export const contents = signal<ReadonlyMap<string, FileContent>>(new Map());
/** Shown files that could not be read. */
export const unreadable = signal<ReadonlySet<string>>(new Set());

/** The merge that waits for its commit. */
export const merging = signal<Merging | undefined>();
/** Changed files that it does not bring, and its commit shall have. */
export const included = signal<ReadonlySet<string>>(new Set());
/** What its commit is to say, once that was edited. */
export const mergeMessage = signal<string | undefined>();

/** What is to be resolved where no merge waits. */
export const unmerged = signal<Unmerged | undefined>();

/** Changes that are set aside, the newest first. */
export const stashed = signal<readonly Stashed[]>([]);

/** A line that the editor is to go to, from 1. */
export const revealed = signal<{ readonly path: string; readonly line: number } | undefined>();

export const branches = signal<Branches>({ current: undefined, local: [], remote: [] });
/** Of the current branch from the remote's; undefined where the remote has none of that name. */
export const distance = signal<Distance | undefined>();

/** The commits read so far. */
export const history = signal<readonly HistoryEntry[]>([]);
export const historyHasMore = signal(false);
/** While another list of them is read. */
export const isReadingHistory = signal(false);
/** The file whose commits they are; undefined for all. */
export const historyOf = signal<string | undefined>();
/** Whether they are those of all branches and tags, and not only of the current branch. */
export const historyOfAll = signal(false);
export const labels = signal<ReadonlyMap<string, readonly RefLabel[]>>(new Map());

/** Files that differ from the last commit or from the index, or will once their edits are saved. */
export const changes = computed<readonly FileEntry[]>(() => {
  const changed: FileEntry[] = [];
  for (const file of files.value.values()) {
    const { path, status, staged } = file;
    // A file that is as it was may be staged as something else.
    if (unsaved.value.has(path) && file.unstaged === 'same') {
      const saved = status === 'same' ? 'modified' : status;
      changed.push({ ...file, status: saved, unstaged: 'modified' });
    } else if (status !== 'same' || staged !== 'same') changed.push(file);
  }
  return changed.sort((a, b) => (a.path < b.path ? -1 : 1));
});
/** Of these, those of which nothing is to be resolved, but for a merge's. */
const clear = computed(() => {
  const conflicts = new Set(unmerged.value?.conflicts.map(({ path }) => path));
  return changes.value.filter(({ path }) => !conflicts.has(path));
});
/** Of these, what the next commit takes. */
export const stagedChanges = computed(() => clear.value.filter(({ staged }) => staged !== 'same'));
/** Of these, what it does not take as they are now. */
export const unstagedChanges = computed(() =>
  clear.value.filter(({ unstaged }) => unstaged !== 'same'),
);
export const message = signal('');
/** The last commit, where it may be amended. */
export const amendable = signal<Amendable | undefined>();
/** The same, with its message as it is edited, where the next commit shall take its place. */
export const amending = signal<Amendable | undefined>();

export const author = signal<Author>(recall('author', isAuthor, { name: '', email: '' }));
author.subscribe((value) => remember('author', value));

/** Who commits, in a merge that needs a name where none was given. */
export function signature(): Author {
  const { name, email } = author.value;
  return { name: name || 'Somebody', email: email || 'somebody@localhost' };
}

/** Something that takes time. There is one at a time. */
export interface Activity {
  readonly kind:
    | ('clone' | 'open' | 'fetch' | 'pull' | 'push')
    | ('commit' | 'merge' | 'switch' | 'stash' | 'remove' | 'export');
  readonly title: string;
  readonly progress: Progress;
  /** What to say while its connection is lost; undefined while there is one. */
  readonly interruption: string | undefined;
  /** When it began, in ms of performance.now(); later by what it waited for a person. */
  readonly startedAt: number;
  /** Since when it waits for a person, in ms of performance.now(). */
  readonly waitsSince: number | undefined;
  /** undefined for what cannot be cancelled. */
  readonly cancel: (() => void) | undefined;
}

export const activity = signal<Activity | undefined>();

/** Whether what is going on writes files: nothing else may then. */
export const isWritingFiles = computed(() =>
  ['pull', 'merge', 'switch', 'stash', 'commit', 'remove'].includes(activity.value?.kind ?? ''),
);

/** The outcome of the last thing done. Stays until the next one, or until it is put away. */
export interface Notice {
  readonly tone: 'good' | 'info' | 'bad';
  readonly title: string;
  readonly text?: string | undefined;
  /** A stable code, for whoever looks it up. */
  readonly code?: string | undefined;
  readonly refs?: readonly PushedRef[] | undefined;
  /** What the server's git and its hooks said. */
  readonly remote?: readonly string[] | undefined;
  readonly paths?: readonly string[] | undefined;
  readonly actions?: readonly { readonly label: string; readonly run: () => void }[] | undefined;
}

export const notice = signal<Notice | undefined>();

/** Which panel is open, where there is room for one; on a telephone, whether the file is. */
export const panel = signal<'files' | 'changes' | 'history'>('files');
export const focus = signal<'panel' | 'file'>('panel');

function isAuthor(value: unknown): value is Author {
  if (typeof value !== 'object' || value === null) return false;
  const { name, email } = value as Record<string, unknown>;
  return typeof name === 'string' && typeof email === 'string';
}
