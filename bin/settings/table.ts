/**
 * Every setting of the command: the one place where each is named and explained. The options of
 * the command line, the variables GITWS_*, the fields of the configuration file and
 * docs/configuration.md are all made of it.
 */
import { defaultFailureLimits } from '../../server/authentication/failures.js';
import { limits, type Limits } from '../../server/limits/limits.js';
import type { Unit } from '../../server/limits/quantity-text.js';
import { logLevels } from '../log.js';
import type { Setting, Values } from './setting.js';
import { upstreamSettings } from './upstream-settings.js';

export type { Setting, Values } from './setting.js';

const failureReason = 'docs/security.md says why.';

const own = {
  root: {
    kind: 'path',
    value: '<directory>',
    meaning: 'directory of the repositories, at any depth, bare or with a work tree',
  },
  host: { kind: 'text', value: '<address>', default: '127.0.0.1', meaning: 'address to listen on' },
  port: {
    kind: 'port',
    value: '<number>',
    default: 8080,
    meaning: 'port to listen on; 0 picks a free one',
  },
  basePath: {
    kind: 'text',
    value: '<path>',
    meaning: 'path under which the repositories appear, for example /git',
  },
  ...upstreamSettings,
  publicUrl: {
    kind: 'text',
    value: '<url>',
    meaning: "the server's address as its clients see it, behind a proxy",
  },
  origins: {
    kind: 'list',
    value: '<url>',
    option: 'origin',
    meaning: 'origins whose pages may connect (without any: the public URL, or the same host)',
  },
  hostNames: {
    kind: 'list',
    value: '<name>',
    option: 'host-name',
    meaning: "names that the server answers to beside the public URL's and loopback's",
  },
  trustedProxies: {
    kind: 'list',
    value: '<cidr>',
    option: 'trusted-proxy',
    meaning: "own proxies, whose X-Forwarded-For says the client's address",
  },
  node: {
    kind: 'text',
    value: '<name>',
    meaning:
      "this process's name among several behind one balancer, which sends lost sessions back to it",
  },
  tlsCert: {
    kind: 'path',
    value: '<file>',
    meaning: 'certificate chain in PEM: the server speaks https; read again at SIGHUP',
  },
  tlsKey: { kind: 'path', value: '<file>', meaning: "the certificate's key in PEM" },
  allowPush: {
    kind: 'switch',
    meaning: 'whether clients can push at all (without it: where there is a rules file)',
  },
  allowArchive: {
    kind: 'switch',
    meaning:
      'whether clients can make archives, git archive --remote (without it: where there is a rules file)',
  },
  smartHttp: {
    kind: 'switch',
    meaning: "whether git's plain smart HTTP is answered, too, where no WebSocket passes",
  },
  rules: {
    kind: 'path',
    value: '<file>',
    meaning:
      'rules file, who may do what (docs/rules.schema.json); without one everybody on this machine may read, and nobody else',
  },
  htpasswd: {
    kind: 'path',
    value: '<file>',
    meaning: 'names and passwords, bcrypt as htpasswd -B makes it',
  },
  tokens: { kind: 'path', value: '<file>', meaning: 'tokens, as gitws token makes them' },
  jwtSecretFile: {
    kind: 'path',
    value: '<file>',
    meaning: 'the secret shared with the issuer of JSON Web Tokens, without the line end',
  },
  jwtSecret: { kind: 'text', secret: true, meaning: 'that secret itself' },
  jwtJwksFile: { kind: 'path', value: '<file>', meaning: "the issuer's public keys, a JWK set" },
  jwtJwksUrl: { kind: 'text', value: '<url>', meaning: 'the https URL of that JWK set' },
  jwtIssuer: { kind: 'text', value: '<text>', meaning: 'iss that a JSON Web Token must have' },
  jwtAudience: { kind: 'text', value: '<text>', meaning: 'aud that it must have' },
  jwtAlgorithms: {
    kind: 'list',
    value: '<name>',
    option: 'jwt-algorithm',
    meaning:
      'algorithms that it may be signed with (without any: HS256 for a secret; RS256, PS256, ES256 and EdDSA for public keys)',
  },
  jwtType: { kind: 'text', value: '<text>', meaning: 'typ that its header must have' },
  jwtUserClaim: {
    kind: 'text',
    value: '<name>',
    default: 'sub',
    meaning: "claim with the user's name",
  },
  jwtGroupsClaim: { kind: 'text', value: '<name>', meaning: "claim with the user's groups" },
  jwtPermissionsClaim: {
    kind: 'text',
    value: '<name>',
    meaning: 'claim with permissions such as read:team/*, which limit the token',
  },
  jwtClockTolerance: {
    kind: 'ms',
    default: 30_000,
    maximum: 3_600_000,
    meaning: "how far the issuer's clock may be from this one",
  },
  maxFailures: {
    kind: 'count',
    default: defaultFailureLimits.maxFailures,
    minimum: 1,
    meaning: 'failed sign-ins of one address (one /64 of IPv6) in failureTime; above it 4429',
    reason: 'Enough for a person with three passwords; 1,000 guesses a day for a guesser.',
  },
  failureTime: {
    kind: 'ms',
    default: defaultFailureLimits.failureTime,
    minimum: 1_000,
    meaning: 'time after which their count starts anew',
    reason: failureReason,
  },
  listing: {
    kind: 'switch',
    default: true,
    meaning:
      'whether the repositories are listed: at the start, and on a page at / those that the visitor may read',
  },
  maxListed: {
    kind: 'count',
    default: 1_000,
    minimum: 1,
    meaning: 'repositories that the list has; of more it says only that there are more',
    reason: 'The rules are asked about each whenever the page is; nobody reads a longer one.',
  },
  maxListScan: {
    kind: 'count',
    default: 20_000,
    minimum: 1,
    meaning: 'entries of directories that are looked at for the list; what is left out is served',
    reason: 'A root may hold millions of files, and the list is for the first look.',
  },
  listTime: {
    kind: 'ms',
    default: 10_000,
    meaning: 'time for which the list is shown without looking again',
    reason: 'However often the page is asked for, the disk is not.',
  },
  gitConfig: {
    kind: 'pairs',
    value: '<key=value>',
    meaning:
      "git settings for every repository, which beat the repositories' own, unless those are stricter",
  },
  safeDirectories: {
    kind: 'list',
    value: '<directory>',
    option: 'safe-directory',
    meaning:
      'directories whose repositories are served although another user of the machine owns them',
  },
  maintenance: {
    kind: 'switch',
    default: true,
    meaning: 'whether the server runs git maintenance after pushes',
  },
  hooksParent: {
    kind: 'path',
    value: '<directory>',
    meaning:
      "where the server's own hooks lie while it runs, in a directory of their own (without it: the directory for temporary files); a server that allows pushing does not start where they could not be run, as on a file system mounted noexec",
  },
  logFormat: {
    kind: 'text',
    value: '<name>',
    choices: ['text', 'json'],
    meaning: 'form of the log on stderr (without it: text on a terminal, json elsewhere)',
  },
  logLevel: {
    kind: 'text',
    value: '<name>',
    choices: logLevels,
    default: 'info',
    meaning:
      'what is logged: debug adds what the rules decided, and why; warn leaves out sessions and refusals',
  },
} as const satisfies Readonly<Record<string, Setting>>;

