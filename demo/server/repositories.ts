/** Finds the repositories in a folder, so that the page can offer their addresses. */
import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** How far to look: enough for a list to choose from. Others can be typed. */
export const searchLimits = {
  /** Folders that are looked into: it takes a second, and the page waits for it. */
  folders: 5_000,
  /** Repositories that are listed. */
  repositories: 200,
} as const;

/** What was found. */
export interface Found {
  /** Paths below the folder with slashes, sorted; those with a work tree without their `.git`. */
  readonly repositories: readonly string[];
  /** Whether a limit was reached, so that there may be more. */
  readonly more: boolean;
}

/**
 * Looks for repositories, the upper folders first, and for none in another one.
 *
 * @param root the folder that is served.
 */
export async function listRepositories(root: string): Promise<Found> {
  const found: string[] = [];
  const waiting = [''];
  let folders = 0;
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    folders += 1;
    if (folders > searchLimits.folders) return { repositories: found.sort(), more: true };
    const entries = await entriesOf(join(root, path));
    if (path !== '' && (await isRepository(join(root, path), entries))) {
      if (found.length >= searchLimits.repositories) {
        return { repositories: found.sort(), more: true };
      }
      found.push(path);
      continue;
    }
    for (const entry of entries) {
      if (isPassedOver(entry.name)) continue;
      const next = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) waiting.push(next);
      // A link may lead to a repository; searched, it might lead round in circles.
      else if (entry.isSymbolicLink() && (await isRepositoryFolder(join(root, next)))) {
        waiting.push(next);
      }
    }
  }
  return { repositories: found.sort(), more: false };
}

/** Whether a folder is a repository itself, bare or with a work tree. */
export async function isRepositoryFolder(directory: string): Promise<boolean> {
  return isRepository(directory, await entriesOf(directory));
}

/** @returns nothing for what is no folder, or cannot be read: it could not be served either. */
function entriesOf(directory: string): Promise<Dirent[]> {
  return readdir(directory, { withFileTypes: true }).catch(() => []);
}

/** Hidden folders, what the server would refuse anyway, and where nobody keeps repositories. */
function isPassedOver(name: string): boolean {
  return name.startsWith('.') || name.startsWith('-') || name === 'node_modules';
}

async function isRepository(directory: string, entries: readonly Dirent[]): Promise<boolean> {
  const has = (name: string): boolean => entries.some((entry) => entry.name === name);
  if (has('.git')) return true;
  return has('HEAD') && has('refs') && (await isDirectory(join(directory, 'objects')));
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
