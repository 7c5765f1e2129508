/** Saving edits, and never over what somebody else has put into the file meanwhile. */
import { closeDocument, documentToSave } from '../editor/documents.js';
import type { Repository } from '../repository/repository.js';
import { confirm } from './dialogs.js';
import { showSelected } from './files.js';
import { attempt, inTurn } from './perform.js';
import { scanAgain } from './scan.js';
import { contents, files, isWritingFiles, notice, repository, unsaved } from './session.js';

/** Saves the edits of one file. @returns whether they are saved. */
export async function saveFile(path: string): Promise<boolean> {
  const repo = repository.value;
  if (repo === undefined || isWritingFiles.value) return false;
  const saved = await attempt(async () => {
    let outcome = await inTurn(() => save(repo, path));
    while (typeof outcome === 'object') {
      // Not in turn: all else goes on while a person thinks.
      const { found } = outcome;
      const choice = await askWhose(path);
      if (repository.value !== repo || isWritingFiles.value) return false;
      if (choice === 'copy') return inTurn(() => saveCopy(repo, path));
      if (choice !== 'mine') return false;
      outcome = await inTurn(() => save(repo, path, found));
    }
    return outcome;
  });
  return saved ?? false;
}

/** What stands in a file whose edits began with something else. */
interface Foreign {
  readonly found: string;
}

/**
 * @param agreed what the edits may take the place of, beside what they began with.
 * @returns whether they are saved; or what is in the way, which a person has to be asked about.
 */
async function save(repo: Repository, path: string, agreed?: string): Promise<boolean | Foreign> {
  const document = documentToSave(path);
  if (document === undefined) return false;
  const { text, before } = document;
  const { git, dir } = repo;
  const found = await git.readText({ dir, path });
  if (found !== undefined && ![before, text, agreed].includes(found)) return { found };
  await git.writeText({ dir, path, text });
  await scanAgain(repo, path, () => {
    document.saved();
    keepShown(path, text);
  });
  return true;
}

/** What is shown of the file is what was saved: an editor that is made anew begins with it. */
function keepShown(path: string, text: string): void {
  const shown = contents.value.get(path);
  if (shown?.kind !== 'text') return;
  const size = new TextEncoder().encode(text).length;
  contents.value = new Map(contents.value).set(path, { ...shown, text, size });
}

/** Saves all edits. @returns whether there is nothing unsaved now. */
async function saveAll(): Promise<boolean> {
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

function askWhose(path: string): Promise<string | undefined> {
  return confirm({
    title: `${path} has changed under your edits`,
    text: 'Another tab or a pull has put something else into the file since you began to edit it. Your edits can be kept in a file beside it, or take its place.',
    choices: [
      { id: 'copy', label: 'Keep both' },
      { id: 'mine', label: 'Replace it by mine' },
      { id: 'neither', label: 'Cancel' },
    ],
  });
}

/** Saves edits beside the file that they were made in. */
async function saveCopy(repo: Repository, path: string): Promise<boolean> {
  const document = documentToSave(path);
  if (document === undefined) return false;
  const { git, dir } = repo;
  let copy = nameCopy(path, '');
  for (let count = 2; (await git.readText({ dir, path: copy })) !== undefined; count++) {
    copy = nameCopy(path, ` ${count}`);
  }
  await git.writeText({ dir, path: copy, text: document.text });
  closeDocument(path);
  await scanAgain(repo, path);
  await scanAgain(repo, copy);
  await showSelected();
  const isShown = files.value.has(copy);
  notice.value = {
    tone: 'info',
    title: `Your edits are in ${copy}`,
    text: isShown ? `${path} has what was put into it.` : 'A .gitignore hides that file.',
  };
  return true;
}

/** `notes/today.md` becomes `notes/today (mine).md`. */
function nameCopy(path: string, count: string): string {
  const dot = path.lastIndexOf('.');
  const at = dot > path.lastIndexOf('/') + 1 ? dot : path.length;
  return `${path.slice(0, at)} (mine${count})${path.slice(at)}`;
}
