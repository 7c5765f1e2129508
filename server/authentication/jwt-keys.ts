/**
 * The keys that JSON Web Tokens are checked with: a shared secret, or the published keys of an
 * issuer (a JWK set, RFC 7517) out of a file or from its address. It tells a token that is wrong
 * from keys that cannot be had, and does not know what a token says.
 */
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose';
import { z } from 'zod';
import { GitWsError } from '../../src/base/errors.js';
import { closeCodes, closeError } from '../../src/tunnel/machine/close.js';
import { isLoopbackHost } from '../admission/client-address.js';
import { faultsOf, parseJson } from '../files/json-file.js';
import { quoteForLog } from '../text/log-text.js';
import { openReloadingFile, type Report } from '../files/reloading-file.js';

/** Where the keys are. */
export type JwtKeySource =
  | {
      /** Shared with the issuer: random, and at least as long as the algorithm's hash. */
      readonly secret: string | Uint8Array;
    }
  | {
      /** Path of a file with a JWK set of public keys. It is read again when it changed. */
      readonly jwksFile: string;
    }
  | {
      /** The issuer's https URL of its JWK set (http only on loopback), kept for 10 min. */
      readonly jwksUrl: string;
    };

/** Shortest secret of each algorithm, in bytes (RFC 7518, section 3.2). */
const secretBytes = { HS256: 32, HS384: 48, HS512: 64 } as const;

const publishedAlgorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
];

/** An algorithm that tokens may be signed with; `none` is none. */
export type JwtAlgorithm = keyof typeof secretBytes | (typeof publishedAlgorithms)[number];

/** Keys that are there, or can be asked for. */
export interface JwtKeys {
  /**
   * @returns what the token says, undefined where it is not valid.
   * @throws GitWsError REFUSED (4503) where the keys cannot be had.
   */
  verify(
    token: string,
    checks: Omit<JWTVerifyOptions, 'algorithms'>,
  ): Promise<JWTPayload | undefined>;
}

/** After the issuer could not be asked, time in ms in which it is not asked again. */
const retryDelay = 5_000;

/**
 * @param source where the keys are.
 * @param algorithms that are taken; the module says why they must fit the source.
 * @param report told when keys cannot be had.
 * @throws GitWsError INVALID_OPTION
 */
export async function openJwtKeys(
  source: JwtKeySource,
  algorithms: readonly JwtAlgorithm[] | undefined,
  report: Report = () => {},
): Promise<JwtKeys> {
  const allowed = [...(algorithms ?? defaultAlgorithms(source))];
  checkAlgorithms(source, allowed);
  const find = await openFinder(source, allowed, report);
  let reported: string | undefined;
  return {
    async verify(token, checks) {
      try {
        return await verifyWithAny(token, find, { ...checks, algorithms: allowed });
      } catch (error) {
        if (isTokenFault(error)) return undefined;
        const sentence = `jwt: the keys cannot be used: ${quoteForLog(String(error))}.`;
        // Once for each kind of fault: strangers decide how often this is met.
        if (sentence !== reported) report(sentence);
        reported = sentence;
        const reason = 'The server cannot check tokens at present: try again later.';
        throw closeError(closeCodes.unavailable, reason, error);
      }
    },
  };
}

async function verifyWithAny(
  token: string,
  find: JWTVerifyGetKey,
  checks: JWTVerifyOptions,
): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, find, checks)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    // A token that does not say which key, while the issuer changes keys.
    let last: unknown = new errors.JWSSignatureVerificationFailed();
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, checks)).payload;
      } catch (fault) {
        last = fault;
      }
    }
    throw last;
  }
}

/**
 * Why they must fit: with a published key taken for a secret, everybody who can read that key can
 * sign tokens with it ("algorithm confusion").
 */
