import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type * as crypto from 'node:crypto';
import { timingSafeEqual } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createToken,
  listTokens,
  parseTokenFile,
  revokeToken,
} from '../../../server/authentication/token-file.js';
import { authenticateByTokens } from '../../../server/authentication/tokens.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { attempt, basic, bearer } from './attempts.js';

vi.mock('node:crypto', async (original) => {
  const real = await original<typeof crypto>();
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) };
});

const start = Date.UTC(2026, 0, 1);
const day = 86_400_000;
let file: string;

beforeEach(async () => {
  file = join(await temporaryDirectory(), 'tokens.json');
});

describe('a token', () => {
  it('is printed once and kept only as a hash, in a file that nobody else can read', async () => {
    const { token } = await createToken(file, { name: 'ci' });
    expect(token).toMatch(/^gitws_[A-Za-z0-9_-]{43}$/);
    const text = await readFile(file, 'utf8');
    expect(text).not.toContain(token.slice('gitws_'.length));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(dirname(file))).toEqual(['tokens.json']);
    expect(JSON.stringify(await listTokens(file))).not.toContain('sha256');
  });

  it('lets its user in: as a bearer token, as a password under any name, as a name alone', async () => {
    const { token } = await createToken(file, { name: 'laptop', user: 'alice' });
    const authenticate = await authenticateByTokens({ file });
    for (const given of [bearer(token), basic('git', token), basic('', token), basic(token, '')]) {
      expect(await authenticate(given)).toEqual({ name: 'alice' });
    }
  });

  it('without a user belongs to its own name, and may be limited to permissions', async () => {
    const { token } = await createToken(file, { name: 'ci', permissions: ['read:team/*'] });
    const authenticate = await authenticateByTokens({ file });
    expect(await authenticate(bearer(token))).toEqual({ name: 'ci', permissions: ['read:team/*'] });
  });

  it('that was guessed or cut or is only its hash lets nobody in', async () => {
    const { token } = await createToken(file, { name: 'ci' });
    const authenticate = await authenticateByTokens({ file });
    const { tokens } = JSON.parse(await readFile(file, 'utf8'));
    for (const wrong of [
      bearer(''),
      bearer(token.slice(0, -1)),
      bearer(`${token}x`),
      bearer(token.toUpperCase()),
      bearer(tokens[0].sha256),
      basic(token, 'x'),
      attempt({ scheme: 'other' }),
      attempt(undefined),
    ]) {
      expect(await authenticate(wrong)).toBeNull();
    }
  });

  it('is compared with every hash in constant time, whichever fits', async () => {
    const first = await createToken(file, { name: 'first' });
    await createToken(file, { name: 'second' });
    await createToken(file, { name: 'third' });
    const authenticate = await authenticateByTokens({ file });
    for (const token of [first.token, 'gitws_wrong']) {
      vi.mocked(timingSafeEqual).mockClear();
      await authenticate(bearer(token));
      expect(timingSafeEqual).toHaveBeenCalledTimes(3);
    }
  });

  it('ends when it expires, to the millisecond', async () => {
    const { token } = await createToken(file, { name: 'ci', lifetime: 30 * day }, start);
    let now = start;
    const authenticate = await authenticateByTokens({ file, now: () => now });
    now = start + 30 * day - 1;
    expect(await authenticate(bearer(token))).toEqual({ name: 'ci' });
    now = start + 30 * day;
    expect(await authenticate(bearer(token))).toBeNull();
    expect(await listTokens(file)).toEqual([
      {
        name: 'ci',
        user: 'ci',
        created: '2026-01-01T00:00:00.000Z',
        expires: '2026-01-31T00:00:00.000Z',
      },
    ]);
  });

  it('that was revoked is refused by a running server at once', async () => {
    const { token } = await createToken(file, { name: 'ci' });
    const other = await createToken(file, { name: 'other' });
    const authenticate = await authenticateByTokens({ file });
    expect(await authenticate(bearer(token))).not.toBeNull();
    await revokeToken(file, 'ci');
    expect(await authenticate(bearer(token))).toBeNull();
    expect(await authenticate(bearer(other.token))).not.toBeNull();
    await expect(revokeToken(file, 'ci')).rejects.toThrow('There is no token named "ci".');
  });

  it('cannot have a name that is taken, is no name, or would forge a line of a list', async () => {
    await createToken(file, { name: 'ci' });
    const before = await readFile(file, 'utf8');
    await expect(createToken(file, { name: 'ci' })).rejects.toThrow('named "ci" already');
    for (const name of ['', ' ', 'a\nb', '\u001b[2J', 'x'.repeat(101), '-x']) {
      await expect(createToken(file, { name })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      await expect(createToken(file, { name: 'ok', user: name })).rejects.toThrow('The user must');
    }
    for (const lifetime of [0, -1, Number.NaN, Infinity]) {
      await expect(createToken(file, { name: 'ok', lifetime })).rejects.toThrow('lifetime');
    }
    expect(await readFile(file, 'utf8')).toBe(before);
  });
});

describe('a file of tokens', () => {
  it('with a fault is refused by index and field, and is not written over', async () => {
    await createToken(file, { name: 'ci' });
    const good = await readFile(file, 'utf8');
    const wrong = good.replace(/"sha256": "\w+"/, '"sha256": "plain"');
    expect(() => parseTokenFile(wrong, 'f')).toThrow('f: tokens[0].sha256: must be 64');
    await writeFile(file, wrong);
    await expect(createToken(file, { name: 'two' })).rejects.toThrow('tokens[0].sha256');
    await expect(authenticateByTokens({ file })).rejects.toThrow('tokens[0].sha256');
    expect(await readFile(file, 'utf8')).toBe(wrong);
    expect(() => parseTokenFile('{', 'f')).toThrow('f: it is not JSON');
    expect(() => parseTokenFile(good.replace('"ci"', '"ci", "admin": true'), 'f')).toThrow(
      'f: tokens[0]: there is no field "admin".',
    );
  });

  it('that is not there is an empty one for its commands, and an error for a server', async () => {
    expect(await listTokens(file)).toEqual([]);
    await expect(revokeToken(file, 'x')).rejects.toThrow('There is no token named "x".');
    await expect(authenticateByTokens({ file })).rejects.toThrow('there is no such file');
    expect(await readdir(dirname(file))).toEqual([]);
  });
});
