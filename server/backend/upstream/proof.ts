/** Whose credentials a request to an upstream carries: its user's, the operator's, or nobody's. */
import type { Access, User } from '../../admission/access.js';

/** What {@link UpstreamCredentials} is asked about: a request of somebody whom `authorize` lets. */
export interface UpstreamCredentialsQuestion {
  /** Scheme, host and port: `https://git.example`. */
  readonly upstream: string;
  /** The repository's path there, as asked, for example `team/site.git`. It need not exist. */
  readonly repository: string;
  /** What would be done to it. */
  readonly access: Access;
  /** Null where nobody signed in. */
  readonly user: User | null;
}

/**
 * The operator's own credentials for a repository of an upstream, for users who give none.
 *
 * @returns a value of `Authorization`; undefined where there are none, or not for this.
 */
export type UpstreamCredentials = (
  question: UpstreamCredentialsQuestion,
) => string | undefined | Promise<string | undefined>;

/** Credentials of a request. */
export interface Proof {
  readonly authorization: string;
  readonly whose: 'user' | 'operator';
}

/** What becomes a header (RFC 9110, section 5.5). */
export const headerValue = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

/**
 * @param credentials of the operator; undefined where there are none.
 * @returns the proof for a repository.
 * @throws Error where they are no header value; without them.
 */
export async function operatorProof(
  credentials: UpstreamCredentials | undefined,
  question: UpstreamCredentialsQuestion,
): Promise<Proof | undefined> {
  const authorization: unknown = await credentials?.(question);
  if (authorization === undefined) return undefined;
  if (typeof authorization === 'string' && authorization !== '' && headerValue.test(authorization))
    return { authorization, whose: 'operator' };
  throw new Error(`upstreamCredentials gave no header value for ${question.upstream}`);
}
