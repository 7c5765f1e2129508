/**
 * Signing in with a token out of the file of tokens: as a bearer token, or in the place of a
 * password, since git and browsers send Basic credentials only.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Authenticate, Credentials, User } from '../admission/access.js';
import { openReloadingFile, type Report } from '../files/reloading-file.js';
import { hashToken, parseTokenFile } from './token-file.js';

/** Where the file is and whom to tell. */
export interface TokenOptions {
  /** Path of the file of tokens. It is read again when it changed. */
  readonly file: string;
  /** Told when a later version of the file cannot be used; the earlier one stays in force. */
  readonly report?: Report;
  /** The present time in ms, as `Date.now` gives it. */
  readonly now?: () => number;
}

/**
 * @returns a function that knows the holders of the file's tokens. The user name of Basic
 *   credentials is not looked at: a token says whose it is.
 * @throws GitWsError INVALID_OPTION where the file cannot be used.
 */
export async function authenticateByTokens(options: TokenOptions): Promise<Authenticate> {
  const { file: path, report, now = Date.now } = options;
  const parse = (text: string): KnownToken[] =>
    parseTokenFile(text, path).map((entry) => ({
      hash: Buffer.from(entry.sha256, 'hex'),
      expires: entry.expires === null ? Infinity : Date.parse(entry.expires),
      user: {
        name: entry.user,
        ...(entry.permissions === undefined ? {} : { permissions: entry.permissions }),
      },
    }));
  const file = await openReloadingFile(path, parse, report);
  return async ({ credentials }) => {
    const token = tokenOf(credentials);
    if (token === undefined) return null;
    const hash = hashToken(token);
    let found: KnownToken | undefined;
    // Each is compared, whichever it is and whether one was found: time tells nothing of the file.
    for (const known of await file.current()) {
      // Defence: a token is compared with every hash.
      // Defence: hashes of tokens are compared in constant time.
      if (timingSafeEqual(known.hash, hash)) found = known;
    }
    return found !== undefined && now() < found.expires ? found.user : null;
  };
}

/**
 * What may be a token in somebody's credentials: the bearer token; the password; the name where
 * there is no password (`https://TOKEN@host/…`).
 */
export function tokenOf(credentials: Credentials | undefined): string | undefined {
  switch (credentials?.scheme) {
    case 'bearer':
      return credentials.token;
    case 'basic':
      return credentials.password === '' ? credentials.username : credentials.password;
    case 'other':
    case undefined:
      return undefined;
  }
}

interface KnownToken {
  readonly hash: Buffer;
  /** In ms since 1970; Infinity for one without an end. */
  readonly expires: number;
  readonly user: User;
}
