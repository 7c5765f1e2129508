/** Refspecs, as git reads them. */
import { describe, expect, it } from 'vitest';
import { isAskedFor, parseRefspec, sourcesOf, targetsOf } from '../../src/remote/refspec.js';

const specs = (...texts: string[]) => texts.map(parseRefspec);

describe('a refspec', () => {
  it('says what a ref of the remote is called here, and back', () => {
    const all = specs('+refs/heads/*:refs/remotes/origin/*', 'refs/tags/v1:refs/tags/v1');
    expect(targetsOf(all, 'refs/heads/a/b')).toEqual([
      { target: 'refs/remotes/origin/a/b', isForced: true },
    ]);
    expect(targetsOf(all, 'refs/tags/v1')).toEqual([{ target: 'refs/tags/v1', isForced: false }]);
    expect(targetsOf(all, 'refs/tags/v2')).toEqual([]);
    expect(sourcesOf(all, 'refs/remotes/origin/a/b')).toEqual(['refs/heads/a/b']);
    expect(sourcesOf(all, 'refs/remotes/other/a')).toEqual([]);
  });

  it('may have its star anywhere, and takes no name for an empty one', () => {
    const [middle] = specs('refs/heads/*/tip:refs/tips/*');
    expect(middle && targetsOf([middle], 'refs/heads/x/y/tip')).toEqual([
      { target: 'refs/tips/x/y', isForced: false },
    ]);
    expect(middle && targetsOf([middle], 'refs/heads//tip')).toEqual([]);
    expect(targetsOf(specs('refs/heads/*:refs/x/$&*'), 'refs/heads/$1')).toEqual([
      { target: 'refs/x/$&$1', isForced: false },
    ]);
  });

  it('that begins with ^ takes away what others give', () => {
    const some = specs('refs/heads/*:refs/kept/*', '^refs/heads/wip/*');
    expect(targetsOf(some, 'refs/heads/wip/x')).toEqual([]);
    expect(isAskedFor(some, 'refs/heads/wip/x')).toBe(false);
    expect(isAskedFor(some, 'refs/heads/x')).toBe(true);
  });

  it('without a colon asks for a ref and writes none', () => {
    const [head] = specs('HEAD');
    expect(head).toMatchObject({ source: 'HEAD', target: undefined });
    expect(head && isAskedFor([head], 'HEAD')).toBe(true);
    expect(head && targetsOf([head], 'HEAD')).toEqual([]);
  });

  it.each([
    ...['', 'refs/heads/*', 'a:b:c', 'refs/heads/*:refs/x', 'refs/heads/x:refs/x/*'].filter(
      (text) => text !== 'refs/heads/*',
    ),
    ...['refs/heads/**:refs/x/**', 'refs/heads/..:refs/x', '^refs/heads/x:refs/y', 'a b:refs/c'],
  ])('is none: %j', (text) => {
    expect(() => parseRefspec(text)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  });
});
