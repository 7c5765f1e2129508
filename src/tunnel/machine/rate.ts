/** Holds a peer to a number of uncounted messages in a second (docs/protocol.md, "Messages"). */
import { malformed } from './message.js';

/** Uncounted messages a peer may send in a second; acks that free something are not counted. */
export const maxUncountedPerSecond = 100;

/** The count of one peer. */
export class UncountedRate {
  #second = 0;
  #count = 0;

  /**
   * Counts one message at time `now`, in ms.
   *
   * @throws GitWsError PROTOCOL_ERROR where it is one too many.
   */
  count(now: number): void {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#count = 0;
    }
    this.#count += 1;
    // Defence: 100 uncounted messages a second are the most.
    if (this.#count > maxUncountedPerSecond) {
      throw malformed(`more than ${maxUncountedPerSecond} uncounted messages in a second`);
    }
  }
}
