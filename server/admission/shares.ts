/**
 * What each address has of something, in the order in which it came: for limits by address whose one
 * too many costs the oldest of the same address its place, and nobody else anything.
 */
import { addressKey } from './client-address.js';

/** The shares of all addresses; of IPv6 a /64 is one. An address that has nothing takes no memory. */
export class Shares<Member> {
  readonly #shares = new Map<string, Set<Member>>();

  /** @returns the share that this is in now, the oldest first. */
  add(address: string | undefined, member: Member): ReadonlySet<Member> {
    const key = addressKey(address);
    const share = this.#shares.get(key) ?? new Set();
    this.#shares.set(key, share.add(member));
    return share;
  }

  /** Nothing where it is not there. */
  delete(address: string | undefined, member: Member): void {
    const key = addressKey(address);
    const share = this.#shares.get(key);
    share?.delete(member);
    if (share?.size === 0) this.#shares.delete(key);
  }

  /** How many an address has. */
  count(address: string | undefined): number {
    return this.#shares.get(addressKey(address))?.size ?? 0;
  }
}
