/** Attempts to sign in, as the server would ask about them, without a server. */
import type { IncomingMessage } from 'node:http';
import type { AuthenticateAttempt, Credentials } from '../../../server/admission/access.js';

/** A request from an address, with headers: as much of one as the functions look at. */
export function requestFrom(
  remoteAddress: string | undefined,
  headers: Record<string, string> = {},
): IncomingMessage {
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
}

/** An attempt with these credentials. */
export function attempt(
  credentials: Credentials | undefined,
  remoteAddress = '203.0.113.9',
): AuthenticateAttempt {
  return {
    authorization: credentials === undefined ? undefined : 'not looked at',
    credentials,
    remoteAddress,
    repository: 'team/site.git',
    service: 'git-upload-pack',
    request: requestFrom(remoteAddress),
  };
}

/** An attempt with a name and a password. */
export function basic(
  username: string,
  password: string,
  remoteAddress?: string,
): AuthenticateAttempt {
  return attempt({ scheme: 'basic', username, password }, remoteAddress);
}

/** An attempt with a bearer token. */
export function bearer(token: string): AuthenticateAttempt {
  return attempt({ scheme: 'bearer', token });
}
