/**
 * Signing in with a name and a password out of an htpasswd file. How long an answer takes tells
 * nobody which names exist. Of a password, bcrypt reads the first 72 bytes, here as in Apache.
 */
import { compare } from 'bcryptjs';
import { closeCodes, closeError } from '../../src/tunnel/machine/close.js';
import type { Authenticate } from '../admission/access.js';
import { openReloadingFile, type Report } from '../files/reloading-file.js';
import { bcryptCost, parseHtpasswd, type PasswordHashes } from './htpasswd-file.js';

/** Where the file is and whom to tell. */
export interface HtpasswdOptions {
  /** Path of the htpasswd file. It is read again when it changed. */
  readonly file: string;
  /** Told when a later version of the file cannot be used; the earlier one stays in force. */
  readonly report?: Report;
}

/**
 * Checks that may wait for their turn; above it 4503. Default 32: each costs one core 50 ms or
 * more on the thread that all sessions share, so they are made one at a time.
 */
const maxWaiting = 32;

/** Cost of the made-up hash where the file has none: bcrypt's common default. */
const defaultCost = 10;

/**
 * @returns a function that knows the users of the file, by Basic credentials.
 * @throws GitWsError INVALID_OPTION where the file cannot be read, or a line is not bcrypt.
 */
export async function authenticateByHtpasswd(options: HtpasswdOptions): Promise<Authenticate> {
  const { file: path, report } = options;
  const file = await openReloadingFile(path, (text) => parseHtpasswd(text, path), report);
  const inTurn = createTurns(maxWaiting);
  return async ({ credentials }) => {
    if (credentials?.scheme !== 'basic') return null;
    const { username, password } = credentials;
    const hashes = await file.current();
    const right = await inTurn(() => isRight(hashes, username, password));
    return right ? { name: username } : null;
  };
}

/**
 * Every wrong answer costs 2^most rounds, where `most` is the highest cost in the file: one check
 * against a made-up hash of that cost for an unknown name; for a known one with a cheaper hash, its
 * own check filled up by made-up ones (2^c + 2^c + 2^(c+1) + … + 2^(most-1) = 2^most).
 */
async function isRight(
  hashes: PasswordHashes,
  username: string,
  password: string,
): Promise<boolean> {
  const most = Math.max(...[...hashes.values()].map(bcryptCost), 0) || defaultCost;
  const hash = hashes.get(username);
  if (hash === undefined) {
    // Defence: an unknown name costs what a known one costs.
    await compare(password, madeUpHash(most));
    return false;
  }
  if (await compare(password, hash)) return true;
  for (let cost = bcryptCost(hash); cost < most; cost += 1) {
    // Defence: a name with a cheaper hash costs what others cost.
    await compare(password, madeUpHash(cost));
  }
  return false;
}

/** Of no password that anybody knows; and what it says is never believed. */
function madeUpHash(cost: number): string {
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}

/** One at a time, in order, so that a flood of guesses leaves time for everything else. */
function createTurns(most: number): <R>(work: () => Promise<R>) => Promise<R> {
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    if (waiting >= most) {
      const sentence = 'The server is busy checking passwords: try again later.';
      throw closeError(closeCodes.unavailable, sentence);
    }
    waiting += 1;
    const result = last.then(work).finally(() => {
      waiting -= 1;
    });
    last = result.catch(() => undefined);
    return await result;
  };
}
