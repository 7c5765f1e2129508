/** Where refs stand. */
import git from 'gitws/git';
import type { Repository } from './repository.js';

/** @returns the oid that a ref stands at; undefined if there is no such ref. */
export async function resolveRef(repository: Repository, ref: string): Promise<string | undefined> {
  try {
    return await git.resolveRef({ ...repository, ref });
  } catch (error) {
    if ((error as { code?: string }).code === 'NotFoundError') return undefined;
    throw error;
  }
}
