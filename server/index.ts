/**
 * `gitws/server`: the public surface of the server. Everything else in this folder is private and
 * may change; in particular the parts that map paths and start processes are of no use alone.
 */
export { createGitServer } from './server.js';
export type { GitServer } from './server.js';
export type { GitServerOptions, SessionReport } from './options.js';
export type { SessionFigures, SessionOutcome } from './session.js';
export type {
  Access,
  Authenticate,
  AuthenticateAttempt,
  Authorize,
  AuthorizeQuestion,
  Credentials,
  User,
} from './access.js';
export { defaultLimits } from './limits.js';
export type { Limits } from './limits.js';
export type { OriginOptions } from './origin.js';
export type { GitService } from '../src/endpoint.js';
export { GitWsError, isGitWsError } from '../src/errors.js';
export type { ErrorCode } from '../src/errors.js';
