import { describe, expect, it } from 'vitest';
import { looksLikeEndpoint, parseTarget } from '../../server/admission/target.js';

const endpoint = (repository: string, service = 'git-upload-pack', gitProtocol?: string) => ({
  kind: 'endpoint',
  segments: repository.split('/'),
  service,
  gitProtocol,
});

describe('a request target', () => {
  it.each([
    ['/site.git/git-upload-pack', endpoint('site.git')],
    ['/team/sub/site/git-receive-pack', endpoint('team/sub/site', 'git-receive-pack')],
    ['/a/git-upload-archive', endpoint('a', 'git-upload-archive')],
    ['/gr%C3%B6%C3%9Fe/with%20space/git-upload-pack', endpoint('größe/with space')],
    ['/a+b/git-upload-pack', endpoint('a+b')],
    ['/.hidden/...x/git-upload-pack', endpoint('.hidden/...x')],
    ['/a-/b-c/git-upload-pack', endpoint('a-/b-c')],
    ['/a/git-frobnicate', endpoint('a', 'git-frobnicate')],
    ['/a/git-upload-pack?git-protocol=version%3D2', endpoint('a', 'git-upload-pack', 'version=2')],
    [
      '/a/git-upload-pack?git-protocol=version=1&x=1',
      endpoint('a', 'git-upload-pack', 'version=1'),
    ],
    ['/a/git-upload-pack?git-protocol=version=0', endpoint('a', 'git-upload-pack', 'version=0')],
  ])('is taken apart: %s', (target, expected) => {
    expect(parseTarget(target, '')).toEqual(expected);
  });

  it('is decoded once, so that an encoded percent sign stays one', () => {
    expect(parseTarget('/%252e%252e/a%252fb/git-upload-pack', '')).toEqual({
      ...endpoint(''),
      segments: ['%2e%2e', 'a%2fb'],
    });
  });

  it.each([
    'version=3',
    'version=2:x',
    'version=2%0aGIT_DIR=x',
    'version=2%00',
    '',
    'VERSION=2',
    'x',
  ])('passes no other protocol version on than 0, 1 and 2: %s', (value) => {
    expect(parseTarget(`/a/git-upload-pack?git-protocol=${value}`, '')).toEqual(endpoint('a'));
  });

  it.each([
    ['leaves the root by ..', '/../git-upload-pack', 'dot segment'],
    ['leaves the root by .. in the middle', '/a/../../b/git-upload-pack', 'dot segment'],
    ['leaves the root by an encoded ..', '/%2e%2e/b/git-upload-pack', 'dot segment'],
    ['leaves the root by a half-encoded ..', '/.%2E/b/git-upload-pack', 'dot segment'],
    ['has a single dot', '/a/./b/git-upload-pack', 'dot segment'],
    ['hides slashes in an encoding', '/a%2fb/git-upload-pack', 'encoded slash'],
    ['hides an absolute path in an encoding', '/%2Fetc/git-upload-pack', 'encoded slash'],
    ['hides .. behind an encoded slash', '/..%2f..%2fetc/git-upload-pack', 'encoded slash'],
    ['has a double slash at its beginning', '//evil/a/git-upload-pack', 'empty segment'],
    ['has a double slash in the middle', '/a//b/git-upload-pack', 'empty segment'],
    ['has a double slash before the service', '/a//git-upload-pack', 'empty segment'],
    ['has a slash at its end', '/a/git-upload-pack/', 'empty segment'],
    ['has a backslash', '/a\\b/git-upload-pack', 'backslash'],
    ['has an encoded backslash', '/..%5c..%5cetc/git-upload-pack', 'backslash'],
    ['has a NUL', '/a%00.git/git-upload-pack', 'control character'],
    ['has a line end', '/a%0d%0ab/git-upload-pack', 'control character'],
    ['has a DEL', '/a%7f/git-upload-pack', 'control character'],
    ['has a control character beyond ASCII', '/a%c2%9b/git-upload-pack', 'control character'],
    ['is not UTF-8', '/%ff%fe/git-upload-pack', 'not URL-encoded UTF-8'],
    ['has an overlong encoding of ..', '/%c0%ae%c0%ae/git-upload-pack', 'not URL-encoded UTF-8'],
    ['encodes a surrogate', '/%ed%a0%80/git-upload-pack', 'not URL-encoded UTF-8'],
    ['has a broken escape', '/a%2/git-upload-pack', 'not URL-encoded UTF-8'],
    ['has raw bytes above 127', '/gr\u00c3\u00b6/git-upload-pack', 'not URL-encoded UTF-8'],
    ['begins a segment with a dash', '/--upload-pack=x/git-upload-pack', 'dash'],
    ['begins a segment with an encoded dash', '/a/%2dx/git-upload-pack', 'dash'],
    ['encodes the service, past a rule of a proxy', '/a/git-receive%2dpack', 'encoded service'],
    ['has a fragment, where a proxy ends the path', '/a#b/git-receive-pack', 'fragment'],
    ['has no service', '/a/b', 'does not end in a service'],
    ['has a service in capitals', '/a/GIT-UPLOAD-PACK', 'does not end in a service'],
    ['names no repository', '/git-upload-pack', 'names no repository'],
    ['is a whole URL', 'http://host/a/git-upload-pack', 'not an absolute path'],
    ['is empty', '', 'not an absolute path'],
    ['is a star', '*', 'not an absolute path'],
  ])('is refused where it %s', (_why, target, why) => {
    expect(parseTarget(target, '')).toEqual({
      kind: 'malformed',
      why: expect.stringContaining(why) as string,
    });
  });

  it('is read below the base path only', () => {
    expect(parseTarget('/git/a/git-upload-pack', '/git')).toEqual(endpoint('a'));
    expect(parseTarget('/gitty/a/git-upload-pack', '/git').kind).toBe('malformed');
    expect(parseTarget('/git/git-upload-pack', '/git').kind).toBe('malformed');
  });
});

describe('an endpoint is recognised', () => {
  it.each([
    ['/a/git-upload-pack', true],
    ['/a/git-receive-pack?x=y', true],
    ['/a/git-upload-archive', true],
    ['/../git-upload-pack', true],
    ['/a/git-upload%2dpack', true],
    ['/a%2fgit-upload-pack', true],
    ['/a\\git-upload-pack', true],
    ['/a/GIT-Upload-Pack', true],
    ['http://host/a/git-upload-pack', true],
    ['/a/git-frobnicate', false],
    ['/a/my-git-upload-pack', false],
    ['/a/git-upload-pack/', false],
    ['/live', false],
    ['/', false],
    ['', false],
  ])('by its last segment, spelt well or badly: %s → %s', (target, expected) => {
    expect(looksLikeEndpoint(target, '')).toBe(expected);
  });

  it('below the base path only', () => {
    expect(looksLikeEndpoint('/git/a/git-upload-pack', '/git')).toBe(true);
    expect(looksLikeEndpoint('/a/git-upload-pack', '/git')).toBe(false);
    expect(looksLikeEndpoint('/gitx/a/git-upload-pack', '/git')).toBe(false);
  });
});
