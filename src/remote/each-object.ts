/**
 * Gets those of many objects that a server has. upload-pack sends none of them where it lacks one, and
 * says which one that is (`not our ref`, upload-pack.c), or not even that.
 */
import { isGitWsError } from '../base/errors.js';
import type { Failures } from '../repository/promisor.js';

/** What a server said instead of sending objects. */
export interface Refusal {
  readonly error: unknown;
}

/**
 * Refused requests for one set of objects, at most: each may cost a connection. What is left then has
 * failed, too, and is asked for again by whoever reads it next.
 */
export const mostRefused = 32;

/**
 * Asks again without the object that the server has named; where it names none of them, for either half.
 *
 * @param oids in lower case, each once.
 * @param ask gets all that it is given, or says what the server said.
 * @returns those that could not be had, each with what the server said when it was asked for last.
 * @throws what `ask` throws.
 */
export async function eachOf(
  oids: readonly string[],
  ask: (oids: readonly string[]) => Promise<Refusal | undefined>,
): Promise<Failures> {
  const failures = new Map<string, unknown>();
  const left: (readonly string[])[] = [oids];
  let refused = 0;
  for (let some = left.shift(); some !== undefined; some = left.shift()) {
    const refusal = await ask(some);
    if (refusal === undefined) continue;
    refused += 1;
    const { error } = refusal;
    const named = some.length === 1 ? new Set(some) : namedBy(error, some);
    for (const oid of named) failures.set(oid, error);
    const others = some.filter((oid) => !named.has(oid));
    const middle = named.size > 0 ? others.length : Math.ceil(others.length / 2);
    left.push(
      ...[others.slice(0, middle), others.slice(middle)].filter(({ length }) => length > 0),
    );
    if (refused < mostRefused) continue;
    for (const oid of left.flat()) failures.set(oid, error);
    break;
  }
  return failures;
}

/** Codes by which a server that was reached, and asked, has not sent what was asked for. */
const refusals: ReadonlySet<unknown> = new Set([
  ...['REMOTE_ERROR', 'REMOTE_EXIT', 'MISSING_OBJECTS', 'CORRUPT_PACK'],
]);

/** @returns whether the server may send other objects, or fewer. */
export function isRefusal(error: unknown): boolean {
  return refusals.has((error as { code?: unknown } | null | undefined)?.code);
}

/** @returns those that the server's words are about. */
function namedBy(error: unknown, oids: readonly string[]): ReadonlySet<string> {
  if (!isGitWsError(error, 'REMOTE_ERROR')) return new Set();
  const words = new Set(error.message.match(/\b[0-9a-f]{40}\b/g));
  return new Set(oids.filter((oid) => words.has(oid)));
}
