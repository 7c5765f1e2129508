/** Finds the repositories in a folder, so that the page can offer their addresses. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Enough for a list to choose from; others can be typed. */
const limits = { depth: 4, repositories: 200 };

/**
 * @param root the folder that is served.
 * @returns paths below it with slashes, sorted; those with a work tree without their `.git`.
 */
export async function listRepositories(root: string): Promise<string[]> {
  const found: string[] = [];
  await search(root, '', limits.depth, found);
  return found.sort();
}

/** Whether a folder is a repository itself, bare or with a work tree. */
export async function isRepositoryFolder(directory: string): Promise<boolean> {
  return isRepository(directory, await readdir(directory));
}

async function search(root: string, path: string, depth: number, found: string[]): Promise<void> {
  if (found.length >= limits.repositories) return;
  const names = await readdir(join(root, path)).catch(() => []);
  if (await isRepository(join(root, path), names)) {
    if (path !== '') found.push(path);
    return;
  }
  if (depth === 0) return;
  for (const name of names) {
    // Hidden folders, and what the server would refuse anyway.
    if (name.startsWith('.') || name.startsWith('-') || name === 'node_modules') continue;
    const next = path === '' ? name : `${path}/${name}`;
    if (await isDirectory(join(root, next))) await search(root, next, depth - 1, found);
  }
}

async function isRepository(directory: string, names: readonly string[]): Promise<boolean> {
  if (names.includes('.git')) return true;
  if (!names.includes('HEAD') || !names.includes('refs')) return false;
  return isDirectory(join(directory, 'objects'));
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
