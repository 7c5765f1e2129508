/**
 * Who occupies the server: sessions, and upgrades on their way to become some, counted in all, by
 * address and by user. It decides who is one too many, and knows nothing else of them.
 */
import { closeCodes } from '../../src/tunnel/machine/close.js';
import type { User } from './access.js';
import { addressKey } from './client-address.js';
import type { Limits } from '../limits/limits.js';
import { refusal, type Refusal } from './refusal.js';

/** One upgrade or session, from its arrival until it is left. */
export interface Visit {
  /** Told before it is known who it is. @returns a refusal where it is one too many. */
  enter(): Refusal | undefined;
  /** Told who it is. @returns a refusal where it is one too many of this user. */
  identify(user: User | null): Refusal | undefined;
  /**
   * Its client is away; the session waits.
   *
   * @param bytes what it may hold meanwhile.
   * @param asked whether its client has asked for anything. If not, it counts for no address and no
   *   user: nobody is refused for having dropped what was nothing.
   * @returns whether there is room for that.
   */
  detach(bytes: number, asked?: boolean): boolean;
  /** Its client is back, or will not come. Only the first call after {@link detach} counts. */
  attach(): void;
  /** Counted no more. Only the first call counts. */
  leave(): void;
}

/** The count of one server. */
export class Occupancy {
  readonly #limits: Limits;
  readonly #visits = new Set<Visit>();
  readonly #addresses = new Counts();
  readonly #users = new Counts();
  readonly #detachedAddresses = new Counts();
  readonly #detachedUsers = new Counts();
  #detached = 0;
  #detachedBytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Sessions that wait for their clients to come back. */
  get detached(): number {
    return this.#detached;
  }

  /**
   * Counts an upgrade. One that will be refused is counted too, as long as it is looked at.
   *
   * @param address of the client; undefined where it is gone already.
   */
  arrive(address: string | undefined): Visit {
    const { maxSessions, maxSessionsPerAddress, maxSessionsPerUser } = this.#limits;
    const { maxDetachedPerAddress, maxDetachedPerUser } = this.#limits;
    const key = addressKey(address);
    let name: string | undefined;
    let reserved: number | undefined;
    let counts = true;
    const fromHere = this.#addresses.add(key);
    const visit: Visit = {
      enter: () => {
        // Defence: sessions are counted (maxSessions).
        if (this.#visits.size > maxSessions) return refusal(closeCodes.unavailable, full);
        if (fromHere > maxSessionsPerAddress) return tooMany('from your address');
        const lost = this.#detachedAddresses.count(key);
        return lost >= maxDetachedPerAddress ? tooManyLost('from your address') : undefined;
      },
      identify: (user) => {
        if (user === null) return undefined;
        name = user.name;
        if (this.#users.add(name) > maxSessionsPerUser) return tooMany('of yours');
        const lost = this.#detachedUsers.count(name);
        return lost >= maxDetachedPerUser ? tooManyLost('of yours') : undefined;
      },
      detach: (bytes, asked = true) => {
        if (!this.#hasRoom(bytes)) return false;
        if (asked && !this.#hasShare(key, name)) return false;
        reserved = bytes;
        counts = asked;
        this.#detached += 1;
        this.#detachedBytes += bytes;
        if (!counts) return true;
        this.#detachedAddresses.add(key);
        if (name !== undefined) this.#detachedUsers.add(name);
        return true;
      },
      attach: () => {
        if (reserved === undefined) return;
        this.#detached -= 1;
        this.#detachedBytes -= reserved;
        reserved = undefined;
        if (!counts) return;
        this.#detachedAddresses.remove(key);
        if (name !== undefined) this.#detachedUsers.remove(name);
      },
      leave: () => {
        visit.attach();
        if (!this.#visits.delete(visit)) return;
        this.#addresses.remove(key);
        if (name !== undefined) this.#users.remove(name);
      },
    };
    this.#visits.add(visit);
    return visit;
  }

  #hasRoom(bytes: number): boolean {
    const { maxDetached, maxDetachedBytes } = this.#limits;
    return (
      // Defence: sessions that wait are counted (maxDetached).
      this.#detached < maxDetached &&
      // Defence: what sessions that wait hold is counted (maxDetachedBytes).
      this.#detachedBytes + bytes <= maxDetachedBytes
    );
  }

  #hasShare(key: string, name: string | undefined): boolean {
    const { maxDetachedPerAddress, maxDetachedPerUser } = this.#limits;
    return (
      this.#detachedAddresses.count(key) < maxDetachedPerAddress &&
      (name === undefined || this.#detachedUsers.count(name) < maxDetachedPerUser)
    );
  }
}

const full = 'The server has too much to do. Try again later.';

function tooMany(whose: string): Refusal {
  return refusal(closeCodes.tooMany, `There are too many sessions ${whose}. Try again later.`);
}

function tooManyLost(whose: string): Refusal {
  const sentence = `There are too many lost sessions ${whose}. Resume them, or try again later.`;
  return refusal(closeCodes.tooMany, sentence);
}

/** How many there are of each key; none of a key that has none. */
class Counts {
  readonly #counts = new Map<string, number>();

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

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
