/** The error of a fetch that lacks what was asked for, wherever that is found out. */
import { GitWsError } from '../../base/errors.js';

/** Oids that the error names, at most. */
const mostNamed = 10;

/** @param missing oids, one at least. */
export function missingObjects(missing: readonly string[]): GitWsError {
  const [first = ''] = missing;
  const more = missing.length > 1 ? `, and ${missing.length - 1} more` : '';
  return new GitWsError(
    'MISSING_OBJECTS',
    `The server did not send all necessary objects: it lacks ${first}${more}.`,
    { data: { missing: missing.slice(0, mostNamed) } },
  );
}
