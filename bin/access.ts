/**
 * From the settings to who may do what: the ways to sign in, in order, and the rules; and the
 * sentences that tell an operator what follows from them.
 */
import { readFileSync } from 'node:fs';
import {
  authenticateByHtpasswd,
  authenticateByJwt,
  authenticateByTokens,
  authenticateInOrder,
  authorizeByRules,
  authorizeLocally,
  GitWsError,
  limitFailures,
  openUpstreamCredentials,
  type Authenticate,
  type Authorize,
  type Decision,
  type FailedSignIn,
  type GitServerOptions,
  type JwtAlgorithm,
  type JwtKeySource,
  type UpstreamCredentialsFile,
} from '../server/index.js';
import { Upstreams } from '../server/backend/upstream/upstreams.js';
import { isLoopbackHost } from '../server/admission/client-address.js';
import type { Log } from './log.js';
import type { Settings } from './settings/table.js';

/** Options of the server, and what an operator may want to change while it runs. */
export interface ServerAccess {
  readonly options: Pick<
    GitServerOptions,
    | 'allowPush'
    | 'allowArchive'
    | 'authenticate'
    | 'authorize'
    | 'protectedRefs'
    | 'upstreamCredentials'
  >;
  /** What an operator should know at the start. */
  readonly warnings: readonly string[];
  /** Reads the rules, and credentials for upstreams, again. @returns undefined where there are none, or whether it could. */
  reload(): Promise<boolean | undefined>;
}

/** @throws GitWsError INVALID_OPTION for a file that cannot be used, or settings that do not fit. */
export async function createAccess(settings: Settings, log: Log): Promise<ServerAccess> {
  const report = (sentence: string): void => {
    log.warn(sentence);
  };
  const ways = await openWays(settings, report);
  const { maxFailures = 10, failureTime = 900_000 } = settings;
  const onFailure = (failure: FailedSignIn): void => {
    log.failedSignIn(failure);
  };
  const authenticate =
    ways.length === 0
      ? undefined
      : limitFailures(authenticateInOrder(ways), { maxFailures, failureTime, onFailure });
  const warnings = [...plainTextWarnings(settings, ways.length > 0), ...nameWarnings(settings)];
  if (settings.rules !== undefined) {
    const onDecision = (decision: Decision): void => {
      log.decision(decision);
    };
    const rules = await authorizeByRules({ file: settings.rules, report, onDecision });
    const ours = await openOurs(settings, report);
    const { allowPush = true, allowArchive = true } = settings;
    return {
      options: {
        ...{ allowPush, allowArchive, authenticate, authorize: rules.authorize },
        protectedRefs: (user, repository) => rules.protectedRefs(user, repository),
        upstreamCredentials: ours?.credentials,
      },
      warnings,
      reload: async () => {
        const read = [await rules.reload(), await ours?.reload()];
        return !read.includes(false);
      },
    };
  }
  if (settings.upstreamCredentials !== undefined) {
    throw invalid(
      'upstreamCredentials need a rules file (--rules): whoever it lets acts with their rights.',
    );
  }
  const { allowPush = false, allowArchive = false } = settings;
  const local = isLocal(settings);
  warnings.push(...(local ? unaskedWarnings(ways.length > 0, allowPush) : [nobody]));
  const { upstreams = [], privateUpstreams = [] } = settings;
  const reached = new Upstreams([...upstreams, ...privateUpstreams]);
  const isOnOwnKey = reached.all.some(({ ssh }) => ssh !== undefined);
  if (local && allowPush && isOnOwnKey) warnings.push(nobodyOverSsh);
  const locally = authorizeLocally(allowPush);
  const authorize: Authorize = (question) =>
    local &&
    (question.access !== 'write' || !reached.isOnOwnKey(question.repository)) &&
    locally(question);
  return {
    options: { allowPush, allowArchive, authenticate, authorize },
    warnings,
    reload: () => Promise.resolve(undefined),
  };
}

const nobody =
  'Nobody may read or write anything: off loopback, behind a proxy and under a public name, a rules file says who may (--rules).';

/** Who makes tokens or passwords expects that they are asked for. */
function unaskedWarnings(signsIn: boolean, allowPush: boolean): readonly string[] {
  if (!signsIn) return [];
  const may = allowPush ? 'read and push' : 'read';
  return [
    `Nobody is asked for a password or a token: without a rules file everybody on this machine may ${may} (--rules).`,
  ];
}

const nobodyOverSsh =
  "Nobody may push to upstreams of ssh://: the server's own key would do it, and only a rules file says for whom (--rules).";

const inTheClear =
  'Passwords and tokens cross the network in the clear: give a certificate (--tls-cert, --tls-key), or put a proxy with TLS in front (--public-url https://…).';

