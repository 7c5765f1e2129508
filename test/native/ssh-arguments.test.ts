import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dequote, parseSshArguments } from '../../native/ssh-arguments.js';
import { git } from '../helpers/git.js';

const command = "git-upload-pack '/a b.git'";

describe('the call of an ssh client', () => {
  it('is understood as git makes it', () => {
    const args = ['-o', 'SendEnv=GIT_PROTOCOL', '-p', '2222', 'me@host', command];
    expect(parseSshArguments(args)).toEqual({
      ...{ kind: 'run', host: 'host', user: 'me', port: '2222', family: undefined },
      ...{ sendsGitProtocol: true, service: 'git-upload-pack', path: '/a b.git' },
    });
  });

  it.each([
    [['-4', 'host', command], { family: 4 }],
    [['-6', '::1', command], { family: 6, host: '::1' }],
    [['[::1]', command], { host: '::1' }],
    [['-p2222', 'host', command], { port: '2222' }],
    [['-l', 'me', 'host', command], { user: 'me' }],
    [['host', '-p', '22', command], { port: '22' }],
    [['-xT', '-i', '~/.ssh/key', '-oBatchMode=yes', 'host', command], { host: 'host' }],
    [['--', 'host', command], { host: 'host', sendsGitProtocol: false }],
    [['me@home@host', command], { user: 'me@home', host: 'host' }],
    [['host', "git receive-pack 'r'"], { service: 'git-receive-pack', path: 'r' }],
    [['host', "git-upload-archive '/r'"], { service: 'git-upload-archive' }],
    [['host', 'git-upload-pack', "'/r'"], { path: '/r' }],
  ])('%j', (args, expected) => {
    expect(parseSshArguments(args)).toMatchObject({ kind: 'run', ...expected });
  });

  it('may be git’s question what kind of ssh this is', () => {
    expect(parseSshArguments(['-G', '-p', '2222', 'host'])).toEqual({ kind: 'probe' });
  });

  it.each([
    [[], /no host/],
    [['host'], /no shell/],
    [['host', 'ls'], /nothing else/],
    [['host', "git-upload-pack '/r' ; rm -rf '/'"], /nothing else/],
    [['host', "git-upload-pack '/r' '/s'"], /nothing else/],
    [['host', 'git-upload-pack /r'], /nothing else/],
    [['host', "git-upload-pack '/r"], /nothing else/],
    [['host', "git-shell '/r'"], /nothing else/],
    [['host', "/usr/bin/git-upload-pack '/r'"], /nothing else/],
    [['-Z', 'host', command], /-Z/],
    [['-p'], /lacks its value/],
    [['-p', 'x', 'host', command], /port/],
    [['ho st', command], /host/],
    [['ho/st', command], /host/],
  ])('is refused in one sentence: %j', (args, why) => {
    const request = parseSshArguments(args);
    expect(request.kind).toBe('fault');
    expect(request).toHaveProperty('sentence', expect.stringMatching(why));
    expect(request).toHaveProperty(
      'sentence',
      expect.stringMatching(/^gitws-ssh cannot do this: [^\n]+$/),
    );
  });
});

describe('one argument in the shell’s quotes', () => {
  it.each([
    ["'a'", 'a'],
    ["''", ''],
    ["'it'\\''s'", "it's"],
    ["'so'\\!''", 'so!'],
    ["'a b\\c\"'", 'a b\\c"'],
    ["''\\'''\\'''", "''"],
  ])('%s is %s', (quoted, plain) => {
    expect(dequote(quoted)).toBe(plain);
  });

  it.each([
    ["'a''b'"],
    ["a'b'"],
    ["'a'b"],
    ["'a'\\'b'"],
    ["'a' "],
    ["'a'\\x'b'"],
    ["\\''a'"],
    ["'"],
  ])('%s is not one', (quoted) => {
    expect(dequote(quoted)).toBeUndefined();
  });

  it('is the inverse of git’s own quoting', async () => {
    const words = fc.sample(
      fc.string({ minLength: 1, unit: fc.constantFrom(...`'!\\ $"ab;`) }),
      60,
    );
    const quoted = await git(['rev-parse', '--sq-quote', ...words]);
    // Each word's quoting begins with a blank and a quote, and none holds such a pair outside.
    expect(words.map((word) => dequote(quote(word)))).toEqual(words);
    expect(
      words
        .map((word) => ` ${quote(word)}`)
        .join('')
        .trim(),
    ).toBe(quoted);
  });
});

/** sq_quote_buf() of git's quote.c; held against git itself above. */
function quote(word: string): string {
  return `'${word.replace(/['!]/g, (special) => `'\\${special}'`)}'`;
}
