/**
 * What rules say to one question. Pure functions: the same rules and question give the same answer,
 * whatever else happens. What no rule gives is denied.
 */
import type { Access, User } from '../admission/access.js';
import { accesses } from '../services.js';
import { quoteForLog } from '../text/log-text.js';
import { canonicalRepository, compileGlobs, globFault, isTooLong } from './glob.js';
import type { Decision, ProtectedRefs, RefChange, Rules, Subject } from './types.js';

/** Who asks for what. */
export interface Question {
  /** Null for somebody without valid credentials. */
  readonly user: User | null;
  /** The repository's path as asked, with or without `.git`. */
  readonly repository: string;
  readonly access: Access;
}

/** What the rules say, and which rule it was. */
export function decide(rules: Rules, question: Question): Decision {
  const { user, repository, access } = question;
  const who = user === null ? 'a client without credentials' : `user ${quoteForLog(user.name)}`;
  const what = `${access} of ${quoteForLog(repository)} to ${who}`;
  const canonical = canonicalRepository(repository);
  if (isTooLong(canonical)) return denied(`the path is too long: ${what} is denied`);
  const grant = rules.grants.find(
    (one) => one.allow.has(access) && speaksOf(one.who, user, rules) && one.matches(canonical),
  );
  if (grant === undefined) return denied(`no rule gives ${what}`);
  if (!isPermitted(user, canonical, access)) {
    return denied(`${grant.rule} gives ${what}, but the permissions of the token do not`);
  }
  return { allowed: true, explanation: `${grant.rule} gives ${what}` };
}

/**
 * Whether the permissions of a user's token, if it has any, include this.
 *
 * @param canonical the repository's name as {@link canonicalRepository} gives it.
 */
export function isPermitted(user: User | null, canonical: string, access: Access): boolean {
  const permissions = user?.permissions;
  if (permissions === undefined) return true;
  return permissions.some((permission) => {
    const colon = permission.indexOf(':');
    if (permission.slice(0, colon) !== access) return false;
    const glob = permission.slice(colon + 1);
    // Scopes of other services may stand beside ours: what cannot be read gives nothing.
    if (globFault(glob) !== undefined) return false;
    return compileGlobs([canonicalRepository(glob)], true)(canonical);
  });
}

/**
 * Whether a permission can give anything, for whoever writes one down.
 *
 * @returns what is wrong with it, completing "it …"; undefined if nothing is.
 */
export function permissionFault(permission: string): string | undefined {
  const access = accesses.find((name) => permission.startsWith(`${name}:`));
  if (access === undefined)
    return 'must begin with read:, write: or archive:, for example read:team/*';
  const fault = globFault(permission.slice(access.length + 1));
  return fault === undefined ? undefined : `has a glob that ${fault}`;
}

const refChanges: readonly RefChange[] = ['create', 'update', 'delete', 'force'];

/** What a user who may write to a repository may do to its protected refs. */
export function protectedRefs(rules: Rules, user: User | null, repository: string): ProtectedRefs {
  const canonical = canonicalRepository(repository);
  const concerned = rules.protections.filter((protection) => protection.matches(canonical));
  return {
    protections: concerned.map(({ rule, refs, may }) => ({
      rule,
      refs,
      allowed: refChanges.filter((change) => {
        const who = may[change];
        return who === undefined || speaksOf(who, user, rules);
      }),
    })),
  };
}

function speaksOf(who: readonly Subject[], user: User | null, rules: Rules): boolean {
  return who.some((subject) => {
    switch (subject.kind) {
      case 'anyone':
        return true;
      case 'signed-in':
        return user !== null;
      case 'user':
        return user !== null && user.name === subject.name;
      case 'group':
        return user !== null && isMember(user, subject.name, rules);
    }
  });
}

function isMember(user: User, group: string, rules: Rules): boolean {
  // A rule names only groups that its file declares: a token brings its user into one, never a new one.
  return rules.groups.get(group)?.has(user.name) === true || (user.groups ?? []).includes(group);
}

function denied(explanation: string): Decision {
  return { allowed: false, explanation };
}
