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
  type Authenticate,
  type Decision,
  type FailedSignIn,
  type GitServerOptions,
  type JwtAlgorithm,
  type JwtKeySource,
} from '../server/index.js';
import { isLoopbackHost } from '../server/admission/client-address.js';
import type { Log } from './log.js';
import type { Settings } from './settings/table.js';

/** Options of the server, and what an operator may want to change while it runs. */
export interface ServerAccess {
  readonly options: Pick<
    GitServerOptions,
    'allowPush' | 'allowArchive' | 'authenticate' | 'authorize' | 'protectedRefs'
  >;
  /** What an operator should know at the start. */
  readonly warnings: readonly string[];
  /** Reads the rules again. @returns undefined where there are none, or whether it could. */
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
    const { allowPush = true, allowArchive = true } = settings;
    return {
      options: {
        ...{ allowPush, allowArchive, authenticate, authorize: rules.authorize },
        protectedRefs: (user, repository) => rules.protectedRefs(user, repository),
      },
      warnings,
      reload: () => rules.reload(),
    };
  }
  const { allowPush = false, allowArchive = false } = settings;
  const local = isLocal(settings);
  if (!local) warnings.push(nobody);
  const authorize = local ? authorizeLocally(allowPush) : () => false;
  return {
    options: { allowPush, allowArchive, authenticate, authorize },
    warnings,
    reload: () => Promise.resolve(undefined),
  };
}

const nobody =
  'Nobody may read or write anything: off loopback, behind a proxy and under a public name, a rules file says who may (--rules).';

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
  if (settings.jwtIssuer === undefined && settings.jwtAudience === undefined) return undefined;
  throw invalid('jwtIssuer and jwtAudience need one of jwtSecretFile, jwtJwksFile and jwtJwksUrl.');
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
