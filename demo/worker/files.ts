/** Reading and changing files of the work tree: what a file is, its text, and its undoing. */
import git from 'isomorphic-git';
import { gitArguments, saveDirectory, type Repository } from '../repository/repository.js';
import { headOid, type FileEntry } from './status.js';

/** A file as a viewer needs it. */
export type FileContent =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** CRLF only where every line ends so: then an editor can give back the same bytes. */
      readonly lineSeparator: '\n' | '\r\n';
      readonly size: number;
    }
  | { readonly kind: 'image'; readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'binary'; readonly reason: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'symlink'; readonly target: string };

/** What a file cannot be named, in a sentence. */
export class InvalidName extends Error {
  override readonly name = 'InvalidName';
}

/** Larger text is not put into an editor, in bytes. */
const textLimit = 4 * 1024 * 1024;

const imageTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  bmp: 'image/bmp',
  ico: 'image/x-icon',
};

/** Reads a file; one that is deleted is read as it was committed. */
export async function readFile(repository: Repository, entry: FileEntry): Promise<FileContent> {
  if (entry.status === 'deleted') return readCommitted(repository, entry);
  const path = `${repository.dir}/${entry.path}`;
  if (entry.kind === 'symlink') {
    return { kind: 'symlink', target: decode(await repository.fs.promises.readlink(path)) };
  }
  return classify(
    entry.path,
    (await repository.fs.promises.readFile(path)) as Uint8Array<ArrayBuffer>,
  );
}

async function readCommitted(repository: Repository, entry: FileEntry): Promise<FileContent> {
  const oid = await headOid(repository);
  if (oid === undefined) throw new Error(`${entry.path} was never committed.`);
  const { blob } = await git.readBlob({ ...gitArguments(repository), oid, filepath: entry.path });
  if (entry.kind === 'symlink') return { kind: 'symlink', target: decode(blob) };
  return classify(entry.path, blob as Uint8Array<ArrayBuffer>);
}

/** isomorphic-git makes links with the bytes of a blob as their target; others with a string. */
function decode(target: string | Uint8Array): string {
  return typeof target === 'string' ? target : new TextDecoder().decode(target);
}

function classify(path: string, bytes: Uint8Array<ArrayBuffer>): FileContent {
  const type = imageTypes[path.slice(path.lastIndexOf('.') + 1).toLowerCase()];
  if (type !== undefined && bytes.length > 0) return { kind: 'image', type, bytes };
  // git's own test of what is binary: a NUL in the first 8000 bytes.
  if (bytes.subarray(0, 8000).includes(0)) return { kind: 'binary', reason: 'Binary file', bytes };
  if (bytes.length > textLimit) {
    return { kind: 'binary', reason: 'Too large for the editor', bytes };
  }
  try {
    // A BOM is a character like any other: it must be there again when the file is saved.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const isCrLf = text.includes('\r\n') && !/[^\r]\n|^\n/.test(text);
    return { kind: 'text', text, lineSeparator: isCrLf ? '\r\n' : '\n', size: bytes.length };
  } catch {
    return { kind: 'binary', reason: 'Text that is not UTF-8', bytes };
  }
}

/** @returns a file as UTF-8, damaged where it is none; undefined if there is no file. */
export async function readText(repository: Repository, path: string): Promise<string | undefined> {
  try {
    const bytes = await repository.fs.promises.readFile(`${repository.dir}/${path}`);
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether an error of a file system says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ENOENT';
}

/** Saves text, in folders that are made where they are missing. The file keeps its mode. */
export async function writeText(repository: Repository, path: string, text: string): Promise<void> {
  let folder = repository.dir;
  for (const part of path.split('/').slice(0, -1)) {
    folder += `/${part}`;
    await repository.fs.promises.mkdir(folder).catch((error: { code?: string }) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  await repository.fs.promises.writeFile(`${repository.dir}/${path}`, text);
  await saveDirectory(repository);
}

/**
 * Makes an empty file and the folders above it.
 *
 * @param files those that there are.
 * @throws InvalidName
 */
export async function createFile(
  repository: Repository,
  path: string,
  files: Iterable<FileEntry>,
): Promise<void> {
  checkName(path, files);
  await writeText(repository, path, '');
}

function checkName(path: string, files: Iterable<FileEntry>): void {
  const parts = path.split('/');
  if (path === '') throw new InvalidName('Type a name first.');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new InvalidName('A path has no empty parts and no dots for folders.');
  }
  if (parts.some((part) => part.toLowerCase() === '.git')) {
    throw new InvalidName('.git is git’s own.');
  }
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\x00-\x1f\x7f\\]/.test(path)) {
    throw new InvalidName('A name has no backslash and no control character.');
  }
  for (const file of files) {
    if (file.status === 'deleted') continue;
    if (file.path === path) throw new InvalidName(`${path} is there already.`);
    if (file.path.startsWith(`${path}/`)) throw new InvalidName(`${path} is a folder.`);
    if (path.startsWith(`${file.path}/`)) throw new InvalidName(`${file.path} is not a folder.`);
  }
}

/** Deletes a file, and the folders that are empty then, which git does not know anyway. */
export async function deleteFile(repository: Repository, path: string): Promise<void> {
  const { fs, dir } = repository;
  await fs.promises.unlink(`${dir}/${path}`);
  const parts = path.split('/');
  for (let depth = parts.length - 1; depth > 0; depth--) {
    const folder = `${dir}/${parts.slice(0, depth).join('/')}`;
    if ((await fs.promises.readdir(folder)).length > 0) break;
    await fs.promises.rmdir(folder);
  }
  await saveDirectory(repository);
}

/** Makes a file what it was in the last commit; one that was not in it goes away. */
export async function discardChange(repository: Repository, entry: FileEntry): Promise<void> {
  const base = gitArguments(repository);
  if (entry.status === 'added') {
    await git.remove({ ...base, filepath: entry.path });
    await deleteFile(repository, entry.path);
    return;
  }
  await git.checkout({ ...base, force: true, filepaths: [entry.path] });
  await saveDirectory(repository);
}
