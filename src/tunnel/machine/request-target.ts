/**
 * What the target of an upgrade names, the same on both sides (docs/protocol.md, "Endpoint"): a
 * repository by the segments of its path, and a service of it.
 */

/** The services a gitws server can run, named as in smart HTTP (git's http-protocol(5)). */
export const gitServices = ['git-upload-pack', 'git-receive-pack', 'git-upload-archive'] as const;

/** The name of a service that a gitws server can run. */
export type GitService = (typeof gitServices)[number];

/** @returns a segment of a path, decoded once; undefined where it is not URL-encoded UTF-8. */
export function decodeSegment(segment: string): string | undefined {
  try {
    // Defence: each segment is decoded once.
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/**
 * The rule for repository paths, the same on both sides.
 *
 * @param segment decoded once.
 * @returns what is wrong with it, completing "The path … "; undefined if nothing is.
 */
export function segmentFault(segment: string): string | undefined {
  // Defence: empty segments are refused.
  if (segment === '') return 'has an empty segment';
  // Defence: dot segments are refused.
  if (segment === '.' || segment === '..') return 'has a dot segment';
  // Defence: encoded slashes are refused.
  if (segment.includes('/')) return 'has an encoded slash';
  // Defence: backslashes are refused.
  if (segment.includes('\\')) return 'has a backslash';
  // NUL ends a path in C; line ends would forge lines in logs, and U+009B is ESC [ to a terminal.
  // Defence: control characters in a path are refused.
  if (/\p{Cc}/u.test(segment)) return 'has a control character';
  // git would take it for an option.
  // Defence: segments that begin with a dash are refused.
  if (segment.startsWith('-')) return 'has a segment that begins with a dash';
  return undefined;
}
