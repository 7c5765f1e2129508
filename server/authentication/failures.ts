/**
 * Guessing made slow: failed sign-ins are counted, delayed and in the end refused by address, and
 * each gives one line that fail2ban can read. It wraps any way to sign in and knows none of them.
 */
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { GitWsError } from '../../src/base/errors.js';
import { closeCodes, closeError } from '../../src/tunnel/machine/close.js';
import type { Authenticate, AuthenticateAttempt, User } from '../admission/access.js';
import { addressKey, formatAddress } from '../admission/client-address.js';
import type { Limit } from '../limits/limit-table.js';
import { limitFault } from '../limits/limits.js';
import { quoteForLog } from '../text/log-text.js';

/** How much guessing is borne. Times in ms. */
export interface FailureLimits {
  /**
   * Failures per address (per /64 of IPv6) within `failureTime`; the next attempts get 4429.
   * Default 10: enough for a person with three passwords, and 1,000 guesses a day for a guesser.
   */
  readonly maxFailures: number;
  /** From the first failure until the count starts anew. Default 15 min. */
  readonly failureTime: number;
  /**
   * Delay of the answer to the first failure; doubled with each one, at most 2 s. Default 250 ms:
   * below the accessTime of a server even when it waits for others, felt only by a program.
   */
  readonly failureDelay: number;
  /**
   * Addresses that are counted at once; above it the one counted longest is forgotten. Default
   * 10,000, some 3 MB: a flood from many addresses must not grow memory.
   */
  readonly maxAddresses: number;
  /**
   * Attempts of one address that may wait for its others; above it 4429. Default 20: parallel
   * clones behind one NAT go through, parallel guesses do not pile up.
   */
  readonly maxWaiting: number;
}

/** The defaults, reasoned at each name in {@link FailureLimits}. */
export const defaultFailureLimits: FailureLimits = {
  maxFailures: 10,
  failureTime: 15 * 60_000,
  failureDelay: 250,
  maxAddresses: 10_000,
  maxWaiting: 20,
};

export const maxDelay = 2_000;

/** What each may be; a time that no timer can be set for would forget failures at once. */
const bounds: Readonly<Record<keyof FailureLimits, Pick<Limit, 'unit' | 'minimum'>>> = {
  maxFailures: { unit: 'count', minimum: 1 },
  failureTime: { unit: 'ms', minimum: 1 },
  failureDelay: { unit: 'ms' },
  maxAddresses: { unit: 'count', minimum: 1 },
  maxWaiting: { unit: 'count' },
};

/** @throws GitWsError INVALID_OPTION */
function completeFailureLimits(given: Partial<FailureLimits>): FailureLimits {
  const complete: Record<keyof FailureLimits, number> = { ...defaultFailureLimits };
  for (const name of Object.keys(bounds) as (keyof FailureLimits)[]) {
    const value = given[name];
    if (value === undefined) continue;
    const fault = limitFault(bounds[name], value);
    if (fault !== undefined) {
      throw new GitWsError('INVALID_OPTION', `${name} cannot be used: ${fault}.`, {
        data: { name },
      });
    }
    complete[name] = value;
  }
  return complete;
}

/** One failed sign-in. */
export interface FailedSignIn {
  /** The address, or "unknown". */
  readonly address: string;
  /** The name that was tried with Basic credentials; a stranger's word, undefined with others. */
  readonly username: string | undefined;
  /** The kind of the credentials. */
  readonly scheme: 'basic' | 'bearer' | 'other';
  /** How many of this address there were lately, this one included. */
  readonly failures: number;
  /** How many there may be. */
  readonly maxFailures: number;
}

/** How to limit and whom to tell. */
export interface FailureOptions extends Partial<FailureLimits> {
  /** Told of each failure; {@link formatFailedSignIn} makes a log line of it. */
  readonly onFailure?: (failure: FailedSignIn) => void;
}

/**
 * @param authenticate what is to be limited; its nulls with credentials are the failures.
 * @param options how much is borne, and whom to tell.
 * @returns the same, except that it throws GitWsError REFUSED (4429) for an address with too many
 *   failures. Attempts without credentials pass: every client's first one may be such.
 * @throws GitWsError INVALID_OPTION for a limit that cannot be used.
 */
