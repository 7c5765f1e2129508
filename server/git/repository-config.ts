/**
 * What a repository's own configuration says, read by git itself: with includes, conditions and the
 * configuration of a work tree. What was read is kept for as long as its files are the same.
 */
import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { AskGit } from '../hooks/own-hooks.js';
import { canonicalKey, type OwnSetting } from './stricter.js';

/** One configuration. */
export interface RepositoryConfig {
  /** Settings in the order that git takes them in: of one key, the last counts. */
  readonly settings: readonly OwnSetting[];
  /** Absolute paths of files that it includes. */
  readonly included: readonly string[];
}

interface Kept {
  readonly identity: string;
  readonly config: RepositoryConfig;
}

/** Configurations that are kept: each is a few kilobytes. */
const maxKept = 500;

/**
 * How old a file must be for its identity to be believed, in ms: of two changes within one tick of a
 * file system's clock, the second does not show in its times.
 */
const settled = 2_000;

/** The files that git reads in every repository. */
const files = ['config', 'config.worktree'] as const;

/** Configurations of the repositories of one server. */
export class RepositoryConfigs {
  readonly #askGit: AskGit;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();

  /** @param now as Date.now(). */
  constructor(askGit: AskGit, now: () => number = Date.now) {
    this.#askGit = askGit;
    this.#now = now;
  }

  /**
   * @param gitDir absolute real path of the git directory.
   * @throws Error where git cannot read it: the service must not be started then.
   */
  async read(gitDir: string): Promise<RepositoryConfig> {
    const identity = await identityOf(gitDir, this.#now());
    const kept = this.#kept.get(gitDir);
    if (kept !== undefined && kept.identity === identity) return kept.config;
    const output = await this.#askGit(gitDir, ['config', '--list', '-z', '--show-origin']);
    const config = parse(Buffer.from(output).toString('utf8'));
    this.#kept.delete(gitDir);
    // What is included can appear and change without a trace in these files; a condition may ask
    // for the branch of HEAD.
    const includes = config.settings.some(({ key }) => /^include(if)?\./.test(key));
    if (identity === undefined || includes) return config;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size >= maxKept) this.#kept.delete(oldest);
    this.#kept.set(gitDir, { identity, config });
    return config;
  }
}

/** @returns undefined where one has changed a moment ago. */
async function identityOf(gitDir: string, now: number): Promise<string | undefined> {
  const found = await Promise.all(
    files.map(async (name) => {
      try {
        const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(join(gitDir, name), {
          bigint: true,
        });
        const old = now - Number(ctimeMs) > settled;
        return old ? [dev, ino, size, mtimeNs, ctimeNs].join() : undefined;
      } catch (error) {
        // git decides what a file that cannot be read means.
        return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'none' : undefined;
      }
    }),
  );
  return found.includes(undefined) ? undefined : found.join(' ');
}

/** Of `git config --list -z --show-origin`: an origin and a setting in turn, each ended by NUL. */
function parse(output: string): RepositoryConfig {
  const words = output.split('\0');
  const settings: OwnSetting[] = [];
  const included = new Set<string>();
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [origin = '', setting = ''] = words.slice(at, at + 2);
    const path = origin.replace(/^file:/, '');
    if (isAbsolute(path)) included.add(path);
    const end = setting.indexOf('\n');
    // Without a value it means true (git-config(1)).
    const [key, value] =
      end === -1 ? [setting, 'true'] : [setting.slice(0, end), setting.slice(end + 1)];
    settings.push({ key: canonicalKey(key), value });
  }
  return { settings, included: [...included] };
}
