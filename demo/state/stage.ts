/** Choosing what the next commit takes: files, and lines of them. No file is touched by it. */
import { documentToSave } from '../editor/documents.js';
import type { Git, Repository } from '../repository/repository.js';
import type { LineChange } from '../worker/splice.js';
import { attempt, inTurn } from './perform.js';
import { saveFile, settleUnsaved } from './save.js';
import { scanAgain, scanAll } from './scan.js';
import * as session from './session.js';

/** Stages a file as it is; its edits are saved first. */
export async function stageFile(path: string): Promise<void> {
  if (session.unsaved.value.has(path) && !(await saveFile(path))) return;
  await change([path], (git, dir) => git.stageFiles({ dir, paths: [path] }));
}

/** Stages all that has changed. */
export async function stageAll(): Promise<void> {
  if (!(await settleUnsaved('stage'))) return;
  const paths = session.unstagedChanges.value.map(({ path }) => path);
  await change(paths, (git, dir) => git.stageFiles({ dir, paths }));
}

/** Takes files out of what is staged. */
export async function unstage(paths: readonly string[]): Promise<void> {
  await change(paths, (git, dir) => git.unstageFiles({ dir, paths }));
}

/** Takes all out of what is staged. */
export async function unstageAll(): Promise<void> {
  await unstage(session.stagedChanges.value.map(({ path }) => path));
}

/** Lines of a file that are looked at. */
export interface ChosenLines {
  readonly path: string;
  /** Whether they are staged, and go back; else they are staged now. */
  readonly isStaged: boolean;
  /** The text that is staged, and the one that it is compared with; undefined where there is no such file. */
  readonly staged: string | undefined;
  readonly other: string | undefined;
  readonly change: LineChange;
}

/** Stages lines, or takes them out again. */
export async function stageLines({ path, isStaged, ...lines }: ChosenLines): Promise<void> {
  if (!isStaged && session.unsaved.value.has(path)) {
    const text = documentToSave(path)?.text;
    // Asked whose edits are to stay, a person may have taken others.
    if (text !== lines.other || !(await saveFile(path))) return;
  }
  const from = isStaged ? 'head' : 'file';
  await change([path], (git, dir) => git.stageLines({ dir, path, from, ...lines }));
}

async function change(
  paths: readonly string[],
  work: (git: Git, dir: string) => Promise<void>,
): Promise<void> {
  const repository = session.repository.value;
  if (repository === undefined || session.isWritingFiles.value) return;
  await attempt(() =>
    inTurn(async () => {
      try {
        await work(repository.git, repository.dir);
      } finally {
        await lookAt(repository, paths);
      }
    }),
  );
}

async function lookAt(repository: Repository, paths: readonly string[]): Promise<void> {
  const [path] = paths;
  if (paths.length === 1 && path !== undefined && !isInTheWay(path)) {
    await scanAgain(repository, path);
  } else session.files.value = await scanAll(repository);
}

/** Whether a file has been a folder, or is in one that has been a file: then others change with it. */
function isInTheWay(path: string): boolean {
  const parts = path.split('/');
  const folders = parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
  if (folders.some((folder) => session.files.value.has(folder))) return true;
  return [...session.files.value.keys()].some((other) => other.startsWith(`${path}/`));
}