export function limitFailures(
  authenticate: Authenticate,
  options: FailureOptions = {},
): (attempt: AuthenticateAttempt) => Promise<User | null> {
  const limits = completeFailureLimits(options);
  const addresses = new CountedAddresses(limits);
  return async (attempt) => {
    if (attempt.credentials === undefined) return await authenticate(attempt);
    const key = addressKey(attempt.remoteAddress);
    // A guess is counted before its answer is known: a thousand at once are no more than ten.
    await addresses.enter(key);
    let failures: number;
    try {
      const user = await authenticate(attempt);
      if (user !== null) return user;
      failures = await addresses.countFailure(key);
    } finally {
      addresses.leave(key);
    }
    options.onFailure?.(describe(attempt, failures, limits.maxFailures));
    // Defence: answers to failures are delayed.
    await sleep(Math.min(limits.failureDelay * 2 ** (failures - 1), maxDelay));
    return null;
  };
}

/**
 * The line for fail2ban: `gitws: failed sign-in from ADDRESS: basic, user "NAME", failure 3 of 10`.
 * ADDRESS stands before every word of the stranger and at a fixed place, and NAME can end neither
 * its quotes nor the line: so nobody can have somebody else banned. The failregex that fits, with
 * `^` kept, stands in docs/fail2ban-gitws.conf.
 */
export function formatFailedSignIn(failure: FailedSignIn): string {
  const { address, scheme, username, failures, maxFailures } = failure;
  // Defence: names in the line for fail2ban are quoted.
  const who = username === undefined ? '' : `, user ${quoteForLog(username)}`;
  return `gitws: failed sign-in from ${address}: ${scheme}${who}, failure ${failures} of ${maxFailures}`;
}

function describe(
  attempt: AuthenticateAttempt,
  failures: number,
  maxFailures: number,
): FailedSignIn {
  const { credentials, remoteAddress } = attempt;
  const basic = credentials?.scheme === 'basic' ? credentials : undefined;
  return {
    address: formatAddress(remoteAddress),
    // Without a password, the name is a token in some clients' habit: never in a log.
    username: basic?.password === '' ? undefined : basic?.username,
    scheme: credentials?.scheme ?? 'other',
    failures,
    maxFailures,
  };
}

/** Who is being checked, who waits, and how many failures each address had. */
class CountedAddresses {
  readonly #limits: FailureLimits;
  readonly #failures: RateLimiterMemory;
  /** In the order of their first failure, so that the oldest can be forgotten. */
  readonly #counted = new Set<string>();
  readonly #checks = new Map<string, { underWay: number; waiting: (() => void)[] }>();

  constructor(limits: FailureLimits) {
    this.#limits = limits;
    this.#failures = new RateLimiterMemory({
      keyPrefix: '',
      points: limits.maxFailures,
      duration: limits.failureTime / 1000,
    });
  }

  /** Resolves when an attempt may be checked; throws where it may not, now or soon. */
  async enter(key: string): Promise<void> {
    for (;;) {
      const count = await this.#failures.get(key);
      const failures = count?.consumedPoints ?? 0;
      // Defence: too many failures of an address are refused.
      if (failures >= this.#limits.maxFailures) throw tooMany(count?.msBeforeNext ?? 0);
      const checks = this.#checks.get(key) ?? { underWay: 0, waiting: [] };
      this.#checks.set(key, checks);
      if (failures + checks.underWay < this.#limits.maxFailures) {
        // Defence: guesses are counted before their answer is known.
        checks.underWay += 1;
        return;
      }
      // Those under way may all be right: then there is room for this one.
      if (checks.waiting.length >= this.#limits.maxWaiting) throw tooMany(1_000);
      await new Promise<void>((resolve) => checks.waiting.push(resolve));
    }
  }

  leave(key: string): void {
    const checks = this.#checks.get(key);
    if (checks === undefined) return;
    checks.underWay -= 1;
    // All of them look again: each either finds room, waits on, or is refused.
    for (const look of checks.waiting.splice(0)) look();
    if (checks.underWay === 0) this.#checks.delete(key);
  }

  /** @returns the address's failures, this one included. */
  async countFailure(key: string): Promise<number> {
    const { consumedPoints } = await this.#failures.penalty(key);
    if (consumedPoints === 1) this.#counted.delete(key);
    this.#counted.add(key);
    for (const oldest of this.#counted) {
      if (this.#counted.size <= this.#limits.maxAddresses) break;
      this.#counted.delete(oldest);
      await this.#failures.delete(oldest);
    }
    return consumedPoints;
  }
}

function tooMany(waitTime: number): Error {
  const minutes = Math.ceil(waitTime / 60_000);
  const when = waitTime > 1_000 ? `in ${minutes} min` : 'later';
  return closeError(
    closeCodes.tooMany,
    `Too many failed sign-ins from your address: try again ${when}.`,
  );
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
