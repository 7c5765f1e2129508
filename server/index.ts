/**
 * `gitws/server`: the public surface of the server. Everything else in this folder is private and
 * may change; in particular the parts that map paths and start processes are of no use alone.
 */
export { createGitServer } from './server.js';
export type { GitServer } from './git-server.js';
export type { UpgradeServer } from './attach.js';
export type { UpstreamCredentials, UpstreamCredentialsQuestion } from './backend/upstream/proof.js';
export { openUpstreamCredentials } from './authentication/upstream-credentials.js';
export type {
  UpstreamCredentialsFile,
  UpstreamCredentialsOptions,
} from './authentication/upstream-credentials.js';
export type { UpstreamReport } from './backend/upstream/gates.js';
export type { UpstreamOptions } from './backend/upstream/upstreams.js';
export type { UpstreamSshOptions } from './backend/upstream/ssh/files.js';
export type { CacheOptions } from './backend/cache/cache-options.js';
export type { CacheUse } from './backend/service.js';
export type { GitServerOptions, SessionReport } from './options.js';
export type { RefusalReport } from './admission/refusal-report.js';
export type { SessionFigures, SessionOutcome } from './session/running-session.js';
export type {
  Access,
  Authenticate,
  AuthenticateAttempt,
  Authorize,
  AuthorizeQuestion,
  Credentials,
  User,
} from './admission/access.js';
export { authenticateByHtpasswd } from './authentication/htpasswd.js';
export type { HtpasswdOptions } from './authentication/htpasswd.js';
export { authenticateByTokens } from './authentication/tokens.js';
export type { TokenOptions } from './authentication/tokens.js';
export { createToken, listTokens, revokeToken } from './authentication/token-file.js';
export type { NewToken, TokenDescription } from './authentication/token-file.js';
export { authenticateByJwt } from './authentication/jwt.js';
export type { JwtOptions } from './authentication/jwt.js';
export type { JwtAlgorithm, JwtKeySource } from './authentication/jwt-keys.js';
export { authenticateInOrder } from './authentication/in-order.js';
export {
  defaultFailureLimits,
  formatFailedSignIn,
  limitFailures,
} from './authentication/failures.js';
export type { FailedSignIn, FailureLimits, FailureOptions } from './authentication/failures.js';
export { authorizeByRules, authorizeLocally } from './rules/authorize.js';
export type { RulesAuthorization, RulesOptions } from './rules/authorize.js';
export type { Decision, ProtectedRefs, RefChange } from './rules/types.js';
export type { GitOptions } from './git/preparation.js';
export type { Report } from './files/reloading-file.js';
export { defaultLimits } from './limits/limits.js';
export type { Limits } from './limits/limits.js';
export type { OriginOptions } from './admission/origin.js';
export type { GitService } from '../src/tunnel/machine/request-target.js';
export { GitWsError, isGitWsError } from '../src/base/errors.js';
export type { ErrorCode, ErrorData, GitWsErrorOf } from '../src/base/errors.js';
