/** Showing, saving, making, deleting and undoing files. */
import { batch } from '@preact/signals';
import { closeDocument, documentToSave } from '../editor/documents.js';
import { createFile, deleteFile, discardChange, readFile, writeText } from '../repository/files.js';
import type { Repository } from '../repository/repository.js';
import { scanFiles } from '../repository/status.js';
import { askLine, confirm } from './dialogs.js';
import { attempt, inTurn } from './perform.js';
import {
  content,
  excluded,
  files,
  focus,
  isWritingFiles,
  notice,
  repository,
  selected,
  unsaved,
} from './session.js';

/** Shows a file; on a telephone, in place of the panel. */
export async function showFile(path: string): Promise<void> {
  selected.value = path;
  await showSelected();
}

/** As {@link showFile}, on somebody's wish: brings the file to the front. */
export async function openFile(path: string): Promise<void> {
  focus.value = 'file';
  await showFile(path);
}

/** Reads the shown file again. */
export async function showSelected(): Promise<void> {
  const path = selected.value;
  const repo = repository.value;
  const entry = path === undefined ? undefined : files.value.get(path);
  if (path === undefined || repo === undefined || entry === undefined) return;
  const read = await attempt(() => readFile(repo, entry));
  // Another one may have been chosen while this one was read.
  if (selected.value !== path || repository.value !== repo) return;
  content.value = read === undefined ? undefined : { path, content: read };
}

/** Gives a file to the browser to keep elsewhere. */
export async function downloadFile(path: string): Promise<void> {
  const repo = repository.value;
  if (repo === undefined) return;
  await attempt(async () => {
    const bytes = await repo.fs.promises.readFile(`${repo.dir}/${path}`);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    link.download = path.slice(path.lastIndexOf('/') + 1);
    link.click();
    // Some browsers read it only later.
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  });
}

/** Saves the edits of one file. */
export async function saveFile(path: string): Promise<boolean> {
  const repo = repository.value;
  if (repo === undefined || isWritingFiles.value) return false;
  const saved = await attempt(() =>
    inTurn(async () => {
      const document = documentToSave(path);
      if (document === undefined) return false;
      await writeText(repo, path, document.text);
      await scanAgain(repo, path, document.saved);
      return true;
    }),
  );
  return saved ?? false;
}

/** Saves all edits. @returns whether there is nothing unsaved now. */
export async function saveAll(): Promise<boolean> {
  for (const path of unsaved.value) {
    if (!(await saveFile(path))) return false;
  }
  return true;
}

/** Asks what shall become of unsaved edits. @returns whether to go on. */
export async function settleUnsaved(purpose: string): Promise<boolean> {
  const count = unsaved.value.size;
  if (count === 0) return true;
  const choice = await confirm({
    title: count === 1 ? 'One file has unsaved edits' : `${count} files have unsaved edits`,
    text: `${[...unsaved.value].join(', ')}. They are saved to this browser’s copy, and not committed.`,
    choices: [
      { id: 'save', label: `Save and ${purpose}` },
      { id: 'stay', label: 'Cancel' },
    ],
  });
  return choice === 'save' && (await saveAll());
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
        await createFile(repo, path, files.value.values());
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
      await deleteFile(repo, path);
      await reread(repo, path);
    }),
  );
}

/** Makes a file what it was in the last commit. */
export async function discardFile(path: string): Promise<void> {
  const repo = repository.value;
  const entry = files.value.get(path);
  if (repo === undefined || entry === undefined || isWritingFiles.value) return;
  if (entry.status !== 'deleted') {
    const isNew = entry.status === 'added';
    const choice = await confirm({
      title: isNew ? `Delete ${path}?` : `Discard the changes in ${path}?`,
      text: isNew
        ? 'It is in no commit, and cannot be brought back.'
        : 'The file becomes what it was in the last commit. The changes cannot be brought back.',
      choices: [
        { id: 'discard', label: isNew ? 'Delete' : 'Discard', danger: true },
        { id: 'keep', label: 'Keep' },
      ],
    });
    if (choice !== 'discard') return;
  }
  await attempt(() =>
    inTurn(async () => {
      if (entry.status !== 'same') await discardChange(repo, entry);
      await reread(repo, path);
    }),
  );
}

async function reread(repo: Repository, path: string): Promise<void> {
  closeDocument(path);
  await scanAgain(repo, path);
  if (selected.value !== path) return;
  if (files.value.has(path)) {
    await showSelected();
    return;
  }
  batch(() => {
    selected.value = undefined;
    content.value = undefined;
    focus.value = 'panel';
  });
}

/**
 * Looks at one path again: much faster than at all of them.
 *
 * @param also what changes together with it, so that no state in between is seen.
 */
async function scanAgain(repo: Repository, path: string, also?: () => void): Promise<void> {
  const found = await scanFiles(repo, path);
  const next = new Map(files.value);
  next.delete(path);
  for (const entry of found) next.set(entry.path, entry);
  batch(() => {
    files.value = next;
    also?.();
    if (!next.has(path) && excluded.value.has(path)) {
      excluded.value = new Set([...excluded.value].filter((other) => other !== path));
    }
  });
}
