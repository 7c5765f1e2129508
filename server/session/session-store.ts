/**
 * Sessions that can be resumed, each found by its token alone, and only by whom it belongs to. Tokens
 * are kept as hashes: whoever reads this process's memory dump cannot resume anything with it, and
 * looking one up takes no time that depends on how much of it was right.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { GitService } from '../../src/tunnel/machine/request-target.js';
import type { Visit } from '../admission/occupancy.js';
import type { Session } from './session.js';

/** What a session is bound to: it can be resumed for nothing else and by nobody else. */
export interface SessionBinding {
  /** What no other repository has. */
  readonly place: string;
  readonly service: GitService;
  /** The user's name; undefined for anonymous. */
  readonly user: string | undefined;
}

/** A session of gitws.v1. */
export interface StoredSession {
  readonly session: Session;
  readonly binding: SessionBinding;
  /** The place it takes: that of the upgrade that came last. */
  visit: Visit;
}

/** Random bytes of a token: nobody guesses so many. */
export const secretBytes = 16;

/**
 * @param node name of the process; an empty one for none.
 * @returns a new secret, of 128 random bits, behind the name and a dash.
 */
export function createSessionToken(node: string): string {
  const secret = randomBytes(secretBytes).toString('base64url');
  return node === '' ? secret : `${node}-${secret}`;
}

/** The sessions of one server. */
export class SessionStore {
  readonly #entries = new Map<string, StoredSession>();

  /** Whether there is such a session, whoever may resume it. */
  has(token: string): boolean {
    return this.#entries.has(hashOf(token));
  }

  /** Keeps a session until it is over. */
  add(token: string, entry: StoredSession): void {
    const hash = hashOf(token);
    this.#entries.set(hash, entry);
    const forget = (): void => {
      this.#entries.delete(hash);
    };
    entry.session.over.then(forget, forget);
  }

  /** @returns undefined alike for a token that is unknown, void or somebody else's. */
  find(token: string, wanted: SessionBinding): StoredSession | undefined {
    const entry = this.#entries.get(hashOf(token));
    if (!entry?.session.resumable) return undefined;
    const { place, service, user } = entry.binding;
    const same =
      // Defence: a session is bound to its repository.
      place === wanted.place &&
      // Defence: a session is bound to its service.
      service === wanted.service &&
      // Defence: a session is bound to its user.
      user === wanted.user;
    return same ? entry : undefined;
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
