/**
 * Globs over the paths of repositories and the names of refs, with a bounded cost for any path that
 * a stranger can send. Between slashes picomatch decides; `**` alone between slashes stands for any
 * number of segments, also none. Nothing negates: a pattern says what it matches.
 */
import picomatch from 'picomatch';
import type { Matcher } from './types.js';

/**
 * Longest path, in characters and segments, and longest segment, that is looked at. File systems
 * stop at 255 bytes a name. With {@link maxStars} they bound what a match can cost.
 */
const limits = { path: 1_024, segments: 64, segment: 255, pattern: 512 };

/** Stars in one segment of a pattern: each multiplies the worst cost by the segment's length. */
export const maxStars = 3;

/** What picomatch must do the same on every system; globFault() refuses what it must not do. */
const options: picomatch.PicomatchOptions = {
  // A name with a leading dot is a name: or `except: secret/*` would leave secret/.x open.
  dot: true,
  // Its shortcuts mean something else for some patterns: *.* would not speak of "a.".
  fastpaths: false,
  noglobstar: true,
  // Or + after ] or } would mean "any number of times".
  regex: false,
  windows: false,
};

/** @returns what is wrong with a pattern, completing "the glob …"; undefined if nothing is. */
export function globFault(pattern: string): string | undefined {
  if (pattern.length > limits.pattern) return `is longer than ${limits.pattern} characters`;
  if (/\p{Cc}/u.test(pattern)) return 'has a control character';
  if (/[()|\\!"]/.test(pattern))
    return 'has one of ( ) | \\ ! ", which mean nothing here; ? stands for any character';
  for (const segment of pattern.split('/')) {
    if (segment === '') return 'has an empty segment: it begins or ends with / or has //';
    if (segment === '**') continue;
    if (segment.includes('..') || segment === '.') return 'has a dot segment or a range';
    if (segment.includes('**'))
      return 'has ** beside other characters; between slashes it stands alone';
    if (segment.split('*').length > maxStars + 1)
      return `has more than ${maxStars} stars between slashes`;
    if (!isBalanced(segment)) return 'has a bracket or brace that is not closed between slashes';
    // What picomatch cannot read, it makes into this, which matches nothing.
    if (picomatch.makeRe(segment, options).source === '$^') return 'cannot be understood';
  }
  return undefined;
}

/**
 * @param patterns that {@link globFault} finds nothing wrong with.
 * @param caseSensitive false where too much is better than too little (what is excluded, what is
 *   protected): then letters also match in the other case and in other Unicode forms, since some
 *   file systems take them for the same name.
 * @returns whether a path matches one of them; none that {@link isTooLong} does.
 */
export function compileGlobs(patterns: readonly string[], caseSensitive: boolean): Matcher {
  const form = caseSensitive ? (text: string) => text : fold;
  const compiled = patterns.map((pattern) => form(pattern).split('/').map(compileSegment));
  return (path) => {
    if (isTooLong(path)) return false;
    const segments = form(path).split('/');
    return compiled.some((parts) => matchesWhole(parts, segments));
  };
}

/** Whether a path is too long to be matched; nothing may be allowed for it. */
export function isTooLong(path: string): boolean {
  if (path.length > limits.path) return true;
  const segments = path.split('/');
  return segments.length > limits.segments || segments.some((one) => one.length > limits.segment);
}

/**
 * The one name under which rules know a repository: `team/site` for `team/site.git` too, and for
 * `team/site.git.git`, since the server looks for a repository with and without that ending.
 */
export function canonicalRepository(path: string): string {
  return path.replace(/(?<=[^/])(\.git)+$/i, '');
}

type Part = 'any-segments' | ((segment: string) => boolean);

function compileSegment(segment: string): Part {
  return segment === '**' ? 'any-segments' : picomatch(segment, options);
}

/** Which prefixes of `segments` the parts so far can match: no backtracking, so no blow-up. */
function matchesWhole(parts: readonly Part[], segments: readonly string[]): boolean {
  let reached = new Set([0]);
  for (const part of parts) {
    const next = new Set<number>();
    for (const at of reached) {
      if (part === 'any-segments') {
        for (let end = at; end <= segments.length; end += 1) next.add(end);
        // What starts further right reaches nothing more.
        break;
      }
      const segment = segments[at];
      if (segment !== undefined && part(segment)) next.add(at + 1);
    }
    reached = next;
  }
  return reached.has(segments.length);
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

function isBalanced(segment: string): boolean {
  const open: string[] = [];
  for (const character of segment) {
    if (character === '[' || character === '{') open.push(character);
    if (character === ']' && open.pop() !== '[') return false;
    if (character === '}' && open.pop() !== '{') return false;
  }
  return open.length === 0;
}
