/**
 * Signing in with a JSON Web Token that somebody else issued (RFC 7519), checked by the library
 * jose: signature, issuer, audience and times. What this file adds is what may be left open by
 * nobody: which algorithms, that a token ends, and which claims say who and what.
 */
import type { JWTPayload } from 'jose';
import { GitWsError } from '../../src/base/errors.js';
import type { Authenticate, User } from '../admission/access.js';
import type { Report } from '../files/reloading-file.js';
import { openJwtKeys, type JwtAlgorithm, type JwtKeySource } from './jwt-keys.js';
import { tokenOf } from './tokens.js';

/** Whose tokens are taken, and how they are read. */
export interface JwtOptions {
  /** Where the keys are: one of the three. */
  readonly keys: JwtKeySource;
  /** The `iss` that a token must have. */
  readonly issuer: string;
  /** One of the token's `aud`: a token for another service of the same issuer is not for us. */
  readonly audience: string;
  /**
   * Algorithms that a token may be signed with. Default HS256 for a secret; RS256, PS256, ES256 and
   * EdDSA for published keys. Those for secrets and those for published keys never mix.
   */
  readonly algorithms?: readonly JwtAlgorithm[];
  /** How far the issuer's clock may be from ours, in seconds. Default 30. */
  readonly clockTolerance?: number;
  /** The claim with the user's name. Default `sub`. */
  readonly userClaim?: string;
  /**
   * The claim with permissions: strings such as `read:team/*`, as a list or with spaces between.
   * Where it is named here, a token without it may do nothing. Without this option, tokens do not
   * limit what their user may do.
   */
  readonly permissionsClaim?: string;
  /** The claim with the user's groups, a list of names that the rules can use. */
  readonly groupsClaim?: string;
  /** The `typ` that a token's header must have, for example `at+jwt`. Default: any. */
  readonly type?: string;
  /** Told when the keys cannot be had. */
  readonly report?: Report;
}

/** Longest name of a user, and of a group, in characters. */
const maxName = 200;

/**
 * @returns a function that knows the users whom the issuer vouches for: by a bearer token, or by
 *   Basic credentials with the token as the password. It throws GitWsError REFUSED (4503) while the
 *   keys cannot be had.
 * @throws GitWsError INVALID_OPTION for settings that would be unsafe or cannot be used.
 */
export async function authenticateByJwt(options: JwtOptions): Promise<Authenticate> {
  const clockTolerance = options.clockTolerance ?? 30;
  if (!Number.isFinite(clockTolerance) || clockTolerance < 0) {
    const message = 'jwt: the clock tolerance must be a number of seconds, 0 or more.';
    throw new GitWsError('INVALID_OPTION', message, { data: { clockTolerance } });
  }
  const keys = await openJwtKeys(options.keys, options.algorithms, options.report);
  const userClaim = options.userClaim ?? 'sub';
  if (options.issuer === '' || options.audience === '') {
    throw new GitWsError('INVALID_OPTION', 'jwt: the issuer and the audience must be given.');
  }
  const checks = {
    issuer: options.issuer,
    audience: options.audience,
    clockTolerance,
    requiredClaims: ['exp', userClaim],
    ...(options.type === undefined ? {} : { typ: options.type }),
  };
  return async ({ credentials }) => {
    const token = tokenOf(credentials);
    // What has not its three parts is a password, or another kind of token.
    if (token === undefined || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return null;
    const payload = await keys.verify(token, checks);
    return payload === undefined ? null : userOf(payload, userClaim, options);
  };
}

function userOf(payload: JWTPayload, userClaim: string, options: JwtOptions): User | null {
  const { permissionsClaim, groupsClaim } = options;
  const name = payload[userClaim];
  if (!isName(name)) return null;
  const user: User = {
    name,
    ...(permissionsClaim === undefined ? {} : { permissions: wordsOf(payload[permissionsClaim]) }),
    ...(groupsClaim === undefined ? {} : { groups: wordsOf(payload[groupsClaim]).filter(isName) }),
  };
  return user;
}

/** Names come into logs and to the rules. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{Cc}]+$/u.test(value) && value.length <= maxName;
}

/** A list of strings, or one with spaces between as OAuth's `scope` has it (RFC 6749, 3.3). */
function wordsOf(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((word) => word !== '');
  if (!Array.isArray(claim)) return [];
  return claim.filter((word) => typeof word === 'string');
}
