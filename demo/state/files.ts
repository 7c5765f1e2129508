/** Showing, making, deleting and undoing files. */
import { batch } from '@preact/signals';
import { closeDocument } from '../editor/documents.js';
import { isMissing } from '../repository/missing.js';
import { checkName } from '../repository/names.js';
import type { Repository } from '../repository/repository.js';
import type { FileContent } from '../worker/files.js';
import type { FileEntry } from '../worker/status.js';
import { askLine, confirm } from './dialogs.js';
import { download } from './download.js';
import { focusedPane, showTab, shownPaths, type Tab } from './panes.js';
import { attempt, inTurn } from './perform.js';
import { scanAgain } from './scan.js';
import {
  contents,
  files,
  focus,
  isWritingFiles,
  notice,
  repository,
  revealed,
  unreadable,
  unsaved,
} from './session.js';

/** How a file is opened. */
interface Opening {
  /** Whether it is only looked at: the next one that is takes its place. Default false. */
  readonly isPreview?: boolean;
  /** Which of its changes are shown; undefined for the file itself. */
  readonly between?: Tab['between'];
}

/** Shows a file, on the side of the editor that was used last, and brings it to the front. */
export async function openFile(path: string, opening: Opening = {}): Promise<void> {
  const { isPreview = false, between } = opening;
  batch(() => {
    showTab(focusedPane.value, { path, isPreview, between });
    focus.value = 'file';
  });
  await showSelected();
}

/** As {@link openFile}, at a line, from 1. */
export async function openLine(path: string, line: number): Promise<void> {
  await openFile(path);
  revealed.value = { path, line };
}

/** Reads the files that are shown again. */
export async function showSelected(): Promise<void> {
  await Promise.all([...shownPaths.value].map(showPath));
}

async function showPath(path: string): Promise<void> {
  const repo = repository.value;
  const entry = files.value.get(path);
  if (repo === undefined || entry === undefined) return;
  const read = await attempt(() => readShown(repo, entry));
  // Another one may have been chosen while this one was read.
  if (!shownPaths.value.has(path) || repository.value !== repo) return;
  const known = [...contents.value].filter(([other]) => {
    return other !== path && shownPaths.value.has(other);
  });
  const failed = [...unreadable.value].filter((other) => other !== path);
  batch(() => {
    contents.value = new Map(read === undefined ? known : [...known, [path, read]]);
    unreadable.value = new Set(read === undefined ? [...failed, path] : failed);
  });
}

/** A file that is gone can have edits all the same: the editor has them. */
async function readShown(repo: Repository, entry: FileEntry): Promise<FileContent> {
  try {
    return await repo.git.readFile({ dir: repo.dir, file: entry });
  } catch (error) {
    if (!isMissing(error) || !unsaved.value.has(entry.path)) throw error;
    return { kind: 'text', text: '', lineSeparator: '\n', size: 0 };
  }
}

/** Gives a file to the browser to keep elsewhere. */
export async function downloadFile(path: string): Promise<void> {
  const repo = repository.value;
  if (repo === undefined) return;
  await attempt(async () => {
    download(path, await repo.git.fs.promises.readFile(`${repo.dir}/${path}`));
  });
}

/** Asks for a path and makes a file there. */
export async function newFile(folder: string): Promise<void> {
  const repo = repository.value;
  if (repo === undefined || isWritingFiles.value) return;
  await askLine({
    title: 'New file',
    label: 'Path',
    hint: 'With folders, as in notes/today.md. Folders that are missing are made.',
    initial: folder === '' ? '' : `${folder}/`,
    action: 'Create',
    async submit(line) {
      const path = line.trim();
      await inTurn(async () => {
        checkName(path, files.value.values());
        await repo.git.writeText({ dir: repo.dir, path, text: '' });
        await scanAgain(repo, path);
      });
      if (files.value.has(path)) await openFile(path);
      else notice.value = { tone: 'info', title: `${path} was made, but .gitignore hides it` };
    },
  });
}

/** Deletes a file, and asks first where the last commit does not have all of it. */
export async function removeFile(path: string): Promise<void> {
  const repo = repository.value;
  const entry = files.value.get(path);
  if (repo === undefined || entry === undefined || isWritingFiles.value) return;
  if (entry.status !== 'same' || unsaved.value.has(path)) {
    const choice = await confirm({
      title: `Delete ${path}?`,
      text: 'It has changes that are in no commit. They cannot be brought back.',
      choices: [
        { id: 'delete', label: 'Delete', danger: true },
        { id: 'keep', label: 'Keep' },
      ],
    });
    if (choice !== 'delete') return;
  }
  await attempt(() =>
    inTurn(async () => {
      // As it is now: another tab may have deleted it, and then there are edits alone.
      const { git, dir } = repo;
      const [now] = await git.scanFiles({ dir, under: path });
      if (now !== undefined && now.status !== 'deleted') await git.deleteFile({ dir, path });
      await reread(repo, path);
    }),
  );
}

/** Makes a file what is staged of it: what it was in the last commit, where nothing is. */
export async function discardFile(path: string): Promise<void> {
  const repo = repository.value;
  const entry = files.value.get(path);
  if (repo === undefined || entry === undefined || isWritingFiles.value) return;
  if (entry.unstaged !== 'deleted') {
    const isNew = entry.unstaged === 'added';
    const before = entry.staged === 'same' ? 'it was in the last commit' : 'is staged of it';
    const choice = await confirm({
      title: isNew ? `Delete ${path}?` : `Discard the changes in ${path}?`,
      text: isNew
        ? 'It is not in git yet, and cannot be brought back.'
        : `The file becomes what ${before}. The changes cannot be brought back.`,
      choices: [
        { id: 'discard', label: isNew ? 'Delete' : 'Discard', danger: true },
        { id: 'keep', label: 'Keep' },
      ],
    });
    if (choice !== 'discard') return;
  }
  await attempt(() =>
    inTurn(async () => {
      const { git, dir } = repo;
      const [now] = await git.scanFiles({ dir, under: path });
      if (now !== undefined && now.unstaged !== 'same') await git.discardChange({ dir, file: now });
      await reread(repo, path);
    }),
  );
}

async function reread(repo: Repository, path: string): Promise<void> {
  closeDocument(path);
  await scanAgain(repo, path);
  if (files.value.has(path)) {
    await showSelected();
    return;
  }
  focus.value = 'panel';
}
