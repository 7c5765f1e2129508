import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalRepository,
  compileGlobs,
  globFault,
  isTooLong,
} from '../../../server/rules/glob.js';

const matches = (glob: string, path: string, caseSensitive = true) => {
  expect(globFault(glob)).toBeUndefined();
  return compileGlobs([glob], caseSensitive)(path);
};

/** The meaning of globs once more, plainly and slowly: the oracle. `?`, `*` and `**` only. */
function means(glob: string, path: string): boolean {
  const inSegment = (pattern: string, text: string): boolean => {
    if (pattern === '') return text === '';
    if (pattern.startsWith('*')) {
      return (
        inSegment(pattern.slice(1), text) || (text !== '' && inSegment(pattern, text.slice(1)))
      );
    }
    return text !== '' && '?'.concat(text.charAt(0)).includes(pattern.charAt(0))
      ? inSegment(pattern.slice(1), text.slice(1))
      : false;
  };
  const whole = (parts: string[], segments: string[]): boolean => {
    const [part, ...rest] = parts;
    if (part === undefined) return segments.length === 0;
    if (part === '**') {
      return whole(rest, segments) || (segments.length > 0 && whole(parts, segments.slice(1)));
    }
    const [segment, ...others] = segments;
    return segment !== undefined && inSegment(part, segment) && whole(rest, others);
  };
  return whole(glob.split('/'), path.split('/'));
}

const letter = fc.constantFrom('a', 'b', '.', '-');
const name = fc
  .string({ unit: letter, minLength: 1, maxLength: 5 })
  .filter((text) => text !== '.' && text !== '..');
const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => names.join('/'));
const part = fc.oneof(
  fc.constant('**'),
  fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '*', '?'), minLength: 1, maxLength: 4 }),
);
const glob = fc
  .array(part, { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('/'))
  .filter((text) => globFault(text) === undefined);

describe('a glob', () => {
  it.each([
    ['team/site', 'team/site', true],
    ['team/site', 'team/site2', false],
    ['team/site', 'other/team/site', false],
    ['team/*', 'team/site', true],
    ['team/*', 'team/a/b', false],
    ['team/*', 'team', false],
    ['*', 'site', true],
    ['*', 'team/site', false],
    ['**', 'team/site', true],
    ['team/**', 'team/a/b/c', true],
    ['team/**', 'teams/a', false],
    ['**/docs', 'docs', true],
    ['**/docs', 'a/b/docs', true],
    ['a/**/z', 'a/z', true],
    ['a/**/z', 'a/b/c/z', true],
    ['v?', 'v1', true],
    ['v[12]', 'v2', true],
    ['v[12]', 'v3', false],
    ['{web,api}-*', 'api-docs', true],
    ['{web,api}-*', 'app-docs', false],
    ['[ab]+', 'a+', true],
    ['[ab]+', 'aa', false],
    ['{a,b}+', 'bb', false],
    ['c++', 'c++', true],
  ])('%s speaks of %s: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it('of plain characters speaks of that name and no other', () => {
    const plain = fc
      .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 })
      .filter((text) => !/[*?[\]{}/]/.test(text) && globFault(text) === undefined);
    fc.assert(
      fc.property(plain, plain, (one, other) => {
        expect(matches(one, one)).toBe(true);
        expect(matches(one, other)).toBe(one === other);
      }),
    );
  });

  it('means what its words say, for every short segment', () => {
    const words = (letters: string, length: number): string[] =>
      length === 0
        ? ['']
        : words(letters, length - 1).flatMap((word) => [...letters].map((one) => word + one));
    const upTo = (letters: string) => [1, 2, 3, 4].flatMap((length) => words(letters, length));
    const names = upTo('a.b').filter((text) => text !== '.' && text !== '..');
    for (const pattern of upTo('a.*?').filter((text) => globFault(text) === undefined)) {
      const speaksOf = compileGlobs([pattern], true);
      const wrong = names.filter((text) => speaksOf(text) !== means(pattern, text));
      expect(wrong, pattern).toEqual([]);
    }
  });

  it('means what its words say, for all paths', () => {
    fc.assert(
      fc.property(glob, path, (pattern, text) => {
        expect(matches(pattern, text)).toBe(means(pattern, text));
      }),
      { numRuns: 1_000 },
    );
  });

  it('speaks of names with a leading dot too: an exception would else leave them open', () => {
    expect(matches('secret/*', 'secret/.hidden')).toBe(true);
    expect(matches('secret/**', 'secret/.a/.b')).toBe(true);
  });

  it.each([
    ['!secret', 'mean nothing'],
    ['!(a|b)', 'mean nothing'],
    ['+(a)', 'mean nothing'],
    ['a\\*', 'mean nothing'],
    ['"a"', 'mean nothing'],
    ['/team', 'empty segment'],
    ['team/', 'empty segment'],
    ['', 'empty segment'],
    ['a//b', 'empty segment'],
    ['a/../b', 'dot segment'],
    ['./a', 'dot segment'],
    ['{1..9}', 'range'],
    ['a**', '** beside'],
    ['**.git', '** beside'],
    ['[a', 'not closed'],
    ['{a/b}', 'not closed'],
    ['a}', 'not closed'],
    ['[z-a]', 'cannot be understood'],
    ['a\nb', 'control character'],
    ['*a*b*c*d', 'more than 3 stars'],
    ['x'.repeat(513), 'longer than'],
  ])('%j is refused at start', (pattern, why) => {
    expect(globFault(pattern)).toContain(why);
  });

  it('costs little however long and nasty the path is', () => {
    // By backtracking, the first would take some 10^12 steps, the second 2^60.
    const stars = compileGlobs(['*a*a*b/*a*a*b/*a*a*b/*a*a*b/c'], true);
    expect(stars(`${Array.from({ length: 4 }, () => 'a'.repeat(250)).join('/')}/c`)).toBe(false);
    const deep = compileGlobs([`${'**/a/'.repeat(30)}b`], true);
    expect(deep('a/'.repeat(60) + 'c')).toBe(false);
  });

  it('speaks of no path that is too long for any file system', () => {
    for (const long of ['x'.repeat(256), 'x/'.repeat(64) + 'x', `${'x'.repeat(200)}/`.repeat(6)]) {
      expect(isTooLong(long)).toBe(true);
      expect(matches('**', long)).toBe(false);
    }
    expect(isTooLong('x'.repeat(255))).toBe(false);
  });

  it('can pass over case and Unicode forms, as some file systems do', () => {
    expect(matches('Secret/é', 'sECRET/E\u0301', false)).toBe(true);
    expect(matches('secret', 'Secret', true)).toBe(false);
  });
});

describe('the name of a repository', () => {
  it('is the same with and without .git, once or more: the server looks for both', () => {
    for (const path of ['team/site', 'team/site.git', 'team/site.git.git', 'team/site.GIT.git']) {
      expect(canonicalRepository(path)).toBe('team/site');
    }
    expect(canonicalRepository('team.git/site.git')).toBe('team.git/site');
    expect(canonicalRepository('.git')).toBe('.git');
    expect(canonicalRepository('team/.git')).toBe('team/.git');
  });
});
