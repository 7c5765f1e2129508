/**
 * Authorization for a server's options: by a rules file, or, where there is none, by where a
 * request comes from.
 */
import type { Authorize, User } from '../admission/access.js';
import { isLocalRequest } from '../admission/client-address.js';
import { openReloadingFile, type Report } from '../files/reloading-file.js';
import { decide, isPermitted, protectedRefs } from './decide.js';
import { canonicalRepository } from './glob.js';
import { parseRules } from './parse.js';
import type { Decision, ProtectedRefs } from './types.js';

/** Where the rules are and whom to tell. */
export interface RulesOptions {
  /** Path of the rules file. It is read again when it changed. */
  readonly file: string;
  /** Told when a later version cannot be used; the earlier one stays in force. */
  readonly report?: Report;
  /** Told of each decision: for a log. */
  readonly onDecision?: (decision: Decision) => void;
}

/** The rules of a file, in force. */
export interface RulesAuthorization {
  /** Decides by the rules: for the option of the same name. */
  readonly authorize: Authorize;
  /** What a user who may write to a repository may do to its protected refs. */
  protectedRefs(user: User | null, repository: string): Promise<ProtectedRefs>;
  /** Reads the file now, for example at SIGHUP. @returns whether it could be used. */
  reload(): Promise<boolean>;
}

/** @throws GitWsError INVALID_OPTION where the file cannot be used; its sentence names the rule. */
export async function authorizeByRules(options: RulesOptions): Promise<RulesAuthorization> {
  const { file: path, report, onDecision } = options;
  const file = await openReloadingFile(path, (text) => parseRules(text, path), report);
  return {
    async authorize({ user, repository, access }) {
      const decision = decide(await file.current(), { user, repository, access });
      onDecision?.(decision);
      return decision.allowed;
    },
    async protectedRefs(user, repository) {
      return protectedRefs(await file.current(), user, repository);
    },
    reload: () => file.reload(),
  };
}

/**
 * Without rules: on this machine everybody may read, and write if the operator says so; from
 * anywhere else nobody may do anything. Also behind a reverse proxy on the same machine, which says
 * in its headers that it speaks for others.
 *
 * @param allowPush whether there is writing at all.
 */
export function authorizeLocally(allowPush: boolean): Authorize {
  return ({ user, repository, access, request }) =>
    isLocalRequest(request) &&
    (access !== 'write' || allowPush) &&
    isPermitted(user, canonicalRepository(repository), access);
}
