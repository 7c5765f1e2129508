import * as fc from 'fast-check';
import { describe, expect } from 'vitest';
import { it, long } from '../helpers/long.js';
import { checkRefName, isRefName } from '../../src/wire/ref-name.js';
import { gitStatus } from '../helpers/git.js';
import { thrownBy } from './wire-bytes.js';

const allowed = [
  'refs/heads/main',
  'refs/heads/größe',
  'refs/heads/a@b',
  'refs/heads/@',
  'refs/heads/-x',
  'refs/heads/a.b.c',
  'refs/heads/a{b}',
  'refs/heads/lock',
  'refs/heads/a.lock.b',
  'refs/heads/a.LOCK',
  'refs/heads/!#$%&\'()+,;<=>"|`',
  'refs/x',
  'a/b',
];
const refused = [
  '',
  '/',
  'refs/',
  '/refs/heads/a',
  'refs//a',
  'refs/heads/a/',
  'refs/heads/.a',
  'refs/heads/a/.b',
  'refs/heads/..',
  'refs/heads/../../config',
  'refs/heads/a..b',
  'refs/heads/a.',
  'refs/heads/a.lock',
  'refs/heads/a.lock/b',
  'refs/heads/.lock',
  'refs/heads/a@{b',
  'refs/heads/a b',
  'refs/heads/a~b',
  'refs/heads/a^b',
  'refs/heads/a:b',
  'refs/heads/a?b',
  'refs/heads/a*b',
  'refs/heads/a[b',
  'refs/heads/a\\b',
  'refs/heads/a\tb',
  'refs/heads/a\nb',
  'refs/heads/a\x7fb',
  'refs/heads/a\x01b',
];
const oneLevel = ['HEAD', 'main', '@', '@{', 'x.lock', '.', '..', '@@', 'a@'];

async function gitAllows(name: string, ...options: string[]): Promise<boolean> {
  const { code } = await gitStatus(['check-ref-format', ...options, name]);
  if (code > 1) throw new Error(`git check-ref-format ended with ${code}`);
  return code === 0;
}

describe('isRefName', () => {
  it.each(allowed)('allows %j, as git does', async (name) => {
    expect(isRefName(name)).toBe(true);
    expect(await gitAllows(name)).toBe(true);
  });

  it.each(refused)('refuses %j, as git does', async (name) => {
    expect(isRefName(name)).toBe(false);
    expect(await gitAllows(name)).toBe(false);
  });

  it.each(oneLevel)('judges %j as git does, with and without --allow-onelevel', async (name) => {
    expect(isRefName(name)).toBe(false);
    expect(await gitAllows(name)).toBe(false);
    const options = { allowOneLevel: true };
    expect(isRefName(name, options)).toBe(await gitAllows(name, '--allow-onelevel'));
  });

  it('refuses NUL, which cannot be asked of git on a command line', () => {
    expect(isRefName('refs/heads/a\0b')).toBe(false);
  });

  long('answers as git does for names made of all that git looks at', async () => {
    const piece = fc.constantFrom(
      ...['a', 'ü', '.', '..', '/', '@', '{', '@{', '.lock', 'lock', '-', '~', ' ', '*', '\x1f'],
    );
    const name = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    await fc.assert(
      fc.asyncProperty(name, fc.boolean(), async (text, allowOneLevel) => {
        const options = allowOneLevel ? ['--allow-onelevel'] : [];
        // A name like an option would be taken for one.
        fc.pre(!text.startsWith('-'));
        expect(isRefName(text, { allowOneLevel })).toBe(await gitAllows(text, ...options));
      }),
      { numRuns: 200 },
    );
  });
});

describe('checkRefName', () => {
  it('lets HEAD and names below refs/ pass', () => {
    for (const name of ['HEAD', 'refs/heads/main', 'refs/tags/v1.0', 'refs/pull/1/head']) {
      expect(() => checkRefName(name)).not.toThrow();
    }
  });

  it.each([
    // A ref named so would be written to that file of the caller's .git directory.
    'config',
    'hooks/post-checkout',
    'objects/info/alternates',
    'a/b',
    'refs',
    'refs/../config',
    'refs/heads/../../hooks/post-checkout',
    'refs\\..\\config',
    'refs/heads/a\0b',
    'FETCH_HEAD',
    'head',
    'HEAD/x',
    '',
  ])('refuses %j', (name) => {
    expect(thrownBy(() => checkRefName(name))).toMatchObject({
      code: 'INVALID_REF_NAME',
      data: { ref: name },
    });
  });

  it('does not repeat a name of any length in its message', () => {
    const error = thrownBy(() => checkRefName(`refs/heads/${'x'.repeat(60_000)} `)) as Error;
    expect(error.message.length).toBeLessThan(300);
  });
});
