/** What a new file may be called. */
import type { FileEntry } from '../worker/status.js';

/** What a file cannot be named, in a sentence. */
export class InvalidName extends Error {
  override readonly name = 'InvalidName';
}

/**
 * @param files those that there are.
 * @throws InvalidName
 */
export function checkName(path: string, files: Iterable<FileEntry>): void {
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
