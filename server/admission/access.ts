/**
 * Who may do what: the two functions an embedder gives, and what follows from their answers
 * (docs/protocol.md, "Refusals and close codes"). Which repositories exist is not known here.
 */
import type { IncomingMessage } from 'node:http';
import type { GitService } from '../../src/tunnel/machine/request-target.js';
import { closeCodes, closeError } from '../../src/tunnel/machine/close.js';
import { inTime } from '../base/in-time.js';
import type { Limits } from '../limits/limits.js';
import { refusal, type Refusal } from './refusal.js';
import { services, type Access } from '../services.js';
import type { User } from './user.js';

export type { Access } from '../services.js';
export type { User } from './user.js';

/** What an Authorization value holds. */
export type Credentials =
  | {
      /** Name and password. */
      readonly scheme: 'basic';
      /** The part before the first colon. */
      readonly username: string;
      /** The part after it: a password, or a token. */
      readonly password: string;
    }
  | {
      /** A token alone. */
      readonly scheme: 'bearer';
      /** As it was sent. */
      readonly token: string;
    }
  | {
      /** Some other scheme: read the Authorization value itself. */
      readonly scheme: 'other';
    };

/** What {@link Authenticate} is asked about. */
export interface AuthenticateAttempt {
  /** The Authorization value: of the client's `gitws.auth` entry, else of the header. */
  readonly authorization: string | undefined;
  /** The same, taken apart; undefined where there is none. */
  readonly credentials: Credentials | undefined;
  /** The client's address; undefined where it had gone before it was asked for. */
  readonly remoteAddress: string | undefined;
  /** The repository's path as asked, for example `team/site.git`. It need not exist. */
  readonly repository: string;
  /** What is asked for. */
  readonly service: GitService;
  /** The upgrade, or the request of plain smart HTTP. */
  readonly request: IncomingMessage;
}

/** Finds out who is asking. @returns null where the credentials are missing or wrong. */
export type Authenticate = (attempt: AuthenticateAttempt) => User | null | Promise<User | null>;

/** What {@link Authorize} is asked about. */
export interface AuthorizeQuestion {
  /** Null for somebody without valid credentials. */
  readonly user: User | null;
  /** The repository's path as asked, for example `team/site.git`. It need not exist. */
  readonly repository: string;
  /** What the service would do to it. */
  readonly access: Access;
  /** The upgrade, or the request of plain smart HTTP. */
  readonly request: IncomingMessage;
}

/** Decides whether somebody may. */
export type Authorize = (question: AuthorizeQuestion) => boolean | Promise<boolean>;

const credentialsFault = 'The credentials contain a line end or a NUL character.';

/**
 * @returns undefined where there are none.
 */
export function parseCredentials(authorization: string | undefined): Credentials | undefined {
  if (authorization === undefined) return undefined;
  const [, scheme = '', rest = ''] = /^([^ ]+) +([^ ]+) *$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return { scheme: 'bearer', token: rest };
  if (scheme.toLowerCase() !== 'basic') return { scheme: 'other' };
  const text = decodeBase64(rest);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon === -1) return { scheme: 'other' };
  return { scheme: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decodeBase64(encoded: string): string | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
}

/**
 * Asks both functions. The answers tell nobody which repositories exist: without valid credentials
 * it is 4401 for each that may not be read, with them 4404.
 *
 * @returns the user, or the refusal.
 * @throws whatever the two functions throw.
 */
export async function decideAccess(
  attempt: Omit<AuthenticateAttempt, 'credentials'>,
  authenticate: Authenticate | undefined,
  authorize: Authorize,
): Promise<{ readonly kind: 'allowed'; readonly user: User | null } | Refusal> {
  const { authorization, repository, service, request } = attempt;
  const credentials = parseCredentials(authorization);
  // A line end inside a name or password is an attack on whatever writes or speaks it.
  const parts = credentials?.scheme === 'basic' ? [credentials.username, credentials.password] : [];
  // Defence: a decoded user name or password holds no CR, LF or NUL.
  if ([authorization ?? '', ...parts].some((part) => /[\r\n\0]/.test(part))) {
    return refusal(closeCodes.malformed, credentialsFault);
  }
  const user = (await authenticate?.({ ...attempt, credentials })) ?? null;
  const { access } = services[service];
  const may = async (wanted: Access): Promise<boolean> =>
    (await authorize({ user, repository, access: wanted, request })) === true;
  if (await may(access)) return { kind: 'allowed', user };
  // Defence: who may not read hears the same of a repository that does not exist.
  if (user === null) {
    return authorization === undefined
      ? refusal(closeCodes.unauthorized, 'Credentials are needed.')
      : refusal(closeCodes.unauthorized, 'The credentials are wrong or not enough.');
  }
  if (access !== 'read' && (await may('read'))) {
    return refusal(closeCodes.forbidden, `You may not ${verbs[access]} this repository.`, user);
  }
  return refusal(closeCodes.notFound, noSuchRepository, user);
}

/** Said where the functions of the embedder can say neither yes nor no. */
export const notChecked = 'The server could not check the credentials.';

/**
 * Waits for what these functions say.
 *
 * @param server its limit of time; its `onError` is told where it took longer.
 * @throws GitWsError REFUSED with 4503 then; what `work` rejects with.
 */
export function inAccessTime<Result>(
  work: Promise<Result>,
  server: { readonly limits: Pick<Limits, 'accessTime'>; onError(error: unknown): void },
): Promise<Result> {
  const { accessTime } = server.limits;
  return inTime(work, accessTime, () => {
    server.onError(new Error(`authenticate and authorize took over ${accessTime} ms`));
    throw closeError(closeCodes.unavailable, notChecked);
  });
}

const verbs: Readonly<Record<Access, string>> = {
  read: 'read',
  write: 'push to',
  archive: 'make archives of',
};

/** The same sentence for one that does not exist and one that may not be read. */
export const noSuchRepository = 'There is no such repository.';
