/**
 * git's configuration as far as it is about connections: the `http.*` keys as they hold for one
 * URL, the remote's proxy and `protocol.version`. It is git that reads it and git that matches
 * URLs; one process, and a second one only where a key is set for certain URLs.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { notAsked, runGit } from './git-process.js';
import { trace } from './trace.js';

/** What was found. Names are lower case, without `http.`. */
export interface GitConfig {
  /** The protocol version to ask for: 0, 1 or 2. */
  readonly protocolVersion: number;
  /** `http.extraHeader`, all that hold, in order: `Name: value`. */
  readonly extraHeaders: readonly string[];
  /** The proxy set for the remote, else for the URL; empty: none at all, whatever the environment. */
  readonly proxy: string | undefined;
  /** @returns undefined where it is not set. */
  text(name: string): string | undefined;
  /** As text, with `~/` made absolute. */
  path(name: string): string | undefined;
  /** As git reads it: true, yes, on, 1, or the name alone. */
  flag(name: string): boolean | undefined;
}

/** One line of `git config --list`; null: the name alone, which is true. */
type Entry = readonly [key: string, value: string | null];

/**
 * @param url `http://` or `https://` form of the repository's URL.
 * @param remote name of the remote, where git has said it.
 */
export async function readGitConfig(url: URL, remote?: string): Promise<GitConfig> {
  const pattern = '^(http\\.|remote\\..*\\.proxy$|protocol\\.version$)';
  const stdout = await ask(['config', '--null', '--get-regexp', pattern]);
  const entries = parseEntries(stdout);
  trace('configuration', entries.length, 'settings');
  const general = new Map<string, string | null>();
  const headers: { value: string; url: string | undefined }[] = [];
  let hasUrls = false;
  for (const [key, value] of entries) {
    const [, where, name] = /^http\.(?:(.*)\.)?([^.]*)$/s.exec(key) ?? [];
    if (name === undefined) continue;
    if (where !== undefined) hasUrls = true;
    else general.set(name, value);
    if (name === 'extraheader') headers.push({ value: value ?? '', url: where });
  }
  const values = hasUrls ? await matchUrls(url, headers) : general;
  const applying = hasUrls
    ? headers.filter((_, index) => values.get(`${headerKey}${index}`) === `${index}`)
    : headers;
  const last = (key: string): string | undefined =>
    entries.findLast(([name]) => name === key)?.[1] ?? undefined;
  return {
    protocolVersion: parseVersion(last('protocol.version')),
    extraHeaders: afterLastReset(applying.map(({ value }) => value)),
    proxy: (remote && last(`remote.${remote}.proxy`)) ?? values.get('proxy') ?? undefined,
    text: (name) => values.get(name.toLowerCase()) ?? undefined,
    path: (name) => expandHome(values.get(name.toLowerCase()) ?? undefined),
    flag(name) {
      const value = values.get(name.toLowerCase());
      return value === undefined ? undefined : isTrue(value);
    },
  };
}

/** Name of the settings that {@link matchUrls} adds, followed by a number. */
const headerKey = 'gitws-header-';

/**
 * Asks git which of the settings for certain URLs hold. It gives the last of the best matches of
 * each name only, but several extra headers hold at once: each that matches no worse than all before
 * it. So each is asked about under a name of its own, in settings added by the environment
 * (GIT_CONFIG_COUNT, git-config(1)): for itself and all before it, with their numbers as values.
 */
async function matchUrls(
  url: URL,
  headers: readonly { readonly url: string | undefined }[],
): Promise<Map<string, string | null>> {
  const count = Number(process.env['GIT_CONFIG_COUNT'] ?? 0) || 0;
  const env: Record<string, string> = {};
  let added = count;
  for (const index of headers.keys()) {
    headers.slice(0, index + 1).forEach((header, number) => {
      const where = header.url === undefined ? '' : `${header.url}.`;
      env[`GIT_CONFIG_KEY_${added}`] = `http.${where}${headerKey}${index}`;
      env[`GIT_CONFIG_VALUE_${added}`] = `${number}`;
      added += 1;
    });
  }
  env['GIT_CONFIG_COUNT'] = `${added}`;
  const args = ['config', '--null', '--get-urlmatch', 'http', url.href];
  const stdout = await ask(args, env);
  return new Map(parseEntries(stdout).map(([key, value]) => [key.replace(/^http\./, ''), value]));
}

/** @throws Error where git is there and cannot be asked: settings that are not known are not none. */
async function ask(
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<string> {
  const { stdout, error } = await runGit(args, { env });
  if (error === undefined) return stdout;
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
  throw notAsked('its configuration', error);
}

function parseEntries(output: string): Entry[] {
  return output
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const end = entry.indexOf('\n');
      return end === -1 ? [entry, null] : [entry.slice(0, end), entry.slice(end + 1)];
    });
}

/** As in git's protocol.c; 2 since git 2.26. */
function parseVersion(value: string | undefined): number {
  return value === '0' || value === '1' ? Number(value) : 2;
}

/** An empty extra header takes back those before it (git-config(1), `http.extraHeader`). */
function afterLastReset(values: readonly string[]): string[] {
  return values.slice(values.lastIndexOf('') + 1);
}

/** As in git's git_parse_maybe_bool() (config.c). */
function isTrue(value: string | null): boolean {
  if (value === null || /^(true|yes|on)$/i.test(value)) return true;
  return /^[+-]?\d+[kmg]?$/i.test(value) && Number.parseInt(value, 10) !== 0;
}

function expandHome(path: string | undefined): string | undefined {
  return path?.startsWith('~/') === true ? join(homedir(), path.slice(2)) : path;
}
