/** Where a repository is. */
import type { Repository } from '../repository.js';

/** On a disk of this machine. */
export interface LocalPlace {
  readonly kind: 'local';
  /** What no other repository has: its real path. */
  readonly id: string;
  readonly repository: Repository;
}

/** Anywhere. */
export type Place = LocalPlace;

/** The place of a repository that was found. */
export function localPlace(repository: Repository): LocalPlace {
  return { kind: 'local', id: repository.gitDir, repository };
}
