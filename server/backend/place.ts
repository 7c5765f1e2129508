/** Where a repository is. */
import { createHash } from 'node:crypto';
import type { Repository } from '../git/repository.js';
import { nameOf, type Location } from './upstream/smart-http.js';

/** On a disk of this machine. */
export interface LocalPlace {
  readonly kind: 'local';
  /** What no other repository has: its real path. */
  readonly id: string;
  readonly repository: Repository;
}

/** On a host that the server reaches for its client. */
export interface UpstreamPlace {
  readonly kind: 'upstream';
  /** What no other repository has, nor the same one for somebody with other credentials. */
  readonly id: string;
  readonly location: Location;
  /** The client's own `Authorization` there: kept in memory, for one session. */
  readonly authorization: string | undefined;
  /** Whether the client may have a repository of another name, to which a redirect leads. */
  readonly allows: (name: string) => Promise<boolean>;
}

/** Anywhere. */
export type Place = LocalPlace | UpstreamPlace;

/** The place of a repository that was found. */
export function localPlace(repository: Repository): LocalPlace {
  return { kind: 'local', id: repository.gitDir, repository };
}

/** The place of a repository that may be there. */
export function upstreamPlace(place: Omit<UpstreamPlace, 'kind' | 'id'>): UpstreamPlace {
  const { location, authorization = '' } = place;
  const proof = createHash('sha256').update(authorization).digest('base64');
  return { kind: 'upstream', id: `${nameOf(location)} ${proof}`, ...place };
}