function checkAlgorithms(source: JwtKeySource, allowed: readonly string[]): void {
  if (allowed.length === 0) throw invalid('algorithms must name at least one');
  const fitting: readonly string[] =
    'secret' in source ? Object.keys(secretBytes) : publishedAlgorithms;
  for (const algorithm of allowed) {
    if (!fitting.includes(algorithm)) {
      const place = 'secret' in source ? 'a secret' : 'published keys';
      throw invalid(`algorithm ${quoteForLog(algorithm)} cannot be used with ${place}`);
    }
  }
}

function defaultAlgorithms(source: JwtKeySource): readonly JwtAlgorithm[] {
  return 'secret' in source ? ['HS256'] : ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];
}

async function openFinder(
  source: JwtKeySource,
  allowed: readonly JwtAlgorithm[],
  report: Report,
): Promise<JWTVerifyGetKey> {
  if ('secret' in source) {
    const { secret } = source;
    const bytes = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret;
    const least = Math.max(
      ...allowed.map((one) => (one in secretBytes ? secretBytes[one as 'HS256'] : 0)),
    );
    if (bytes.length < least) {
      throw invalid(`the secret has ${bytes.length} bytes and needs at least ${least}`);
    }
    return () => bytes;
  }
  if ('jwksFile' in source) {
    const { jwksFile: path } = source;
    const file = await openReloadingFile(path, (text) => parseKeySet(text, path), report);
    return async (...token) => await (await file.current())(...token);
  }
  return openRemote(source.jwksUrl, report);
}

/** What jose needs, and what must not be there: whoever can read the file could sign. */
const keySet = z.looseObject({
  keys: z.array(z.looseObject({ kty: z.string() })).min(1, 'must hold at least one key'),
});

function parseKeySet(text: string, path: string): ReturnType<typeof createLocalJWKSet> {
  const set = parseJson(text, path, keySet);
  const faults = set.keys.flatMap((key, index) =>
    key.kty === 'oct' || 'd' in key
      ? [`keys[${index}]: is secret; only public keys belong here`]
      : [],
  );
  if (faults.length > 0) throw faultsOf(path, faults);
  return createLocalJWKSet(set);
}

function openRemote(text: string, report: Report): JWTVerifyGetKey {
  if (!URL.canParse(text)) throw invalid('jwksUrl is no URL');
  const url = new URL(text);
  const safe =
    url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
  // Not repeated, here or in what fetch says of it: public keys need no credentials.
  if (url.username !== '' || url.password !== '') throw invalid('jwksUrl has credentials');
  // Whoever can change what comes back can sign in as anybody.
  if (!safe) throw invalid('jwksUrl must be https');
  let retryAt = 0;
  return createRemoteJWKSet(url, {
    async [customFetch](resource, options) {
      // Tokens with a made-up key id make jose ask again; while that fails, not for each of them.
      if (Date.now() < retryAt) throw new Error('the issuer did not answer lately');
      try {
        const response = await fetch(resource, options);
        if (!response.ok) throw new Error(`the issuer answered with status ${response.status}`);
        return response;
      } catch (error) {
        retryAt = Date.now() + retryDelay;
        report(
          `jwt: the keys cannot be fetched from ${url.origin}: ${quoteForLog(String(error))}.`,
        );
        throw error;
      }
    },
  });
}

/** Faults that lie in the token; every other one lies in the keys or the settings. */
const tokenFaults = new Set<string>([
  ...['ERR_JWS_INVALID', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'ERR_JWT_INVALID'],
  ...['ERR_JWT_EXPIRED', 'ERR_JWT_CLAIM_VALIDATION_FAILED', 'ERR_JOSE_ALG_NOT_ALLOWED'],
  ...['ERR_JOSE_NOT_SUPPORTED', 'ERR_JWKS_NO_MATCHING_KEY'],
]);

function isTokenFault(error: unknown): boolean {
  return error instanceof errors.JOSEError && tokenFaults.has(error.code);
}

function invalid(why: string): GitWsError {
  return new GitWsError('INVALID_OPTION', `jwt: ${why}.`);
}