const kinds = { ms: 'ms', bytes: 'bytes', count: 'count' } as const satisfies Record<Unit, Unit>;

const limitSettings = Object.fromEntries(
  Object.entries(limits).map(([name, { unit, ...rest }]) => [
    name,
    { ...rest, kind: kinds[unit] } satisfies Setting,
  ]),
) as unknown as Readonly<Record<keyof Limits, Setting & { readonly kind: Unit }>>;

/** The table, by the names that a configuration file uses. */
export const settingsTable = { ...own, ...limitSettings };

/** Name of a setting. */
export type SettingName = keyof typeof settingsTable;

/** What the settings came to; undefined for what nobody set and has no default. */
export type Settings = {
  readonly [Name in SettingName]: Values[(typeof settingsTable)[Name]['kind']] | undefined;
};

/** Names of all settings, in order. */
export const settingNames = Object.keys(settingsTable) as readonly SettingName[];

/** One of the table. */
export function settingOf(name: SettingName): Setting {
  return settingsTable[name];
}

/** The option without its dashes: `idle-time`. */
export function optionOf(name: SettingName): string {
  return settingOf(name).option ?? dashed(name);
}

/** The variable: `GITWS_IDLE_TIME`. */
export function variableOf(name: SettingName): string {
  return `GITWS_${dashed(name).replaceAll('-', '_').toUpperCase()}`;
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
