import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type JWK } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Authenticate } from '../../../server/admission/access.js';
import { authenticateByJwt, type JwtOptions } from '../../../server/authentication/jwt.js';
import { temporaryDirectory } from '../../helpers/temp.js';
import { attempt, basic, bearer } from './attempts.js';

const issuer = 'https://id.example';
const audience = 'gitws';
const secret = 'thirty-two bytes of a secret, or more';
const base = { issuer, audience };

interface Pair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

let first: Pair;
let second: Pair;

async function makePair(kid: string): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } };
}

beforeAll(async () => {
  [first, second] = await Promise.all([makePair('first'), makePair('second')]);
});

/** A token that is valid but for what is given. */
function sign(
  claims: Record<string, unknown> = {},
  header: { alg: string; kid?: string; typ?: string } = { alg: 'HS256' },
  key: CryptoKey | Uint8Array = new TextEncoder().encode(secret),
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = { iss: issuer, aud: audience, sub: 'alice', exp: now + 60, ...claims };
  return new SignJWT(payload).setProtectedHeader(header).sign(key);
}

const bySecret = (options: Partial<JwtOptions> = {}): Promise<Authenticate> =>
  authenticateByJwt({ ...base, keys: { secret }, ...options });

describe('signing in by JWT with a shared secret', () => {
  it('knows whom the issuer vouches for, by bearer token or in the place of a password', async () => {
    const authenticate = await bySecret();
    const token = await sign();
    for (const given of [bearer(token), basic('git', token), basic(token, '')]) {
      expect(await authenticate(given)).toEqual({ name: 'alice' });
    }
  });

  it('refuses what is no JWT, without asking any key', async () => {
    const authenticate = await bySecret();
    for (const given of [
      bearer('a.b'),
      bearer('gitws_abc'),
      bearer('a.b.c.d.e'),
      bearer('...'),
      bearer('eyJhbGciOiJIUzI1NiJ9.e30.'),
      basic('alice', 'password'),
      attempt({ scheme: 'other' }),
      attempt(undefined),
    ]) {
      expect(await authenticate(given)).toBeNull();
    }
  });

  it.each([
    ['of another issuer', { iss: 'https://evil.example' }],
    ['of no issuer', { iss: undefined }],
    ['for another service of the same issuer', { aud: 'wiki' }],
    ['for nobody', { aud: undefined }],
    ['that has expired', { exp: 1_000 }],
    ['that never ends', { exp: undefined }],
    ['that is not valid yet', { nbf: 9_999_999_999 }],
    ['for no user', { sub: undefined }],
    ['for an empty user', { sub: '' }],
    ['for a user that is no string', { sub: 7 }],
    ['for a user that would forge a log line', { sub: 'alice\nroot' }],
    ['for a user with a name that never ends', { sub: 'x'.repeat(201) }],
  ])('refuses a token %s', async (_, claims) => {
    const authenticate = await bySecret();
    expect(await authenticate(bearer(await sign(claims)))).toBeNull();
  });

  it('refuses a token that was signed with another secret, or changed after it was signed', async () => {
    const authenticate = await bySecret();
    const other = new TextEncoder().encode('some other secret of thirty-two bytes');
    expect(await authenticate(bearer(await sign({}, { alg: 'HS256' }, other)))).toBeNull();
    const [header = '', , signature = ''] = (await sign()).split('.');
    const forged = Buffer.from(
      JSON.stringify({ iss: issuer, aud: audience, sub: 'root', exp: 9e9 }),
    );
    const token = [header, forged.toString('base64url'), signature].join('.');
    expect(await authenticate(bearer(token))).toBeNull();
  });

  it('refuses "alg": "none" and algorithms that are not on the list', async () => {
    const authenticate = await bySecret();
    const claims = { iss: issuer, aud: audience, sub: 'root', exp: 9_999_999_999 };
    const unsigned = new UnsecuredJWT(claims).encode();
    expect(await authenticate(bearer(unsigned))).toBeNull();
    expect(await authenticate(bearer(`${unsigned}AAAA`))).toBeNull();
    const strong = new Uint8Array(64).fill(7);
    const strict = await bySecret({ keys: { secret: strong }, algorithms: ['HS512'] });
    expect(await strict(bearer(await sign({}, { alg: 'HS512' }, strong)))).not.toBeNull();
    expect(await strict(bearer(await sign({}, { alg: 'HS256' }, strong)))).toBeNull();
  });

  it('bears clocks that differ by the tolerance and no more', async () => {
    const now = Math.floor(Date.now() / 1000);
    const late = bearer(await sign({ exp: now - 20 }));
    expect(await (await bySecret({ clockTolerance: 3_600 }))(late)).toEqual({ name: 'alice' });
    expect(await (await bySecret({ clockTolerance: 10 }))(late)).toBeNull();
  });

  it('takes the user, permissions and groups from the claims that are named', async () => {
    const authenticate = await bySecret({
      userClaim: 'email',
      permissionsClaim: 'scope',
      groupsClaim: 'roles',
    });
    const full = { email: 'a@b.example', scope: 'openid read:team/*', roles: ['staff', 3, 'a\nb'] };
    expect(await authenticate(bearer(await sign(full)))).toEqual({
      name: 'a@b.example',
      permissions: ['openid', 'read:team/*'],
      groups: ['staff'],
    });
    const list = { email: 'a@b.example', scope: ['write:**', null] };
    expect(await authenticate(bearer(await sign(list)))).toMatchObject({
      permissions: ['write:**'],
    });
  });

  it('gives no permissions at all to a token without the claim that limits them', async () => {
    const authenticate = await bySecret({ permissionsClaim: 'scope' });
    expect(await authenticate(bearer(await sign()))).toEqual({ name: 'alice', permissions: [] });
  });

  it('refuses another kind of token of the same issuer where a kind is wanted', async () => {
    const authenticate = await bySecret({ type: 'at+jwt' });
    const header = { alg: 'HS256', typ: 'at+jwt' };
    expect(await authenticate(bearer(await sign({}, header)))).not.toBeNull();
    expect(await authenticate(bearer(await sign()))).toBeNull();
  });

  it.each([
    [
      'a secret that can be guessed',
      { keys: { secret: 'short' } },
      'has 5 bytes and needs at least 32',
    ],
    [
      'a secret too short for its algorithm',
      { algorithms: ['HS512' as const] },
      'needs at least 64',
    ],
    ['a secret for an algorithm of published keys', { algorithms: ['RS256' as const] }, 'a secret'],
    ['no algorithm', { algorithms: [] }, 'at least one'],
    ['no issuer', { issuer: '' }, 'issuer'],
    ['no audience', { audience: '' }, 'audience'],
    [
      'keys over a line that others can change',
      { keys: { jwksUrl: 'http://id.example/' } },
      'https',
    ],
    [
      'an address that holds a password, which would be seen in the log',
      { keys: { jwksUrl: 'https://ada:secret@id.example/' } },
      'jwt: jwksUrl has credentials.',
    ],
    ['keys at no address', { keys: { jwksUrl: 'keys' } }, 'no URL'],
  ])('does not start with %s', async (_, options, why) => {
    await expect(bySecret(options)).rejects.toThrow(why);
    await expect(bySecret(options)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it.each([NaN, Infinity, -1, '30' as unknown as number])(
    'does not start with a clock tolerance of %s',
    async (clockTolerance) => {
      await expect(bySecret({ clockTolerance })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    },
  );

  it('does not start with published keys for an algorithm of secrets', async () => {
    const keys = { jwksUrl: 'https://id.example/' };
    await expect(bySecret({ keys, algorithms: ['HS256'] })).rejects.toThrow('published keys');
  });
});

describe('signing in by JWT with a file of published keys', () => {
  let jwksFile: string;
  const rs = (kid?: string) => ({ alg: 'RS256', ...(kid === undefined ? {} : { kid }) });
  const writeKeys = (...keys: JWK[]) => writeFile(jwksFile, JSON.stringify({ keys }));

  beforeEach(async () => {
    jwksFile = join(await temporaryDirectory(), 'jwks.json');
    await writeKeys(first.jwk);
  });

  it('knows tokens of its keys, also of one that was added while it runs', async () => {
    const authenticate = await authenticateByJwt({ ...base, keys: { jwksFile } });
    const old = bearer(await sign({}, rs('first'), first.privateKey));
    const young = bearer(await sign({}, rs('second'), second.privateKey));
    expect(await authenticate(old)).toEqual({ name: 'alice' });
    expect(await authenticate(young)).toBeNull();
    await writeKeys(first.jwk, second.jwk);
    expect(await authenticate(young)).toEqual({ name: 'alice' });
    await writeKeys(second.jwk);
    expect(await authenticate(old)).toBeNull();
  });

  it('tries each key that fits where a token does not say which one it is', async () => {
    await writeKeys(first.jwk, second.jwk);
    const authenticate = await authenticateByJwt({ ...base, keys: { jwksFile } });
    expect(await authenticate(bearer(await sign({}, rs(), second.privateKey)))).not.toBeNull();
    const { privateKey } = await makePair('third');
    expect(await authenticate(bearer(await sign({}, rs(), privateKey)))).toBeNull();
    const expired = bearer(await sign({ exp: 1_000 }, rs(), second.privateKey));
    expect(await authenticate(expired)).toBeNull();
  });

  it('refuses a token signed with the public key as if it were a secret (algorithm confusion)', async () => {
    const authenticate = await authenticateByJwt({ ...base, keys: { jwksFile } });
    const spki = new TextEncoder().encode(await exportSPKI(first.publicKey));
    for (const header of [{ alg: 'HS256' }, { alg: 'HS256', kid: 'first' }]) {
      expect(await authenticate(bearer(await sign({}, header, spki)))).toBeNull();
    }
  });

  it('refuses a token that brings its own key along', async () => {
    const authenticate = await authenticateByJwt({ ...base, keys: { jwksFile } });
    const header = { ...rs('first'), jwk: second.jwk, jku: 'https://evil.example/keys' };
    expect(await authenticate(bearer(await sign({}, header, second.privateKey)))).toBeNull();
  });

  it('does not start with a file that holds secret keys, or none', async () => {
    const start = () => authenticateByJwt({ ...base, keys: { jwksFile } });
    await writeKeys(first.jwk, await exportJWK(first.privateKey));
    await expect(start()).rejects.toThrow('keys[1]: is secret; only public keys belong here');
    await writeKeys({ kty: 'oct', k: 'c2VjcmV0' });
    await expect(start()).rejects.toThrow('keys[0]: is secret');
    await writeKeys();
    await expect(start()).rejects.toThrow('keys: must hold at least one key');
  });
});

describe("signing in by JWT with the issuer's address", () => {
  let server: Server;
  let jwksUrl: string;
  let asked: number;
  let answer: { status: number; body: string };
  let reports: string[];

  beforeEach(async () => {
    asked = 0;
    reports = [];
    answer = { status: 200, body: JSON.stringify({ keys: [first.jwk] }) };
    server = createServer((_, response) => {
      asked += 1;
      response.writeHead(answer.status, { location: '/elsewhere' }).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  });

  afterEach(async () => {
    vi.useRealTimers();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const start = () =>
    authenticateByJwt({ ...base, keys: { jwksUrl }, report: (one) => reports.push(one) });
  const tokenOf = async (pair: Pair) =>
    bearer(await sign({}, { alg: 'RS256', kid: String(pair.jwk.kid) }, pair.privateKey));

  it('asks for the keys once, and again for a key that is new after a while', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const authenticate = await start();
    expect(asked).toBe(0);
    for (let use = 0; use < 5; use += 1) {
      expect(await authenticate(await tokenOf(first))).toEqual({ name: 'alice' });
    }
    expect(asked).toBe(1);
    answer.body = JSON.stringify({ keys: [first.jwk, second.jwk] });
    vi.setSystemTime(Date.now() + 60_000);
    expect(await authenticate(await tokenOf(second))).toEqual({ name: 'alice' });
    expect(asked).toBe(2);
  });

  it('is not made to ask the issuer for each token with a made-up key id', async () => {
    const authenticate = await start();
    for (let use = 0; use < 20; use += 1) {
      expect(await authenticate(await tokenOf(second))).toBeNull();
    }
    expect(asked).toBe(1);
  });

  it('refuses with 4503 while the keys cannot be had, not with 4401: the token may be right', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const authenticate = await start();
    answer.status = 500;
    for (let use = 0; use < 5; use += 1) {
      await expect(authenticate(await tokenOf(first))).rejects.toMatchObject({
        code: 'REFUSED',
        retryable: true,
        data: { closeCode: 4503 },
      });
    }
    // Nor is the issuer asked, or the log written, as often as strangers like.
    expect(asked).toBe(1);
    expect(reports[0]).toContain('the issuer answered with status 500');
    expect(reports.length).toBeLessThanOrEqual(3);
    answer.status = 200;
    vi.setSystemTime(Date.now() + 6_000);
    expect(await authenticate(await tokenOf(first))).toEqual({ name: 'alice' });
  });

  it('goes on with the keys it has while somebody makes it ask an issuer that is down', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const authenticate = await start();
    await authenticate(await tokenOf(first));
    vi.setSystemTime(Date.now() + 60_000);
    answer.status = 500;
    await expect(authenticate(await tokenOf(second))).rejects.toThrow('try again later');
    expect(await authenticate(await tokenOf(first))).toEqual({ name: 'alice' });
  });

  it('follows no redirection: it could lead to keys of somebody else', async () => {
    answer.status = 302;
    const authenticate = await start();
    await expect(authenticate(await tokenOf(first))).rejects.toThrow('try again later');
    expect(asked).toBe(1);
  });
});
