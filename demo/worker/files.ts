/** Reading and changing files of the work tree: what a file is, its text, and its undoing. */
import git from 'gitws/git';
import { isMissing } from '../repository/missing.js';
import type { Repository } from './repository.js';
import { stagedEntry, stagedVersion, versionAt, type Version } from './versions.js';
import { headOid, type ChangedFile, type FileEntry } from './status.js';

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

/** Larger text is not put into an editor, in bytes. */
export const textLimit = 4 * 1024 * 1024;

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

/** Reads a file; one that is deleted is read as it was committed, or staged. */
export async function readFile({
  file: entry,
  ...repository
}: Repository & { readonly file: ChangedFile }): Promise<FileContent> {
  if (entry.status === 'deleted') return readCommitted(repository, entry);
  const path = `${repository.dir}/${entry.path}`;
  if (entry.kind === 'symlink') {
    return { kind: 'symlink', target: decode(await repository.fs.promises.readlink(path)) };
  }
  return classify(entry.path, await repository.fs.promises.readFile(path));
}

async function readCommitted(repository: Repository, { path }: ChangedFile): Promise<FileContent> {
  const head = await headOid(repository);
  // What was never committed was staged.
  const found =
    (await versionAt(repository, head, path)) ?? (await stagedVersion(repository, path));
  if (found === undefined) throw new Error(`${path} was never committed.`);
  return contentOf(path, found);
}

/** @returns a version of a file as a viewer needs it. */
export function contentOf(path: string, { mode, bytes }: Version): FileContent {
  if (mode === '120000') return { kind: 'symlink', target: decode(bytes) };
  return classify(path, bytes);
}

/** isomorphic-git makes links with the bytes of a blob as their target; others with a string. */
export function decode(target: string | Uint8Array): string {
  return typeof target === 'string' ? target : new TextDecoder().decode(target);
}

/** git's own test of what is binary: a NUL in the first 8000 bytes. */
export function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 8000).includes(0);
}

export function classify(path: string, bytes: Uint8Array<ArrayBuffer>): FileContent {
  const type = imageTypes[path.slice(path.lastIndexOf('.') + 1).toLowerCase()];
  if (type !== undefined && bytes.length > 0) return { kind: 'image', type, bytes };
  if (isBinary(bytes)) return { kind: 'binary', reason: 'Binary file', bytes };
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
export async function readText({
  path,
  fs,
  dir,
}: Repository & { readonly path: string }): Promise<string | undefined> {
  try {
    const bytes = await fs.promises.readFile(`${dir}/${path}`);
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Saves text, in folders that are made where they are missing. The file keeps its mode. */
export async function writeText({
  path,
  text,
  fs,
  dir,
}: Repository & { readonly path: string; readonly text: string }): Promise<void> {
  await makeFolders(fs, dir, path);
  await fs.promises.writeFile(`${dir}/${path}`, text);
}

/** @returns whether something is there that is no folder. */
export async function isFile({ fs, dir }: Repository, path: string): Promise<boolean> {
  try {
    return !(await fs.promises.lstat(`${dir}/${path}`)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Deletes a file, and the folders that are empty then, which git does not know anyway. */
export async function deleteFile({
  path,
  fs,
  dir,
}: Repository & { readonly path: string }): Promise<void> {
  await fs.promises.unlink(`${dir}/${path}`);
  const parts = path.split('/');
  for (let depth = parts.length - 1; depth > 0; depth--) {
    const folder = `${dir}/${parts.slice(0, depth).join('/')}`;
    if ((await fs.promises.readdir(folder)).length > 0) break;
    await fs.promises.rmdir(folder);
  }
}

/** Makes a file what it is in the index; one that is not in it goes away. */
export async function discardChange({
  file: { path, unstaged },
  ...base
}: Repository & { readonly file: FileEntry }): Promise<void> {
  const staged = await stagedEntry(base, path);
  if (staged === undefined && unstaged !== 'added') throw new Error(`${path} is not in the index.`);
  await deleteFile({ ...base, path }).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  if (staged === undefined) return;
  await writeVersion(base, path, staged);
  // The index says of the file what it is now, and need not read it again.
  await git.add({ ...base, filepath: path, force: true });
}

/** Writes a file that is not there, as a commit or the index has it; of a submodule, nothing. */
export async function writeVersion(
  { fs, dir, ...base }: Repository,
  path: string,
  { mode, oid }: Pick<Version, 'mode' | 'oid'>,
): Promise<void> {
  if (mode === '160000') return;
  const { blob } = await git.readBlob({ fs, dir, ...base, oid });
  await makeFolders(fs, dir, path);
  const at = `${dir}/${path}`;
  if (mode === '120000') await fs.promises.symlink(decode(blob), at);
  else await fs.promises.writeFile(at, blob, { mode: mode === '100755' ? 0o777 : 0o666 });
}

async function makeFolders(fs: Repository['fs'], dir: string, path: string): Promise<void> {
  let folder = dir;
  for (const part of path.split('/').slice(0, -1)) {
    folder += `/${part}`;
    await fs.promises.mkdir(folder).catch((error: { code?: string }) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
