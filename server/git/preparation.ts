/**
 * What one service of one repository is started with: joins the settings of the server, of its
 * operator and of the rules for refs, the later ones beating the earlier, and leaves out what would
 * be looser than the repository's own. It starts nothing.
 */
import { resolve } from 'node:path';
import type { GitService } from '../../src/tunnel/machine/request-target.js';
import type { User } from '../admission/access.js';
import {
  checkedGitConfig,
  checkedSafeDirectories,
  memoryEnvironment,
  ownershipSettings,
  pusherEnvironment,
  serviceEnvironment,
  type Environment,
} from './environment.js';
import { checkHooksParent, HookDirectories } from '../hooks/directory.js';
import type { AskGit } from '../hooks/own-hooks.js';
import { hookSettings } from '../hooks/settings.js';
import { RepositoryConfigs } from './repository-config.js';
import type { ProtectedRefs } from '../rules/types.js';
import { services } from '../services.js';
import { booleanOf, canonicalKey, valueOf, withoutLooser } from './stricter.js';
import type { GitSetting } from './setting.js';

/** What an operator says about git. */
export interface GitOptions {
  /**
   * Settings for every service of every repository; they beat the repositories' own, unless those
   * are stricter.
   */
  readonly gitConfig?: Readonly<Record<string, string>> | undefined;
  /**
   * Absolute paths of repositories, or of directories of them, that belong to other users of the
   * machine and may be served all the same: their configuration and hooks are run as this one.
   */
  readonly safeDirectories?: readonly string[] | undefined;
  /** What a user who may write to a repository may do to its protected refs. Default: all. */
  readonly protectedRefs?:
    ((user: User | null, repository: string) => ProtectedRefs | Promise<ProtectedRefs>) | undefined;
  /** Whether the server looks after repositories once they were pushed to. Default true. */
  readonly maintenance?: boolean | undefined;
  /**
   * Where the server's hooks lie while it runs, in a directory of their own. Default: the directory
   * for temporary files. A server that allows pushing tries it at its start: neither read-only, nor
   * mounted noexec.
   */
  readonly hooksParent?: string | undefined;
}

/** What the server itself adds to them. */
export interface PreparationOptions extends GitOptions {
  /** One piece of memory that git may take for a push, in bytes. */
  readonly maxPushMemory: number;
  /** Whether there will be pushes, which hooks are for. */
  readonly allowPush?: boolean | undefined;
}

/** One service, about to be started. */
export interface PreparedService {
  readonly service: GitService;
  readonly gitProtocol: string | undefined;
  /** Absolute real path of the git directory. */
  readonly gitDir: string;
  readonly user: User | null;
  /** The repository's path as asked, for example `team/site.git`. */
  readonly name: string;
  readonly remoteAddress: string | undefined;
  /** See `ServiceRequest.hasInput`. */
  readonly hasInput?: boolean | undefined;
}

/** The arguments before git's command, and the whole environment. */
export interface ServiceSettings {
  readonly config: readonly GitSetting[];
  readonly environment: Environment;
  /** Absolute paths of the directories of hooks. */
  readonly hooks: readonly string[];
  /** Absolute paths of files that the repository's configuration includes. */
  readonly included: readonly string[];
  /** To be called when the service has ended; it may fail. */
  readonly release?: () => Promise<void>;
}

/** Knows the options of one server. */
export class Preparation {
  readonly #options: PreparationOptions;
  readonly #gitConfig: readonly GitSetting[];
  readonly #safeDirectories: readonly string[];
  readonly #directories: HookDirectories;
  readonly #askGit: AskGit;
  readonly #configs: RepositoryConfigs;

  /** @throws GitWsError INVALID_OPTION */
  constructor(options: PreparationOptions, askGit: AskGit) {
    this.#options = options;
    this.#askGit = askGit;
    this.#configs = new RepositoryConfigs(askGit);
    this.#gitConfig = checkedGitConfig(options.gitConfig);
    this.#safeDirectories = checkedSafeDirectories(options.safeDirectories);
    const { hooksParent, allowPush = false } = options;
    // Defence: hooks are tried when the server starts.
    if (allowPush) checkHooksParent(hooksParent);
    this.#directories = new HookDirectories(
      hooksParent === undefined ? undefined : resolve(hooksParent),
    );
  }

  /**
   * @throws GitWsError INVALID_OPTION, the system's error, or what `protectedRefs` throws: the
   *   service must not be started then.
   */
  async settingsFor(prepared: PreparedService): Promise<ServiceSettings> {
    const { service, gitProtocol, gitDir, hasInput = false } = prepared;
    const facts = services[service];
    const forInput = hasInput ? facts.inputSettings : [];
    const ours = [...facts.settings, ...forInput, ...this.#gitConfig];
    const { settings, included } = await this.#configs.read(gitDir);
    const preferred = facts.preferences.filter(
      ([key]) => valueOf(settings, canonicalKey(key)) === undefined,
    );
    const config = [
      ...preferred,
      // Defence: what a repository has shut is not opened by settings for all.
      ...withoutLooser(ours, settings),
      ...ownershipSettings(gitDir, this.#safeDirectories),
    ];
    const environment = serviceEnvironment(service, gitProtocol);
    if (facts.access !== 'write') return { config, environment, hooks: [], included };
    const { user, name, remoteAddress } = prepared;
    const given = await this.#options.protectedRefs?.(user, name);
    const hooks = await hookSettings(gitDir, given ?? { protections: [] }, {
      directories: this.#directories,
      askGit: this.#askGit,
    });
    return {
      config: [...config, ...hooks.config],
      environment: {
        ...environment,
        ...memoryEnvironment(this.#options.maxPushMemory),
        ...pusherEnvironment(user?.name ?? null, remoteAddress),
        ...hooks.environment,
      },
      hooks: hooks.directories,
      ...(hooks.release === undefined ? {} : { release: hooks.release }),
      included,
    };
  }

  /** Whether a repository's owner lets git look after it when it was pushed to. */
  async allowsMaintenance(gitDir: string): Promise<boolean> {
    const { settings } = await this.#configs.read(gitDir);
    return booleanOf(valueOf(settings, 'receive.autogc') ?? 'true') !== false;
  }

  /** Removes what it wrote. No git may be running any more. */
  async close(): Promise<void> {
    await this.#directories.remove();
  }
}