const noName =
  'The server answers to its addresses, and to no name: say its own by --public-url https://….';

/**
 * Whether only this machine can reach the server, as far as the settings tell: a proxy need not say
 * in any header that it speaks for somebody else, but who is to be reached by a name has one.
 */
function isLocal(settings: Settings): boolean {
  const { host = '127.0.0.1', publicUrl, hostNames = [], trustedProxies = [] } = settings;
  const publicNames =
    publicUrl !== undefined && URL.canParse(publicUrl) ? [new URL(publicUrl).hostname] : [];
  const names = [host, ...publicNames, ...hostNames.map((name) => name.replace(/:\d+$/, ''))];
  return trustedProxies.length === 0 && names.every(isLoopbackHost);
}

function plainTextWarnings(settings: Settings, signsIn: boolean): readonly string[] {
  const { publicUrl = '', tlsCert } = settings;
  const covered = isLocal(settings) || tlsCert !== undefined || publicUrl.startsWith('https:');
  return signsIn && !covered ? [inTheClear] : [];
}

function nameWarnings(settings: Settings): readonly string[] {
  const { host = '127.0.0.1', publicUrl, hostNames = [] } = settings;
  const named = publicUrl !== undefined || hostNames.length > 0;
  return named || isLoopbackHost(host) ? [] : [noName];
}

async function openWays(
  settings: Settings,
  report: (sentence: string) => void,
): Promise<Authenticate[]> {
  const ways: Authenticate[] = [];
  // The cheap ones first: a password costs a tenth of a second.
  if (settings.tokens !== undefined) {
    ways.push(await authenticateByTokens({ file: settings.tokens, report }));
  }
  const keys = jwtKeys(settings);
  if (keys !== undefined) ways.push(await openJwt(settings, keys, report));
  if (settings.htpasswd !== undefined) {
    ways.push(await authenticateByHtpasswd({ file: settings.htpasswd, report }));
  }
  return ways;
}

/** The operator's own credentials for upstreams. */
async function openOurs(
  { upstreamCredentials: file, upstreams = [], privateUpstreams = [] }: Settings,
  report: (sentence: string) => void,
): Promise<UpstreamCredentialsFile | undefined> {
  if (file === undefined) return undefined;
  return openUpstreamCredentials({ file, upstreams: [...upstreams, ...privateUpstreams], report });
}

function jwtKeys(settings: Settings): JwtKeySource | undefined {
  const { jwtSecret, jwtSecretFile, jwtJwksFile, jwtJwksUrl } = settings;
  const given = [jwtSecret, jwtSecretFile, jwtJwksFile, jwtJwksUrl].filter(
    (one) => one !== undefined,
  );
  if (given.length > 1) {
    throw invalid('Only one of jwtSecret, jwtSecretFile, jwtJwksFile and jwtJwksUrl can be given.');
  }
  if (jwtSecret !== undefined) return { secret: jwtSecret };
  if (jwtSecretFile !== undefined) return { secret: readSecret(jwtSecretFile) };
  if (jwtJwksFile !== undefined) return { jwksFile: jwtJwksFile };
  if (jwtJwksUrl !== undefined) return { jwksUrl: jwtJwksUrl };
  return undefined;
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw invalid(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? ''}.`);
  }
}

function openJwt(
  settings: Settings,
  keys: JwtKeySource,
  report: (sentence: string) => void,
): Promise<Authenticate> {
  const { jwtIssuer, jwtAudience, jwtAlgorithms, jwtType, jwtUserClaim } = settings;
  const { jwtGroupsClaim, jwtPermissionsClaim, jwtClockTolerance } = settings;
  if (jwtIssuer === undefined || jwtAudience === undefined) {
    throw invalid('JSON Web Tokens need both jwtIssuer and jwtAudience.');
  }
  return authenticateByJwt({
    ...{ keys, issuer: jwtIssuer, audience: jwtAudience, report },
    // Checked by name there.
    ...(jwtAlgorithms === undefined ? {} : { algorithms: jwtAlgorithms as JwtAlgorithm[] }),
    ...(jwtType === undefined ? {} : { type: jwtType }),
    ...(jwtUserClaim === undefined ? {} : { userClaim: jwtUserClaim }),
    ...(jwtGroupsClaim === undefined ? {} : { groupsClaim: jwtGroupsClaim }),
    ...(jwtPermissionsClaim === undefined ? {} : { permissionsClaim: jwtPermissionsClaim }),
    ...(jwtClockTolerance === undefined ? {} : { clockTolerance: jwtClockTolerance / 1000 }),
  });
}

function invalid(sentence: string): GitWsError {
  return new GitWsError('INVALID_OPTION', sentence);
}
