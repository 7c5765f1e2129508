import { describe, expect, it } from 'vitest';
import { repositoryWords } from '../../server/text/own-paths.js';
import { StderrText } from '../../server/text/stderr.js';

const name = 'team/site';
const repository = { gitDir: '/srv/repos/team/site.git', root: '/srv/repos' };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function whole(text: string, splitAt?: number, options = repository, root = '/srv/link'): string {
  const stderr = new StderrText(repositoryWords({ repository: options, name, root }));
  const bytes = encode(text);
  const pieces = stderr.decode(bytes.subarray(0, splitAt));
  if (splitAt !== undefined) pieces.push(...stderr.decode(bytes.subarray(splitAt)));
  return [...pieces, ...stderr.end()].join('');
}

describe('what git wrote to stderr', () => {
  it.each([
    ["fatal: bad object in '/srv/repos/team/site.git'\n", "fatal: bad object in 'team/site'\n"],
    ['/srv/repos/team/site.git/objects/ab: no\n', 'team/site/objects/ab: no\n'],
    ['error: /srv/repos/other/x.git is odd\n', 'error: other/x.git is odd\n'],
    ["cannot chdir to '/srv/repos'\n", "cannot chdir to '.'\n"],
    ['/srv/link/team/site.git\n', 'team/site.git\n'],
    ['größe 日本 🎉\r50%\r\n', 'größe 日本 🎉\r50%\r\n'],
    ['/srv/re', '/srv/re'],
  ])('loses the server’s paths, wherever the chunks are cut: %j', (text, expected) => {
    for (let split = 0; split <= encode(text).length; split += 1) {
      expect(whole(text, split)).toBe(expected);
    }
    expect(whole(text)).toBe(expected);
  });

  it('calls a work tree by its repository’s name', () => {
    const work = { gitDir: '/srv/repos/site/.git', root: '/srv/repos' };
    expect(whole('/srv/repos/site/.git/x /srv/repos/site/y', undefined, work)).toBe(
      'team/site/x team/site/y',
    );
  });

  it('is not torn to pieces where root is the whole file system', () => {
    const work = { gitDir: '/site.git', root: '/' };
    expect(whole('a/b /site.git', undefined, work, '/')).toBe('a/b team/site');
  });

  it('is said at once where no path can begin', () => {
    const stderr = new StderrText(repositoryWords({ repository, name, root: '/srv/repos' }));
    expect(stderr.decode(encode('Counting objects: 5%\r'))).toEqual(['Counting objects: 5%\r']);
    expect(stderr.decode(encode('then /srv/rep'))).toEqual(['then ']);
    expect(stderr.decode(encode('lica'))).toEqual(['/srv/replica']);
  });

  it('tells that git refuses the repository of another user, wherever the chunks are cut', () => {
    const said = encode("fatal: detected dubious ownership in repository at '/srv/x'\n");
    for (let split = 0; split <= said.length; split += 1) {
      const stderr = new StderrText(repositoryWords({ repository, name, root: '/srv/repos' }));
      for (const part of [said.subarray(0, split), said.subarray(split)]) stderr.decode(part);
      stderr.end();
      expect(stderr.refusedOwner).toBe(true);
    }
  });

  it('comes in pieces of at most 1,000 characters, none of them cut in two', () => {
    const stderr = new StderrText(repositoryWords({ repository, name, root: '/srv/repos' }));
    const text = `x${'🎉'.repeat(1_200)}`;
    const pieces = stderr.decode(encode(text));
    expect(pieces.join('')).toBe(text);
    for (const piece of pieces) {
      expect(piece.length).toBeLessThanOrEqual(1_000);
      expect(new TextDecoder().decode(encode(piece))).toBe(piece);
    }
  });

  it('may be no UTF-8', () => {
    const stderr = new StderrText(repositoryWords({ repository, name, root: '/srv/repos' }));
    expect(stderr.decode(Uint8Array.of(0x61, 0xff, 0x62, 0xe2))).toEqual(['a\ufffdb']);
    expect(stderr.end()).toEqual(['\ufffd']);
  });
});
