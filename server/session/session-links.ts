/** The links that a session has had, one after the other, until the last is gone or another's. */
import { Deferred } from '../../src/base/deferred.js';
import type { Link } from './link.js';

/** Those of one session. */
export class SessionLinks {
  #link: Link | undefined;
  #gone: Promise<unknown> = Promise.resolve();
  #handedOver = new Deferred<void>();

  /** Resolves when every socket that it had is gone, or another's. */
  get gone(): Promise<unknown> {
    return this.#gone;
  }

  /** Whether the present one is kept after `exit`. */
  get isKept(): boolean {
    return (this.#link?.keepFor ?? 0) > 0;
  }

  /** The session has this one from now on. */
  take(link: Link): void {
    this.#link = link;
    this.#handedOver = new Deferred();
    const gone = Promise.race([link.connection.closed, this.#handedOver.promise]);
    this.#gone = Promise.all([this.#gone, gone]);
  }

  /** The present one is another's from now on. */
  handOver(): Link {
    if (this.#link === undefined) throw new TypeError('there is no link');
    this.#handedOver.resolve();
    return this.#link;
  }
}
