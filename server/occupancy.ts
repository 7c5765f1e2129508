/**
 * Who occupies the server: sessions, and upgrades on their way to become some, counted in all, by
 * address and by user. It decides who is one too many, and knows nothing else of them.
 */
import { closeCodes } from '../src/tunnel/close.js';
import type { User } from './access.js';
import { addressKey } from './client-address.js';
import type { Limits } from './limits.js';
import { refusal, type Refusal } from './refusal.js';

/** One upgrade or session, from its arrival until it is left. */
export interface Visit {
  /** Told before it is known who it is. @returns a refusal where it is one too many. */
  enter(): Refusal | undefined;
  /** Told who it is. @returns a refusal where it is one too many of this user. */
  identify(user: User | null): Refusal | undefined;
  /** Counted no more. Only the first call counts. */
  leave(): void;
}

/** The count of one server. */
export class Occupancy {
  readonly #limits: Limits;
  readonly #visits = new Set<Visit>();
  readonly #addresses = new Counts();
  readonly #users = new Counts();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Counts an upgrade. One that will be refused is counted too, as long as it is looked at.
   *
   * @param address of the client; undefined where it is gone already.
   */
  arrive(address: string | undefined): Visit {
    const { maxSessions, maxSessionsPerAddress, maxSessionsPerUser } = this.#limits;
    const key = addressKey(address);
    let name: string | undefined;
    const fromHere = this.#addresses.add(key);
    const visit: Visit = {
      enter: () => {
        if (this.#visits.size > maxSessions) return refusal(closeCodes.unavailable, full);
        return fromHere > maxSessionsPerAddress ? tooMany('from your address') : undefined;
      },
      identify: (user) => {
        if (user === null) return undefined;
        name = user.name;
        return this.#users.add(name) > maxSessionsPerUser ? tooMany('of yours') : undefined;
      },
      leave: () => {
        if (!this.#visits.delete(visit)) return;
        this.#addresses.remove(key);
        if (name !== undefined) this.#users.remove(name);
      },
    };
    this.#visits.add(visit);
    return visit;
  }
}

const full = 'The server has too much to do. Try again later.';

function tooMany(whose: string): Refusal {
  return refusal(closeCodes.tooMany, `There are too many sessions ${whose}. Try again later.`);
}

/** How many there are of each key; none of a key that has none. */
class Counts {
  readonly #counts = new Map<string, number>();

  /** @returns how many there are now. */
  add(key: string): number {
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count;
  }

  remove(key: string): void {
    const count = (this.#counts.get(key) ?? 0) - 1;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
