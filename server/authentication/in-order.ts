/**
 * Several ways to sign in, one after the other: for example tokens, then passwords. Each way is a
 * function as an embedder would write it, and an embedder's own may stand among them.
 */
import type { Authenticate } from '../admission/access.js';

/**
 * @param ways asked in this order; the first that knows the user wins.
 * @returns a function that gives null only where every way could be asked. Where one failed and no
 *   other knows the user, it throws what that one threw: "wrong credentials" would make git forget
 *   credentials that are right (`git credential reject`).
 */
export function authenticateInOrder(ways: readonly Authenticate[]): Authenticate {
  return async (attempt) => {
    const failures: unknown[] = [];
    for (const authenticate of ways) {
      try {
        const user = await authenticate(attempt);
        if (user !== null) return user;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return null;
  };
}
