/**
 * What git is given beside its arguments: the environment and the settings. Everything git reads
 * elsewhere is shut out (the machine's and the user's settings, GIT_* of the server's own
 * environment), so that a repository behaves the same wherever and by whomever a server is started.
 * Values only: nothing is started here.
 */
import { realpathSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import type { GitService } from '../../src/tunnel/machine/request-target.js';
import { GitWsError } from '../../src/base/errors.js';
import { services } from '../services.js';
import type { GitSetting } from './setting.js';

/** Variables for a process. */
export type Environment = Readonly<Record<string, string>>;

/**
 * What passes from the server's environment to git, and so to hooks: the rest may hold secrets, or
 * (GIT_DIR, GIT_CONFIG_COUNT, LD_PRELOAD, …) make git do something else.
 */
const passedOn = ['PATH', 'TMPDIR', 'TZ'] as const;

/** @param own the server's environment. */
export function gitEnvironment(own: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const environment: Record<string, string> = {
    // Without a home there are no settings, attributes or ignores of the user who runs the server.
    // Not GIT_CONFIG_GLOBAL: a hook that sets HOME itself, to push on, means its settings too.
    // Defence: the server's own environment does not reach git.
    // Defence: git has none of the user's settings (HOME).
    HOME: '/nonexistent',
    // Defence: git has none of the machine's settings (GIT_CONFIG_NOSYSTEM).
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C.UTF-8',
  };
  for (const name of passedOn) {
    const value = own[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

/**
 * The environment of one service.
 *
 * @param gitProtocol `version=0`, `version=1` or `version=2`.
 */
export function serviceEnvironment(
  service: GitService,
  gitProtocol: string | undefined,
  own: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const environment = gitEnvironment(own);
  if (gitProtocol !== undefined) environment['GIT_PROTOCOL'] = gitProtocol;
  // A reader must not make a partial clone fetch what it lacks, by whatever command its
  // configuration names. Newer versions of upload-pack do this themselves.
  // Defence: readers cannot make git fetch what it lacks (GIT_NO_LAZY_FETCH).
  if (services[service].access !== 'write') environment['GIT_NO_LAZY_FETCH'] = '1';
  return environment;
}

/**
 * Bounds each piece of memory that git takes. No setting and no option does that; this variable is
 * git's own, for its tests (memory_limit_check() in wrapper.c).
 *
 * @param most in bytes.
 */
export function memoryEnvironment(most: number): Environment {
  // Defence: one piece of memory has a largest size (maxPushMemory).
  return { GIT_ALLOC_LIMIT: `${most}` };
}

/**
 * Tells hooks and reflogs who pushes, by the variables that git http-backend sets.
 *
 * @param user name of the user; null for somebody without credentials.
 * @param address the client's address, if it is known.
 * @throws Error for a name with control characters: to a hook it may look like another's.
 */
export function pusherEnvironment(user: string | null, address: string | undefined): Environment {
  const environment: Record<string, string> = {};
  if (user !== null) {
    // Defence: a user name with control characters pushes nothing.
    if (/\p{Cc}/u.test(user)) throw new Error('A user name has control characters.');
    environment['REMOTE_USER'] = user;
  }
  if (address !== undefined) environment['REMOTE_ADDR'] = address;
  const name = user ?? 'anonymous';
  environment['GIT_COMMITTER_NAME'] = name;
  environment['GIT_COMMITTER_EMAIL'] = `${name}@http.${address ?? '(none)'}`;
  return environment;
}

/** What an operator must not set, in lower case, and why. */
const reserved: Readonly<Record<string, string>> = {
  'core.hookspath': 'rules for refs are enforced by it, and it disables the hooks of repositories',
  'safe.directory': 'safeDirectories says it, for the listed repositories only',
  'receive.autogc': 'the server starts maintenance itself, one at a time',
};

/**
 * @param given settings of the operator's, for every service of every repository. They beat those of
 *   repositories that are not stricter, and the server's own but for its protections.
 * @throws GitWsError INVALID_OPTION
 */
export function checkedGitConfig(given: Readonly<Record<string, string>> = {}): GitSetting[] {
  return Object.entries(given).map(([key, value]): GitSetting => {
    // As git_config_parse_key() has it; `-c` takes the first = for the end of the key.
    if (!/^[a-z0-9-]+(\.[^\0\n=]*)?\.[a-z][a-z0-9-]*$/i.test(key)) {
      throw invalid('gitConfig', `"${key}" is not a key such as receive.denyDeletes`);
    }
    const why = reserved[key.toLowerCase()];
    // Defence: the operator's settings cannot be the server's own protections.
    if (why !== undefined) throw invalid('gitConfig', `${key} cannot be set: ${why}`);
    if (typeof value !== 'string' || value.includes('\0')) {
      throw invalid('gitConfig', `the value of ${key} must be text without NUL`);
    }
    return [key, value];
  });
}

/**
 * @param given directories with repositories that belong to other users of the machine.
 * @returns their real paths.
 * @throws GitWsError INVALID_OPTION
 */
export function checkedSafeDirectories(given: readonly string[] = []): string[] {
  return given.map((path) => {
    if (!isAbsolute(path)) throw invalid('safeDirectories', `"${path}" is not an absolute path`);
    try {
      return realpathSync(path);
    } catch (cause) {
      throw invalid('safeDirectories', `"${path}" is not there`, cause);
    }
  });
}

/**
 * git refuses a repository of another user's: whoever can write its configuration and hooks could
 * run commands as the server's user. Operators say where that is meant to be.
 *
 * @param gitDir real path of the repository.
 * @param safeDirectories from {@link checkedSafeDirectories}: repositories, or directories of them.
 * @returns a setting that makes git trust this one repository, where it lies in one of those.
 */
export function ownershipSettings(
  gitDir: string,
  safeDirectories: readonly string[],
): readonly GitSetting[] {
  const trusted = safeDirectories.some((directory) => {
    const way = relative(directory, gitDir);
    return !isAbsolute(way) && way.split(sep)[0] !== '..';
  });
  // The dot is the repository that git was started in. The absolute path would say the same only
  // from git 2.46 on: before, it is compared with the path that git was given, and that is a dot.
  // Defence: a foreign repository is trusted only where the operator says so.
  return trusted ? [['safe.directory', '.']] : [];
}

/** @returns settings as arguments that stand before git's command: later ones beat earlier ones. */
export function configArguments(settings: readonly GitSetting[]): string[] {
  return settings.flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}

function invalid(option: string, what: string, cause?: unknown): GitWsError {
  return new GitWsError('INVALID_OPTION', `${option}: ${what}.`, { data: { option }, cause });
}
