/** Where refs stand. */
import git from 'gitws/git';
import { isNotFound } from '../repository/missing.js';
import type { Repository } from './repository.js';

/** @returns the oid that a ref stands at; undefined if there is no such ref. */
export async function resolveRef(repository: Repository, ref: string): Promise<string | undefined> {
  try {
    return await git.resolveRef({ ...repository, ref });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
